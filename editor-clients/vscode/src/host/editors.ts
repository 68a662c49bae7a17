/** The text editor that was worked in last, also while a chat has the focus or covers it. */
import * as vscode from "vscode";

export interface LastEditor {
  readonly document: vscode.TextDocument;
  readonly selection: vscode.Selection;
}

/** A cell of a notebook: a document that is changed like others, and saved with its notebook. */
const CELL = "vscode-notebook-cell";

let latest: LastEditor | undefined;

/** Begins to remember where one works. */
export function watchEditors(): vscode.Disposable {
  const remember = (editor: vscode.TextEditor | undefined): void => {
    if (editor !== undefined && canBeChanged(editor.document))
      latest = { document: editor.document, selection: editor.selection };
  };
  remember(vscode.window.activeTextEditor);
  return vscode.Disposable.from(
    vscode.window.onDidChangeActiveTextEditor(remember),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
      if (textEditor === vscode.window.activeTextEditor) remember(textEditor);
    }),
  );
}

/** Where a change can go: never one of the documents that other programs only show. */
export function lastChangeable(): LastEditor | undefined {
  const { activeTextEditor, visibleTextEditors } = vscode.window;
  const seen = [activeTextEditor, ...visibleTextEditors].filter((editor) => editor !== undefined);
  const shown = seen.filter(({ document }) => canBeChanged(document));
  if (shown[0] !== undefined && shown[0] === activeTextEditor) return shown[0];
  if (latest !== undefined && !latest.document.isClosed && isOpen(latest.document.uri)) return latest;
  return shown[0];
}

function canBeChanged({ uri }: vscode.TextDocument): boolean {
  return ["untitled", CELL].includes(uri.scheme) || isOnDisk(uri);
}

/** Whether a document is a file of its own, which may change beside the editor. */
export function isOnDisk(uri: vscode.Uri): boolean {
  return vscode.workspace.fs.isWritableFileSystem(uri.scheme) === true;
}

function isOpen(uri: vscode.Uri): boolean {
  if (uri.scheme === CELL) return true;
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const uris = tabs.flatMap(({ input }) =>
    input instanceof vscode.TabInputText
      ? [input.uri]
      : input instanceof vscode.TabInputTextDiff
        ? [input.original, input.modified]
        : [],
  );
  return uris.some((each) => each.toString() === uri.toString());
}
