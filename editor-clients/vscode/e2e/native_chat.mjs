// VS Code's own chat, in which `@threadkeep` answers; an extension of the tests stands in for Copilot, which opens it.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { equal, OUT, plan } from "./lib.mjs";
import { inOwnEditor } from "./own_editor.mjs";

const HERE = import.meta.dirname;

export async function nativeChat({ vsix, model, browser }) {
  const options = { vsix, more: [packedAssistant()], model };
  await inOwnEditor(browser, "native", options, async (editor, open) => {
    const window = await open(editor.folder("native"));
    await window.send(plan("Who is there?", { texts: ["Your session."] }));
    await window.lastAnswer.getByText("Your session.").waitFor();
    await window.command("Focus on Chat View", "Chat");
    const native = window.page.locator(".interactive-session");
    await native.locator(".interactive-input-editor").click();
    await window.page.keyboard.type(`@threadkeep ${plan("Hello", { texts: ["Hello **from** ", "here."] })}`);
    await window.page.keyboard.press("Enter");
    const answer = native.locator(".interactive-response").last();
    await answer.getByText("Hello from here.").waitFor();
    await answer.getByRole("button", { name: "Open in Threadkeep" }).waitFor();
    await window.shot("native");
    // the same session, in both chats
    await window.messages.nth(3).getByText("Hello from here.").waitFor();
    equal(await window.messages.count(), 4, "messages in the session");
  });
}

function packedAssistant() {
  const file = path.join(OUT, "assistant.vsix");
  const vsce = path.join(HERE, "../node_modules/@vscode/vsce/vsce");
  const flags = ["--no-dependencies", "--allow-missing-repository", "--skip-license", "--out", file];
  const packed = spawnSync(process.execPath, [vsce, "package", ...flags], {
    cwd: path.join(HERE, "assistant"),
    encoding: "utf8",
  });
  if (packed.status !== 0)
    throw new Error(`The assistant could not be packed: ${packed.stdout}${packed.stderr}`);
  return file;
}
