// Old sessions are cleaned up after a look at what would go, and what was used is summed up.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { equal, plan, PYTHON, until } from "./lib.mjs";
import { inOwnEditor } from "./own_editor.mjs";

export async function cleanedUp({ vsix, model, browser }) {
  await inOwnEditor(browser, "care", { vsix, model }, async (editor, open) => {
    const folder = editor.repository("years");
    for (const text of ["Old words", "Old and dear words"]) importOld(editor, folder, text);
    const window = await open(folder);
    const row = (text) => window.tree.filter({ hasText: text }).first();
    await row("Old and dear words").click();
    await window.chat.locator("article.user", { hasText: "Old and dear words" }).waitFor();
    await window.command("Mark the Session as Favourite");
    await row("★ Old and dear words").waitFor();
    await window.command("New Session");
    await window.chat.getByText("Nothing was said here yet.").waitFor();
    await window.send(plan("New words", { texts: ["A new answer."] }));
    await window.lastAnswer.getByText("A new answer.").waitFor();

    const dialog = window.page.locator(".monaco-dialog-box");
    const button = (name) => dialog.getByRole("button", { name, exact: true });
    await cleanUp(window, "0d");
    await window.page.getByText("A number of days or hours, such as 90d or 12h").waitFor();
    await window.page.keyboard.press("Escape");
    await cleanUp(window, "90d");
    await dialog.getByText("Move 1 session to the trash?").waitFor();
    await dialog.getByText("• Old words (years, main)").waitFor();
    await dialog
      .getByText("Favourites, tagged sessions and those with a running answer stay: 1 of this age.")
      .waitFor();
    await window.shot("clean-up");
    await button("Cancel").click();
    await dialog.waitFor({ state: "hidden" });
    await row("Old words").waitFor();

    await cleanUp(window, "90d");
    await button("Move to the Trash").click();
    const toast = window.page.locator(".notification-toast");
    await toast.getByText("1 session moved to the trash.").waitFor();
    await until(
      "it left the list",
      async () => (await window.tree.filter({ hasText: "Old words" }).count()) === 0,
    );
    await row("★ Old and dear words").waitFor();
    await row("New words").waitFor();
    await toast.getByRole("button", { name: "Show the Trash" }).click();
    await row("Old words").waitFor();
    await window.command("Clear the Filter");
    await row("New words").waitFor();

    // answers of what lies in the trash were paid for as well
    await window.command("Show the Use of Tokens");
    const usage = await window.drawnPage("Use of tokens");
    await usage.getByRole("link", { name: "model" }).click();
    const cells = (name) => usage.getByRole("row", { name }).getByRole("cell").allInnerTexts();
    await usage.getByRole("row", { name: "work:test" }).waitFor();
    equal((await cells("work:test"))[0], "1", "answers of the model");
    equal((await cells("all"))[0], "3", "answers of all models");
    equal(await window.page.locator(".tab", { hasText: "Use of Tokens" }).count(), 1, "tabs of the page");
    equal(await window.page.locator(".tab.dirty").count(), 0, "pages that ask to be saved");
    await window.shot("usage");
    await window.command("Show the Server's Status and Settings");
    const status = await window.drawnPage("Threadkeep");
    await status.getByRole("row", { name: "defaultModel" }).getByText("work:test").waitFor();
    await window.shot("status");

    await window.command("Get Started");
    const step = window.page.locator('.gettingStartedContainer [data-done-step-id$="#server"]');
    await step.and(window.page.locator('[aria-checked="true"]')).first().waitFor();
    await window.shot("walkthrough");
  });
}

async function cleanUp(window, age) {
  await window.command("Clean Up Old Sessions…");
  const input = window.page.locator(".quick-input-widget input[type=text]");
  await until("the age is asked for", async () => (await input.inputValue()) === "90d");
  await input.fill(age);
  await input.press("Enter");
}

/** A session of another tool, of years ago: it is as old here. */
function importOld(editor, folder, text) {
  const shared = { sessionId: randomUUID(), cwd: folder, gitBranch: "main" };
  const asked = {
    ...shared,
    type: "user",
    uuid: randomUUID(),
    parentUuid: null,
    timestamp: "2025-01-02T10:00:00.000Z",
  };
  const answered = { ...shared, type: "assistant", uuid: randomUUID(), parentUuid: asked.uuid };
  const lines = [
    { ...asked, message: { role: "user", content: text } },
    {
      ...answered,
      timestamp: "2025-01-02T10:00:05.000Z",
      message: { role: "assistant", model: "theirs", content: [{ type: "text", text: "An old answer." }] },
    },
  ];
  const file = path.join(editor.home, `${shared.sessionId}.jsonl`);
  fs.writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const words = [
    "-P",
    "-m",
    "threadkeep",
    "import",
    "--store",
    path.join(editor.home, "store"),
    "--from",
    "claude-code",
    file,
  ];
  execFileSync(PYTHON, words, { stdio: "ignore" });
}
