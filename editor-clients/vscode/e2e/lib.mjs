// What all runs in a real VS Code share: the browser, the model, and waiting.
// Environment: CODE_SERVER (its entry.js), CHROMIUM, PYTHON (one that has threadkeep), VSIX, OUT (pictures and logs).
// KEEP=1 leaves the profile of the editor, with its logs, in the temporary folder.
import { spawn } from "node:child_process";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

export const LIMIT = Number(process.env.LIMIT ?? 60_000);
export const ROOT = process.env.THREADKEEP_ROOT ?? path.resolve(import.meta.dirname, "../../..");
export const OUT = process.env.OUT ?? path.join(os.tmpdir(), "threadkeep-e2e");
export const PYTHON = process.env.PYTHON ?? "python3";
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** The key that the tests' provider takes; any other is refused. */
export const KEY = "a-key-of-the-tests";

/** The tests' provider of models, in a process of its own that ends with our end of its input. */
export async function startModel() {
  const script = path.join(ROOT, "tests/support/model_server.py");
  const plan = JSON.stringify({ key: KEY, models: [{ id: "first" }, { id: "second" }] });
  const child = spawn(PYTHON, [script, "--plan", plan], { stdio: ["pipe", "pipe", "inherit"] });
  const port = await new Promise((resolve, reject) => {
    child.stdout.once("data", (data) => resolve(Number(String(data).trim())));
    child.once("exit", (code) => reject(new Error(`The model server ended with ${code}.`)));
  });
  const address = `http://127.0.0.1:${port}`;
  return { url: `${address}/v1`, address, stop: () => child.stdin.end() };
}

/** What a message says to have the model answer in a certain way; see tests/support/model_plan.py. */
export function plan(text, more) {
  return `${text} [[plan ${JSON.stringify(more)}]]`;
}

export async function startBrowser() {
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Waits until something holds; what is tried must be quick. */
export async function until(what, holds, limit = LIMIT * 2) {
  const end = Date.now() + limit;
  let last;
  while (Date.now() < end) {
    last = await holds();
    if (last) return last;
    await pause(150);
  }
  throw new Error(`Not within ${limit / 1000} s: ${what}`);
}

export function equal(actual, expected, what) {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${what}: ${one} is not ${other}`);
}

export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
