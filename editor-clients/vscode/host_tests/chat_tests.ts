/** Sessions, their tree, branches and `@threadkeep`, in the extension host and with the real server. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { grouping } from "../src/host/configuration";
import { answered, chat, firstFolder, git, lines, plan, run, until, withPerson, type Tests } from "./world";

export const chatTests: Tests = {
  async "the tree shows what the server has"(inside) {
    const session = await chat(inside);
    await answered(inside, session.id, plan("A first question", { texts: ["A first answer."] }));
    await until("its title is in the tree", async () => (await lines(inside)).includes("  A first question"));
    assert.equal((await lines(inside))[0], "main");
    assert.equal(grouping(), "task");
    await run("groupByStatus");
    await until("the groups are states", async () => (await lines(inside))[0] === "Active");
    await run("groupFlat");
    await until("it is a list", async () => (await lines(inside))[0] === "A first question");
    await run("groupByTask");
    await until("the groups are tasks", async () => (await lines(inside))[0] === "main");
    const [group] = await inside.sessions.getChildren();
    const [node] = await inside.sessions.getChildren(group);
    assert.ok(node);
    const item = inside.sessions.getTreeItem(node);
    assert.match(item.contextValue ?? "", /^session active ordinary$/u);
    assert.match(item.accessibilityInformation?.label ?? "", /^A first question.*, active, now/u);
  },

  async "the tree follows what is filtered, marked, trashed and brought back"(inside) {
    const { sessions } = inside;
    const session = await chat(inside);
    const title = session.title.replace(/ \[\[plan.*/u, "");
    const node = { kind: "session", session } as const;
    await run("markFavourite", node);
    await until("the star is shown", async () => (await lines(inside)).includes(`  ★ ${title}`));
    await withPerson(async (person) => {
      person.picks = ["Only paused"];
      await run("filterSessions");
      await until("nothing fits", async () => (await lines(inside)).length === 0);
      person.picks = ["Favourites"];
      await run("filterSessions");
      await until("it fits", async () => (await lines(inside)).length === 2);
      assert.equal(sessions.filter.isFavourite, true);
      await run("clearFilter");
      person.presses = "Undo";
      await run("deleteSession", node);
      assert.deepEqual(person.told, [`information: “${session.title}” was moved to the trash.`]);
      await until("Undo brought it back", async () => (await lines(inside)).includes(`  ★ ${title}`));
      person.presses = undefined;
      await run("deleteSession", node);
      await run("showTrash");
      await until("it is in the trash", async () => (await lines(inside)).includes(`  ★ ${title}`));
      const { session: trashed } = await inside.server.ask("session/get", { sessionId: session.id });
      await run("restoreSession", { kind: "session", session: trashed });
      await run("clearFilter");
    });
    await until("it is back", async () => (await lines(inside)).includes(`  ★ ${title}`));
    await run("unmarkFavourite", node);
    await run("openSession", node);
    await chat(inside, ({ id }) => id === session.id);
  },

  async "the status bar tells the state of the shown session"(inside) {
    const { bar, server } = inside;
    const session = await chat(inside);
    const isShown = (pattern: RegExp) => () => pattern.test(`${bar.shown.text} | ${bar.shown.tooltip}`);
    await until("it is ready", isShown(/^\$\(comment-discussion\) main \| .* · main · assistant · ready$/u));
    const slow = plan("Take your time", { tokens: 4_000, token_delay: 0.05 });
    await server.ask("chat/send", { sessionId: session.id, text: slow, whenBusy: "queue" });
    await until("it is answering", isShown(/^\$\(sync~spin\) main: answering/u));
    await run("stopAnswer");
    await until("it is ready again", isShown(/^\$\(comment-discussion\) main \|/u));
    await run("pauseSession");
    await until("it is paused", isShown(/^\$\(debug-pause\) main: paused/u));
    await run("resumeSession");
    await until("it is resumed", isShown(/^\$\(comment-discussion\) main \|/u));
  },

  async "the offline model answers without any key"(inside) {
    const { server } = inside;
    const { models } = await server.ask("model/list", {});
    const offline = models.find(({ provider }) => provider === "offline");
    assert.ok(offline);
    await run("newSession");
    const session = await chat(inside, ({ messageCount }) => messageCount === 0);
    await server.ask("session/setModel", { sessionId: session.id, model: offline.id });
    const answer = await answered(inside, session.id, "What does greet say?");
    assert.equal(answer.status, "complete");
    assert.notEqual(answer.content, "");
    await run("copyLastAnswer");
    assert.equal(await vscode.env.clipboard.readText(), answer.content);
  },

  async "the chat goes with the branch, and back to what was said there"(inside) {
    const { uri } = firstFolder();
    await run("openCurrentSession");
    const onMain = await chat(inside, ({ task }) => task === "main");
    git(uri, "checkout", "-q", "-b", "feature/greeting");
    const session = await chat(inside, ({ task }) => task === "feature/greeting");
    assert.notEqual(session.id, onMain.id);
    await until("the status bar has it", () => inside.bar.shown.text.endsWith(" feature/greeting"));
    await answered(inside, session.id, plan("On the branch", { texts: ["Yes."] }));
    git(uri, "checkout", "-q", "main");
    const again = await chat(inside, ({ task }) => task === "main");
    assert.equal(again.id, onMain.id);
  },

  async "a chat that shall stay offers the session of the branch"(inside) {
    const { uri } = firstFolder();
    const onMain = await chat(inside, ({ task }) => task === "main");
    const configuration = vscode.workspace.getConfiguration("threadkeep.chat");
    await configuration.update("followBranch", false, vscode.ConfigurationTarget.Workspace);
    await withPerson(async (person) => {
      git(uri, "checkout", "-q", "feature/greeting");
      await until("it is offered", () => person.told.some((text) => text.includes("feature/greeting")));
      assert.equal(inside.hub.main?.session?.id, onMain.id);
      person.presses = "Open Its Session";
      git(uri, "checkout", "-q", "-b", "feature/third");
      await chat(inside, ({ task }) => task === "feature/third");
    });
    await configuration.update("followBranch", undefined, vscode.ConfigurationTarget.Workspace);
    git(uri, "checkout", "-q", "main");
    await chat(inside, ({ task }) => task === "main");
  },

  async "@threadkeep answers in the session of the branch"(inside) {
    const { participant, server } = inside;
    assert.ok(participant, "this VS Code has the chat API");
    await run("newSession");
    const session = await chat(inside, ({ messageCount }) => messageCount === 0);
    const told: string[] = [];
    const stream = {
      progress: (text: string) => void told.push(`progress: ${text}`),
      markdown: (text: string) => void told.push(text),
      button: ({ command }: vscode.Command) => void told.push(`button: ${command}`),
    };
    const prompt = plan("By the other door", { texts: ["Heard ", "there."], token_delay: 0.1 });
    const request = {
      prompt,
      references: [
        { id: "r", value: firstFolder().uri.with({ path: `${firstFolder().uri.path}/greet.py` }) },
      ],
    };
    const token = new vscode.CancellationTokenSource().token;
    const result = await participant.requestHandler(
      request as never,
      { history: [] },
      stream as never,
      token,
    );
    assert.deepEqual(result, {});
    assert.equal(told[0], `progress: Asking in “${session.title}”`);
    assert.equal(told.slice(1, -1).join(""), "Heard there.");
    assert.equal(told.at(-1), "button: threadkeep.openCurrentSession");
    const { messages } = await server.ask("session/history", { sessionId: session.id, limit: 5 });
    const [question, answer] = messages.slice(-2);
    assert.equal(question?.content, prompt);
    assert.deepEqual(
      question?.parts.flatMap((part) => (part.type === "attachment" ? [part.uri?.split("/").at(-1)] : [])),
      ["greet.py"],
    );
    assert.equal(answer?.content, "Heard there.");
  },
};
