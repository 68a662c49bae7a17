/** Where one session ends and another begins: nothing written in one is found in another, and nothing is lost. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { FromView } from "../src/core/bridge";
import type { Inside } from "../src/extension";
import type { Message, Session } from "../src/protocol";
import { chat, firstFolder, git, plan, run, until, withPerson, type Tests } from "./world";

/** What the page of the side bar would say; its own answers go to the real page. */
async function says({ hub }: Inside, message: FromView): Promise<void> {
  const link = hub.main;
  assert.ok(link);
  await link.hears(message);
}

function sending(at: string, text: string): FromView {
  const message = {
    key: `${Date.now()}-${Math.random()}`,
    text: plan(text, { texts: ["Yes."] }),
    attachments: [],
  };
  return { type: "send", at, message, whenBusy: "queue" };
}

async function said({ server }: Inside, sessionId: string): Promise<Message[]> {
  const { messages } = await server.ask("session/history", { sessionId, limit: 200 });
  return messages.filter(({ role }) => role === "user");
}

async function holds(inside: Inside, sessionId: string, text: string): Promise<boolean> {
  return (await said(inside, sessionId)).some(({ content }) => content.startsWith(text));
}

async function answers({ server }: Inside, sessionId: string, text: string): Promise<boolean> {
  const { messages } = await server.ask("session/history", { sessionId, limit: 50 });
  const question = messages.find(({ role, content }) => role === "user" && content.startsWith(text));
  return messages.some(({ parentId, status }) => parentId === question?.id && status === "complete");
}

async function draftOf({ server, hub }: Inside, sessionId: string): Promise<string> {
  const { draft } = await server.ask("draft/get", { sessionId, windowId: hub.windowId });
  return draft?.text ?? "";
}

/** The chat of a branch that was checked out, whether or not a session is there. */
async function onBranch({ hub }: Inside, task: string): Promise<string> {
  return until(`the chat shows ${task}`, () => hub.main?.shown?.task === task && hub.main.shown.at);
}

async function sessionsOf({ server }: Inside, task: string): Promise<Session[]> {
  const repository = firstFolder().uri.toString();
  return (await server.ask("session/list", { filter: { repository, task }, limit: 50 })).sessions;
}

export const seamTests: Tests = {
  async "a branch that is only visited gets no session, and one with the first word"(inside) {
    const { uri } = firstFolder();
    await run("openCurrentSession");
    await onBranch(inside, "main");
    git(uri, "checkout", "-q", "-b", "visited");
    const at = await onBranch(inside, "visited");
    await until("the status bar has it", () => inside.bar.shown.text.endsWith(" visited"));
    git(uri, "checkout", "-q", "main");
    await onBranch(inside, "main");
    assert.deepEqual(await sessionsOf(inside, "visited"), []);
    // a word that was on its way when the branch changed makes the session of the branch that was shown
    await says(inside, { type: "prompt", at, prompt: { text: "a thought", cursor: 3, attachments: [] } });
    const [session] = await until("it began", async () => {
      const sessions = await sessionsOf(inside, "visited");
      return sessions.length > 0 && sessions;
    });
    assert.ok(session);
    await until("its draft is kept", async () => (await draftOf(inside, session.id)) === "a thought");
    assert.equal(inside.hub.main?.shown?.task, "main");
    git(uri, "checkout", "-q", "visited");
    await until("the chat shows it", () => inside.hub.main?.session?.id === session.id);
    git(uri, "checkout", "-q", "main");
    await onBranch(inside, "main");
  },

  async "a title or a mark makes the session of a branch as well"(inside) {
    const { uri } = firstFolder();
    git(uri, "checkout", "-q", "-b", "titled");
    await onBranch(inside, "titled");
    await withPerson(async (person) => {
      person.types = "Named before the first word";
      await run("renameSession");
    });
    const sessions = await sessionsOf(inside, "titled");
    assert.deepEqual(
      sessions.map(({ title }) => title),
      ["Named before the first word"],
    );
    assert.equal(inside.hub.main?.session?.id, sessions[0]?.id);
    git(uri, "checkout", "-q", "main");
    await onBranch(inside, "main");
  },

  async "what was written for a session that is not shown any more is kept, and asked about"(inside) {
    const { uri } = firstFolder();
    const onMain = await chat(inside, ({ task }) => task === "main");
    git(uri, "checkout", "-q", "-b", "feature/tax");
    await onBranch(inside, "feature/tax");
    const other = await chat(inside, ({ task }) => task === "feature/tax");
    await says(inside, sending(onMain.id, "For main"));
    await says(inside, sending(onMain.id, "And this"));
    const { outbox } = inside.hub.keeping;
    assert.deepEqual(
      [outbox.strays?.at, outbox.strays?.task, outbox.strays?.texts.map((text) => text.slice(0, 8))],
      [onMain.id, "main", ["For main", "And this"]],
    );
    assert.equal(await holds(inside, other.id, "For main"), false);
    assert.equal(await holds(inside, onMain.id, "For main"), false);
    await says(inside, { type: "stray", at: onMain.id, act: "there" });
    await until("both are where they were written for", async () => {
      const there = await said(inside, onMain.id);
      return there.some(({ content }) => content.startsWith("And this"));
    });
    assert.deepEqual(await said(inside, other.id), []);
    assert.equal(outbox.strays, undefined);
  },

  async "stopping, retrying and continuing what is not shown any more is refused, and asked about"(inside) {
    const onMain = (await sessionsOf(inside, "main"))[0];
    const other = await chat(inside, ({ task }) => task === "feature/tax");
    assert.ok(onMain);
    const slow = plan("Take your time", { tokens: 4_000, token_delay: 0.05 });
    const { turnId } = await inside.server.ask("chat/send", {
      sessionId: other.id,
      text: slow,
      whenBusy: "queue",
    });
    await withPerson(async (person) => {
      const request = { type: "request", id: 900, at: onMain.id } as const;
      await says(inside, { ...request, method: "chat/cancel", params: {} });
      await until("it is asked", () => person.told.some((text) => text.includes("Stop its answer?")));
      await says(inside, { ...request, method: "chat/retry", params: { messageId: "m" } });
      await until("it is asked", () =>
        person.told.some((text) => text.includes("Ask for another answer there?")),
      );
      await says(inside, { ...request, method: "chat/continue", params: {} });
      await until("it is asked", () =>
        person.told.some((text) => text.includes("Continue its answer there?")),
      );
      await says(inside, { type: "command", at: onMain.id, command: "forkSession" });
      await until("it is told", () => person.told.some((text) => text.includes("nothing was done")));
    });
    const running = await inside.server.ask("session/get", { sessionId: other.id });
    assert.equal(running.session.activity, "running", "the shown answer was not stopped");
    await inside.server.ask("chat/cancel", { sessionId: other.id, turnId });
  },

  async "an edit for what is not shown any more keeps its words, and makes no branch elsewhere"(inside) {
    const onMain = (await sessionsOf(inside, "main"))[0];
    assert.ok(onMain);
    const [question] = await said(inside, onMain.id);
    assert.ok(question);
    const text = plan("Asked better", { texts: ["Better."] });
    const params = { messageId: question.id, text };
    await says(inside, { type: "request", id: 901, at: onMain.id, method: "chat/edit", params });
    const { outbox } = inside.hub.keeping;
    assert.deepEqual(outbox.strays?.texts, [text]);
    await says(inside, { type: "stray", at: onMain.id, act: "there" });
    await until("it is there", () => holds(inside, onMain.id, "Asked better"));
    git(firstFolder().uri, "checkout", "-q", "main");
    await onBranch(inside, "main");
  },

  async "a session that was chosen stays over a checkout, says so, and offers to follow again"(inside) {
    const { uri } = firstFolder();
    await run("newSession");
    const chosen = await chat(inside, ({ task, messageCount }) => task === "main" && messageCount === 0);
    const told = (): unknown => inside.hub.followingOf(inside.hub.main);
    assert.deepEqual(told(), { isFollowing: false, branch: "main", why: "chosen" });
    git(uri, "checkout", "-q", "feature/tax");
    await until("the branch is known", () => JSON.stringify(told()).includes("feature/tax"));
    assert.equal(inside.hub.main?.session?.id, chosen.id);
    await says(inside, { type: "command", at: chosen.id, command: "openCurrentSession" });
    await onBranch(inside, "feature/tax");
    assert.deepEqual(told(), { isFollowing: true, branch: "feature/tax" });
    git(uri, "checkout", "-q", "main");
    await onBranch(inside, "main");
  },

  async "what is sent while the server is away goes out once, when it is back"(inside) {
    const { server } = inside;
    const session = await chat(inside, ({ task }) => task === "main");
    const { pid } = await server.ask("server/status", {});
    process.kill(pid, "SIGKILL");
    await until("the end is seen", () => server.state.kind !== "running");
    assert.equal(inside.hub.main?.shown?.at, session.id, "the chat stays");
    await says(inside, sending(session.id, "Sent into the void"));
    await says(inside, {
      type: "prompt",
      at: session.id,
      prompt: { text: "and this stays", attachments: [] },
    });
    await until("it runs again", () => server.state.kind === "running");
    await until("it is there", () => holds(inside, session.id, "Sent into the void"));
    await until("the draft is kept", async () => (await draftOf(inside, session.id)) === "and this stays");
    const there = await said(inside, session.id);
    assert.equal(there.filter(({ content }) => content.startsWith("Sent into the void")).length, 1);
    await says(inside, { type: "prompt", at: session.id, prompt: { text: "", attachments: [] } });
    await until("the draft is gone", async () => (await draftOf(inside, session.id)) === "");
  },

  async "the prompt is kept whole, and another window's draft is offered and goes when it is taken"(inside) {
    const { server, hub } = inside;
    const session = await chat(inside, ({ task }) => task === "main");
    const { uri } = firstFolder();
    const attachment = { type: "file", uri: vscode.Uri.joinPath(uri, "greet.py").toString() } as const;
    const prompt = { text: "half", cursor: 2, attachments: [{ key: "k", name: "greet.py", attachment }] };
    await says(inside, { type: "prompt", at: session.id, prompt });
    const get = () => server.ask("draft/get", { sessionId: session.id, windowId: hub.windowId });
    const { draft } = await until("it is kept", async () => {
      const got = await get();
      return got.draft?.text === "half" && got;
    });
    assert.deepEqual(
      [draft?.cursor, draft?.attachments?.map(({ uri: each }) => each)],
      [2, [attachment.uri]],
    );
    await server.ask("draft/set", { sessionId: session.id, windowId: "another", text: "of another window" });
    assert.deepEqual(
      (await get()).others.map(({ text }) => text),
      ["of another window"],
    );
    await says(inside, {
      type: "prompt",
      at: session.id,
      prompt: { text: "", attachments: [] },
      replaces: ["another"],
    });
    await until("both are gone", async () => {
      const got = await get();
      return got.draft === undefined && got.others.length === 0;
    });
  },

  async "an answer that ends out of sight is told of once, with a badge until it is seen"(inside) {
    const { hub, view } = inside;
    const session = await chat(inside, ({ task }) => task === "main");
    await withPerson(async (person) => {
      const notices = (): string[] => person.told.filter((text) => text.includes("has an answer"));
      await says(inside, sending(session.id, "Seen at once"));
      await until("it is answered", () => answers(inside, session.id, "Seen at once"));
      assert.deepEqual([notices(), view.badge], [[], 0]);
      await vscode.commands.executeCommand("workbench.view.explorer");
      await until("the chat is hidden", () => hub.main?.isInView === false);
      await says(inside, sending(session.id, "Out of sight"));
      await until("the badge says so", () => view.badge === 1);
      await until("it is told", () => notices().length > 0);
      await answers(inside, session.id, "Out of sight");
      assert.equal(notices().length, 1);
      assert.match(notices()[0] ?? "", /^information: “.*” has an answer: Yes\.$/u);
      const configuration = vscode.workspace.getConfiguration("threadkeep.chat");
      await configuration.update("notice", false, vscode.ConfigurationTarget.Workspace);
      await says(inside, sending(session.id, "In silence"));
      await until("it is answered", () => answers(inside, session.id, "In silence"));
      await configuration.update("notice", undefined, vscode.ConfigurationTarget.Workspace);
      assert.equal(notices().length, 1, "the setting holds");
      assert.equal(view.badge, 1);
      await chat(inside);
      await until("the badge is gone", () => view.badge === 0);
    });
  },

  async "the badge of the list is true while the list is hidden"(inside) {
    const session = await chat(inside, ({ task }) => task === "main");
    await until("nothing runs", () => inside.sessions.badge === 0);
    await vscode.commands.executeCommand("workbench.view.explorer");
    await until("the chat is hidden", () => inside.hub.main?.isInView === false);
    const slow = plan("Take your time", { tokens: 4_000, token_delay: 0.05 });
    const { turnId } = await inside.server.ask("chat/send", {
      sessionId: session.id,
      text: slow,
      whenBusy: "queue",
    });
    await until("the badge counts it", () => inside.sessions.badge === 1);
    await inside.server.ask("chat/cancel", { sessionId: session.id, turnId });
    await until("the badge is gone", () => inside.sessions.badge === 0);
    await chat(inside);
  },
};
