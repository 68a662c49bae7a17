// A window of the editor, as a person sees and uses it.
import fs from "node:fs";
import path from "node:path";
import { LIMIT, OUT, until } from "./lib.mjs";

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
    try {
      await window.load(folder);
    } catch (error) {
      await window.shot(`failed-open-${path.basename(folder)}`).catch(() => undefined);
      await window.close();
      throw error;
    }
    return window;
  }

  async load(folder) {
    await this.page.goto(`${this.editor.address}/?folder=${encodeURIComponent(folder)}`);
    await this.ready();
  }

  /** The same where there is no server, and so no field to wait for. */
  static async openWithoutServer(browser, editor, folder) {
    const window = await Window.openBare(browser, editor, folder);
    await window.showViews();
    return window;
  }

  /** A window as VS Code opens it, without anything done in it. */
  static async openBare(browser, editor, folder) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT);
    const window = new Window(page, editor);
    await page.goto(`${editor.address}/?folder=${encodeURIComponent(folder)}`);
    await page
      .locator(".activitybar")
      .first()
      .waitFor({ timeout: LIMIT * 2 });
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

  /** The page of a tab that is no chat, by its heading. */
  async drawnPage(heading) {
    const frames = this.page.locator("iframe.webview.ready");
    return until(`the page ${heading} is drawn`, async () => {
      for (let index = 0; index < (await frames.count()); index++) {
        const inner = frames.nth(index).contentFrame().frameLocator("#active-frame");
        if ((await inner.locator("main h1", { hasText: heading }).count()) === 1) return inner;
      }
      return undefined;
    });
  }

  get field() {
    return this.chat.getByRole("textbox", { name: "Message", exact: true });
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
      // the palette closes when something else takes the focus, a chat that just opened for example
      const isTyped = await succeeds(input.fill(`>${label}`, { timeout: 3_000 }));
      if (isTyped && (await seen(row.first(), 3_000)) && (await clicked(row.first()))) return true;
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
  return succeeds(locator.click({ timeout: 3_000 }));
}

async function seen(locator, timeout) {
  return succeeds(locator.waitFor({ timeout }));
}

async function succeeds(tried) {
  return tried.then(
    () => true,
    () => false,
  );
}
