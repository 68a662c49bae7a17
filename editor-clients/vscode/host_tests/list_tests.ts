/** The tree of sessions: what is selected in it, dragged in it, and left behind by a branch's old name. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { Inside } from "../src/extension";
import { SessionDragging } from "../src/host/moving";
import type { Node } from "../src/host/sessions_view";
import type { Session } from "../src/protocol";
import { answered, chat, firstFolder, git, lines, plan, run, until, withPerson, type Tests } from "./world";

const DRAGGED = "application/vnd.code.tree.threadkeep.sessions";

export const listTests: Tests = {
  async "what is selected is changed in one request, and one Undo brings all of it back"(inside) {
    const { server } = inside;
    const sessions = [await made(inside, "One"), await made(inside, "Another")];
    const nodes = sessions.map((session) => ({ kind: "session", session }) as const);
    const asked: string[] = [];
    const real = server.ask;
    Object.assign(server, {
      ask: (method: Parameters<typeof real>[0], params: never) => {
        asked.push(method);
        return real(method, params);
      },
    });
    try {
      await withPerson(async (person) => {
        await run("markFavourite", nodes[0], nodes);
        person.types = "review -later";
        await run("tagSession", nodes[0], nodes);
        await run("archiveSession", nodes[0], nodes);
        person.presses = "Undo";
        await run("deleteSession", nodes[0], nodes);
        assert.equal(person.told.at(-1), "information: 2 sessions were moved to the trash.");
      });
      assert.deepEqual(
        asked.filter((method) => /^session\/(?:bulk|update|archive|delete|restore)/u.test(method)),
        [
          "session/bulkUpdate",
          "session/bulkUpdate",
          "session/bulkUpdate",
          "session/bulkUpdate",
          "session/bulkUpdate",
        ],
      );
    } finally {
      Object.assign(server, { ask: real });
    }
    for (const { id } of sessions) {
      const { session } = await server.ask("session/get", { sessionId: id });
      assert.deepEqual([session.isFavourite, session.tags, session.trashedAt], [true, ["review"], undefined]);
      assert.ok(session.archivedAt);
    }
    await run("unarchiveSession", nodes[0], nodes);
    await run("unmarkFavourite", nodes[0], nodes);
  },

  async "an answer that runs is stopped, and its session goes to the trash with the others"(inside) {
    const { server } = inside;
    const sessions = [await made(inside, "Quiet"), await made(inside, "Busy")];
    const [, busy] = sessions;
    assert.ok(busy);
    const text = plan("Go on", { tokens: 4_000, token_delay: 0.05 });
    await server.ask("chat/send", { sessionId: busy.id, text, whenBusy: "queue" });
    const nodes = sessions.map((session) => ({ kind: "session", session }) as const);
    await withPerson(() => run("deleteSession", nodes[0], nodes));
    for (const { id } of sessions) {
      const { session } = await server.ask("session/get", { sessionId: id });
      assert.ok(session.trashedAt, session.title);
      assert.notEqual(session.activity, "running");
    }
  },

  async "a session that is dropped on a task belongs there, until Undo"(inside) {
    const { server, sessions: view } = inside;
    await run("groupByTask");
    const session = await made(inside, "To be dragged");
    const other = await made(inside, "Of the other task");
    await server.ask("session/update", { sessionId: other.id, task: "elsewhere" });
    const group = await until("the other task is there", () => nodeOf(inside, "elsewhere"));
    const dragging = new SessionDragging(server, inside.log, (node) => view.placeOf(node));
    const drop = async (target: Node | undefined): Promise<void> => {
      const data = new vscode.DataTransfer();
      dragging.handleDrag([{ kind: "session", session }], data);
      assert.ok(data.get(DRAGGED));
      await dragging.handleDrop(target, data);
    };
    const task = async (): Promise<string> =>
      (await server.ask("session/get", { sessionId: session.id })).session.task;
    await withPerson(async (person) => {
      await drop(group);
      assert.equal(person.told.at(-1), "information: 1 session moved to elsewhere.");
      assert.equal(await task(), "elsewhere");
      await server.ask("session/update", { sessionId: session.id, task: "main" });
      person.presses = "Undo";
      await drop(group);
      assert.equal(await task(), "main");
      person.presses = undefined;
      await drop(undefined);
      assert.equal(person.told.at(-1), "information: Sessions are moved by dropping them on a task.");
      assert.equal(await task(), "main");
      person.picks = ["elsewhere"];
      await run("moveSession", { kind: "session", session });
      assert.equal(await task(), "elsewhere");
      await server.ask("session/end", { sessionId: other.id });
      const { session: ended } = await server.ask("session/get", { sessionId: other.id });
      person.picks = ["main"];
      await run("moveSession", { kind: "session", session: ended });
      assert.match(person.told.at(-1) ?? "", /^warning: 1 session stayed: /u);
    });
  },

  async "a branch that is renamed is offered its sessions, and they come along"(inside) {
    const { uri } = firstFolder();
    git(uri, "checkout", "-q", "-b", "old-name");
    const before = await chat(inside, ({ task }) => task === "old-name");
    await answered(inside, before.id, plan("Before the new name", { texts: ["Yes."] }));
    await withPerson(async (person) => {
      person.presses = "Bring Them Along";
      git(uri, "branch", "-m", "new-name");
      await until("they are brought along", () => person.told.at(-1)?.includes("brought along"));
      const question = "The branch new-name was called old-name. 1 session is kept there.";
      assert.ok(person.told.includes(`information: ${question}`), person.told.join("\n"));
    });
    const after = await chat(inside, ({ task }) => task === "new-name");
    assert.equal(after.id, before.id);
    git(uri, "checkout", "-q", "main");
    await chat(inside, ({ task }) => task === "main");
  },
};

/** A session with one answer, in the list. */
async function made(inside: Inside, title: string): Promise<Session> {
  const params = { repository: firstFolder().uri.toString(), title, makeCurrent: false };
  const { session } = await inside.server.ask("session/create", params);
  await answered(inside, session.id, plan("Hello", { texts: ["Hello."] }));
  await until(`${title} is listed`, async () => (await lines(inside)).includes(`  ${title}`));
  return (await inside.server.ask("session/get", { sessionId: session.id })).session;
}

async function nodeOf({ sessions }: Inside, label: string): Promise<Node | undefined> {
  const nodes = await sessions.getChildren();
  return nodes.find((node) => node.kind === "group" && node.group.label === label);
}
