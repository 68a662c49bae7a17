/** What an installed package adds to the server works here, which asks for it. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { answered, chat, firstFolder, run, withPerson, type Tests } from "./world";

export const pluginTests: Tests = {
  async "a package's provider answers, its format is offered, and its importer reads it"(inside) {
    const { server } = inside;
    await run("newSession");
    const session = await chat(inside, ({ messageCount }) => messageCount === 0);
    await server.ask("session/setModel", { sessionId: session.id, model: "polly:grey" });
    const answer = await answered(inside, session.id, "Who is a pretty bird?");
    assert.equal(answer.content.trim(), "Who is a pretty bird? (grey)");

    const file = vscode.Uri.joinPath(firstFolder().uri, "talk.stars");
    await withPerson(async (person) => {
      person.picks = ["Stars"];
      person.file = file;
      await run("exportSession");
      assert.equal(person.told.at(-1), "information: Exported to talk.stars.");
      const written = new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
      assert.match(written, /\n\* assistant: Who is a pretty bird\? \(grey\)\n$/u);
      await run("importSessions");
      assert.equal(person.told.at(-1), "information: 1 session imported.");
    });
  },
};
