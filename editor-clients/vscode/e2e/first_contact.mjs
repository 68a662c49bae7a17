// From an empty profile to the first answer of a provider that wants a key: no server, no key, four actions.
import fs from "node:fs";
import path from "node:path";
import { withoutKey } from "./editor.mjs";
import { equal, KEY, LIMIT, plan, until } from "./lib.mjs";
import { inOwnEditor } from "./own_editor.mjs";
import { Window } from "./window.mjs";

const MOST = 4;
const WRONG = "a-key-that-is-wrong";

export async function firstContact({ vsix, model, browser }) {
  const openai = { ...withoutKey(model), apiKeyEnv: undefined };
  const providers = { "threadkeep.providers": { openai } };
  const options = { vsix, model, hasServer: false, providers };
  await inOwnEditor(browser, "first-contact", options, async (editor, open) => {
    const window = await open(editor.repository("first"), Window.openBare);
    const { page } = window;
    const done = [];
    const act = async (name, doing) => {
      await doing();
      done.push(name);
      await window.shot(`first-contact-${done.length}-${name}`);
    };
    const toast = page.locator(".notification-toast");
    await toast.getByText("Threadkeep needs its server").waitFor({ timeout: LIMIT });
    await window.shot("first-contact-0-begin");

    await act("install", async () => {
      await toast.getByRole("button", { name: "Install It" }).click();
      await window.field.waitFor({ timeout: 10 * LIMIT });
      await page.getByText("No model is set up yet.").waitFor();
    });
    const input = page.locator(".quick-input-widget input[type=password]");
    await act("choose", async () => {
      await page.getByRole("button", { name: "Enter a Key for OpenAI" }).click();
      await input.waitFor();
    });
    await act("key", async () => {
      await input.fill(KEY);
      await input.press("Enter");
      await toast.getByText("openai takes the key, and can be asked now.").waitFor();
    });
    await act("ask", async () => {
      await window.field.fill(plan("Is anybody there?", { texts: ["Yes: a model."] }));
      await window.field.press("Enter");
      await window.lastAnswer.getByText("Yes: a model.").waitFor();
    });
    equal(done.length <= MOST, true, `${done.length} actions: ${done.join(", ")}`);

    // the key is there after a reload, and stands in no file
    await window.reload();
    await window.lastAnswer.getByText("Yes: a model.").waitFor();
    await window.send(plan("Still?", { texts: ["Still here."] }));
    await window.chat.locator("article.assistant", { hasText: "Still here." }).waitFor();
    equal(filesWith(editor.home, KEY), [], "files that hold the key");

    // a wrong key is told at once, and the right one stays
    await window.command("Enter a Key…");
    await window.pick("openai");
    await input.fill(WRONG);
    await input.press("Enter");
    await toast.getByText("does not accept the API key").waitFor();
    await window.shot("first-contact-5-wrong");
    await window.command("Choose a Model…");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "With a key" }).first().waitFor();
    await window.shot("first-contact-6-models");
    await page.keyboard.press("Escape");
    await window.send(plan("And now?", { texts: ["As before."] }));
    await until("it answers with the key before", () =>
      window.chat.locator("article.assistant", { hasText: "As before." }).count(),
    );
  });
}

/** Files of the profile that hold a text; programs are left out. */
function filesWith(folder, text) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/site-packages|extensions\/threadkeep/u.test(entry.parentPath))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => fs.readFileSync(file).includes(text));
}
