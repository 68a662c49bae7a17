// Where one session ends and another begins, in a git repository: a branch that changes by itself, a view that is
// hidden, a server that dies. Nothing is lost, and nothing gets to where it was not written for.
import { execFileSync } from "node:child_process";
import { equal, LIMIT, plan, until } from "./lib.mjs";
import { inOwnEditor } from "./own_editor.mjs";

/** Each scenario in an editor of its own: its folder is a repository, whose branches it changes. */
export function seams({ vsix, model, browser }) {
  return Object.fromEntries(
    Object.entries(SCENARIOS).map(([name, play]) => [
      name,
      () =>
        inOwnEditor(
          browser,
          name.replace(/[^a-z]+/gu, "-").slice(0, 40),
          { vsix, model },
          async (editor, open) => {
            const folder = editor.repository("shop");
            await play({ editor, folder, open, window: await open(folder) });
          },
        ),
    ]),
  );
}

const SCENARIOS = {
  async "what is typed around a checkout is stored nowhere but where it was typed"({ window, folder }) {
    await window.send(plan("How does it sell?", { texts: ["Well."] }));
    await window.lastAnswer.getByText("Well.").waitFor();
    await checkOut(window, folder, "-b", "feature/tax");
    await window.send(plan("Tax it", { texts: ["Taxed."] }));
    await window.lastAnswer.getByText("Taxed.").waitFor();
    for (let round = 0; round < 3; round++) {
      await checkOut(window, folder, "main");
      await window.chat.locator("body").evaluate(typeAllTheTime);
      await until("some were sent", async () => (await sent(window)) >= 3);
      git(folder, "checkout", "-q", "feature/tax");
      await window.chat.locator("h1", { hasText: "Tax it" }).waitFor();
      const before = await sent(window);
      await until("some more were sent", async () => (await sent(window)) >= before + 3);
      await window.chat.locator("body").evaluate(() => window.clearInterval(window.__typing));
      // every message, wherever it is now: in the session, on its way, or asked about
      await until("nothing is on its way", async () => !(await window.chat.getByText("Sending…").count()));
      const questions = await window.chat
        .locator("body")
        .evaluate(() => document.querySelector("h1").textContent);
      equal(questions.startsWith("Tax it"), true, "the shown session");
      equal(await storedUnder(window, "for <How d"), 0, "messages of the other session in this one");
    }
  },
};

/** Messages of the shown session, and what is queued in it, that have a text. */
async function storedUnder(window, text) {
  return window.chat.locator(`article.user:not(.refused)`, { hasText: text }).count();
}

async function sent(window) {
  return window.chat.locator("body").evaluate(() => window.__n ?? 0);
}

/** In the page: every message names the title that is shown at the moment of Enter. */
function typeAllTheTime() {
  window.__n = 0;
  window.__typing = window.setInterval(() => {
    const title = document.querySelector("h1").textContent.slice(0, 5);
    const field = document.querySelector("textarea[aria-label=Message]");
    field.value = `for <${title}> ${window.__n++}`;
    field.dispatchEvent(new window.Event("input", { bubbles: true }));
    field.dispatchEvent(
      new window.KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }),
    );
  }, 60);
}

function git(folder, ...args) {
  execFileSync("git", args, { cwd: folder, stdio: "ignore" });
}

async function checkOut(window, folder, ...args) {
  git(folder, "checkout", "-q", ...args);
  await window.chat.locator(".task", { hasText: args.at(-1) }).waitFor({ timeout: LIMIT });
}
