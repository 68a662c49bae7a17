/** A window with two folders, each of them a repository. */
import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import { answered, chat, git, lines, plan, run, until, withPerson, type Tests } from "./world";

const folders = (): readonly vscode.WorkspaceFolder[] => vscode.workspace.workspaceFolders ?? [];

export const multiRootTests: Tests = {
  async "the chat is that of the first folder, until another is chosen"(inside) {
    assert.deepEqual(
      folders().map(({ name }) => name),
      ["first", "second"],
    );
    const first = await chat(inside);
    assert.equal(first.repository.name, "first");
    await answered(inside, first.id, plan("About the first", { texts: ["One."] }));
    await until("the tree has it", async () => (await lines(inside)).includes("  About the first"));
    await withPerson(async (person) => {
      person.take({ showWorkspaceFolderPick: () => Promise.resolve(folders()[1]) });
      await run("chooseFolder");
    });
    const second = await chat(inside, ({ repository }) => repository.name === "second");
    assert.notEqual(second.repository.id, first.repository.id);
    await until("the tree lost it", async () => !(await lines(inside)).includes("  About the first"));
    await answered(inside, second.id, plan("About the second", { texts: ["Two."] }));
    await run("showAllRepositories");
    await until("the tree has both", async () => {
      const all = await lines(inside);
      return all.includes("second · main") && all.includes("first · main");
    });
    await run("showThisRepository");
    await run("newSession");
    const fresh = await chat(inside, ({ messageCount }) => messageCount === 0);
    assert.equal(fresh.repository.id, second.repository.id);
  },

  async "code is asked about in the session of its own folder"(inside) {
    for (const [index, folder] of [...folders().entries()].reverse()) {
      const file = vscode.Uri.joinPath(folder.uri, "greet.py");
      const editor = await vscode.window.showTextDocument(file);
      editor.selection = new vscode.Selection(0, 0, 1, 0);
      await run("askAboutSelection");
      const session = await chat(inside, ({ repository }) => repository.name === folder.name);
      assert.equal(session.repository.name, index === 0 ? "first" : "second");
    }
  },

  async "a branch that changes elsewhere leaves the chat alone"(inside) {
    const [first, second] = folders();
    assert.ok(first && second);
    const before = await chat(inside, ({ repository }) => repository.name === "first");
    const seen: string[] = [];
    const following = inside.server.onNotice((notice) => {
      if (notice.method === "task/changed") seen.push(notice.params.task);
    });
    git(second.uri, "checkout", "-q", "-b", "elsewhere");
    await until("the server told", () => seen.includes("elsewhere"));
    assert.equal(inside.hub.main?.session?.id, before.id);
    git(first.uri, "checkout", "-q", "-b", "here");
    await chat(inside, ({ task, repository }) => task === "here" && repository.name === "first");
    following.dispose();
  },

  async "a new file goes into the folder that has its place, else it is asked which one is meant"(inside) {
    const folder = at("second", "lib");
    await fs.mkdir(folder);
    await inside.code.run("apply", "ours = 1\n", "python lib/new.py");
    await until("the change is shown", () => {
      const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return input instanceof vscode.TabInputTextDiff && input.modified.path.endsWith("/new.py");
    });
    await run("acceptChange");
    assert.equal(await fs.readFile(path.join(folder, "new.py"), "utf8"), "ours = 1\n");
    await withPerson(async ({ asked }) => {
      await inside.code.run("apply", "ours = 1\n", "python nowhere/new.py");
      assert.deepEqual(asked, ["folder"]);
    });
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await fs.rm(folder, { recursive: true });
  },

  async "a folder that is taken out of the window takes its chat along"(inside) {
    await chat(inside, ({ repository }) => repository.name === "first");
    vscode.workspace.updateWorkspaceFolders(0, 1);
    await chat(inside, ({ repository }) => repository.name === "second");
  },
};

function at(folder: string, ...names: string[]): string {
  const found = vscode.workspace.workspaceFolders?.find(({ name }) => name === folder);
  assert.ok(found);
  return path.join(found.uri.fsPath, ...names);
}
