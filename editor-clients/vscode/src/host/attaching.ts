/** Turns selections, files, problems and dropped things into attachments. */
import { open } from "node:fs/promises";
import * as vscode from "vscode";
import type { NamedAttachment } from "../core/bridge";
import { LOOKED_AT, refusalOf } from "../core/intake";
import { problemsText, type Problem } from "../core/problems";
import type { Attachment } from "../protocol";
import { chosenFolder } from "./chat_hub";
import type { ChatLink } from "./chat_link";
import { command, type Parts } from "./commands";

const SEVERITIES: readonly Problem["severity"][] = ["error", "warning", "information", "hint"];
const MAX_FILES = 50;

export function registerAttachingCommands(parts: Parts): void {
  const give = async (attachments: readonly NamedAttachment[], aim: Aim): Promise<void> => {
    if (attachments.length === 0) return;
    if (aim !== undefined && !parts.hub.isStill(aim.link, aim.at))
      return giveElsewhere(parts, attachments, aim.at);
    const link = parts.hub.active ?? (await parts.view.show());
    if (link === parts.hub.main) await parts.view.show();
    (link ?? parts.hub.main)?.attach(attachments);
    (link ?? parts.hub.main)?.focus();
  };
  const ways = {
    attachSelection: async (aim: Aim): Promise<void> => {
      const selection = ofSelection(vscode.window.activeTextEditor ?? lastEditor());
      if (selection === undefined)
        void vscode.window.showInformationMessage("Nothing is selected in an editor.");
      else await give([selection], aim);
    },
    attachFile: async (aim: Aim): Promise<void> => give(await ofFiles(await chooseFiles()), aim),
    attachProblems: async (aim: Aim): Promise<void> => {
      const attachment = await ofProblems((vscode.window.activeTextEditor ?? lastEditor())?.document);
      if (attachment === undefined)
        void vscode.window.showInformationMessage("There are no problems to attach.");
      else await give([attachment], aim);
    },
    attachThisFile: async (aim: Aim): Promise<void> => {
      const editor = lastEditor();
      if (editor !== undefined) await give([ofFile(editor.document.uri)], aim);
    },
  };
  command(parts, "attachSelection", () => ways.attachSelection(aimOf(parts)));
  command(parts, "attachProblems", () => ways.attachProblems(aimOf(parts)));
  command(parts, "attachThisFile", () => ways.attachThisFile(aimOf(parts)));
  command(parts, "attachFile", async (uri?: never, uris?: never) => {
    const aim = aimOf(parts);
    const given = (Array.isArray(uris) ? uris : uri === undefined ? [] : [uri]) as vscode.Uri[];
    if (given.length === 0) await ways.attachFile(aim);
    else await give(await ofFiles(given), aim);
  });
  command(parts, "askAboutSelection", async () => {
    const editor = vscode.window.activeTextEditor;
    const selection = ofSelection(editor) ?? (editor && ofFile(editor.document.uri));
    if (editor !== undefined) await turnTo(parts, editor.document.uri);
    await parts.view.show();
    if (selection !== undefined) parts.hub.main?.attach([selection]);
    parts.hub.main?.focus();
  });
  command(parts, "attach", async () => {
    const aim = aimOf(parts);
    const editor = lastEditor();
    const hasSelection = editor !== undefined && !editor.selection.isEmpty;
    const items: { label: string; way: keyof typeof ways }[] = [
      ...(hasSelection ? [{ label: "$(selection) Selection", way: "attachSelection" as const }] : []),
      ...(editor === undefined ? [] : [{ label: "$(file) This file", way: "attachThisFile" as const }]),
      { label: "$(files) Files…", way: "attachFile" },
      { label: "$(warning) Problems", way: "attachProblems" },
    ];
    const chosen = await vscode.window.showQuickPick(items, { placeHolder: "Attach what?" });
    if (chosen !== undefined) await ways[chosen.way](aim);
  });
}

/** The chat that a person looked at when something was chosen, and what it showed; undefined: nothing yet. */
type Aim = { readonly link: ChatLink; readonly at: string } | undefined;

function aimOf({ hub }: Parts): Aim {
  const link = hub.active;
  return link?.shown === undefined ? undefined : { link, at: link.shown.at };
}

/** The chat went to another session while something was chosen: it goes where it was meant to, and that is told. */
function giveElsewhere({ hub }: Parts, attachments: readonly NamedAttachment[], at: string): void {
  hub.keeping.addTo(at, { text: "", attachments });
  const names = attachments.map(({ name }) => name).join(", ");
  void vscode.window.showInformationMessage(
    `The chat shows another session now. Attached to ${hub.keeping.calledOf(at)}: ${names}.`,
  );
}

/** In a window with several folders, code is asked about in the session of its own folder. */
async function turnTo({ hub, sessions, context }: Parts, file: vscode.Uri): Promise<void> {
  const folder = vscode.workspace.getWorkspaceFolder(file);
  if (folder === undefined || folder.uri.toString() === chosenFolder(context.workspaceState)?.uri.toString())
    return;
  await hub.chooseFolder(folder);
  sessions.reload();
}

/** The text editor that was used last, also while a chat has the focus. */
export function lastEditor(): vscode.TextEditor | undefined {
  return (
    vscode.window.activeTextEditor ??
    vscode.window.visibleTextEditors.find(({ viewColumn }) => viewColumn !== undefined)
  );
}

export function ofSelection(editor: vscode.TextEditor | undefined): NamedAttachment | undefined {
  if (editor === undefined || editor.selection.isEmpty) return undefined;
  const { document, selection } = editor;
  const range = { start: at(selection.start), end: at(selection.end) };
  const isFile = document.uri.scheme === "file";
  const attachment: Attachment = {
    type: isFile ? "selection" : "text",
    text: document.getText(selection),
    languageId: document.languageId,
    ...(isFile ? { uri: document.uri.toString(), range } : {}),
  };
  const lines = `${range.start.line + 1}-${range.end.line + 1}`;
  return named(`${vscode.workspace.asRelativePath(document.uri)}:${lines}`, attachment);
}

export function ofFile(uri: vscode.Uri): NamedAttachment {
  return named(vscode.workspace.asRelativePath(uri), { type: "file", uri: uri.toString() });
}

/** Files as attachments; which of them cannot be, and why, is told. */
export async function ofFiles(uris: readonly vscode.Uri[]): Promise<NamedAttachment[]> {
  const refusals = await Promise.all(uris.map(refusal));
  const told = refusals.filter((each) => each !== undefined);
  if (told.length > 0) void vscode.window.showWarningMessage(told.join(" "));
  return uris.filter((_, index) => refusals[index] === undefined).map(ofFile);
}

/** What was dropped on the chat, by its URIs. */
export async function ofDropped(texts: readonly string[]): Promise<NamedAttachment[]> {
  const uris = texts.map(droppedFile);
  if (uris.includes(undefined))
    void vscode.window.showWarningMessage("Only files of this machine can be attached.");
  return ofFiles(uris.filter((uri) => uri !== undefined));
}

function droppedFile(text: string): vscode.Uri | undefined {
  try {
    const uri = vscode.Uri.parse(text, true);
    return ["file", "vscode-remote"].includes(uri.scheme) ? vscode.Uri.file(uri.path) : undefined;
  } catch {
    return undefined;
  }
}

/** Why a file cannot be attached; what is open in an editor is text. */
async function refusal(uri: vscode.Uri): Promise<string | undefined> {
  const name = vscode.workspace.asRelativePath(uri);
  const isOpen = vscode.workspace.textDocuments.some((each) => each.uri.toString() === uri.toString());
  if (uri.scheme !== "file" || isOpen) return undefined;
  try {
    const file = await open(uri.fsPath);
    try {
      const { size } = await file.stat();
      const { buffer, bytesRead } = await file.read(new Uint8Array(LOOKED_AT), 0, LOOKED_AT, 0);
      return refusalOf({ name, size, start: buffer.subarray(0, bytesRead) });
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EISDIR") return `${name} is a folder. Attach files of it instead.`;
    return code === "ENOENT" ? `${name} is not there.` : `${name} cannot be read.`;
  }
}

/** Of one document or, without one, of the workspace. */
async function ofProblems(document: vscode.TextDocument | undefined): Promise<NamedAttachment | undefined> {
  const own = document === undefined ? [] : vscode.languages.getDiagnostics(document.uri);
  const all: [vscode.Uri, readonly vscode.Diagnostic[]][] =
    document !== undefined && own.length > 0 ? [[document.uri, own]] : vscode.languages.getDiagnostics();
  const texts: string[] = [];
  for (const [uri, diagnostics] of all.filter(([, each]) => each.length > 0).slice(0, MAX_FILES)) {
    const lines = (await vscode.workspace.openTextDocument(uri)).getText().split(/\r?\n/u);
    texts.push(problemsText(vscode.workspace.asRelativePath(uri), diagnostics.map(problem), lines));
  }
  if (texts.length === 0) return undefined;
  const name =
    own.length > 0 && document ? `problems of ${vscode.workspace.asRelativePath(document.uri)}` : "problems";
  return named(name, { type: "text", text: texts.join("\n"), languageId: "plaintext" });
}

function problem(diagnostic: vscode.Diagnostic): Problem {
  const code = typeof diagnostic.code === "object" ? diagnostic.code.value : diagnostic.code;
  return {
    severity: SEVERITIES[diagnostic.severity] ?? "information",
    line: diagnostic.range.start.line,
    character: diagnostic.range.start.character,
    message: diagnostic.message,
    ...(diagnostic.source === undefined ? {} : { source: diagnostic.source }),
    ...(code === undefined ? {} : { code: String(code) }),
  };
}

async function chooseFiles(): Promise<vscode.Uri[]> {
  const found = await vscode.workspace.findFiles("**/*", undefined, 5_000);
  const items = found.map((uri) => ({ uri, label: `$(file) ${vscode.workspace.asRelativePath(uri)}` }));
  items.sort((one, other) => one.label.localeCompare(other.label));
  const options = { canPickMany: true, placeHolder: "Attach which files?" } as const;
  const picked = await vscode.window.showQuickPick(items, options);
  return picked?.map(({ uri }) => uri) ?? [];
}

function at({ line, character }: vscode.Position): { line: number; character: number } {
  return { line, character };
}

let keys = 0;

function named(name: string, attachment: Attachment): NamedAttachment {
  keys += 1;
  return { key: `host-${keys}`, name, attachment };
}
