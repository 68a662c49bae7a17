/** What the extension asks of the machine it runs on: where programs are, and what they say of themselves. */
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { foldersOfPath, isWithin, trustedFolders, type Machine } from "../core/lookup";
import { usualFolders } from "../core/places";

const QUESTION_TIMEOUT_MS = 20_000;

/** openedFolders: nothing inside them is ever started, also not through a link. */
export function thisMachine(openedFolders: readonly string[]): Machine {
  const { platform } = process;
  const usual = usualFolders({ platform, home: os.homedir(), environment: process.env, list });
  const folders = [...foldersOfPath(process.env["PATH"] ?? "", platform), ...usual];
  return {
    platform,
    path: trustedFolders(folders, platform, openedFolders, real),
    isProgram,
    isTrusted: (file) => !isWithin(file, openedFolders, platform, real),
    pythonVersion,
    serverVersion,
  };
}

export function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The names in a folder; none where it cannot be read. */
export function list(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

function real(file: string): string {
  try {
    return fs.realpathSync.native(file);
  } catch {
    return file;
  }
}

async function pythonVersion(
  program: string,
  args: readonly string[],
): Promise<readonly [number, number] | string> {
  try {
    const code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])";
    const printed = await run(program, [...args, "-I", "-c", code], QUESTION_TIMEOUT_MS);
    const match = /^(\d+)\.(\d+)\s*$/u.exec(printed);
    return match === null ? "it does not answer as a Python does" : [Number(match[1]), Number(match[2])];
  } catch (error) {
    const said = firstLine(error);
    // Debian's Python without the package that makes environments
    const part = /No module named '?(venv|ensurepip)/u.exec(said)?.[1];
    return part === undefined ? said : `it lacks ${part}: install the package python3-venv`;
  }
}

async function serverVersion(program: string): Promise<{ version: string } | string> {
  try {
    const printed = await run(program, ["--version"], QUESTION_TIMEOUT_MS);
    const version = /^threadkeep (\S+)\s*$/u.exec(printed)?.[1];
    return version === undefined ? "it does not answer as Threadkeep does" : { version };
  } catch (error) {
    return firstLine(error);
  }
}

/** What says the most in an error: the last line of a traceback, the first of anything else. */
function firstLine(error: unknown): string {
  const lines = String(error instanceof Error ? error.message : error)
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const line = lines[0]?.startsWith("Traceback") === true ? lines.at(-1) : lines[0];
  return (line ?? "it cannot be started").slice(0, 200);
}

/** What a program prints. Throws with what it said where it fails. */
export async function run(program: string, args: readonly string[], timeout: number): Promise<string> {
  const environment = { ...process.env };
  // both would let pip or venv look elsewhere than here
  delete environment["PYTHONPATH"];
  delete environment["PYTHONHOME"];
  return new Promise((resolve, reject) => {
    const options = {
      timeout,
      maxBuffer: 16 * 1024 * 1024,
      env: environment,
      windowsHide: true,
      cwd: path.dirname(program),
    };
    execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(stderr.trim() || stdout.trim() || error.message));
    });
  });
}
