/** Finds the files of the opened folders that an answer names; what is not in a folder is nobody's to change. */
import { access, constants, lstat, realpath } from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import type { NamedFile } from "../core/code_blocks";

export interface FolderFile {
  readonly uri: vscode.Uri;
  readonly exists: boolean;
}

/** Undefined where nobody said which folder is meant; throws for what is outside. */
export async function folderFile(
  named: Exclude<NamedFile, { kind: "none" }>,
  near: vscode.Uri | undefined,
): Promise<FolderFile | undefined> {
  const refused = new Error(`${named.path} is outside of the opened folder. Nothing was changed.`);
  if (named.kind === "outside") throw refused;
  const all = vscode.workspace.workspaceFolders ?? [];
  if (all.length === 0) throw new Error(`No folder is open that ${named.path} could belong to.`);
  const found: FolderFile[] = [];
  for (const folder of all) {
    const uri = uriIn(folder, named);
    if (uri === undefined || !(await isInside(folder, uri))) continue;
    found.push({ uri, exists: await isFile(uri) });
  }
  if (found.length === 0) throw refused;
  const there = found.filter(({ exists }) => exists);
  const candidates = there.length > 0 ? there : await withFolder(found);
  const own = candidates.find(({ uri }) => uri.toString() === near?.toString());
  if (own !== undefined || candidates.length === 1) return own ?? candidates[0];
  const folder = await vscode.window.showWorkspaceFolderPick({
    placeHolder: `${named.path} belongs to which folder?`,
  });
  return candidates.find(({ uri }) => vscode.workspace.getWorkspaceFolder(uri)?.index === folder?.index);
}

function uriIn(folder: vscode.WorkspaceFolder, named: NamedFile & { path: string }): vscode.Uri | undefined {
  if (named.kind === "inside") return vscode.Uri.joinPath(folder.uri, ...named.path.split("/"));
  const uri = named.path.startsWith("file:")
    ? vscode.Uri.parse(named.path)
    : folder.uri.with({ path: vscode.Uri.file(named.path).path });
  const relative = path.posix.relative(folder.uri.path, uri.path);
  return uri.scheme === folder.uri.scheme &&
    relative !== "" &&
    !/^\.\.(?:\/|$)|(?:^|\/)\.git(?:\/|$)/iu.test(relative)
    ? uri
    : undefined;
}

/** Of places for a new file those whose own folder is there, if there are such. */
async function withFolder(found: readonly FolderFile[]): Promise<readonly FolderFile[]> {
  const there: FolderFile[] = [];
  for (const each of found) {
    const stat = await statOf(vscode.Uri.joinPath(each.uri, ".."));
    if (stat !== undefined) there.push(each);
  }
  return there.length > 0 ? there : found;
}

async function isFile(uri: vscode.Uri): Promise<boolean> {
  const stat = await statOf(uri);
  if (stat !== undefined && (stat.type & vscode.FileType.Directory) !== 0)
    throw new Error(`${vscode.workspace.asRelativePath(uri)} is a folder.`);
  return stat !== undefined;
}

async function statOf(uri: vscode.Uri): Promise<vscode.FileStat | undefined> {
  try {
    return await vscode.workspace.fs.stat(uri);
  } catch {
    return undefined;
  }
}

/** Whether a file really lies in a folder, whatever links are on the way to it. */
async function isInside(folder: vscode.WorkspaceFolder, uri: vscode.Uri): Promise<boolean> {
  if (uri.scheme !== "file") return true;
  const roots = await Promise.all(
    (vscode.workspace.workspaceFolders ?? [folder])
      .filter((each) => each.uri.scheme === "file")
      .map((each) => realpath(each.uri.fsPath).catch(() => each.uri.fsPath)),
  );
  const real = await reallyAt(uri.fsPath);
  return real !== undefined && roots.some((root) => isBelow(root, real));
}

function isBelow(root: string, file: string): boolean {
  const relative = path.relative(root, file);
  const names = relative.split(path.sep);
  return relative !== "" && !path.isAbsolute(relative) && names[0] !== ".." && !names.includes(".git");
}

/** Where a file is or would be; undefined for a link that leads nowhere, since writing would follow it. */
async function reallyAt(file: string): Promise<string | undefined> {
  try {
    return await realpath(file);
  } catch {
    const isLink = await lstat(file).then(
      () => true,
      () => false,
    );
    if (isLink) return undefined;
    const above = path.dirname(file);
    if (above === file) return undefined;
    const folder = await reallyAt(above);
    return folder === undefined ? undefined : path.join(folder, path.basename(file));
  }
}

/** Whether a file, or the folder that it would come into, takes no change. */
export async function isReadOnly(uri: vscode.Uri): Promise<boolean> {
  if (uri.scheme === "untitled") return false;
  if (vscode.workspace.fs.isWritableFileSystem(uri.scheme) === false) return true;
  const stat = await statOf(uri);
  if (stat === undefined) return false;
  if (((stat.permissions ?? 0) & vscode.FilePermission.Readonly) !== 0) return true;
  if (uri.scheme !== "file") return false;
  // who may do everything is still told that nobody was meant to write here
  const { mode } = await lstat(await realpath(uri.fsPath));
  const mayWrite = await access(uri.fsPath, constants.W_OK).then(
    () => true,
    () => false,
  );
  return (mode & 0o222) === 0 || !mayWrite;
}
