import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { KeptFile } from "../src/host/kept_file";
import { leftBehind } from "../src/host/window_name";

let folder = "";
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "threadkeep-kept-"))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const GONE = 2 ** 22 + 1;

function left(name: string, pid: number, at: number): void {
  const file = path.join(folder, `kept-${name}.json`);
  fs.writeFileSync(file, JSON.stringify({ pid }));
  fs.utimesSync(file, at, at);
}

test("a window that was killed is taken up again, the newest of several, and none that lives", () => {
  expect(leftBehind(path.join(folder, "nowhere"))).toBeUndefined();
  left("lives", process.pid, 3_000);
  expect(leftBehind(folder)).toBeUndefined();
  left("old", GONE, 1_000);
  left("new", GONE, 2_000);
  fs.writeFileSync(path.join(folder, "kept-torn.json"), "{");
  expect(leftBehind(folder)).toBe("new");
});

test("what is kept is read again as it was, and a torn file is no end of it", () => {
  const file = path.join(folder, "kept-w.json");
  const prompt = { text: "half", cursor: 2, attachments: [] };
  new KeptFile(file).change({ prompts: { s1: prompt } });
  expect(new KeptFile(file).get().prompts).toEqual({ s1: prompt });
  fs.writeFileSync(file, '{"prompts":');
  expect(new KeptFile(file).get().prompts).toEqual({});
});

test("where the window has no place on disk, it is kept as long as the window lives", () => {
  const write = vi.spyOn(fs, "writeFileSync");
  const kept = new KeptFile(undefined);
  kept.change({ scrolls: { s1: "m1 4" } });
  expect(kept.get().scrolls).toEqual({ s1: "m1 4" });
  expect(write).not.toHaveBeenCalled();
  write.mockRestore();
});
