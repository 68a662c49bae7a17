/** The name under which the server keeps this window's drafts and sessions: the same after whatever ended it. */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import type * as vscode from "vscode";

const WINDOW_KEY = "windowId";
const FILE = /^kept-(.+)\.json$/u;

/** Where a window keeps what the server has not got. */
export function keptFile(storage: vscode.Uri | undefined, windowId: string): string | undefined {
  return storage?.scheme === "file" ? path.join(storage.fsPath, `kept-${windowId}.json`) : undefined;
}

/** storage: the workspace's own folder, which several windows may share. */
export function windowName(memory: vscode.Memento, storage: vscode.Uri | undefined): string {
  // VS Code writes its memory down after a while: what was killed before that is known by its file
  const name =
    memory.get<string>(WINDOW_KEY) ??
    (storage?.scheme === "file" ? leftBehind(storage.fsPath) : undefined) ??
    randomUUID();
  void memory.update(WINDOW_KEY, name);
  return name;
}

/** The newest one whose process is there no more. */
export function leftBehind(folder: string): string | undefined {
  const found: { name: string; at: number }[] = [];
  for (const file of names(folder)) {
    const [, name] = FILE.exec(file) ?? [];
    if (name === undefined) continue;
    try {
      const { pid } = JSON.parse(fs.readFileSync(path.join(folder, file), "utf8")) as { pid?: number };
      if (pid === undefined || isAlive(pid)) continue;
      found.push({ name, at: fs.statSync(path.join(folder, file)).mtimeMs });
    } catch {
      // not whole, or just taken away: no window of ours
    }
  }
  return found.sort((one, other) => other.at - one.at)[0]?.name;
}

function names(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
