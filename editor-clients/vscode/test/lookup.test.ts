import { describe, expect, test } from "vitest";
import {
  findPython,
  findServer,
  foldersOfPath,
  isWithin,
  resolveProgram,
  trustedFolders,
  type Machine,
} from "../src/core/lookup";
import { usualFolders } from "../src/core/places";

function machine(
  programs: Readonly<Record<string, readonly [number, number] | undefined>>,
  more: Partial<Machine> = {},
): Machine {
  return {
    platform: "linux",
    path: ["/usr/local/bin", "/usr/bin"],
    isProgram: (path) => path in programs,
    isTrusted: () => true,
    pythonVersion: (path) => Promise.resolve(programs[path] ?? "it says nothing"),
    serverVersion: () => Promise.resolve({ version: "1" }),
    ...more,
  };
}

const NOTHING = { command: [], python: "" };

describe("the server", () => {
  test("is the one of the setting before all others", async () => {
    const here = machine({ "/opt/tk": undefined, "/usr/bin/threadkeep": undefined });
    expect(await findServer({ command: ["/opt/tk", "-v"], python: "" }, undefined, here)).toEqual({
      found: true,
      command: { program: "/opt/tk", args: ["-v", "serve"], source: "setting" },
    });
  });

  test("is not looked for elsewhere when the setting names nothing that is there", async () => {
    const here = machine({ "/usr/bin/threadkeep": undefined });
    const lookup = await findServer({ command: ["/opt/tk"], python: "" }, undefined, here);
    expect(lookup).toMatchObject({ found: false, canInstall: false });
    expect(lookup.found ? "" : lookup.reason).toContain("/opt/tk");
  });

  test("is the installed one before one on the PATH, and is run without the opened folder in reach", async () => {
    const here = machine({ "/store/bin/python": [3, 12], "/usr/bin/threadkeep": undefined });
    expect(await findServer(NOTHING, { python: "/store/bin/python", version: "1" }, here)).toEqual({
      found: true,
      command: {
        program: "/store/bin/python",
        args: ["-P", "-m", "threadkeep", "serve"],
        source: "installed",
      },
    });
  });

  test("is found on the PATH", async () => {
    expect(await findServer(NOTHING, undefined, machine({ "/usr/bin/threadkeep": undefined }))).toEqual({
      found: true,
      command: { program: "/usr/bin/threadkeep", args: ["serve"], source: "path" },
    });
  });

  test("can be installed where a Python is new enough, and it is said why not elsewhere", async () => {
    expect(await findServer(NOTHING, undefined, machine({ "/usr/bin/python3": [3, 11] }))).toMatchObject({
      canInstall: true,
    });
    const old = await findServer(NOTHING, undefined, machine({ "/usr/bin/python3": [3, 9] }));
    expect(old).toMatchObject({
      canInstall: false,
      reason: expect.stringContaining("/usr/bin/python3 (Python 3.9 is too old)") as unknown,
    });
    const none = await findServer(NOTHING, undefined, machine({}));
    expect(none).toMatchObject({
      canInstall: false,
      reason: expect.stringContaining("no Python was found") as unknown,
    });
  });
});

describe("a Python", () => {
  test("that is too old is passed over for a newer one", async () => {
    const here = machine({ "/usr/bin/python3": [3, 10], "/usr/bin/python3.12": [3, 12] });
    expect(await findPython(NOTHING, here)).toEqual({
      found: true,
      program: "/usr/bin/python3.12",
      args: [],
    });
  });

  test("is started through the launcher on Windows", async () => {
    const here = machine({ "C:\\Windows\\py.exe": [3, 13] }, { platform: "win32", path: ["C:\\Windows"] });
    expect(await findPython(NOTHING, here)).toEqual({
      found: true,
      program: "C:\\Windows\\py.exe",
      args: ["-3"],
    });
  });

  test("of the setting is taken or refused with its reason", async () => {
    const here = machine({ "/opt/python": [3, 8], "/opt/text": undefined });
    expect(await findPython({ command: [], python: "/opt/python" }, here)).toMatchObject({
      reason: expect.stringContaining("is Python 3.8") as unknown,
    });
    expect(await findPython({ command: [], python: "/opt/text" }, here)).toMatchObject({
      reason: expect.stringContaining("is no Python") as unknown,
    });
  });
});

describe("every match is tried, and it is told why each was refused", () => {
  const store = "C:\\Users\\ada\\AppData\\Local\\Microsoft\\WindowsApps";

  test("a stub of the Store and a batch file hide no good Python", async () => {
    const here = machine(
      {
        [`${store}\\python.exe`]: undefined,
        "C:\\shims\\python.bat": undefined,
        "C:\\Python312\\python.exe": [3, 12],
      },
      { platform: "win32", path: [store, "C:\\shims", "C:\\Python312"] },
    );
    expect(await findPython(NOTHING, here)).toEqual({
      found: true,
      program: "C:\\Python312\\python.exe",
      args: [],
    });
    const none = await findPython(NOTHING, { ...here, path: [store, "C:\\shims"] });
    expect(none.found ? "" : none.reason).toContain(`${store}\\python.exe (it says nothing)`);
    expect(none.found ? "" : none.reason).toContain("python.bat (a batch file is not started)");
  });

  test("Apple's shim is passed over where it would open a dialog, and taken where it works", async () => {
    const mac = { platform: "darwin", path: ["/usr/bin", "/opt/homebrew/bin"] };
    const asked: string[] = [];
    const shim = machine(
      { "/usr/bin/python3": [3, 13], "/opt/homebrew/bin/python3": [3, 12] },
      {
        ...mac,
        pythonVersion: (path) => {
          asked.push(path);
          return Promise.resolve([3, 12]);
        },
      },
    );
    expect(await findPython(NOTHING, shim)).toMatchObject({ program: "/opt/homebrew/bin/python3" });
    expect(asked).toEqual(["/opt/homebrew/bin/python3"]);
    const tools = "/Library/Developer/CommandLineTools/usr/bin/python3";
    const works = machine({ "/usr/bin/python3": [3, 12], [tools]: [3, 12] }, mac);
    expect(await findPython(NOTHING, works)).toMatchObject({ program: "/usr/bin/python3" });
  });

  test("a server that does not start gives way to the next one", async () => {
    const here = machine(
      { "/usr/local/bin/threadkeep": undefined, "/usr/bin/threadkeep": undefined },
      {
        serverVersion: (path) =>
          Promise.resolve(path.startsWith("/usr/local") ? "bad interpreter" : { version: "1" }),
      },
    );
    expect(await findServer(NOTHING, undefined, here)).toMatchObject({
      command: { program: "/usr/bin/threadkeep" },
    });
    const both = { ...here, serverVersion: () => Promise.resolve("bad interpreter") };
    const lookup = await findServer(NOTHING, undefined, both);
    expect(lookup.found ? "" : lookup.reason).toContain("/usr/local/bin/threadkeep (bad interpreter)");
  });

  test("a single server is not asked before it is started", async () => {
    const here = machine(
      { "/usr/bin/threadkeep": undefined },
      { serverVersion: () => Promise.reject(new Error()) },
    );
    expect(await findServer(NOTHING, undefined, here)).toMatchObject({ found: true });
  });

  test("a batch file of the setting is refused with what to do", async () => {
    const here = machine({ "C:\\tk.cmd": undefined }, { platform: "win32", path: [] });
    const lookup = await findServer({ command: ["C:\\tk.cmd"], python: "" }, undefined, here);
    expect(lookup.found ? "" : lookup.reason).toContain("name the program that it starts");
  });

  test("of many only some are told", async () => {
    const path = Array.from({ length: 12 }, (_, index) => `/p${index}`);
    const old = machine(Object.fromEntries(path.map((folder) => [`${folder}/python3`, [3, 9] as const])), {
      path,
    });
    const python = await findPython(NOTHING, old);
    expect(python.found ? "" : python.reason).toContain("and 6 more");
  });
});

describe("programs that are there and not on the PATH", () => {
  const listed: Readonly<Record<string, readonly string[]>> = {
    "/home/ada/.local/share/uv/python": ["cpython-3.9.1-x", "cpython-3.13.2-x"],
    "/Library/Frameworks/Python.framework/Versions": ["3.9", "3.12"],
    "C:\\Users\\ada\\AppData\\Local\\Programs\\Python": ["Launcher", "Python39", "Python312"],
    "C:\\Users\\ada\\.pyenv\\pyenv-win\\versions": ["3.12.1"],
  };
  const list = (folder: string): readonly string[] => listed[folder] ?? [];

  test("are looked for where pipx, uv, Homebrew, conda and version managers put them", () => {
    const linux = usualFolders({ platform: "linux", home: "/home/ada", environment: {}, list });
    expect(linux).toContain("/home/ada/.local/bin");
    expect(linux).toContain("/home/ada/miniconda3/bin");
    const uv = linux.filter((folder) => folder.includes("/uv/"));
    expect(uv[0]).toBe("/home/ada/.local/share/uv/python/cpython-3.13.2-x/bin");
    const mac = usualFolders({ platform: "darwin", home: "/Users/ada", environment: {}, list });
    expect(mac).toContain("/opt/homebrew/bin");
    expect(mac).toContain("/Library/Frameworks/Python.framework/Versions/3.12/bin");
    const own = { UV_TOOL_BIN_DIR: "/tools", PYENV_ROOT: "/pyenv" };
    expect(usualFolders({ platform: "linux", home: "/h", environment: own, list })[0]).toBe("/tools");
    const windows = usualFolders({ platform: "win32", home: "C:\\Users\\ada", environment: {}, list });
    expect(windows).toContain("C:\\Windows");
    expect(windows).toContain("C:\\Users\\ada\\.pyenv\\pyenv-win\\versions\\3.12.1");
    const pythons = windows.filter((folder) => /Python\\Python\d+$/u.test(folder));
    expect(pythons.map((folder) => folder.split("\\").at(-1))).toEqual(["Python312", "Python39"]);
  });
});

describe("nothing of the opened folder is started", () => {
  test("its folders on the PATH, and relative ones, are passed over", () => {
    const path = "/work/app/bin:.:bin:/usr/bin:/work/app:/work/application/bin::/usr/bin";
    const linux = trustedFolders(foldersOfPath(path, "linux"), "linux", ["/work/app"]);
    expect(linux).toEqual(["/usr/bin", "/work/application/bin"]);
    const windows = '"C:\\Work\\App\\bin";C:\\Windows;.;c:/work/app/tools;\\\\?\\C:\\Work\\App\\x';
    const folders = trustedFolders(foldersOfPath(windows, "win32"), "win32", ["c:\\work\\app\\"]);
    expect(folders).toEqual(["C:\\Windows"]);
  });

  test("a link into it is passed over, and so is a link to it", () => {
    const links: Readonly<Record<string, string>> = { "/tools": "/work/app/bin", "/open": "/work/app" };
    const real = (place: string): string => links[place] ?? place;
    expect(trustedFolders(["/tools", "/usr/bin"], "linux", ["/work/app"], real)).toEqual(["/usr/bin"]);
    expect(trustedFolders(["/work/app/bin", "/usr/bin"], "linux", ["/open"], real)).toEqual(["/usr/bin"]);
  });

  test.each([
    ["darwin", "/Users/Ada/Cafe\u0301/bin", "/users/ada/caf\u00e9", true],
    ["linux", "/home/Ada/bin", "/home/ada", false],
    ["win32", "\\\\?\\UNC\\host\\share\\app\\bin", "\\\\HOST\\share\\app", true],
    ["win32", "C:/App/bin", "c:\\app", true],
    ["linux", "/anything", "/", true],
  ])("on %s %s is compared with %s as the system does", (platform, place, root, expected) => {
    expect(isWithin(place, [root], platform)).toBe(expected);
  });

  test("a program on the PATH that leads into it is refused with its reason", async () => {
    const here = machine({ "/usr/bin/threadkeep": undefined }, { isTrusted: () => false });
    const lookup = await findServer(NOTHING, undefined, here);
    expect(lookup.found ? "" : lookup.reason).toContain("leads into the opened folder");
  });

  test("a relative command is none", () => {
    const here = machine({ "./threadkeep": undefined, "bin/threadkeep": undefined });
    for (const name of ["./threadkeep", "bin/threadkeep"])
      expect(resolveProgram(name, here)).toMatchObject({
        why: expect.stringContaining("relative") as unknown,
      });
  });
});
