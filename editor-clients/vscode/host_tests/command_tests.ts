/** Every command of the palette: it is there, and it does something or says why not. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { Inside } from "../src/extension";
import { answered, chat, firstFolder, plan, run, until, withPerson, type Person, type Tests } from "./world";

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly menus: {
      readonly commandPalette: readonly { readonly command: string; readonly when: string }[];
    };
  };
}

/** They bring something into view, or read again what is there: nothing of that can be seen from here. */
const SHOW_ONLY = new Set(
  [
    "focusChat",
    "findInChat",
    "openCurrentSession",
    "attachThisFile",
    "askAboutSelection",
    "attachSelection",
    "attachProblems",
  ]
    .concat(["showOutput", "openSettings", "openServerSettings", "openWalkthrough"])
    .concat([
      "refreshSessions",
      "groupByTask",
      "showTrash",
      "clearFilter",
      "showAllRepositories",
      "showThisRepository",
    ])
    .map((name) => `threadkeep.${name}`),
);

const NOTICE_MS = 20_000;

/** What cannot be done to a new session with one answer, and why. */
const REFUSALS: Readonly<Record<string, RegExp>> = {
  "threadkeep.continueAnswer": /The newest answer is complete, or there is none: send a message instead\./u,
  "threadkeep.retryAnswer": /There is no answer/u,
  "threadkeep.installServer": /This build of the extension brings no server\. Install threadkeep with pip/u,
};

export const commandTests: Tests = {
  async "every contributed command is registered"() {
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      manifest().contributes.commands.filter(({ command }) => !registered.has(command)),
      [],
    );
  },

  async "no command of the palette fails or is silent"(inside) {
    await run("newSession");
    const session = await chat(inside, ({ messageCount }) => messageCount === 0);
    await answered(inside, session.id, plan("For the palette", { texts: ["Ready."] }));
    const silent: string[] = [];
    for (const command of palette()) {
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
      await until("the chat of the side bar is the active one", () => {
        const { active, main } = inside.hub;
        return active === main && main?.session !== undefined;
      });
      await until("the server runs", () => inside.server.state.kind === "running");
      const { signs, errors } = await signsOf(inside, command);
      for (const error of errors)
        assert.match(error, REFUSALS[command] ?? /^no refusal is expected$/u, command);
      if (signs.length === 0 && !SHOW_ONLY.has(command)) silent.push(command);
    }
    assert.deepEqual(silent, []);
    await run("clearFilter");
  },

  async "without a server, every command says so"(inside) {
    const { server } = inside;
    const own = [
      "restartServer",
      "installServer",
      "showOutput",
      "openSettings",
      "openServerSettings",
      "openWalkthrough",
    ];
    const apart = new Set([...own, "focusChat", "showMenu"].map((name) => `threadkeep.${name}`));
    const real = server.ask;
    Object.assign(server, { ask: () => Promise.reject(new Error("The Threadkeep server is not running.")) });
    try {
      const wrong: string[] = [];
      for (const command of palette().filter((each) => !apart.has(each) && !SHOW_ONLY.has(each))) {
        const { signs, errors } = await signsOf(inside, command);
        const isLocal =
          /\.(?:filter|clearF|saveF|useSaved|group|attach|showTrash|choose|end|cleanUp|rename|tag|note|search|pick|showUsage|exportS|import|openInEditor)/u;
        if (errors.length === 0 && !isLocal.test(command)) wrong.push(`${command}: ${signs.join()}`);
      }
      assert.deepEqual(wrong, []);
    } finally {
      Object.assign(server, { ask: real });
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    }
  },

  async "the store is checked, backed up and summed up"(inside) {
    await withPerson(async (person) => {
      await run("checkStore");
      assert.equal(person.told.at(-1), "information: The store is healthy.");
      person.presses = "Copy the Path";
      await run("backUpStore");
      assert.match(person.told.at(-1) ?? "", /^information: The store was copied to .* KiB\)\.$/u);
      const copy = vscode.Uri.file(await vscode.env.clipboard.readText());
      assert.ok((await vscode.workspace.fs.stat(copy)).size > 0);
      await run("showUsage", "model");
      await until("the tokens are a page", () => openPages().includes("Use of Tokens"));
      await run("showServerStatus");
      await until("the status is a page", () => openPages().includes("Threadkeep's Status"));
      await run("showUsage");
      assert.equal(openPages().length, 2, "a page that is open is brought up to date");
      person.types = "9000d";
      await run("cleanUpStore");
      assert.equal(person.told.at(-1), "information: No session is that old.");
    });
    assert.equal(inside.server.state.kind, "running");
  },

  async "sessions go out into a file and come in again"(inside) {
    const { server } = inside;
    await run("newSession");
    const session = await chat(inside, ({ messageCount }) => messageCount === 0);
    await answered(inside, session.id, plan("To be kept", { texts: ["Kept."] }));
    const file = vscode.Uri.joinPath(firstFolder().uri, "out.json");
    await withPerson(async (person) => {
      person.picks = ["JSON"];
      person.file = file;
      await run("exportSession");
      assert.match(person.told.at(-1) ?? "", /^information: Exported to out\.json\.$/u);
      await run("importSessions");
      assert.match(person.told.at(-1) ?? "", /^information: 0 sessions imported, 1 was there already\.$/u);
      await server.ask("session/delete", { sessionId: session.id });
      await server.ask("session/purge", { sessionId: session.id });
      await run("importSessions");
      assert.match(person.told.at(-1) ?? "", /^information: 1 session imported\.$/u);
    });
    await run("copyChat");
    await chat(inside);
  },
};

function manifest(): Manifest {
  const read: unknown = vscode.extensions.getExtension("threadkeep.threadkeep")?.packageJSON;
  return read as Manifest;
}

/** The titles of pages that are open: they are drawn, no text to edit. */
function openPages(): string[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .flatMap(({ input, label }) =>
      input instanceof vscode.TabInputWebview && input.viewType.endsWith("threadkeep.page") ? [label] : [],
    );
}

function palette(): string[] {
  const { commands, menus } = manifest().contributes;
  const hidden = new Set(
    menus.commandPalette.flatMap(({ command, when }) => (when === "false" ? [command] : [])),
  );
  return commands.map(({ command }) => command).filter((command) => !hidden.has(command));
}

/** What a person would notice of a command: messages, questions, documents, changes of sessions and of the tree. */
async function signsOf(inside: Inside, command: string): Promise<{ signs: string[]; errors: string[] }> {
  return withPerson(async (person) => {
    const signs: string[] = [];
    const clipboard = `before ${command}`;
    await vscode.env.clipboard.writeText(clipboard);
    const following = [
      inside.server.onNotice(({ method }) => signs.push(method)),
      inside.server.onDidChangeState(({ kind }) => signs.push(kind)),
      inside.sessions.onDidChangeTreeData(() => signs.push("tree")),
      vscode.window.tabGroups.onDidChangeTabs(() => signs.push("tab")),
    ];
    await settled(command, person);
    // a change is told after the command that made it
    const isExpected = !SHOW_ONLY.has(command);
    const end = Date.now() + NOTICE_MS;
    const isSilent = (): boolean => signs.length + person.told.length + person.asked.length === 0;
    await until("a sign", () => !isExpected || !isSilent() || Date.now() > end);
    for (const each of following) each.dispose();
    if ((await vscode.env.clipboard.readText()) !== clipboard) signs.push("clipboard");
    const errors = person.told.filter((text) => text.startsWith("error: "));
    return { signs: [...signs, ...person.told, ...person.asked], errors };
  });
}

/** Runs a command to its end; a list that VS Code itself shows is closed. */
async function settled(command: string, person: Person): Promise<void> {
  let isOver = false;
  const running = Promise.resolve(vscode.commands.executeCommand(command)).finally(() => (isOver = true));
  if (["threadkeep.searchSessions", "threadkeep.useSavedFilter", "threadkeep.setModel"].includes(command))
    person.asked.push(command);
  await until(`${command} ends`, async () => {
    if (!isOver) await vscode.commands.executeCommand("workbench.action.closeQuickOpen");
    return isOver;
  });
  await running;
}
