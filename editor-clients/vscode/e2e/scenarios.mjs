// What people do with the extension, one scenario each; each has a folder, and so sessions, of its own.
import fs from "node:fs";
import path from "node:path";
import { equal, plan, until } from "./lib.mjs";

const ANSWER = [
  "A greeting needs a name. ",
  "Here is a version with a default:\n\n```python greet.py\n",
  'def greet(name="world"):\n',
  '    """Say hello."""\n    return f"Hello {name}"\n```\n\n',
  "- it keeps the old calls working\n- it says `Hello world` without a name\n\n",
  "| call | result |\n|---|---|\n| `greet()` | Hello world |\n",
];
const SLOW = { tokens: 4_000, token_delay: 0.05 };
const RESTORED_WITHIN = 30_000;

export const scenarios = {
  async "a message is sent, its answer streams in and both are there after a reload"(world) {
    const { window } = world;
    await window.send(
      plan("How do I greet?", { texts: ANSWER, reasoning: ["They want a default."], token_delay: 0.05 }),
    );
    await window.chat.locator("article.user", { hasText: "How do I greet?" }).waitFor();
    await window.chat.getByText("def greet(name=").waitFor();
    await window.chat.locator(".hljs-keyword", { hasText: "def" }).first().waitFor();
    await window.lastAnswer.locator("table td", { hasText: "Hello world" }).waitFor();
    await window.lastAnswer.locator(".tools .usage").waitFor();
    equal(await window.lastAnswer.locator("details.reasoning[open]").count(), 0, "open reasoning");
    await window.lastAnswer.getByText("Reasoning").click();
    await window.lastAnswer.getByText("They want a default.").waitFor();
    await window.tree.filter({ hasText: "How do I greet?" }).first().waitFor();
    await window.field.fill("a draft that stays");
    // the draft goes to the server after a short pause in typing; the window's name goes to the workbench's disk
    await until("the draft is stored", () => world.inStore("a draft that stays"));
    await window.stored("windowId");
    await world.shot("answer");
    await window.reload();
    await window.lastAnswer.locator("table td", { hasText: "Hello world" }).waitFor();
    await until("the draft is back", async () => (await window.field.inputValue()) === "a draft that stays");
  },

  async "an answer is stopped, continued, asked for again and looked back at"(world) {
    const { window } = world;
    await window.send(plan("Count", SLOW));
    await window.lastAnswer.getByText("t00003").waitFor();
    await window.chat.getByRole("button", { name: "Stop the answer" }).click();
    await window.lastAnswer.getByText("Stopped.", { exact: true }).waitFor();
    await window.lastAnswer.getByRole("button", { name: "Continue" }).click();
    // without a plan of its own, the continuation is three tokens long
    await window.lastAnswer.getByText(/t00003.* t00000 t00001 t00002$/u).waitFor();
    await window.lastAnswer.getByText("Stopped.", { exact: true }).waitFor({ state: "hidden" });
    await window.send(plan("Count again", SLOW));
    await window.chat.locator("article.assistant").nth(1).getByText("t00003").waitFor();
    await window.field.press("Escape");
    await window.lastAnswer.getByText("Stopped.", { exact: true }).waitFor();
    const message = window.chat.locator("article.user").last();
    await message.hover();
    await message.getByRole("button", { name: "Edit and ask again" }).click();
    const edit = window.chat.getByRole("textbox", { name: "Edit the message" });
    await edit.fill(plan("Count quickly", { texts: ["one two"] }));
    await edit.press("Control+Enter");
    await window.lastAnswer.getByText("one two").waitFor();
    await window.lastAnswer.hover();
    await window.lastAnswer.getByRole("button", { name: "Ask for another answer" }).click();
    await window.lastAnswer.getByText("2/2").waitFor();
    await window.lastAnswer.getByRole("button", { name: "Previous version" }).click();
    await window.lastAnswer.getByText("1/2").waitFor();
    const question = window.chat.locator("article.user").last();
    await question.getByText("2/2").waitFor();
    await question.getByRole("button", { name: "Previous version" }).click();
    await window.lastAnswer.getByText("t00003").waitFor();
  },

  async "a session is paused, resumed and ended"(world) {
    const { window } = world;
    await window.send(plan("First", { texts: ["Done."] }));
    await window.lastAnswer.getByText("Done.").waitFor();
    await window.command("Pause the Session");
    await window.chat.getByText("This session is paused.").waitFor();
    equal(await window.field.isDisabled(), true, "the field of a paused session is disabled");
    await window.statusBar.getByText("paused").waitFor();
    await world.shot("paused");
    await window.chat.getByRole("button", { name: "Resume" }).click();
    await until("the field takes text again", async () => !(await window.field.isDisabled()));
    await window.command("End the Session…");
    await window.page.locator(".monaco-dialog-box").getByRole("button", { name: "End" }).click();
    await window.chat.getByText("This session has ended.").waitFor();
    await window.chat.getByRole("button", { name: "Fork", exact: true }).click();
    await until("the fork takes text", async () => !(await window.field.isDisabled()));
    await window.lastAnswer.getByText("Done.").waitFor();
  },

  async "the agent and the model are chosen"(world) {
    const { window } = world;
    await window.chat.getByRole("button", { name: "Agent: assistant" }).click();
    await window.pick("reviewer");
    await window.chat.getByRole("button", { name: "Agent: reviewer" }).waitFor();
    await window.chat.getByText("Agent: assistant → reviewer").waitFor();
    await window.send(plan("Look", { texts: ["Looks fine."] }));
    await window.chat.locator("article.assistant .author", { hasText: "reviewer" }).waitFor();
    await window.chat.getByRole("button", { name: /^Model/u }).click();
    await window.pick("test");
    await window.chat.getByText("Model: default").waitFor();
  },

  async "what was said is found, exported, deleted and brought back"(world) {
    const { window, folder } = world;
    await window.send(plan("Where does the zebra sleep?", { texts: ["Under the acacia."] }));
    await window.lastAnswer.getByText("Under the acacia.").waitFor();
    await window.command("New Session");
    await window.chat.getByText("Nothing was said here yet.").waitFor();
    await window.command("Search in All Sessions…");
    await window.quickInput("Search in all sessions").fill("acacia");
    await window.pick("Where does the zebra sleep?");
    await window.chat.locator("article.found", { hasText: "Under the acacia." }).waitFor();
    await window.command("Export the Session…");
    await window.pick("Markdown");
    const file = path.join(folder, "chat.md");
    const input = window.page.locator(".quick-input-widget input[type=text]");
    await until("the dialog proposes a name", async () => (await input.inputValue()).startsWith(folder));
    await input.fill(file);
    await until("the file is written", async () => {
      // the dialog looks at the folder first, and takes no Enter while it does
      if (await input.isVisible()) await input.press("Enter", { timeout: 3_000 }).catch(() => undefined);
      return fs.existsSync(file) && fs.readFileSync(file, "utf8").includes("Under the acacia.");
    });
    const row = window.tree.filter({ hasText: "Where does the zebra sleep?" });
    await row.first().waitFor();
    await window.command("Move the Session to the Trash");
    await until("it left the tree", async () => (await row.count()) === 0);
    await window.page.locator(".notification-toast").getByRole("button", { name: "Undo" }).click();
    await row.first().waitFor();
  },

  async "a reload in the middle of an answer shows what came, and it is continued"(world) {
    const { window } = world;
    await window.send(plan("Go on", SLOW));
    await window.lastAnswer.getByText("t00010").waitFor();
    await window.reload();
    await window.lastAnswer.getByText("t00010").waitFor();
    await window.lastAnswer.getByText("This answer was interrupted.").waitFor();
    await world.shot("interrupted");
    await window.lastAnswer.getByRole("button", { name: "Continue" }).click();
    await window.lastAnswer.getByText(/t00010.* t00000 t00001 t00002$/u).waitFor();
    await window.lastAnswer.getByText("This answer was interrupted.").waitFor({ state: "hidden" });
  },

  async "a server that is killed in the middle of an answer is started again"(world) {
    const { window } = world;
    await window.send(plan("Go on", SLOW));
    await window.lastAnswer.getByText("t00010").waitFor();
    await window.command("Show the Server's Status and Settings");
    const status = await window.drawnPage("Threadkeep");
    const pid = Number(await status.locator("dt", { hasText: "Process" }).locator("+ dd").innerText());
    process.kill(pid, "SIGKILL");
    await window.lastAnswer.getByText("This answer was interrupted.").waitFor();
    await window.lastAnswer.getByText("t00010").waitFor();
    await window.send(plan("Once more", { texts: ["Here again."] }));
    await window.chat.locator("article.assistant", { hasText: "Here again." }).waitFor();
  },

  async "two windows follow one session"(world) {
    const { window } = world;
    const other = await world.open();
    await window.send(plan("For both", { tokens: 60, token_delay: 0.1 }));
    await other.chat.locator("article.user", { hasText: "For both" }).waitFor();
    await other.lastAnswer.getByText("t00004").waitFor();
    await window.lastAnswer.getByText("t00059").waitFor();
    await other.lastAnswer.getByText("t00059").waitFor();
    await other.send(plan("And back", { texts: ["Heard."] }));
    await window.chat.locator("article.assistant", { hasText: "Heard." }).waitFor();
    await world.shot("two-windows");
  },

  async "a selection is asked about, and code of an answer becomes a change of the file"(world) {
    const { window, folder } = world;
    await window.page.locator('.activitybar [aria-label^="Explorer"]').first().click();
    await window.page.locator(".explorer-folders-view .monaco-list-row", { hasText: "greet.py" }).dblclick();
    await window.page.locator(".view-line", { hasText: "Hello" }).click();
    await window.page.keyboard.press("Control+A");
    await window.page.keyboard.press("Control+Alt+Shift+K");
    await window.chat.getByRole("list", { name: "Attached" }).getByText("greet.py:1-3").waitFor();
    await window.field.fill(
      plan("Shorter, please", { texts: ["```python greet.py\n", 'greet = "Hello {}".format\n', "```\n"] }),
    );
    await window.field.press("Enter");
    await window.chat.locator("article.user .attachments", { hasText: "greet.py" }).waitFor();
    await window.lastAnswer.locator(".code").hover();
    await window.lastAnswer.getByRole("button", { name: "Show the code as a change of the file" }).click();
    await window.page.locator(".monaco-diff-editor").waitFor();
    await window.page.locator(".monaco-diff-editor .view-line", { hasText: ".format" }).first().waitFor();
    await world.shot("change");
    await window.page
      .locator(".editor-actions, .title-actions")
      .getByRole("button", { name: "Accept the Suggested Change" })
      .first()
      .click();
    const line = window.page.locator(".editor-instance .view-line", { hasText: ".format" });
    await line.first().waitFor();
    await window.page.locator(".monaco-diff-editor").waitFor({ state: "hidden" });
    await window.page.keyboard.press("Control+S");
    await until("the file is changed", () =>
      fs.readFileSync(path.join(folder, "greet.py"), "utf8").includes(".format"),
    );
  },

  async "a chat is an editor too, and stays one after a reload"(world) {
    const { window } = world;
    await window.send(plan("Wider", { texts: ["In an editor."] }));
    await window.lastAnswer.getByText("In an editor.").waitFor();
    await window.command("Open the Chat as an Editor");
    const tab = window.page.locator(".tab", { hasText: "Wider" });
    await tab.waitFor();
    const frames = window.page.locator("iframe.webview.ready");
    await until("both chats are there", async () => (await frames.count()) === 2);
    const panel = async () => {
      for (let index = 0; index < (await frames.count()); index++) {
        const inner = frames.nth(index).contentFrame().frameLocator("#active-frame");
        if ((await inner.locator("#app[data-session]").count()) === 1) return inner;
      }
      return undefined;
    };
    const first = await until("the editor shows the chat", panel);
    await first.locator("article.assistant", { hasText: "In an editor." }).waitFor();
    await world.shot("editor");
    let second;
    for (let tries = 0; second === undefined; tries++) {
      if (tries === 3) throw new Error("The editor was not restored, three times.");
      // a busy VS Code may store its tabs too late, or start its extensions so
      if ((await tab.count()) === 0) await window.command("Open the Chat as an Editor");
      await tab.waitFor();
      // that the tab is open, not only that there once was one
      await window.stored("workbench.editors.webviewInput");
      await window.reload();
      second = await until("the editor is restored", panel, RESTORED_WITHIN).catch(() => undefined);
    }
    await second.locator("article.assistant", { hasText: "In an editor." }).waitFor();
  },

  async "nothing stands in the way of a screen reader or a keyboard"(world) {
    const { window } = world;
    await window.send(plan("How do I greet?", { texts: ANSWER, reasoning: ["They want a default."] }));
    await window.lastAnswer.locator(".tools .usage").waitFor();
    await window.send(plan("Fail", { status: 401, body: '{"error": {"message": "No such key."}}' }));
    await window.lastAnswer.getByText("The key was refused").waitFor();
    await window.field.fill("");
    await window.field.press("Control+ArrowUp");
    await until("a message has the focus", async () => window.chat.locator("article:focus").count());
    await window.page.keyboard.press("Control+ArrowDown");
    await until("the field has it again", async () => window.chat.locator("textarea:focus").count());
    equal(await world.faults(), [], "faults in dark");
    await world.shot("dark");
    await world.theme("Light Modern", "light");
    equal(await world.faults(), [], "faults in light");
    await world.shot("light");
    await world.theme("Dark High Contrast", "high-contrast");
    equal(await world.faults(), [], "faults in high contrast");
    await world.shot("contrast");
  },
};
