/** What was begun in one session and ends when another one is shown: it goes where it was begun. */
import assert from "node:assert/strict";
import type * as vscode from "vscode";
import { chat, run, until, withPerson, type Tests } from "./world";

export const keptTests: Tests = {
  async "a file that is chosen while the chat goes to another session is attached where one looked"(inside) {
    const { server, hub } = inside;
    await run("openCurrentSession");
    const meant = await chat(inside, ({ task }) => task === "main");
    await withPerson(async (person) => {
      const answers: (() => Promise<unknown>)[] = [];
      person.take({
        showQuickPick: async (given: unknown, { canPickMany = false } = {}) => {
          const items = (await given) as vscode.QuickPickItem[];
          const word = canPickMany ? "greet.py" : "Files";
          const found = items.find(({ label }) => label.includes(word));
          assert.ok(found, `${word} is in the list`);
          await answers.shift()?.();
          return canPickMany ? [found] : found;
        },
      });
      answers.push(
        () => Promise.resolve(),
        async () => {
          await run("newSession");
          await until("another session is shown", () => {
            const { main } = hub;
            return main?.session !== undefined && main.session.id !== meant.id;
          });
        },
      );
      await run("attach");
      assert.match(
        person.told.at(-1) ?? "",
        /^information: The chat shows another session now\. Attached to “.*” \(main\): greet\.py\.$/u,
      );
    });
    const draftOf = async (sessionId: string): Promise<string[]> => {
      const { draft } = await server.ask("draft/get", { sessionId, windowId: hub.windowId });
      return draft?.attachments?.map(({ uri }) => uri?.split("/").at(-1) ?? "") ?? [];
    };
    await until("it is in the field of the one that was shown", async () => {
      return (await draftOf(meant.id)).join() === "greet.py";
    });
    const other = hub.main?.session;
    assert.ok(other);
    assert.deepEqual(hub.keeping.prompts.get(other.id).attachments, []);
    await hub.main?.open(meant.id);
    await until("it is shown", () => hub.main?.session?.id === meant.id);
    assert.equal(hub.keeping.prompts.get(meant.id).attachments[0]?.name, "greet.py");
    await hub.main?.hears({ type: "prompt", at: meant.id, prompt: { text: "", attachments: [] } });
    await until("it is out of it", async () => (await draftOf(meant.id)).length === 0);
    await run("openCurrentSession");
  },
};
