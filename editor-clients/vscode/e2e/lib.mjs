// A real VS Code for the end-to-end run: code-server on a profile of its own, its workbench in headless Chromium.
// Environment: CODE_SERVER (its entry.js), CHROMIUM, PYTHON (one that has threadkeep), VSIX, OUT (pictures and logs).
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

export const LIMIT = Number(process.env.LIMIT ?? 60_000);
export const ROOT = process.env.THREADKEEP_ROOT ?? path.resolve(import.meta.dirname, "../../..");
export const OUT = process.env.OUT ?? path.join(os.tmpdir(), "threadkeep-e2e");
const PYTHON = process.env.PYTHON ?? "python3";
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** The tests' provider of models, in a process of its own that ends with our end of its input. */
export async function startModel() {
  const script = path.join(ROOT, "tests/support/model_server.py");
  const child = spawn(PYTHON, [script], { stdio: ["pipe", "pipe", "inherit"] });
  const port = await new Promise((resolve, reject) => {
    child.stdout.once("data", (data) => resolve(Number(String(data).trim())));
    child.once("exit", (code) => reject(new Error(`The model server ended with ${code}.`)));
  });
  const address = `http://127.0.0.1:${port}`;
  return { url: `${address}/v1`, stop: () => child.stdin.end() };
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

/** code-server with the extension in it, on a fresh profile. */
export async function startEditor({ vsix, model, hasServer = true }) {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "threadkeep-vscode-"));
  const at = (...names) => path.join(home, ...names);
  for (const folder of ["user/User", "user/Machine", "folders"])
    fs.mkdirSync(at(folder), { recursive: true });
  fs.writeFileSync(at("config.yaml"), "auth: none\n");
  fs.writeFileSync(at("user/User/settings.json"), JSON.stringify(userSettings()));
  fs.writeFileSync(
    at("user/Machine/settings.json"),
    JSON.stringify(machineSettings(model, at("store"), hasServer)),
  );
  const keys = Object.fromEntries(
    ["OPENAI_API_KEY", "OPENROUTER_API_KEY", "GEMINI_API_KEY", "ANTHROPIC_API_KEY"].map((name) => [name, ""]),
  );
  const env = {
    ...process.env,
    ...keys,
    HOME: home,
    EXTENSIONS_GALLERY: '{"serviceUrl":"http://127.0.0.1:9/none"}',
  };
  // a machine on which nobody has installed the server: a Python, and nothing beside it
  if (!hasServer) env.PATH = `${process.env.BARE_PYTHON ?? "/usr/local/bin"}:/usr/bin:/bin`;
  for (const name of ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"]) delete env[name];
  const entry = process.env.CODE_SERVER;
  const folders = [
    "--user-data-dir",
    at("user"),
    "--extensions-dir",
    at("extensions"),
    "--config",
    at("config.yaml"),
  ];
  const installed = spawnSync(process.execPath, [entry, ...folders, "--install-extension", vsix], {
    env,
    encoding: "utf8",
    timeout: 180_000,
  });
  if (installed.status !== 0)
    throw new Error(`The extension could not be installed: ${installed.stdout}${installed.stderr}`);
  const port = await freePort();
  const flags = [
    "--bind-addr",
    `127.0.0.1:${port}`,
    "--auth",
    "none",
    "--disable-telemetry",
    "--disable-update-check",
    "--disable-workspace-trust",
    "--disable-getting-started-override",
  ];
  const log = fs.openSync(path.join(OUT, "code-server.log"), "a");
  const child = spawn(process.execPath, [entry, ...folders, ...flags], { env, stdio: ["ignore", log, log] });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  await until("code-server answers", async () => {
    try {
      return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;
    } catch {
      return false;
    }
  });
  return {
    home,
    address: `http://127.0.0.1:${port}`,
    /** A folder to open, with one file in it. */
    folder(name) {
      const folder = at("folders", name);
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(path.join(folder, "greet.py"), 'def greet(name):\n    return "Hello " + name\n');
      return folder;
    },
    async stop() {
      child.kill("SIGTERM");
      await Promise.race([exited, pause(15_000)]);
      child.kill("SIGKILL");
      await exited;
      fs.rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 });
    },
  };
}

function userSettings() {
  return {
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Default Dark Modern",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.tips.enabled": false,
    "security.workspace.trust.enabled": false,
    "telemetry.telemetryLevel": "off",
    "extensions.autoCheckUpdates": false,
    "extensions.autoUpdate": false,
    "chat.disableAIFeatures": true,
    "chat.commandCenter.enabled": false,
    "git.openRepositoryInParentFolders": "never",
    "window.menuBarVisibility": "compact",
  };
}

/** Settings of the machine are read from here, as those of the user would be in a local window. */
function machineSettings(model, store, hasServer) {
  return {
    ...(hasServer ? { "threadkeep.server.command": [PYTHON, "-P", "-m", "threadkeep"] } : {}),
    "threadkeep.store.path": store,
    "threadkeep.titles": "first-message",
    "threadkeep.defaultModel": "work:test",
    "threadkeep.providers": {
      work: { kind: "openai", baseUrl: model.url, apiKey: "a-key-of-the-tests", models: ["test"] },
    },
  };
}

/** A window of the editor: a page with a folder open in it. */
export class Window {
  constructor(page, editor) {
    this.page = page;
    this.editor = editor;
  }

  static async open(browser, editor, folder, { light = false } = {}) {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 860 },
      colorScheme: light ? "light" : "dark",
      acceptDownloads: false,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT);
    page.on("console", (message) =>
      fs.appendFileSync(path.join(OUT, "console.log"), `[${message.type()}] ${message.text()}\n`),
    );
    page.on("dialog", (dialog) => void dialog.accept());
    const window = new Window(page, editor);
    await window.load(folder);
    return window;
  }

  async load(folder) {
    await this.page.goto(`${this.editor.address}/?folder=${encodeURIComponent(folder)}`);
    await this.ready();
  }

  /** The same where there is no server, and so no field to wait for. */
  static async openWithoutServer(browser, editor, folder) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT);
    const window = new Window(page, editor);
    await page.goto(`${editor.address}/?folder=${encodeURIComponent(folder)}`);
    await page
      .locator(".activitybar")
      .first()
      .waitFor({ timeout: LIMIT * 2 });
    await window.showViews();
    return window;
  }

  async reload() {
    await this.page.reload();
    await this.ready();
  }

  async ready() {
    await this.page
      .locator(".activitybar")
      .first()
      .waitFor({ timeout: LIMIT * 2 });
    await this.showViews();
    await this.field.waitFor({ timeout: LIMIT * 2 });
  }

  /** The side bar of the extension, which may or may not be open already. */
  async showViews() {
    await this.command("Focus the Chat");
  }

  async close() {
    await this.page.context().close();
  }

  /** The page inside the (first) web view. */
  get chat() {
    return this.page.frameLocator("iframe.webview.ready").first().frameLocator("#active-frame");
  }

  get field() {
    return this.chat.getByRole("textbox", { name: "Message" });
  }

  get messages() {
    return this.chat.locator("article.message");
  }

  get lastAnswer() {
    return this.chat.locator("article.assistant").last();
  }

  get statusBar() {
    return this.page.locator('[id="threadkeep.threadkeep.threadkeep.status"]');
  }

  get tree() {
    return this.page.locator(".pane-body .monaco-list-row");
  }

  async send(text) {
    await this.field.fill(text);
    await this.chat.getByRole("button", { name: "Send" }).click();
  }

  /** Runs a command of the palette by its title; while a window starts, the palette does not know it yet. */
  async command(title, category = "Threadkeep") {
    const label = `${category}: ${title}`;
    const input = this.page.locator(".quick-input-widget input[type=text]");
    const row = this.page.locator(
      `.quick-input-list .monaco-list-row[aria-label="${label}"], .quick-input-list .monaco-list-row[aria-label^="${label},"]`,
    );
    await until(`the palette has ${title}`, async () => {
      await this.page.keyboard.press("F1");
      if (!(await seen(input, 5_000))) return false;
      await input.fill(`>${label}`);
      // the palette closes when something else takes the focus, a message that is shown for example
      if ((await seen(row.first(), 3_000)) && (await clicked(row.first()))) return true;
      await this.page.keyboard.press("Escape");
      return false;
    });
  }

  /** The field of the list or question with this hint. */
  quickInput(hint) {
    return this.page.locator(`.quick-input-widget input[placeholder*='${hint}']`);
  }

  /** Chooses a line of the list that is open. */
  async pick(text) {
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: text }).first();
    await row.waitFor();
    await row.click();
  }

  /** Waits until the workbench has put something on its disk, which it does every few seconds. */
  async stored(text) {
    await until(`the workbench stored ${text}`, () => this.page.evaluate(isInStorage, text));
  }

  async shot(name) {
    await this.page.screenshot({ path: path.join(OUT, `${name}.png`) });
  }
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

async function isInStorage(text) {
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    try {
      for (const store of database.objectStoreNames) {
        const values = await done(database.transaction(store).objectStore(store).getAll());
        if (values.some((value) => typeof value === "string" && value.includes(text))) return true;
      }
    } finally {
      database.close();
    }
  }
  return false;
}

async function clicked(locator) {
  return locator.click({ timeout: 3_000 }).then(
    () => true,
    () => false,
  );
}

async function seen(locator, timeout) {
  return locator.waitFor({ timeout }).then(
    () => true,
    () => false,
  );
}

export function equal(actual, expected, what) {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${what}: ${one} is not ${other}`);
}

export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
