import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { installedServer, installServer, noteUse, type Steps } from "../src/host/install";

const PYTHON = { program: "/usr/bin/python3", args: [] };
let storage: string;

beforeEach(() => {
  storage = fs.mkdtempSync(path.join(os.tmpdir(), "threadkeep-install-"));
});
afterEach(() => fs.rmSync(storage, { recursive: true, force: true }));

/** Stands for venv and pip: makes the files that they would, and fails where a test says so. */
function steps(
  version: string,
  fail: (step: "venv" | "pip" | "start", count: number) => string | undefined = () => undefined,
): Steps & { ran: string[] } {
  const ran: string[] = [];
  return {
    ran,
    run: async (_program, args) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const step = args.includes("venv") ? "venv" : args.includes("pip") ? "pip" : "start";
      ran.push(step);
      const trouble = fail(step, ran.filter((each) => each === step).length);
      if (trouble !== undefined) throw new Error(trouble);
      if (step === "venv") {
        const bin = path.join(args.at(-1) ?? "", "bin");
        fs.mkdirSync(bin, { recursive: true });
        fs.writeFileSync(path.join(bin, "python"), version, { mode: 0o755 });
      }
      return step === "start" ? `threadkeep ${version}\n` : "";
    },
  };
}

function wheel(version: string): { file: string; version: string } {
  return { file: `/bundled/threadkeep-${version}-py3-none-any.whl`, version };
}

async function installed(version: string, more: { isForced?: boolean; steps?: Steps } = {}): Promise<string> {
  const options = { steps: steps(version), ...more };
  return (await installServer(PYTHON, wheel(version), storage, () => undefined, options)).python;
}

function folders(): string[] {
  return fs.readdirSync(path.join(storage, "server")).filter((name) => !name.startsWith("."));
}

describe("an install", () => {
  test("is found once it is complete, the one of the wanted version first", async () => {
    expect(installedServer(storage, "1")).toBeUndefined();
    const python = await installed("1");
    expect(installedServer(storage, "1")).toEqual({ python, version: "1" });
    expect(installedServer(storage, "2")).toEqual({ python, version: "1" });
  });

  test("of windows that update at the same time is one, and all get it", async () => {
    const each = Array.from({ length: 5 }, () => steps("2"));
    const pythons = await Promise.all(each.map((own) => installed("2", { steps: own })));
    expect(new Set(pythons).size).toBe(1);
    expect(each.flatMap(({ ran }) => ran)).toEqual(["venv", "pip", "start"]);
  });

  test("leaves the files of a server that runs alone, and takes them away when nobody uses them", async () => {
    const old = await installed("1");
    noteUse(old, storage);
    await installed("2");
    expect(fs.existsSync(old)).toBe(true);
    const uses = path.join(path.dirname(path.dirname(old)), "uses");
    for (const name of fs.readdirSync(uses)) fs.rmSync(path.join(uses, name));
    fs.writeFileSync(path.join(uses, `${os.hostname()}.999999999`), ""); // a window that was killed
    await installed("3");
    expect(fs.existsSync(old)).toBe(false);
  });

  test("is not taken away while a machine that shares the folder may use it", async () => {
    const old = await installed("1");
    const uses = path.join(path.dirname(path.dirname(old)), "uses");
    fs.mkdirSync(uses);
    fs.writeFileSync(path.join(uses, "elsewhere.7"), "");
    await installed("2");
    expect(fs.existsSync(old)).toBe(true);
  });

  test.each(["venv", "pip", "start"] as const)(
    "whose %s fails is undone, told, and leaves the old one",
    async (broken) => {
      const old = await installed("1");
      const failing = steps("2", (step) => (step === broken ? "no space left" : undefined));
      await expect(installed("2", { steps: failing })).rejects.toThrow("no space left");
      expect(installedServer(storage, "2")).toEqual({ python: old, version: "1" });
      expect(folders()).toHaveLength(1);
      expect(await installed("2")).not.toBe(old);
    },
  );

  test("is tried once more where the libraries could not be fetched", async () => {
    const own = steps("1", (step, count) => (step === "pip" && count === 1 ? "no network" : undefined));
    await installed("1", { steps: own });
    expect(own.ran).toEqual(["venv", "pip", "pip", "start"]);
  });

  test("that says another version when it is started does not count", async () => {
    await expect(installed("2", { steps: steps("1") })).rejects.toThrow("it says threadkeep 1");
    expect(installedServer(storage, "2")).toBeUndefined();
  });

  test("is made anew where a person asks for it, though it is there", async () => {
    const first = await installed("1");
    expect(await installed("1")).toBe(first);
    const second = await installed("1", { isForced: true });
    expect(second).not.toBe(first);
    expect(installedServer(storage, "1")?.python).toBe(second);
  });

  test("that was killed half-way counts for nothing, holds nobody up, and is cleared away", async () => {
    const half = path.join(storage, "server", "1-half", "bin");
    fs.mkdirSync(half, { recursive: true });
    fs.writeFileSync(path.join(half, "python"), "", { mode: 0o755 });
    const lock = path.join(storage, "server", ".lock");
    fs.mkdirSync(lock);
    const long_ago = new Date(Date.now() - 7_200_000);
    for (const place of [lock, path.dirname(half)]) fs.utimesSync(place, long_ago, long_ago);
    expect(installedServer(storage, "1")).toBeUndefined();
    await installed("1");
    expect(folders()).toHaveLength(1);
    expect(fs.existsSync(lock)).toBe(false);
  });

  test("of an earlier release of the extension is known", () => {
    const bin = path.join(storage, "server", "0.1.0", "bin");
    fs.mkdirSync(bin, { recursive: true });
    fs.writeFileSync(path.join(bin, "python"), "", { mode: 0o755 });
    fs.writeFileSync(path.join(path.dirname(bin), "complete"), "");
    expect(installedServer(storage, "0.1.0")).toEqual({ python: path.join(bin, "python"), version: "0.1.0" });
  });

  test("whose Python is gone is none", async () => {
    fs.rmSync(await installed("1"));
    expect(installedServer(storage, "1")).toBeUndefined();
  });
});
