/**
 * The server that the extension installs from its own wheel.
 *
 * Every install is a folder of its own, which counts once it holds the file `complete`, so that no window ever
 * sees a half of one and none writes over what another one runs. Windows take turns by a lock. A window notes
 * in an install that it uses it; an old one goes when nobody does.
 */
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Installed } from "../core/lookup";
import { isProgram, list, run } from "./machine";

const STEP_TIMEOUT_MS = 600_000;
const POLL_MS = 300;
/** A lock that was not touched for so long is nobody's, whoever holds it: its holder touches it all the time. */
const STALE_MS = 60_000;
/** An install that is not complete after so long was given up: its steps may take less, twice over. */
const BROKEN_MS = 3_600_000;
/** Uses by another machine that shares the folder: nothing tells whether they still run. */
const FOREIGN_USE_MS = 14 * 24 * 3_600_000;

export interface Wheel {
  readonly file: string;
  readonly version: string;
}

export interface Python {
  readonly program: string;
  readonly args: readonly string[];
}

/** The steps of an install; tests make them fail. */
export interface Steps {
  run(program: string, args: readonly string[], timeout: number): Promise<string>;
}

/** The wheel that lies in the extension, and its version; undefined in a build without one. */
export function bundledWheel(extensionFolder: string): Wheel | undefined {
  const folder = path.join(extensionFolder, "bundled");
  if (!fs.existsSync(folder)) return undefined;
  for (const name of fs.readdirSync(folder)) {
    const version = /^threadkeep-([^-]+)-.*\.whl$/u.exec(name)?.[1];
    if (version !== undefined) return { file: path.join(folder, name), version };
  }
  return undefined;
}

/** What is installed: of this version, or else the newest of any. */
export function installedServer(storage: string, version: string | undefined): Installed | undefined {
  const all = installs(storage);
  const wanted = all.filter((each) => each.version === version);
  const best = (wanted.length > 0 ? wanted : all).at(-1);
  return best && { python: best.python, version: best.version };
}

/** Notes that this window runs what lies there, until it ends. */
export function noteUse(python: string, storage: string): void {
  const install = installs(storage).find((each) => each.python === python);
  if (install === undefined) return;
  const uses = path.join(install.folder, "uses");
  fs.mkdirSync(uses, { recursive: true });
  fs.writeFileSync(path.join(uses, `${os.hostname()}.${process.pid}`), "");
}

/**
 * Installs the wheel, or gives what another window has installed in the meantime.
 * tell: called with what is being done. Throws with the output of the step that failed; what was there stays.
 */
export async function installServer(
  python: Python,
  wheel: Wheel,
  storage: string,
  tell: (step: string) => void,
  { isForced = false, steps = { run } }: { isForced?: boolean; steps?: Steps } = {},
): Promise<Installed> {
  const root = path.join(storage, "server");
  await fs.promises.mkdir(root, { recursive: true });
  const began = Date.now();
  const unlock = await locked(path.join(root, ".lock"), () => {
    tell("Another window is installing the server…");
  });
  try {
    const there = installs(storage).findLast((each) => each.version === wheel.version);
    if (there !== undefined && (!isForced || there.at > began))
      return { python: there.python, version: there.version };
    removeBroken(root);
    const made = await install(python, wheel, root, tell, steps);
    removeUnused(storage, made.python);
    return made;
  } finally {
    unlock();
  }
}

async function install(
  python: Python,
  wheel: Wheel,
  root: string,
  tell: (step: string) => void,
  steps: Steps,
): Promise<Installed> {
  const environment = path.join(root, `${wheel.version}-${randomBytes(4).toString("hex")}`);
  try {
    tell("Making an environment…");
    await steps.run(python.program, [...python.args, "-I", "-m", "venv", environment], STEP_TIMEOUT_MS);
    const own = pythonOf(environment);
    const pip = ["-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input", wheel.file];
    tell("Installing the server and its libraries…");
    try {
      await steps.run(own, pip, STEP_TIMEOUT_MS);
    } catch {
      tell("Trying that once more…"); // a network that was away for a moment is the usual reason
      await steps.run(own, pip, STEP_TIMEOUT_MS);
    }
    tell("Starting it…");
    const said = await steps.run(own, ["-P", "-m", "threadkeep", "--version"], STEP_TIMEOUT_MS);
    if (!said.includes(wheel.version))
      throw new Error(`The server that was installed does not start as it should: it says ${said.trim()}.`);
    await fs.promises.writeFile(path.join(environment, "complete.new"), wheel.version);
    await fs.promises.rename(path.join(environment, "complete.new"), path.join(environment, "complete"));
    return { python: own, version: wheel.version };
  } catch (error) {
    await fs.promises.rm(environment, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}

interface Install extends Installed {
  readonly folder: string;
  /** When it was complete, in milliseconds. */
  readonly at: number;
}

/** The complete ones whose Python is still there, the newest last. */
function installs(storage: string): Install[] {
  const root = path.join(storage, "server");
  return list(root)
    .flatMap((name): Install[] => {
      const folder = path.join(root, name);
      const version = versionOf(folder, name);
      const python = pythonOf(folder);
      if (version === undefined || !isProgram(python)) return [];
      return [{ folder, version, python, at: fs.statSync(path.join(folder, "complete")).mtimeMs }];
    })
    .sort((left, right) => left.at - right.at);
}

/** Earlier releases wrote an empty file, and named the folder after the version alone. */
function versionOf(folder: string, name: string): string | undefined {
  try {
    return fs.readFileSync(path.join(folder, "complete"), "utf8").trim() || name;
  } catch {
    return undefined;
  }
}

/** What an install left behind that was killed. */
function removeBroken(root: string): void {
  for (const name of list(root).filter((each) => !each.startsWith("."))) {
    const folder = path.join(root, name);
    const age = Date.now() - fs.statSync(folder).mtimeMs;
    if (age > BROKEN_MS && !fs.existsSync(path.join(folder, "complete"))) remove(folder);
  }
}

/** Every other install that no living window uses; only under the lock. */
function removeUnused(storage: string, kept: string): void {
  for (const each of installs(storage)) if (each.python !== kept && !isUsed(each.folder)) remove(each.folder);
}

function isUsed(folder: string): boolean {
  const uses = path.join(folder, "uses");
  return list(uses).some((name) => {
    const [, host, id] = /^(.*)\.(\d+)$/u.exec(name) ?? [];
    if (host === os.hostname()) return isAlive(Number(id));
    return Date.now() - fs.statSync(path.join(uses, name)).mtimeMs < FOREIGN_USE_MS;
  });
}

/** A file that is in use on Windows stays, and goes the next time. */
function remove(folder: string): void {
  try {
    // first what makes it count: a half of an install must not be taken for one
    fs.rmSync(path.join(folder, "complete"), { force: true });
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 2 });
  } catch {
    // it is looked at again with the next install
  }
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Waits until the lock is this window's; gives what gives it back. */
async function locked(file: string, tell: () => void): Promise<() => void> {
  let isTold = false;
  for (;;) {
    try {
      fs.mkdirSync(file); // either made here, or there already: nothing between
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (isStale(file)) {
      breakLock(file);
      continue;
    }
    if (!isTold) tell();
    isTold = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const touch = setInterval(() => {
    fs.utimesSync(file, new Date(), new Date());
  }, STALE_MS / 6);
  touch.unref();
  return () => {
    clearInterval(touch);
    fs.rmSync(file, { recursive: true, force: true });
  };
}

function isStale(file: string): boolean {
  try {
    return Date.now() - fs.statSync(file).mtimeMs > STALE_MS;
  } catch {
    return false; // given back just now
  }
}

/** Takes a dead window's lock away. Of two that try, the rename lets one do it. */
function breakLock(file: string): void {
  const broken = `${file}.${randomBytes(4).toString("hex")}`;
  try {
    fs.renameSync(file, broken);
    // another window may have broken and taken it since we looked
    if (isStale(broken)) fs.rmSync(broken, { recursive: true, force: true });
    else fs.renameSync(broken, file);
  } catch {
    // another window was faster
  }
}

function pythonOf(environment: string): string {
  return process.platform === "win32"
    ? path.join(environment, "Scripts", "python.exe")
    : path.join(environment, "bin", "python");
}
