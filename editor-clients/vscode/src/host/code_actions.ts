/** Does what the buttons of a code block say: copy it, insert it, or show it as a change that can be accepted. */
import * as vscode from "vscode";
import type { CodeAction } from "../core/bridge";
import { namedFile, withBlock } from "../core/code_blocks";
import { mayBeSame } from "../core/languages";
import { placesFor, type Place } from "../core/placing";
import { command, type Parts } from "./commands";
import { caughtUp } from "./disk";
import { lastChangeable, watchEditors } from "./editors";
import { folderFile } from "./folder_files";
import { Suggestions } from "./suggestions";

export class CodeActions {
  private readonly suggestions: Suggestions;

  constructor(parts: Parts) {
    parts.context.subscriptions.push(watchEditors());
    this.suggestions = new Suggestions(parts);
    command(parts, "acceptChange", (uri?: vscode.Uri) => this.suggestions.accept(uri));
    command(parts, "discardChange", (uri?: vscode.Uri) => this.suggestions.discard(uri));
  }

  async run(action: CodeAction, code: string, info: string): Promise<void> {
    if (action === "copy") return void (await vscode.env.clipboard.writeText(code));
    if (action === "insert") return insert(code);
    await this.propose(code, info);
  }

  private async propose(code: string, info: string): Promise<void> {
    if (/^(?:diff|patch)$/iu.test(languageOf(info)))
      return void vscode.window.showInformationMessage(
        "A diff is no code of a file. Copy it, and apply it with git.",
      );
    const named = namedFile(info, code);
    if (named.kind === "none") {
      const editor = lastChangeable();
      if (editor === undefined)
        return void vscode.window.showInformationMessage("Open the file that the code belongs to first.");
      const { document } = editor;
      const isOther = !mayBeSame(languageOf(info), document.languageId);
      return this.inDocument(document, code, info, { isOther, isNamed: false });
    }
    const file = await folderFile(named, lastChangeable()?.document.uri);
    if (file === undefined) return;
    if (file.exists) {
      const document = await vscode.workspace.openTextDocument(file.uri);
      return this.inDocument(document, code, info, { isOther: false, isNamed: true });
    }
    const text = withBlock({ text: "", start: 0, end: 0 }, code.replace(/^\uFEFF/u, ""), "file");
    const again = (): Promise<void> => this.propose(code, info);
    await this.suggestions.show({
      uri: file.uri,
      base: undefined,
      text: withUsualEnds(text, file.uri),
      again,
    });
  }

  /** isOther: the block says that it is in another language than the document. */
  private async inDocument(
    document: vscode.TextDocument,
    code: string,
    info: string,
    { isOther, isNamed }: { isOther: boolean; isNamed: boolean },
  ): Promise<void> {
    const wasLast = lastChangeable()?.document === document;
    await caughtUp(document);
    const base = document.getText();
    const selection = wasLast ? selectionIn(document) : undefined;
    const found = placesFor(
      { text: base, language: document.languageId, ...(selection === undefined ? {} : { selection }) },
      code.replace(/^\uFEFF/u, ""),
    );
    const place =
      isOther || found.sure === undefined ? await choose(found.places, document, isNamed) : found.sure;
    if (place === "new") return newDocument(code);
    if (place === undefined) return;
    if (place.text === base) {
      const name = vscode.workspace.asRelativePath(document.uri);
      return void vscode.window.showInformationMessage(`${name} has this code already.`);
    }
    const again = (): Promise<void> => this.propose(code, info);
    await this.suggestions.show({ uri: document.uri, base, text: place.text, again });
  }
}

/** The selection of a document, where it is the one that was worked in last. */
function selectionIn(document: vscode.TextDocument): { start: number; end: number } | undefined {
  const last = lastChangeable();
  if (last?.document !== document) return undefined;
  return { start: document.offsetAt(last.selection.start), end: document.offsetAt(last.selection.end) };
}

async function choose(
  places: readonly Place[],
  document: vscode.TextDocument,
  isNamed: boolean,
): Promise<Place | "new" | undefined> {
  const items: (vscode.QuickPickItem & { place: Place | "new" })[] = places.map((place) => ({
    label: `$(${ICONS[place.name]}) ${place.label}`,
    ...(place.detail === undefined ? {} : { description: place.detail }),
    place,
  }));
  if (!isNamed) items.push({ label: "$(new-file) Open it as a new file", place: "new" });
  const name = vscode.workspace.asRelativePath(document.uri);
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: `Where does this code belong in ${name}?`,
    matchOnDescription: true,
  });
  return picked?.place;
}

const ICONS: Readonly<Record<Place["name"], string>> = {
  selection: "selection",
  symbol: "symbol-method",
  cursor: "insert",
  end: "arrow-down",
  file: "file-code",
};

async function insert(code: string): Promise<void> {
  const last = lastChangeable();
  if (last === undefined) return newDocument(code);
  const editor = await vscode.window.showTextDocument(last.document, { selection: last.selection });
  const block = code.replace(/\r?\n$/u, "");
  if (!(await editor.edit((edit) => edit.replace(editor.selection, block))))
    throw new Error(`${vscode.workspace.asRelativePath(last.document.uri)} could not be changed.`);
}

async function newDocument(content: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ content });
  await vscode.window.showTextDocument(document, { preview: false });
}

function languageOf(info: string): string {
  return /^[\w+#.-]*/u.exec(info.trim())?.[0] ?? "";
}

/** The line ends that new files get, as VS Code's own setting has them. */
function withUsualEnds(text: string, uri: vscode.Uri): string {
  const set = vscode.workspace.getConfiguration("files", uri).get<string>("eol");
  const eol = set === "\r\n" || (set === "auto" && process.platform === "win32") ? "\r\n" : "\n";
  return text.replace(/\r?\n/gu, eol);
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
