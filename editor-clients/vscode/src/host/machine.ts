/** What the extension asks of the machine it runs on: programs, Python versions, the server's own environment. */
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { trustedPath, type Installed, type Machine } from "../core/lookup";

const PYTHON_TIMEOUT_MS = 20_000;
const STEP_TIMEOUT_MS = 600_000;

/** openedFolders: nothing inside them is ever started. */
export function thisMachine(openedFolders: readonly string[]): Machine {
  const isWindows = process.platform === "win32";
  return {
    platform: process.platform,
    path: trustedPath(process.env["PATH"] ?? "", process.platform, openedFolders),
    extensions: isWindows ? [".exe", ".cmd", ".bat"] : [""],
    isProgram,
    pythonVersion,
  };
}

function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

async function pythonVersion(
  program: string,
  args: readonly string[],
): Promise<readonly [number, number] | undefined> {
  try {
    const code = "import sys; print('%d.%d' % sys.version_info[:2])";
    const printed = await run(program, [...args, "-I", "-c", code], PYTHON_TIMEOUT_MS);
    const match = /^(\d+)\.(\d+)\s*$/u.exec(printed);
    return match === null ? undefined : [Number(match[1]), Number(match[2])];
  } catch {
    return undefined;
  }
}

/** The wheel that lies in the extension, and its version; undefined in a build without one. */
export function bundledWheel(extensionFolder: string): { file: string; version: string } | undefined {
  const folder = path.join(extensionFolder, "bundled");
  if (!fs.existsSync(folder)) return undefined;
  for (const name of fs.readdirSync(folder)) {
    const version = /^threadkeep-([^-]+)-.*\.whl$/u.exec(name)?.[1];
    if (version !== undefined) return { file: path.join(folder, name), version };
  }
  return undefined;
}

/** What is installed in the extension's storage: of this version, or else of any. */
export function installedServer(storage: string, version: string | undefined): Installed | undefined {
  const all = installedServers(storage);
  return all.find((each) => each.version === version) ?? all.at(-1);
}

function installedServers(storage: string): Installed[] {
  const root = path.join(storage, "server");
  if (!fs.existsSync(root)) return [];
  return fs
    .readdirSync(root)
    .sort()
    .map((version) => ({ version, python: pythonOf(path.join(root, version)) }))
    .filter(
      ({ python, version }) => isProgram(python) && fs.existsSync(path.join(root, version, "complete")),
    );
}

function pythonOf(environment: string): string {
  return process.platform === "win32"
    ? path.join(environment, "Scripts", "python.exe")
    : path.join(environment, "bin", "python");
}

/**
 * Installs the wheel into an environment of its own in the extension's storage.
 * tell: called with what is being done. Throws with the output of the step that failed.
 */
export async function installServer(
  python: { program: string; args: readonly string[] },
  wheel: { file: string; version: string },
  storage: string,
  tell: (step: string) => void,
): Promise<Installed> {
  const environment = path.join(storage, "server", wheel.version);
  await fs.promises.rm(environment, { recursive: true, force: true });
  await fs.promises.mkdir(environment, { recursive: true });
  tell("Making an environment…");
  await run(python.program, [...python.args, "-I", "-m", "venv", environment], STEP_TIMEOUT_MS);
  tell("Installing the server and its libraries…");
  const own = pythonOf(environment);
  const pip = ["-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input"];
  await run(own, [...pip, wheel.file], STEP_TIMEOUT_MS);
  await fs.promises.writeFile(path.join(environment, "complete"), "");
  return { python: own, version: wheel.version };
}

async function run(program: string, args: readonly string[], timeout: number): Promise<string> {
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
