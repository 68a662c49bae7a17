/** Changes that were suggested and are looked at beside the file, until they are accepted or discarded. */
import * as path from "node:path";
import * as vscode from "vscode";
import { merged } from "../core/merging";
import type { Parts } from "./commands";
import { caughtUp, plain } from "./disk";
import { isOnDisk } from "./editors";
import { isReadOnly } from "./folder_files";

const SCHEME = "threadkeep-change";
const OVER = "This suggestion is over. Show the code as a change once more, in the chat.";
const AGAIN = "Compare Again";

export interface Suggestion {
  readonly uri: vscode.Uri;
  /** The file when the change was suggested; undefined: there was none. */
  readonly base: string | undefined;
  /** The file with the change in it. */
  readonly text: string;
  /** Finds the place of the code once more, in the file as it is then. */
  readonly again: () => Promise<void>;
}

export class Suggestions implements vscode.TextDocumentContentProvider {
  private readonly all = new Map<string, Suggestion>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private count = 0;

  constructor(parts: Parts) {
    parts.context.subscriptions.push(
      this.changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      // what is shown is what would be accepted, also while the file goes on changing
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.fileChanged(document.uri)),
    );
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    if (uri.query === "before") return "";
    const suggestion = this.all.get(uri.toString());
    if (suggestion === undefined) return `${OVER}\n`;
    const open = documentOf(suggestion.uri);
    return open === undefined ? suggestion.text : (withChange(suggestion, open.getText()) ?? suggestion.text);
  }

  async show(suggestion: Suggestion): Promise<void> {
    this.count += 1;
    const name = path.posix.basename(suggestion.uri.path);
    const after = vscode.Uri.from({ scheme: SCHEME, path: `/${this.count}/${name}` });
    this.all.set(after.toString(), suggestion);
    await this.compare(after, suggestion);
  }

  /** Brings the comparison into view. */
  private async compare(after: vscode.Uri, suggestion: Suggestion): Promise<void> {
    const name = path.posix.basename(suggestion.uri.path);
    const isNew = suggestion.base === undefined;
    const before = isNew ? after.with({ query: "before" }) : suggestion.uri;
    const title = `${name}: ${isNew ? "suggested new file" : "suggested change"}`;
    await vscode.commands.executeCommand("vscode.diff", before, after, title);
  }

  async accept(uri?: vscode.Uri): Promise<void> {
    const key = shown(uri);
    if (key === undefined) return;
    const suggestion = this.all.get(key);
    if (suggestion === undefined) return void vscode.window.showInformationMessage(OVER);
    const name = vscode.workspace.asRelativePath(suggestion.uri);
    if (await isReadOnly(suggestion.uri))
      throw new Error(`${name} is read-only. Make it writable and accept once more, or copy the code.`);
    const document = await openedNow(suggestion).catch(async (error: unknown) => {
      await this.backTo(key, suggestion);
      throw error;
    });
    const isAccepted =
      document === undefined
        ? await this.create(suggestion, key, name)
        : await this.change(suggestion, key, name, document);
    if (!isAccepted) return;
    await this.close(key);
    const now = documentOf(suggestion.uri) ?? (await vscode.workspace.openTextDocument(suggestion.uri));
    await vscode.window.showTextDocument(now, { preview: false });
  }

  /** The file itself comes into view when it has to be read anew: what is asked is about the comparison. */
  private async backTo(key: string, suggestion: Suggestion): Promise<void> {
    if (shown() !== key) await this.compare(vscode.Uri.parse(key), suggestion);
  }

  private async create(suggestion: Suggestion, key: string, name: string): Promise<boolean> {
    if (suggestion.base !== undefined) {
      const create = "Create It Again";
      const answer = await vscode.window.showWarningMessage(`${name} is gone meanwhile.`, create);
      if (answer !== create || this.all.get(key) !== suggestion) return false;
    }
    if (!isOnDisk(suggestion.uri)) {
      const document = await vscode.workspace.openTextDocument({ content: suggestion.text });
      await vscode.window.showTextDocument(document, { preview: false });
      await this.close(key);
      return false;
    }
    const edit = new vscode.WorkspaceEdit();
    edit.createFile(suggestion.uri, { contents: Buffer.from(suggestion.text, "utf8"), overwrite: false });
    if (!(await vscode.workspace.applyEdit(edit))) throw new Error(`${name} could not be created.`);
    return true;
  }

  private async change(
    suggestion: Suggestion,
    key: string,
    name: string,
    document: vscode.TextDocument,
  ): Promise<boolean> {
    const before = document.getText();
    const after = withChange(suggestion, before);
    if (after === undefined) {
      await this.backTo(key, suggestion);
      const told = `${name} changed meanwhile, where the suggestion changes it too. It was left as it is.`;
      const answer = await vscode.window.showWarningMessage(told, AGAIN);
      if (answer !== AGAIN) return false;
      await this.close(key);
      await suggestion.again();
      return false;
    }
    const wasSaved = !document.isDirty && isOnDisk(document.uri);
    if (!(await replaced(document, before, after))) throw new Error(`${name} could not be changed.`);
    // a file with changes of its own is saved by who made them
    if (wasSaved) await document.save();
    if (plain(before) !== plain(suggestion.base ?? ""))
      void vscode.window.showInformationMessage(`${name} changed meanwhile; both changes are in it.`);
    return true;
  }

  async discard(uri?: vscode.Uri): Promise<void> {
    const key = shown(uri);
    if (key !== undefined) await this.close(key);
  }

  private async close(key: string): Promise<void> {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const own = tabs.filter(
      ({ input }) => input instanceof vscode.TabInputTextDiff && input.modified.toString() === key,
    );
    await vscode.window.tabGroups.close(own);
    this.all.delete(key);
  }

  private fileChanged(uri: vscode.Uri): void {
    for (const [key, suggestion] of this.all)
      if (suggestion.uri.toString() === uri.toString()) this.changed.fire(vscode.Uri.parse(key));
  }
}

/** The key of the suggestion that is looked at. */
function shown(uri?: vscode.Uri): string | undefined {
  if (uri?.scheme === SCHEME) return uri.with({ query: "" }).toString();
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const modified = input instanceof vscode.TabInputTextDiff ? input.modified : undefined;
  return modified?.scheme === SCHEME ? modified.toString() : undefined;
}

function withChange({ base = "", text }: Suggestion, current: string): string | undefined {
  if (plain(current) === plain(base)) return text;
  return plain(current) === plain(text) ? current : merged(base, current, text);
}

/** The document of a suggestion as its file is now; undefined: there is no file. */
async function openedNow({ uri }: Suggestion): Promise<vscode.TextDocument | undefined> {
  const open = documentOf(uri);
  if (!isOnDisk(uri)) return open;
  try {
    await vscode.workspace.fs.stat(uri);
  } catch {
    return open?.isDirty === true ? open : undefined;
  }
  const document = open ?? (await vscode.workspace.openTextDocument(uri));
  await caughtUp(document);
  return document;
}

/** Puts only what differs: cursors and marks elsewhere stay where they are. */
async function replaced(document: vscode.TextDocument, before: string, after: string): Promise<boolean> {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  while (start > 0 && /[\r\uD800-\uDBFF]/u.test(before[start - 1] ?? "")) start--;
  let [end, last] = [before.length, after.length];
  while (end > start && last > start && before[end - 1] === after[last - 1]) {
    end--;
    last--;
  }
  while (end < before.length && /[\n\uDC00-\uDFFF]/u.test(before[end] ?? "")) {
    end++;
    last++;
  }
  const edit = new vscode.WorkspaceEdit();
  const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
  edit.replace(document.uri, range, after.slice(start, last));
  return (await vscode.workspace.applyEdit(edit)) && plain(document.getText()) === plain(after);
}

function documentOf(uri: vscode.Uri): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
}
