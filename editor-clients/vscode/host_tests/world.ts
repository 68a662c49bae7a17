/** What the tests inside the extension host share: the extension, a person who answers, and waiting. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as vscode from "vscode";
import type { Inside } from "../src/extension";
import type { Node } from "../src/host/sessions_view";
import type { Message, Session } from "../src/protocol";

const LIMIT_MS = 60_000;
const PAUSE_MS = 50;

export type Tests = Readonly<Record<string, (inside: Inside) => Promise<void>>>;

/** The extension as it runs here: an extension host that tests may look into. */
export async function inside(): Promise<Inside> {
  const extension = vscode.extensions.getExtension<Inside | undefined>("threadkeep.threadkeep");
  const exported = await extension?.activate();
  assert.ok(exported, "the extension is there, and lets tests in");
  return exported;
}

/** Waits until something is there, and gives it. */
export async function until<T>(
  what: string,
  holds: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = Date.now() + LIMIT_MS;
  while (Date.now() < end) {
    const held = await holds();
    if (held !== undefined && held !== false) return held;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error(`Not within ${LIMIT_MS / 1000} s: ${what}`);
}

export async function run<T = unknown>(name: string, ...args: unknown[]): Promise<T> {
  return vscode.commands.executeCommand<T>(`threadkeep.${name}`, ...args);
}

/** The session of the chat in the side bar, once its page listens and shows one that fits; where none is yet, it begins. */
export async function chat(
  { hub }: Inside,
  fits: (session: Session) => boolean = () => true,
): Promise<Session> {
  await run("focusChat");
  return until("the chat shows its session", async () => {
    const session = await hub.begun(hub.main);
    return session !== undefined && fits(session) && session;
  });
}

/** What a message says to have the model of the tests answer in a certain way; see tests/support/model_plan.py. */
export function plan(text: string, more: Readonly<Record<string, unknown>>): string {
  return `${text} [[plan ${JSON.stringify(more)}]]`;
}

/** Sends and waits for the answer. */
export async function answered({ server }: Inside, sessionId: string, text: string): Promise<Message> {
  const { turnId } = await server.ask("chat/send", { sessionId, text, whenBusy: "queue" });
  return until("the answer is there", async () => {
    const { messages } = await server.ask("session/history", { sessionId, limit: 20 });
    return messages.find(
      (each) => each.turnId === turnId && each.role === "assistant" && each.status !== "streaming",
    );
  });
}

/** The lines of the tree as they are shown, groups with what is in them; titles without the model's plan. */
export async function lines({ sessions }: Inside): Promise<string[]> {
  const told: string[] = [];
  const tell = (node: Node, indent: string): void => {
    const item = sessions.getTreeItem(node);
    const label = typeof item.label === "string" ? item.label : (item.label?.label ?? "");
    told.push(`${indent}${label.replace(/ \[\[plan.*/u, "")}`);
  };
  for (const node of await sessions.getChildren()) {
    tell(node, "");
    for (const child of await sessions.getChildren(node)) tell(child, "  ");
  }
  return told;
}

export function git(folder: vscode.Uri, ...args: string[]): void {
  execFileSync("git", ["-c", "user.name=Tests", "-c", "user.email=tests@example.org", ...args], {
    cwd: folder.fsPath,
    stdio: "ignore",
  });
}

export function firstFolder(): vscode.WorkspaceFolder {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder);
  return folder;
}

type Items = readonly (string | vscode.QuickPickItem)[];

/** Stands in for the person at the lists, fields and dialogs, which tests cannot click; says nothing unless told to. */
export class Person {
  /** Messages that were shown: `error: …`, `warning: …`, `information: …`. */
  readonly told: string[] = [];
  /** Lists, fields and dialogs that were opened. */
  readonly asked: string[] = [];
  /** The words of a line that is chosen in a list, several of them where several can be; undefined: Esc. */
  picks: string[] | undefined;
  types: string | undefined;
  presses: string | undefined;
  file: vscode.Uri | undefined;
  private readonly real: Partial<typeof vscode.window> = {};

  constructor() {
    const message = (kind: string) => {
      return (text: string, ...rest: unknown[]): Promise<unknown> => {
        const { detail } = (rest[0] ?? {}) as vscode.MessageOptions;
        this.told.push([`${kind}: ${text}`, ...(detail === undefined ? [] : [detail])].join("\n"));
        return Promise.resolve(rest.includes(this.presses) ? this.presses : undefined);
      };
    };
    const own = {
      showErrorMessage: message("error"),
      showWarningMessage: message("warning"),
      showInformationMessage: message("information"),
      setStatusBarMessage: (text: string): vscode.Disposable => {
        this.told.push(`status: ${text}`);
        return new vscode.Disposable(() => undefined);
      },
      showQuickPick: (items: Items | Promise<Items>, options: vscode.QuickPickOptions = {}) =>
        this.choose(items, options),
      showInputBox: (options: vscode.InputBoxOptions = {}): Promise<string | undefined> => {
        this.asked.push(options.prompt ?? "");
        return Promise.resolve(this.types);
      },
      showWorkspaceFolderPick: (): Promise<undefined> => {
        this.asked.push("folder");
        return Promise.resolve(undefined);
      },
      showOpenDialog: () => this.chooseFile("open").then((file) => file && [file]),
      showSaveDialog: () => this.chooseFile("save"),
    };
    this.take(own);
  }

  /** Answers another question of `vscode.window`, until the person leaves. */
  take(own: Readonly<Record<string, unknown>>): void {
    for (const name of Object.keys(own) as (keyof typeof vscode.window)[])
      Object.assign(this.real, { [name]: vscode.window[name] });
    Object.assign(vscode.window, own);
  }

  leave(): void {
    Object.assign(vscode.window, this.real);
  }

  private async choose(given: Items | Promise<Items>, options: vscode.QuickPickOptions): Promise<unknown> {
    const items = await given;
    this.asked.push(options.placeHolder ?? "");
    const { picks } = this;
    if (picks === undefined) return undefined;
    const found = items.filter((item) => {
      const label = typeof item === "string" ? item : item.label;
      return picks.some((word) => label.includes(word));
    });
    assert.ok(found.length > 0, `${picks.join()} is in the list ${JSON.stringify(items)}`);
    return options.canPickMany === true ? found : found[0];
  }

  private chooseFile(what: string): Promise<vscode.Uri | undefined> {
    this.asked.push(`file to ${what}`);
    return Promise.resolve(this.file);
  }
}

/** Has a person there while something is done. */
export async function withPerson<T>(act: (person: Person) => Promise<T>): Promise<T> {
  const person = new Person();
  try {
    return await act(person);
  } finally {
    person.leave();
  }
}
