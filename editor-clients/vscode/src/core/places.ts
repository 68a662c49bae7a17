/** Where programs lie that are there and not on the PATH: an editor from a desktop's menu gets a short one. */

/** What is asked of the machine; real in the extension, made up in tests. */
export interface Surroundings {
  readonly platform: string;
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The names in a folder; none where it cannot be read. */
  list(this: void, folder: string): readonly string[];
}

/** The usual folders of programs and Pythons, the likeliest first, whether they are there or not. */
export function usualFolders(here: Surroundings): readonly string[] {
  return here.platform === "win32" ? foldersOfWindows(here) : foldersOfUnix(here);
}

function foldersOfUnix({ platform, home, environment, list }: Surroundings): readonly string[] {
  const named = (name: string): string[] => (environment[name] ? [environment[name]] : []);
  const data = environment["XDG_DATA_HOME"] ?? `${home}/.local/share`;
  const pyenv = environment["PYENV_ROOT"] ?? `${home}/.pyenv`;
  const versions = (folder: string, inner: string): string[] =>
    newestFirst(list(folder)).map((name) => `${folder}/${name}/${inner}`);
  const condas = ["miniforge3", "mambaforge", "miniconda3", "anaconda3"];
  return [
    ...named("UV_TOOL_BIN_DIR"),
    ...named("PIPX_BIN_DIR"),
    `${home}/.local/bin`,
    `${home}/bin`,
    ...(platform === "darwin" ? ["/opt/homebrew/bin"] : ["/home/linuxbrew/.linuxbrew/bin"]),
    "/usr/local/bin",
    ...(platform === "darwin"
      ? [...versions("/Library/Frameworks/Python.framework/Versions", "bin"), "/opt/local/bin"]
      : []),
    ...versions(`${data}/uv/python`, "bin"),
    ...versions(`${pyenv}/versions`, "bin"),
    ...versions(`${home}/.asdf/installs/python`, "bin"),
    ...versions(`${data}/mise/installs/python`, "bin"),
    ...condas.map((name) => `${home}/${name}/bin`),
    "/opt/conda/bin",
    `${home}/.nix-profile/bin`,
    "/run/current-system/sw/bin",
    "/usr/bin",
  ];
}

function foldersOfWindows({ home, environment, list }: Surroundings): readonly string[] {
  const local = environment["LOCALAPPDATA"] ?? `${home}\\AppData\\Local`;
  const roaming = environment["APPDATA"] ?? `${home}\\AppData\\Roaming`;
  const all = environment["ProgramData"] ?? "C:\\ProgramData";
  const versions = (folder: string, inner = ""): string[] =>
    newestFirst(list(folder)).map((name) => `${folder}\\${name}${inner}`);
  const pythons = versions(`${local}\\Programs\\Python`).filter((folder) => /\\Python\d/iu.test(folder));
  const condas = ["miniforge3", "miniconda3", "anaconda3"];
  return [
    `${home}\\.local\\bin`,
    environment["SystemRoot"] ?? "C:\\Windows", // py.exe
    `${local}\\Programs\\Python\\Launcher`,
    ...pythons,
    ...pythons.map((folder) => `${folder}\\Scripts`),
    ...versions(`${roaming}\\Python`, "\\Scripts"),
    ...versions(`${roaming}\\uv\\python`),
    ...versions(`${home}\\.pyenv\\pyenv-win\\versions`), // its shims are batch files
    `${home}\\scoop\\shims`,
    `${all}\\chocolatey\\bin`,
    ...condas.flatMap((name) => [`${home}\\${name}`, `${all}\\${name}`]),
  ];
}

/** Names with numbers in them, the highest numbers first. */
function newestFirst(names: readonly string[]): readonly string[] {
  return [...names].sort((left, right) => right.localeCompare(left, "en", { numeric: true }));
}
