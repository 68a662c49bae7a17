// Where one session ends and another begins: a branch that changes by itself, a view that is hidden, a server that
// dies. Nothing is lost, and nothing gets to where it was not written for. Each has an editor and a repository of its own.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { equal, plan, PYTHON, until } from "./lib.mjs";
import { inOwnEditor } from "./own_editor.mjs";

const TEXT = "what I was about to say";
const ANSWER = { texts: ["Better."] };

const SCENARIOS = {
  async "what is typed around a checkout is stored nowhere but where it was typed"({
    editor,
    window,
    folder,
  }) {
    await window.send(plan("How does it sell?", { texts: ["Well."] }));
    await window.lastAnswer.getByText("Well.").waitFor();
    await checkOut(window, folder, "-b", "feature/tax");
    await window.send(plan("Tax it", { texts: ["Taxed."] }));
    await window.lastAnswer.getByText("Taxed.").waitFor();
    const body = window.chat.locator("body");
    const sent = () => body.evaluate(() => window.__n ?? 0);
    for (let round = 0; round < 3; round++) {
      await checkOut(window, folder, "main");
      await body.evaluate(typeAllTheTime, round);
      await until("some were sent", async () => (await sent()) >= 3);
      git(folder, "checkout", "-q", "feature/tax");
      await window.chat.locator("h1", { hasText: "Tax it" }).waitFor();
      const before = await sent();
      await until("some more were sent", async () => (await sent()) >= before + 3);
      await body.evaluate(() => window.clearInterval(window.__typing));
    }
    const told = await until("all is stored, or asked about", async () => {
      const stored = await said(editor);
      const isThere = (round) =>
        stored?.["feature/tax"]?.some((text) => text.startsWith(`${round} for <Tax`));
      return [0, 1, 2].every(isThere) && stored;
    });
    equal(strangers(told["feature/tax"], "<Tax"), [], "written for main and stored in feature/tax");
    equal(strangers(told.main, "<How"), [], "written for feature/tax and stored in main");
  },

  async "the prompt comes back whole, whatever happens to its view"({ editor, window, folder }) {
    await window.send(plan("First", { texts: ["Done."] }));
    await window.lastAnswer.getByText("Done.").waitFor();
    await window.field.fill(TEXT);
    await window.field.press("Home");
    for (let step = 0; step < 4; step++) await window.field.press("ArrowRight");
    await window.chat
      .locator(".composer")
      .evaluate(dropFile, pathToFileURL(path.join(folder, "greet.py")).href);
    await window.chat.locator(".chips").getByText("greet.py").waitFor();
    // a view that is hidden loses its page
    await window.page.locator('.activitybar [aria-label^="Explorer"]').first().click();
    await window.page.locator(".explorer-folders-view").waitFor();
    await window.showViews();
    await isWhole(window, "after the view was hidden");
    await checkOut(window, folder, "-b", "other");
    await until("the other branch's field is empty", async () => (await window.field.inputValue()) === "");
    equal(await window.chat.locator(".chips li").count(), 0, "what is attached on the other branch");
    await checkOut(window, folder, "main");
    await isWhole(window, "after two checkouts");
    await window.reload();
    await isWhole(window, "after a reload");
    await window.field.press("End");
    await window.field.pressSequentially("!");
    await until("it is kept", () => draftsOf(editor).includes(`${TEXT}!`));
    const hosts = editor.processes("--type=extensionHost");
    for (const pid of [...hosts, ...editor.processes("threadkeep\0serve")]) kill(pid);
    await until(
      "another one was started",
      () => editor.processes("--type=extensionHost").some((pid) => !hosts.includes(pid)),
      20_000,
    ).catch(() => window.reload());
    await window.ready();
    await isWhole(window, "after everything was killed", `${TEXT}!`, TEXT.length + 1);
    await window.command("Open the Chat as an Editor");
    const frames = window.page.locator("iframe.webview.ready");
    const panel = await until("the editor shows the chat", async () => {
      for (let index = 0; index < (await frames.count()); index++) {
        const inner = frames.nth(index).contentFrame().frameLocator("#active-frame");
        if ((await inner.locator("#app[data-session]").count()) === 1) return inner;
      }
      return undefined;
    });
    const field = panel.getByRole("textbox", { name: "Message" });
    await until("the editor has the prompt", async () => (await field.inputValue()) === `${TEXT}!`);
    await panel.locator(".chips").getByText("greet.py").waitFor();
    await window.shot("prompt-in-editor");
  },

  async "an open box of a message comes back where it was opened, whatever happens to its view"({
    window,
    folder,
  }) {
    await window.send(plan("Asked", { texts: ["Done."] }));
    await window.lastAnswer.getByText("Done.").waitFor();
    const box = window.chat.getByRole("textbox", { name: "Edit the message" });
    const isBack = (when) =>
      until(`the box is there ${when}`, async () => {
        return (await box.count()) === 1 && (await box.inputValue()) === plan("Asked better", ANSWER);
      });
    await window.chat.locator("article.user").hover();
    await window.chat.getByRole("button", { name: "Edit and ask again" }).click();
    await box.fill(plan("Asked better", ANSWER));
    await window.page.locator('.activitybar [aria-label^="Explorer"]').first().click();
    await window.page.locator(".explorer-folders-view").waitFor();
    await window.showViews();
    await isBack("after the view was hidden");
    await checkOut(window, folder, "-b", "other");
    await window.send(plan("Elsewhere", { texts: ["Yes."] }));
    await window.lastAnswer.getByText("Yes.").waitFor();
    equal(await box.count(), 0, "boxes on the other branch");
    await checkOut(window, folder, "main");
    await isBack("after two checkouts");
    await window.stored("windowId");
    await window.reload();
    await isBack("after a reload");
    await window.shot("box-is-back");
    await window.chat.getByRole("button", { name: "Send again" }).click();
    await window.lastAnswer.getByText("Better.").waitFor();
    equal(await box.count(), 0, "boxes after it was sent");
  },

  async "a server that is away leaves the chat and the prompt, and gets what was sent meanwhile once"({
    editor,
    window,
    folder,
  }) {
    await window.send(plan("First", { texts: ["Done."] }));
    await window.lastAnswer.getByText("Done.").waitFor();
    await window.field.fill("half");
    await window.field.focus();
    const command = withoutServer(editor);
    await window.chat.locator(".line.away", { hasText: "/nowhere/threadkeep" }).waitFor();
    await window.lastAnswer.getByText("Done.").waitFor();
    equal(await window.field.inputValue(), "half", "the prompt");
    equal(await window.chat.locator("textarea:focus").count(), 1, "the field has the focus");
    await window.field.pressSequentially(" a thought");
    await window.send(plan("While you were away", { texts: ["Back again."] }));
    await window.chat
      .locator("article.waiting", { hasText: "While you were away" })
      .getByText("Kept here")
      .waitFor();
    await window.field.fill("and then this");
    await window.shot("away");
    await window.stored("windowId");
    await window.reload();
    await window.chat.locator("article.waiting", { hasText: "While you were away" }).waitFor();
    await until("the prompt is there", async () => (await window.field.inputValue()) === "and then this");
    withServer(editor, command);
    await window.lastAnswer.getByText("Back again.").waitFor();
    equal(
      await window.chat.locator("article.user", { hasText: "While you were away" }).count(),
      1,
      "messages sent",
    );
    equal(await window.field.inputValue(), "and then this", "the prompt after it");
    const told = await until("all is stored", () => said(editor));
    equal(told.main.filter((text) => text.startsWith("While you were away")).length, 1, "messages stored");
    equal(fs.existsSync(folder), true, "the folder");
  },

  async "a chat that was chosen says that it does not follow the branch, and follows again when asked"({
    window,
    folder,
  }) {
    await window.send(plan("First", { texts: ["Done."] }));
    await window.lastAnswer.getByText("Done.").waitFor();
    const line = window.chat.locator(".line.following");
    equal(await line.isVisible(), false, "a line while the chat follows");
    await window.command("New Session");
    await line.getByText("does not follow the branch").waitFor();
    git(folder, "checkout", "-q", "-b", "elsewhere");
    await line.getByText("elsewhere").waitFor();
    await window.chat.locator(".task", { hasText: "main" }).waitFor();
    await window.shot("not-following");
    await line.getByRole("button", { name: "Follow the branch" }).click();
    await window.chat.locator(".task", { hasText: "elsewhere" }).waitFor();
    await line.waitFor({ state: "hidden" });
    await checkOut(window, folder, "main");
  },
};

export function seams({ vsix, model, browser }) {
  const played = ([name, play]) => [
    name,
    () =>
      inOwnEditor(
        browser,
        name.replace(/[^a-z]+/gu, "-").slice(0, 40),
        { vsix, model },
        async (editor, open) => {
          const folder = editor.repository("shop");
          await play({ editor, folder, window: await open(folder) });
        },
      ),
  ];
  return Object.fromEntries(Object.entries(SCENARIOS).map(played));
}

async function isWhole(window, when, text = TEXT, cursor = 4) {
  await until(`the prompt is there ${when}`, async () => (await window.field.inputValue()) === text);
  await window.chat.locator(".chips").getByText("greet.py").waitFor();
  equal(await window.field.evaluate((field) => field.selectionStart), cursor, `the cursor ${when}`);
}

/** What persons said, by task, as the store has it; undefined while something is on its way. */
async function said(editor) {
  const listed = JSON.parse(threadkeep(editor, "sessions", "list", "--json"));
  if (listed.sessions.some(({ activity }) => activity !== "idle")) return undefined;
  const { sessions } = JSON.parse(threadkeep(editor, "sessions", "export", "--all", "--format", "json"));
  const tasks = Object.fromEntries(listed.sessions.map(({ id, task }) => [id, task]));
  const told = {};
  for (const { session, messages } of sessions)
    (told[tasks[session.id]] ??= []).push(...messages.filter(({ role }) => role === "user").map(textOf));
  return told;
}

function textOf({ parts }) {
  return parts.map(({ text = "" }) => text).join("");
}

function strangers(texts = [], own) {
  return texts.filter((text) => / for </u.test(text) && !text.includes(own));
}

function draftsOf(editor) {
  const store = path.join(editor.home, "store");
  return fs
    .readdirSync(store)
    .filter((name) => name.includes("sqlite") || name.includes(".db"))
    .map((name) => fs.readFileSync(path.join(store, name), "latin1"))
    .join("\n");
}

function threadkeep(editor, ...args) {
  const words = ["-P", "-m", "threadkeep", "--store", path.join(editor.home, "store"), ...args];
  return execFileSync(PYTHON, words, { encoding: "utf8", env: { ...process.env, HOME: editor.home } });
}

/** Takes the server away, as an update that went wrong would; gives the command that started it. */
function withoutServer(editor) {
  const before = machineSettings(editor)["threadkeep.server.command"];
  withServer(editor, ["/nowhere/threadkeep"]);
  return before;
}

function withServer(editor, command) {
  const settings = { ...machineSettings(editor), "threadkeep.server.command": command };
  fs.writeFileSync(path.join(editor.home, "user/Machine/settings.json"), JSON.stringify(settings));
}

function machineSettings(editor) {
  return JSON.parse(fs.readFileSync(path.join(editor.home, "user/Machine/settings.json"), "utf8"));
}

/** In the page: every message names the title that is shown at the moment of Enter. */
function typeAllTheTime(_body, round) {
  window.__n = 0;
  window.__typing = window.setInterval(() => {
    const title = document.querySelector("h1").textContent.slice(0, 5);
    const field = document.querySelector("textarea[aria-label=Message]");
    field.value = `${round} for <${title}> ${window.__n++}`;
    field.dispatchEvent(new window.Event("input", { bubbles: true }));
    field.dispatchEvent(
      new window.KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }),
    );
  }, 60);
}

/** In the page: a file of the workbench is let go over the field. */
function dropFile(element, uri) {
  const data = new DataTransfer();
  data.setData("application/vnd.code.uri-list", uri);
  element.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: false, cancelable: true }));
}

/** One that has ended already needs no end. */
function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    return;
  }
}

function git(folder, ...args) {
  execFileSync("git", args, { cwd: folder, stdio: "ignore" });
}

async function checkOut(window, folder, ...args) {
  git(folder, "checkout", "-q", ...args);
  await window.chat.locator(".task", { hasText: args.at(-1) }).waitFor();
}
