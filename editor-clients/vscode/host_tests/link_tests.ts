/** A session is opened at a message, from a search hit or a link, wherever the message stands. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { openAt, openLink } from "../src/host/session_links";
import { answered, chat, firstFolder, plan, run, until, withPerson, type Tests } from "./world";

export const linkTests: Tests = {
  async "a link that was copied opens its session again"(inside) {
    const params = { repository: firstFolder().uri.toString(), title: "Linked to", makeCurrent: false };
    const { session } = await inside.server.ask("session/create", params);
    await run("copyLink", { kind: "session", session });
    const link = await vscode.env.clipboard.readText();
    assert.match(link, /:\/\/threadkeep\.threadkeep\/session\//u);
    await openLink(inside, vscode.Uri.parse(link));
    await chat(inside, ({ id }) => id === session.id);
    await assert.rejects(
      openLink(inside, vscode.Uri.parse("vscode://threadkeep.threadkeep/other")),
      /names no session/u,
    );
  },

  async "a message on another branch is shown when that branch is wanted, and only then"(inside) {
    const { server } = inside;
    const params = { repository: firstFolder().uri.toString(), title: "Two answers", makeCurrent: false };
    const { session } = await server.ask("session/create", params);
    const first = await answered(inside, session.id, plan("Which?", { texts: ["This one."] }));
    const { turnId } = await server.ask("chat/retry", { sessionId: session.id });
    await server.ask("chat/wait", { sessionId: session.id, turnId });
    const visible = async (): Promise<boolean> => {
      const { messages } = await server.ask("session/history", { sessionId: session.id, limit: 10 });
      return messages.some(({ id }) => id === first.id);
    };
    await withPerson(async (person) => {
      await openAt(inside, session.id, first.id);
      assert.deepEqual(person.told, [
        "information: What you look for stands on another branch of this chat.",
      ]);
      assert.equal(await visible(), false);
      person.presses = "Show That Branch";
      await openAt(inside, session.id, first.id);
      await until("the branch is shown", visible);
    });
    await chat(inside, ({ id }) => id === session.id);
  },
};
