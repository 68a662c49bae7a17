/** Brings what VS Code shows of a file up to date with the disk, of whose changes it hears a little later. */
import * as vscode from "vscode";
import { isOnDisk } from "./editors";

const HEARD_MS = 700;
const READ_MS = 5_000;
const PAUSE_MS = 50;

/** A document with unsaved changes stays as it is. */
export async function caughtUp(document: vscode.TextDocument): Promise<void> {
  if (!isOnDisk(document.uri) || (await isCurrentWithin(document, HEARD_MS))) return;
  await vscode.window.showTextDocument(document);
  await vscode.commands.executeCommand("workbench.action.files.revert");
  if (!(await isCurrentWithin(document, READ_MS)))
    throw new Error(`${vscode.workspace.asRelativePath(document.uri)} changes just now. Try it once more.`);
}

async function isCurrentWithin(document: vscode.TextDocument, limit: number): Promise<boolean> {
  for (const end = Date.now() + limit; ; await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))) {
    if (document.isDirty || plain(await onDisk(document)) === plain(document.getText())) return true;
    if (Date.now() > end) return false;
  }
}

async function onDisk(document: vscode.TextDocument): Promise<string> {
  const bytes = await vscode.workspace.fs.readFile(document.uri);
  return vscode.workspace.decode(bytes, { encoding: document.encoding });
}

/** Text without what tells files apart only on disk. */
export function plain(text: string): string {
  return text.replace(/^\uFEFF/u, "").replace(/\r\n/gu, "\n");
}
