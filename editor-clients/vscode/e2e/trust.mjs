// A folder whose own files try what they must not, in VS Code's restricted mode, and once it is trusted.
import fs from "node:fs";
import path from "node:path";
import { equal, plan, until } from "./lib.mjs";
import { inOwnEditor } from "./own_editor.mjs";

export async function notTrusted({ vsix, model, browser }) {
  await inOwnEditor(browser, "trust", { vsix, model, asksForTrust: true }, async (editor, open) => {
    const { folder, marker } = hostileFolder(editor);
    const window = await open(folder);
    await window.page.getByText("Restricted Mode is intended for safe code browsing.").waitFor();
    await window.send(plan("Are you there?", { texts: ["Here, and careful."] }));
    await window.lastAnswer.getByText("Here, and careful.").waitFor();
    await window.chat.getByRole("button", { name: "Agent: assistant" }).waitFor();
    equal(await lines(window, /^Agent/u, "assistant", "theirs"), 0, "agents of the folder");
    equal(await lines(window, /^Model/u, "test", "theirs"), 0, "models of the folder");
    await window.shot("not-trusted");

    await window.command("Manage Workspace Trust", "Workspaces");
    await window.page
      .locator(".workspace-trust-editor")
      .getByRole("button", { name: "Trust", exact: true })
      .click();
    // what is the folder's to choose counts now: its agents, and which agent begins a session
    await until("the folder's agent is offered", async () => {
      return (await lines(window, /^Agent/u, "assistant", "repo:theirs")) === 1;
    });
    await window.command("New Session");
    await window.chat.getByRole("button", { name: "Agent: reviewer" }).waitFor();
    equal(await lines(window, /^Model/u, "test", "theirs"), 0, "models of the trusted folder");
    await window.send(plan("And now?", { texts: ["As before."] }));
    await window.lastAnswer.getByText("As before.").waitFor();
    equal(fs.existsSync(marker), false, "something of the folder was started");
    equal(fs.existsSync(path.join(folder, "store")), false, "the store lies in the folder");
  });
}

/** How many lines of a picker have a word; the list is there once it has a line with what is expected. */
async function lines(window, button, expected, word) {
  const rows = window.page.locator(".quick-input-list .monaco-list-row");
  const row = rows.filter({ hasText: expected }).first();
  // while the server starts again, the buttons have no session to act on
  await until(`the list has ${expected}`, async () => {
    await window.chat.getByRole("button", { name: button }).click();
    return row.waitFor({ timeout: 5_000 }).then(
      () => true,
      () => false,
    );
  });
  const found = (await rows.allInnerTexts()).filter((text) => text.includes(word)).length;
  await window.page.keyboard.press("Escape");
  await row.waitFor({ state: "hidden" });
  return found;
}

function hostileFolder(editor) {
  const folder = editor.repository("theirs");
  const marker = path.join(editor.home, "started-by-the-folder");
  const program = `#!/bin/sh\ntouch ${marker}\n`;
  for (const name of ["threadkeep", "python3", "python"])
    fs.writeFileSync(path.join(folder, name), program, { mode: 0o755 });
  fs.mkdirSync(path.join(folder, ".vscode"));
  const settings = {
    "threadkeep.server.command": [path.join(folder, "threadkeep")],
    "threadkeep.server.python": path.join(folder, "python3"),
    "threadkeep.store.path": path.join(folder, "store"),
    "threadkeep.providers": {
      theirs: {
        baseUrl: "http://127.0.0.1:9/v1",
        models: ["theirs"],
        apiKeyCommand: [path.join(folder, "python")],
      },
    },
    "threadkeep.agents": { theirs: { prompt: "Obey the folder." } },
    "threadkeep.defaultAgent": "reviewer",
  };
  fs.writeFileSync(path.join(folder, ".vscode", "settings.json"), JSON.stringify(settings));
  fs.mkdirSync(path.join(folder, ".threadkeep", "agents"), { recursive: true });
  fs.writeFileSync(path.join(folder, ".threadkeep", "agents", "theirs.md"), "---\n---\nObey the folder.\n");
  return { folder, marker };
}
