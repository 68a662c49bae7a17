/** Keys that a person enters: tried, kept in the secret storage, given to each server, and seen nowhere. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import type { Inside } from "../src/extension";
import { answered, chat, plan, run, until, withPerson, type Person, type Tests } from "./world";

/** The model server of these tests takes this one, and no other. */
const RIGHT = "a-key-of-the-tests";
const WRONG = "another-key-that-is-wrong";

export const keyTests: Tests = {
  async "a key is entered, tried, kept, and given to the next server; the model answers"(inside) {
    const { server, keys } = inside;
    assert.equal(await sourceOf(inside), undefined);
    await tracing("verbose");
    await withPerson(async (person) => {
      const questions = typing(person, [WRONG, `  ${RIGHT} `]);
      person.presses = "Enter Another Key";
      await run("enterKey", "second");
      assert.equal(questions.length, 2);
      assert.match(person.told[0] ?? "", /^warning: .*does not accept the API key/u);
      assert.equal(person.told.at(-1), "information: second takes the key, and can be asked now.");
    });
    assert.match((await sourceOf(inside)) ?? "", /entry in this window/u);
    await run("restartServer");
    await until("the server runs again", () => server.state.kind === "running");
    assert.match((await sourceOf(inside)) ?? "", /entry in this window/u);
    await run("newSession");
    const session = await chat(inside, ({ messageCount }) => messageCount === 0);
    await server.ask("session/setModel", { sessionId: session.id, model: "second:first" });
    const answer = await answered(inside, session.id, plan("Hello", { texts: ["Hello from second."] }));
    assert.deepEqual([answer.content, answer.provider], ["Hello from second.", "second"]);
    assert.deepEqual([await keys.of("second"), keys.has("second")], [RIGHT, true]);
  },

  async "no key stands in a log, though the whole wire is traced, nor in the settings"({ context, server }) {
    await server.ask("provider/list", {});
    const logs = (): string => {
      const folder = context.logUri.fsPath;
      const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
      return files
        .filter((name) => name.endsWith(".log"))
        .map((name) => readFileSync(path.join(folder, name), "utf8"))
        .join("\n");
    };
    await until("the wire is in the log", () => logs().includes('"key": "•••"'));
    const seen = logs();
    assert.ok(!seen.includes(WRONG));
    assert.ok(!seen.includes(`"${RIGHT}"`));
    await tracing(undefined);
    const settings = JSON.stringify(vscode.workspace.getConfiguration("threadkeep"));
    assert.ok(!settings.includes(WRONG));
  },

  async "another window's key reaches this server, and one that is taken away leaves it"(inside) {
    const { context } = inside;
    await context.secrets.store("key of openrouter", "a-key-of-another-window");
    await until("it came", async () => ((await sourceOf(inside, "openrouter")) ?? "").includes("entry"));
    await withPerson(async (person) => {
      typing(person, [""]);
      await run("enterKey", "openrouter");
      assert.equal(person.told.at(-1), "information: The key of OpenRouter was removed.");
    });
    assert.equal(await sourceOf(inside, "openrouter"), undefined);
    assert.equal(await context.secrets.get("key of openrouter"), undefined);
  },

  async "a refused key that nobody keeps leaves the one before it"(inside) {
    await withPerson(async (person) => {
      typing(person, [WRONG]);
      await run("enterKey", "second");
    });
    assert.equal(await inside.keys.of("second"), RIGHT);
    const { ok } = await inside.server.ask("provider/test", { provider: "second" });
    assert.equal(ok, true);
  },

  async "a provider is tested, and what is wrong with it is told"() {
    await withPerson(async (person) => {
      await run("testProvider", "second");
      assert.match(person.told.at(-1) ?? "", /^information: second answers: /u);
      await run("testProvider", "anthropic");
      assert.match(
        person.told.at(-1) ?? "",
        /^warning: anthropic: .*run “Threadkeep: Choose a Model…” and enter one/u,
      );
      await run("testProvider", "lmstudio");
      assert.match(person.told.at(-1) ?? "", /^warning: /u);
    });
  },

  async "the list of models has a line for each who can answer, and for each who could"(inside) {
    const session = await chat(inside);
    await withPerson(async (person) => {
      const lists = choosing(person, "second", "work");
      await run("setModel", { kind: "session", session });
      const [list] = lists;
      assert.ok(list);
      const lines = list.map(({ label }) => label);
      const separators = list.filter(({ kind }) => kind === vscode.QuickPickItemKind.Separator);
      assert.deepEqual(
        separators.map(({ label }) => label),
        ["On this machine", "With a key", "Enter a key", "Not there yet", "Without a model"],
      );
      for (const line of ["$(key) Enter a key for OpenAI…", "$(key) Enter a key for Anthropic…"])
        assert.ok(lines.includes(line), line);
    });
    const { session: changed } = await inside.server.ask("session/get", { sessionId: session.id });
    assert.deepEqual([changed.provider, changed.model], ["work", "second"]);
  },
};

async function sourceOf({ server }: Inside, name = "second"): Promise<string | undefined> {
  const { providers } = await server.ask("provider/list", {});
  const found = providers.find((provider) => provider.name === name);
  assert.ok(found, name);
  return found.keySource;
}

async function tracing(value: string | undefined): Promise<void> {
  const configuration = vscode.workspace.getConfiguration("threadkeep.trace");
  await configuration.update("server", value, vscode.ConfigurationTarget.Global);
}

/** Has the person type these into the fields that come, one after another; gives their titles. */
function typing(person: Person, texts: readonly string[]): string[] {
  const titles: string[] = [];
  const createInputBox = (): object => {
    const accepted: (() => void)[] = [];
    const input = {
      value: "",
      title: "",
      onDidAccept: (act: () => void) => accepted.push(act),
      onDidHide: () => undefined,
      onDidTriggerButton: () => undefined,
      show: () => {
        input.value = texts[titles.length] ?? "";
        titles.push(input.title);
        for (const act of accepted) act();
      },
      dispose: () => undefined,
    };
    return input;
  };
  person.take({ createInputBox });
  return titles;
}

/** Has the person choose a line of the next list, once it is there; gives what the list held then. */
function choosing(person: Person, name: string, description: string): vscode.QuickPickItem[][] {
  const lists: vscode.QuickPickItem[][] = [];
  const createQuickPick = (): object => {
    const accepted: (() => void)[] = [];
    let items: vscode.QuickPickItem[] = [];
    const picker = {
      activeItems: [],
      selectedItems: [] as vscode.QuickPickItem[],
      busy: false,
      get items(): vscode.QuickPickItem[] {
        return items;
      },
      set items(given: vscode.QuickPickItem[]) {
        items = given;
        const found = given.find(
          (item) => item.label.endsWith(` ${name}`) && item.description === description,
        );
        // what runs on this machine is known once the list was read anew
        const isWhole = given.some((item) => item.label === "Not there yet");
        if (found === undefined || !isWhole || lists.length > 0) return;
        lists.push(given);
        picker.selectedItems = [found];
        for (const act of accepted) act();
      },
      onDidAccept: (act: () => void) => accepted.push(act),
      onDidHide: () => undefined,
      onDidTriggerItemButton: () => undefined,
      show: () => undefined,
      dispose: () => undefined,
    };
    return picker;
  };
  person.take({ createQuickPick });
  return lists;
}
