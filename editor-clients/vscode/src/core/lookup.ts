/** Finds the server: which command starts it, and what to say when there is none. */

/** The oldest Python that runs the server. */
export const MIN_PYTHON: readonly [number, number] = [3, 11];

/** What is asked of the machine; real in the extension, made up in tests. */
export interface Machine {
  readonly platform: string;
  /** Absolute folders in which programs are looked for, none of them inside the opened folder: the PATH first. */
  readonly path: readonly string[];
  isProgram(this: void, path: string): boolean;
  /** Whether what is started lies outside the opened folders, wherever links lead. */
  isTrusted(path: string): boolean;
  /** The version of a Python, or why it is none. */
  pythonVersion(path: string, args: readonly string[]): Promise<readonly [number, number] | string>;
  /** What `threadkeep --version` says, or why it says nothing. */
  serverVersion(path: string): Promise<{ readonly version: string } | string>;
}

export interface Wish {
  /** `threadkeep.server.command`. */
  readonly command: readonly string[];
  /** `threadkeep.server.python`. */
  readonly python: string;
}

/** The server that the extension installed from its own wheel, if it did. */
export interface Installed {
  readonly python: string;
  readonly version: string;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly source: "setting" | "installed" | "path";
}

export type Lookup =
  | { readonly found: true; readonly command: Command }
  | {
      readonly found: false;
      readonly reason: string;
      readonly canInstall: boolean;
    };

/** A program that was looked at, and why it is not used. */
interface Refused {
  readonly program: string;
  readonly why: string;
}

// Without -P, a Python file of the opened folder could be imported in the server's place.
const MODULE = ["-P", "-m", "threadkeep"] as const;
// The language client adds --stdio.
const SERVE = ["serve"] as const;
const SHOWN = 6;
const APPLE_SHIM = "/usr/bin/python3";
const APPLE_TOOLS = [
  "/Library/Developer/CommandLineTools/usr/bin/python3",
  "/Applications/Xcode.app/Contents/Developer/usr/bin/python3",
];

/** The setting first, then what the extension installed, then `threadkeep` on the PATH and in the usual folders. */
export async function findServer(
  wish: Wish,
  installed: Installed | undefined,
  machine: Machine,
): Promise<Lookup> {
  const [program, ...args] = wish.command;
  if (program !== undefined) {
    const named = resolveProgram(program, machine);
    if (typeof named !== "string")
      return missing(`The setting threadkeep.server.command names ${program}, ${named.why}.`);
    return found({ program: named, args: [...args, ...SERVE], source: "setting" });
  }
  if (installed !== undefined && machine.isProgram(installed.python))
    return found({ program: installed.python, args: [...MODULE, ...SERVE], source: "installed" });
  const refused: Refused[] = [];
  const all = programs("threadkeep", machine, refused);
  for (const one of all) {
    // A single one is started at once: what is wrong with it is seen then.
    const said = all.length === 1 && refused.length === 0 ? undefined : await machine.serverVersion(one);
    if (typeof said !== "string") return found({ program: one, args: [...SERVE], source: "path" });
    refused.push({ program: one, why: said });
  }
  const python = await findPython(wish, machine);
  const tried = refused.length === 0 ? "" : ` ${listed(refused)}`;
  if (python.found)
    return missing(`The Threadkeep server is not installed yet.${tried}`, { canInstall: true });
  return missing(`The Threadkeep server is not installed.${tried} ${python.reason}`);
}

export type PythonLookup =
  | { readonly found: true; readonly program: string; readonly args: readonly string[] }
  | { readonly found: false; readonly reason: string };

/** A Python that is new enough: the one of the setting, or the first of all that are there. */
export async function findPython(wish: Wish, machine: Machine): Promise<PythonLookup> {
  if (wish.python !== "") return pythonOfSetting(wish.python, machine);
  const refused: Refused[] = [];
  for (const [name, ...args] of pythonNames(machine.platform))
    for (const program of programs(name, machine, refused)) {
      const why = await notGoodEnough(program, args, machine);
      if (why === undefined) return { found: true, program, args };
      refused.push({ program: [program, ...args].join(" "), why });
    }
  const wanted = `Python ${MIN_PYTHON.join(".")} or later is needed to install it`;
  const where = "the PATH and the usual folders";
  const reason =
    refused.length === 0
      ? `${wanted}, and no Python was found in ${where}.`
      : `${wanted}, and none was found in ${where}. ${listed(refused)} The setting threadkeep.server.python can name another one.`;
  return { found: false, reason };
}

async function pythonOfSetting(name: string, machine: Machine): Promise<PythonLookup> {
  const setting = `The setting threadkeep.server.python names ${name}`;
  const program = resolveProgram(name, machine);
  if (typeof program !== "string") return { found: false, reason: `${setting}, ${program.why}.` };
  const version = await machine.pythonVersion(program, []);
  if (typeof version === "string")
    return { found: false, reason: `${setting}, which is no Python: ${version}.` };
  if (isNewEnough(version)) return { found: true, program, args: [] };
  const told = `which is Python ${version.join(".")}; ${MIN_PYTHON.join(".")} or later is needed`;
  return { found: false, reason: `${setting}, ${told}.` };
}

async function notGoodEnough(
  program: string,
  args: readonly string[],
  machine: Machine,
): Promise<string | undefined> {
  if (machine.platform === "darwin" && program === APPLE_SHIM)
    if (!APPLE_TOOLS.some((tool) => machine.isProgram(tool)))
      return "would only open Apple's dialog that installs the developer tools";
  const version = await machine.pythonVersion(program, args);
  if (typeof version === "string") return version;
  return isNewEnough(version) ? undefined : `Python ${version.join(".")} is too old`;
}

function pythonNames(platform: string): readonly (readonly [string, ...string[]])[] {
  const versions = ["3.14", "3.13", "3.12", "3.11"];
  if (platform === "win32") return [["py", "-3"], ["python"], ["python3"]];
  return [["python3"], ["python"], ...versions.map((version): [string] => [`python${version}`])];
}

function isNewEnough([major, minor]: readonly [number, number]): boolean {
  const [wantedMajor, wantedMinor] = MIN_PYTHON;
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function listed(refused: readonly Refused[]): string {
  const shown = refused.slice(0, SHOWN).map(({ program, why }) => `${program} (${why})`);
  const more = refused.length - shown.length;
  return `Tried: ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}.`;
}

/** All programs of a name, in the order of the folders; what must not be started is told in `refused`. */
function programs(name: string, machine: Machine, refused: Refused[]): readonly string[] {
  const separator = machine.platform === "win32" ? "\\" : "/";
  const good: string[] = [];
  for (const folder of machine.path) {
    const base = folder.replace(/[/\\]$/u, "") + separator + name;
    for (const file of files(base, machine))
      if (isBatch(file)) refused.push({ program: file, why: "a batch file is not started" });
      else if (!machine.isTrusted(file)) refused.push({ program: file, why: "leads into the opened folder" });
      else good.push(file);
  }
  return [...new Set(good)];
}

/**
 * The absolute path of a program that a person named, or why it cannot be started. A relative path is none: it
 * would depend on the opened folder.
 */
export function resolveProgram(name: string, machine: Machine): string | { readonly why: string } {
  const gone = { why: "which is not there" };
  if (isAbsolute(name, machine.platform)) {
    const file = files(name, machine)[0];
    return file === undefined ? gone : started(file);
  }
  if (/[/\\]/u.test(name)) return { why: "which is a relative path: give the whole one" };
  const refused: Refused[] = [];
  const [program] = programs(name, machine, refused);
  if (program !== undefined) return program;
  const [first] = refused;
  return first === undefined ? gone : { why: `and ${first.program} is refused: ${first.why}` };
}

function started(file: string): string | { readonly why: string } {
  // Arguments of a batch file are read a second time, by cmd.exe, as commands.
  return isBatch(file) ? { why: "which is a batch file: name the program that it starts" } : file;
}

function files(base: string, { platform, isProgram }: Machine): readonly string[] {
  if (platform !== "win32") return isProgram(base) ? [base] : [];
  const isWhole = /\.(?:exe|com|bat|cmd)$/iu.test(base);
  const all = isWhole ? [base] : [".exe", ".com", ".bat", ".cmd"].map((ending) => base + ending);
  return all.filter(isProgram);
}

function isBatch(file: string): boolean {
  return /\.(?:bat|cmd)$/iu.test(file);
}

function isAbsolute(path: string, platform: string): boolean {
  return platform === "win32" ? /^(?:[a-z]:[/\\]|\\\\)/iu.test(path) : path.startsWith("/");
}

/**
 * The folders that may be trusted: absolute ones outside of the opened folders, wherever links lead.
 * real: the path without links; the path itself where it is not there.
 */
export function trustedFolders(
  folders: readonly string[],
  platform: string,
  openedFolders: readonly string[],
  real: (path: string) => string = (path) => path,
): readonly string[] {
  const trusted = folders.filter(
    (folder) => isAbsolute(folder, platform) && !isWithin(folder, openedFolders, platform, real),
  );
  return [...new Set(trusted)];
}

/** The folders of a PATH variable. */
export function foldersOfPath(variable: string, platform: string): readonly string[] {
  return variable
    .split(platform === "win32" ? ";" : ":")
    .map((folder) => folder.replace(/^"(.*)"$/u, "$1"))
    .filter((folder) => folder !== "");
}

/** Whether a path lies in one of the folders, by its name or by where it leads. */
export function isWithin(
  path: string,
  folders: readonly string[],
  platform: string,
  real: (path: string) => string = (same) => same,
): boolean {
  const places = [path, real(path)].map((place) => normal(place, platform));
  const roots = folders.flatMap((folder) => [folder, real(folder)]).map((root) => normal(root, platform));
  return places.some((place) => roots.some((root) => place === root || place.startsWith(`${root}/`)));
}

/** As systems compare paths: macOS and Windows by default in any case, macOS in any form of accents. */
function normal(path: string, platform: string): string {
  if (platform !== "win32" && platform !== "darwin") return path.replace(/\/+$/u, "");
  const folded = path.normalize("NFC").toLowerCase();
  if (platform === "darwin") return folded.replace(/\/+$/u, "");
  const plain = folded.replaceAll("\\", "/").replace(/^\/\/[?.]\/unc\//u, "//");
  return plain.replace(/^\/\/[?.]\//u, "").replace(/\/+$/u, "");
}

function found(command: Command): Lookup {
  return { found: true, command };
}

function missing(reason: string, { canInstall = false } = {}): Lookup {
  return { found: false, reason, canInstall };
}
