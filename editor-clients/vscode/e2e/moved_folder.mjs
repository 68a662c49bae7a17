// A folder that was renamed is offered what was said in it, with how much that is, and it comes along.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { equal, plan, PYTHON } from "./lib.mjs";
import { inOwnEditor } from "./own_editor.mjs";

export async function movedFolder({ vsix, model, browser }) {
  await inOwnEditor(browser, "moved-folder", { vsix, model }, async (editor, open) => {
    const before = editor.repository("before");
    const first = await open(before);
    await first.send(plan("Said before", { texts: ["In the old place."] }));
    await first.lastAnswer.getByText("In the old place.").waitFor();
    await first.close();
    // it is known by its first commit, which git is asked for aside: this waits for that
    const resolve = ["-P", "-m", "threadkeep", "repositories", "resolve", before];
    execFileSync(PYTHON, [...resolve, "--store", path.join(editor.home, "store")], { stdio: "ignore" });
    const after = path.join(path.dirname(before), "after");
    fs.renameSync(before, after);

    const window = await open(after);
    const toast = window.page.locator(".notification-toast", { hasText: "Was this folder moved from" });
    await toast.getByText("before? 1 session is kept there.").waitFor();
    await window.shot("moved-folder");
    equal(
      await toast
        .getByRole("button")
        .filter({ hasText: /Them|Now|Never/u })
        .allInnerTexts(),
      ["Bring Them Along", "Not Now", "Never"],
      "the answers",
    );
    await toast.getByRole("button", { name: "Bring Them Along" }).click();
    await window.chat.locator("article.assistant", { hasText: "In the old place." }).waitFor();
    await window.page.locator(".notification-toast", { hasText: "1 session was brought along." }).waitFor();
    await window.tree.filter({ hasText: "Said before" }).first().waitFor();
  });
}
