/** The folder whose sessions a window shows. */
import * as vscode from "vscode";
import type { RepositoryRef } from "../protocol";

export const FOLDER_KEY = "folder";

/** The chosen one, or the first. */
export function chosenFolder(memory: vscode.Memento): vscode.WorkspaceFolder | undefined {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const chosen = memory.get<string>(FOLDER_KEY);
  return folders.find((folder) => folder.uri.toString() === chosen) ?? folders[0];
}

/** `repository` for requests; a folder that is no file has its name only. */
export function repositoryParam(memory: vscode.Memento): { repository?: RepositoryRef } {
  const folder = chosenFolder(memory);
  if (folder === undefined) return {};
  return { repository: folder.uri.scheme === "file" ? folder.uri.toString() : { name: folder.name } };
}
