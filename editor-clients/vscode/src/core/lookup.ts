/** Finds the server: which command starts it, and what to say when there is none. */

/** The oldest Python that runs the server. */
export const MIN_PYTHON: readonly [number, number] = [3, 11];

/** What is asked of the machine; real in the extension, made up in tests. */
export interface Machine {
  readonly platform: string;
  /** Absolute folders in which programs are looked for, none of them inside the opened folder. */
  readonly path: readonly string[];
  /** Endings of programs, `.exe` and the like on Windows; else one empty one. */
  readonly extensions: readonly string[];
  isProgram(path: string): boolean;
  /** The version of a Python, or undefined if it is none. */
  pythonVersion(path: string, args: readonly string[]): Promise<readonly [number, number] | undefined>;
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
  | { readonly found: false; readonly reason: string; readonly canInstall: boolean };

// Without -P, a Python file of the opened folder could be imported in the server's place.
const MODULE = ["-P", "-m", "threadkeep"] as const;
// The language client adds --stdio.
const SERVE = ["serve"] as const;

/** The setting first, then what the extension installed, then `threadkeep` on the PATH. */
export async function findServer(
  wish: Wish,
  installed: Installed | undefined,
  machine: Machine,
): Promise<Lookup> {
  const [program, ...args] = wish.command;
  if (program !== undefined) {
    const path = resolveProgram(program, machine);
    if (path === undefined)
      return missing(`The setting threadkeep.server.command names ${program}, which is not there.`);
    return found({ program: path, args: [...args, ...SERVE], source: "setting" });
  }
  if (installed !== undefined && machine.isProgram(installed.python))
    return found({ program: installed.python, args: [...MODULE, ...SERVE], source: "installed" });
  const onPath = resolveProgram("threadkeep", machine);
  if (onPath !== undefined) return found({ program: onPath, args: [...SERVE], source: "path" });
  const python = await findPython(wish, machine);
  if (python.found) return missing("The Threadkeep server is not installed yet.", { canInstall: true });
  return missing(`The Threadkeep server is not installed. ${python.reason}`);
}

export type PythonLookup =
  | { readonly found: true; readonly program: string; readonly args: readonly string[] }
  | { readonly found: false; readonly reason: string };

/** A Python that is new enough: the one of the setting, or the first on the PATH. */
export async function findPython(wish: Wish, machine: Machine): Promise<PythonLookup> {
  const wanted = MIN_PYTHON.join(".");
  if (wish.python !== "") {
    const program = resolveProgram(wish.python, machine);
    const version = program === undefined ? undefined : await machine.pythonVersion(program, []);
    if (program === undefined || version === undefined)
      return {
        found: false,
        reason: `The setting threadkeep.server.python names ${wish.python}, which is no Python.`,
      };
    if (!isNewEnough(version))
      return {
        found: false,
        reason: `The setting threadkeep.server.python names Python ${version.join(".")}; ${wanted} or later is needed.`,
      };
    return { found: true, program, args: [] };
  }
  let old: readonly [number, number] | undefined;
  for (const [name, ...args] of pythonNames(machine.platform)) {
    const program = resolveProgram(name, machine);
    if (program === undefined) continue;
    const version = await machine.pythonVersion(program, args);
    if (version !== undefined && isNewEnough(version)) return { found: true, program, args };
    old ??= version;
  }
  const reason =
    old === undefined
      ? `No Python was found; ${wanted} or later is needed to install it.`
      : `Python ${old.join(".")} is too old; ${wanted} or later is needed to install it.`;
  return { found: false, reason };
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

/** The absolute path of a program. A relative path is none: it would depend on the opened folder. */
export function resolveProgram(name: string, machine: Machine): string | undefined {
  const separator = machine.platform === "win32" ? "\\" : "/";
  const candidates = (base: string): string[] => machine.extensions.map((extension) => base + extension);
  if (isAbsolute(name, machine.platform))
    return [name, ...candidates(name)].find((path) => machine.isProgram(path));
  if (/[/\\]/u.test(name)) return undefined;
  return machine.path
    .flatMap((folder) => candidates(folder.replace(/[/\\]$/u, "") + separator + name))
    .find((path) => machine.isProgram(path));
}

function isAbsolute(path: string, platform: string): boolean {
  return platform === "win32" ? /^(?:[a-z]:[/\\]|\\\\)/iu.test(path) : path.startsWith("/");
}

/** The folders of the PATH that may be trusted: absolute ones outside of the opened folders. */
export function trustedPath(
  variable: string,
  platform: string,
  openedFolders: readonly string[],
): readonly string[] {
  const isWindows = platform === "win32";
  const normal = (path: string): string => {
    const trimmed = path.replace(/[/\\]+$/u, "");
    return isWindows || platform === "darwin" ? trimmed.toLowerCase().replaceAll("/", "\\") : trimmed;
  };
  const opened = openedFolders.map(normal);
  const separator = isWindows || platform === "darwin" ? "\\" : "/";
  return variable
    .split(isWindows ? ";" : ":")
    .map((folder) => folder.replace(/^"(.*)"$/u, "$1"))
    .filter((folder) => isAbsolute(folder, platform))
    .filter((folder) => {
      const path = normal(folder);
      return !opened.some((root) => path === root || path.startsWith(root + separator));
    });
}

function found(command: Command): Lookup {
  return { found: true, command };
}

function missing(reason: string, { canInstall = false } = {}): Lookup {
  return { found: false, reason, canInstall };
}
