/** Does what the buttons of a code block say: copy it, insert it, or show it as a change that can be accepted. */
import * as path from "node:path";
import * as vscode from "vscode";
import type { CodeAction } from "../core/bridge";
import { likelyPlacement, namedPath, withBlock, type Placement } from "../core/code_blocks";
import { lastEditor } from "./attaching";
import { command, type Parts } from "./commands";

const SCHEME = "threadkeep-change";

interface Proposal {
  readonly uri: vscode.Uri;
  readonly text: string;
}

export class CodeActions implements vscode.TextDocumentContentProvider {
  private readonly proposals = new Map<string, Proposal>();
  private count = 0;

  constructor(parts: Parts) {
    parts.context.subscriptions.push(vscode.workspace.registerTextDocumentContentProvider(SCHEME, this));
    command(parts, "acceptChange", (uri?: vscode.Uri) => this.accept(uri));
    command(parts, "discardChange", (uri?: vscode.Uri) => this.discard(uri));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.proposals.get(uri.toString())?.text ?? "";
  }

  async run(action: CodeAction, code: string, info: string): Promise<void> {
    if (action === "copy") return void (await vscode.env.clipboard.writeText(code));
    if (action === "insert") return insert(code);
    await this.propose(code, info);
  }

  private async propose(code: string, info: string): Promise<void> {
    const place = await this.place(code, info);
    if (place === undefined) return;
    this.count += 1;
    const name = path.posix.basename(place.uri.path);
    const proposed = vscode.Uri.from({ scheme: SCHEME, path: `/${this.count}/${name}` });
    this.proposals.set(proposed.toString(), place);
    await vscode.commands.executeCommand("vscode.diff", place.uri, proposed, `${name}: suggested change`);
  }

  private async place(code: string, info: string): Promise<Proposal | undefined> {
    const wanted = namedPath(info);
    const named = wanted === undefined ? undefined : await fileInWorkspace(wanted);
    const editor = lastEditor();
    if (named !== undefined && named.toString() !== editor?.document.uri.toString()) {
      const document = await vscode.workspace.openTextDocument(named);
      const target = { text: document.getText(), start: 0, end: 0 };
      return { uri: named, text: withBlock(target, code, "file") };
    }
    if (editor === undefined) {
      void vscode.window.showInformationMessage("Open the file that the code belongs to first.");
      return undefined;
    }
    const { document, selection } = editor;
    const target = {
      text: document.getText(),
      start: document.offsetAt(selection.start),
      end: document.offsetAt(selection.end),
    };
    const placement = await choosePlacement(likelyPlacement(target));
    return placement && { uri: document.uri, text: withBlock(target, code, placement) };
  }

  private async accept(uri?: vscode.Uri): Promise<void> {
    const [key, proposal] = this.shown(uri);
    if (key === undefined || proposal === undefined) return;
    const document = await vscode.workspace.openTextDocument(proposal.uri);
    const edit = new vscode.WorkspaceEdit();
    const all = new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length));
    edit.replace(proposal.uri, all, proposal.text);
    if (!(await vscode.workspace.applyEdit(edit))) throw new Error("The file could not be changed.");
    await this.close(key);
    await vscode.window.showTextDocument(document, { preview: false });
  }

  private async discard(uri?: vscode.Uri): Promise<void> {
    const [key] = this.shown(uri);
    if (key !== undefined) await this.close(key);
  }

  private shown(uri?: vscode.Uri): [string | undefined, Proposal | undefined] {
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    const modified =
      uri?.scheme === SCHEME ? uri : input instanceof vscode.TabInputTextDiff ? input.modified : undefined;
    const key = modified?.toString();
    return [key, key === undefined ? undefined : this.proposals.get(key)];
  }

  private async close(key: string): Promise<void> {
    this.proposals.delete(key);
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const own = tabs.filter(
      ({ input }) => input instanceof vscode.TabInputTextDiff && input.modified.toString() === key,
    );
    await vscode.window.tabGroups.close(own);
  }
}

async function insert(code: string): Promise<void> {
  const editor = lastEditor();
  if (editor === undefined) {
    const document = await vscode.workspace.openTextDocument({ content: code });
    await vscode.window.showTextDocument(document);
    return;
  }
  await editor.edit((edit) => edit.replace(editor.selection, code.replace(/\r?\n$/u, "")));
  await vscode.window.showTextDocument(editor.document, editor.viewColumn);
}

async function choosePlacement(likely: Placement): Promise<Placement | undefined> {
  if (likely !== "cursor") return likely;
  const items: { label: string; placement: Placement }[] = [
    { label: "$(insert) Insert at the cursor", placement: "cursor" },
    { label: "$(file-code) Replace the whole file", placement: "file" },
  ];
  const picked = await vscode.window.showQuickPick(items, { placeHolder: "Where does this code belong?" });
  return picked?.placement;
}

/** A file of an open folder, if it is there. */
export async function fileInWorkspace(relative: string): Promise<vscode.Uri | undefined> {
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    const uri = vscode.Uri.joinPath(folder.uri, ...relative.split(/[/\\]/u));
    try {
      const stat = await vscode.workspace.fs.stat(uri);
      if (stat.type & vscode.FileType.File) return uri;
    } catch {
      // not in this folder: the next one is looked at
    }
  }
  return undefined;
}
