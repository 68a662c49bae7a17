import { describe, expect, test } from "vitest";
import { findPython, findServer, resolveProgram, trustedPath, type Machine } from "../src/core/lookup";

function machine(
  programs: Readonly<Record<string, readonly [number, number] | undefined>>,
  more: Partial<Machine> = {},
): Machine {
  return {
    platform: "linux",
    path: ["/usr/local/bin", "/usr/bin"],
    extensions: [""],
    isProgram: (path) => path in programs,
    pythonVersion: (path) => Promise.resolve(programs[path]),
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
      reason: expect.stringContaining("Python 3.9 is too old") as unknown,
    });
    const none = await findServer(NOTHING, undefined, machine({}));
    expect(none).toMatchObject({
      canInstall: false,
      reason: expect.stringContaining("No Python was found") as unknown,
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
    const here = machine(
      { "C:\\Windows\\py.exe": [3, 13] },
      { platform: "win32", path: ["C:\\Windows"], extensions: [".exe"] },
    );
    expect(await findPython(NOTHING, here)).toEqual({
      found: true,
      program: "C:\\Windows\\py.exe",
      args: ["-3"],
    });
  });

  test("of the setting is taken or refused with its reason", async () => {
    const here = machine({ "/opt/python": [3, 8], "/opt/text": undefined });
    expect(await findPython({ command: [], python: "/opt/python" }, here)).toMatchObject({
      reason: expect.stringContaining("names Python 3.8") as unknown,
    });
    expect(await findPython({ command: [], python: "/opt/text" }, here)).toMatchObject({
      reason: expect.stringContaining("is no Python") as unknown,
    });
  });
});

describe("nothing of the opened folder is started", () => {
  test("its folders on the PATH, and relative ones, are passed over", () => {
    const path = "/work/app/bin:.:bin:/usr/bin:/work/app:/work/application/bin:";
    expect(trustedPath(path, "linux", ["/work/app"])).toEqual(["/usr/bin", "/work/application/bin"]);
    const windows = '"C:\\Work\\App\\bin";C:\\Windows;.;c:/work/app/tools';
    expect(trustedPath(windows, "win32", ["c:\\work\\app\\"])).toEqual(["C:\\Windows"]);
  });

  test("a relative command is none", () => {
    const here = machine({ "./threadkeep": undefined, "bin/threadkeep": undefined });
    expect(resolveProgram("./threadkeep", here)).toBeUndefined();
    expect(resolveProgram("bin/threadkeep", here)).toBeUndefined();
  });
});
