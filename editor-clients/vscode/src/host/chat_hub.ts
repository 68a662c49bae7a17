/** All open chat views: who shows what, which session a command means, and what follows the branch. */
import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { CHAT_NOTICES, type Absence, type ChatNotice, type FromView } from "../core/bridge";
import type { OpenSessionResult, RepositoryRef, Session } from "../protocol";
import { ChatLink, type LinkServices } from "./chat_link";
import { followsBranch } from "./configuration";
import type { Fix, Notice, Server } from "./server";

const WINDOW_KEY = "windowId";

type Handle = (link: ChatLink, message: FromView) => Promise<void>;

export class ChatHub implements vscode.Disposable {
  private readonly links = new Set<ChatLink>();
  private readonly activeChanged = new vscode.EventEmitter<Session | undefined>();
  readonly onDidChangeActive = this.activeChanged.event;
  private readonly subscriptions: vscode.Disposable[];
  private latest: ChatLink | undefined;
  private handle: Handle = () => Promise.resolve();
  private defaultModel: Promise<string | undefined> | undefined;
  private readonly toldProblems = new Set<string>();
  private folder: string | undefined;
  readonly windowId: string;

  constructor(
    private readonly server: Server,
    private readonly memory: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.windowId = memory.get<string>(WINDOW_KEY) ?? randomUUID();
    void memory.update(WINDOW_KEY, this.windowId);
    this.folder = chosenFolder(memory)?.uri.toString();
    this.subscriptions = [
      server.onNotice((notice) => this.noticed(notice)),
      server.onDidChangeState((state) => {
        this.defaultModel = undefined;
        if (state.kind !== "starting") for (const link of this.links) void link.reopen();
      }),
    ];
  }

  /** Called with everything that a view wants done besides requests. */
  onMessage(handle: Handle): void {
    this.handle = handle;
  }

  dispose(): void {
    for (const link of this.links) link.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
    this.activeChanged.dispose();
  }

  connect(
    webview: vscode.Webview,
    { windowId = this.windowId, sessionId }: { windowId?: string; sessionId?: string } = {},
  ): ChatLink {
    const services: LinkServices = {
      ask: this.server.ask,
      absence: () => absence(this.server),
      open: (wanted, window) => this.open(wanted, window),
      defaults: async () => {
        const model = await this.modelByDefault();
        return model === undefined ? {} : { model };
      },
      handle: (link, message) => this.handle(link, message),
      changed: (link) => {
        if (link === this.active) this.activeChanged.fire(link.session);
      },
      log: this.log,
    };
    const link = new ChatLink(webview, windowId, sessionId, services);
    this.links.add(link);
    this.latest = link;
    return link;
  }

  disconnect(link: ChatLink): void {
    this.links.delete(link);
    link.dispose();
    if (this.latest === link) this.latest = [...this.links].at(-1);
    this.activeChanged.fire(this.active?.session);
  }

  /** The view that was used last. */
  get active(): ChatLink | undefined {
    return this.latest;
  }

  get main(): ChatLink | undefined {
    return [...this.links].find((link) => link.windowId === this.windowId);
  }

  setActive(link: ChatLink): void {
    this.latest = link;
    this.activeChanged.fire(link.session);
  }

  forgetDefaults(): void {
    this.defaultModel = undefined;
  }

  settingsChanged(): void {
    for (const link of this.links) link.settingsChanged();
  }

  /** The side bar's chat goes with its folder: when another one is chosen, or the chosen one was taken out of the window. */
  foldersChanged(): void {
    const folder = chosenFolder(this.memory)?.uri.toString();
    if (folder === this.folder) return;
    this.folder = folder;
    void this.main?.open(undefined);
  }

  /** Makes a folder of the window the one whose sessions are shown. */
  async chooseFolder(folder: vscode.WorkspaceFolder): Promise<void> {
    await this.memory.update(FOLDER_KEY, folder.uri.toString());
    this.folder = folder.uri.toString();
    await this.main?.open(undefined);
  }

  /** Gets or makes the session of the opened folder and its branch. */
  async openCurrent(): Promise<OpenSessionResult> {
    const where = { ...repositoryParam(this.memory), windowId: this.windowId };
    const opened = await this.server.ask("session/open", where);
    this.tellProblems(opened.problems ?? []);
    return opened;
  }

  /** Each once a window: what is wrong with the settings decides who is asked. */
  private tellProblems(problems: readonly string[]): void {
    for (const problem of problems.filter((one) => !this.toldProblems.has(one))) {
      this.toldProblems.add(problem);
      this.log.warn(problem);
      void vscode.window.showWarningMessage(`Threadkeep settings: ${problem}`);
    }
  }

  /** An ended, archived or trashed session is never current; it is read as it is. */
  private async open(sessionId: string | undefined, windowId: string): Promise<OpenSessionResult> {
    if (sessionId === undefined) return this.openCurrent();
    await this.server.ask("session/activate", { sessionId, windowId });
    const { session } = await this.server.ask("session/get", { sessionId });
    if (session.status !== "ended" && session.archivedAt === undefined && session.trashedAt === undefined) {
      const { repository, task, workflow } = session;
      const key = {
        repository: { id: repository.id },
        task,
        ...(workflow === undefined ? {} : { workflow }),
      };
      const opened = await this.server.ask("session/open", { ...key, windowId, createIfMissing: false });
      if (opened.session?.id === sessionId) return opened;
    }
    const { messages, beforeCursor } = await this.server.ask("session/history", { sessionId });
    return {
      session,
      created: false,
      messages,
      seq: session.seq,
      ...(beforeCursor === undefined ? {} : { beforeCursor }),
    };
  }

  private async modelByDefault(): Promise<string | undefined> {
    this.defaultModel ??= this.server.ask("model/list", { refresh: false }).then(
      (listed) => listed.default,
      () => undefined,
    );
    return this.defaultModel;
  }

  private noticed(notice: Notice): void {
    if ((CHAT_NOTICES as readonly string[]).includes(notice.method))
      for (const link of this.links) link.notify(notice as ChatNotice);
    if (notice.method === "session/removed")
      for (const link of this.links)
        if (link.session?.id === notice.params.sessionId) void link.open(undefined);
    if (notice.method === "task/changed") void this.follow(notice.params.repository.id, notice.params.task);
  }

  private async follow(repositoryId: string, task: string): Promise<void> {
    const { main } = this;
    if (main?.session?.repository.id !== repositoryId || main.session.task === task) return;
    if (!followsBranch()) {
      const offer = "Open Its Session";
      const answer = await vscode.window.showInformationMessage(`The branch is ${task} now.`, offer);
      if (answer !== offer) return;
    }
    this.log.info(`The branch is ${task} now; its session is opened.`);
    await main.open(undefined);
  }
}

const FOLDER_KEY = "folder";

/** The folder whose sessions this window shows: the chosen one, or the first. */
export function chosenFolder(memory: vscode.Memento): vscode.WorkspaceFolder | undefined {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const chosen = memory.get<string>(FOLDER_KEY);
  return folders.find((folder) => folder.uri.toString() === chosen) ?? folders[0];
}

/** `repository` for requests; a folder that is no file has its name only. */
export function repositoryParam(memory: vscode.Memento): { repository?: RepositoryRef } {
  const folder = chosenFolder(memory);
  if (folder === undefined) return {};
  return { repository: folder.uri.scheme === "file" ? folder.uri.toString() : { name: folder.name } };
}

const FIXES: Readonly<Record<Fix, readonly { label: string; command: string }[]>> = {
  install: [
    { label: "Install the server", command: "threadkeep.installServer" },
    { label: "Choose the command", command: "threadkeep.openServerSettings" },
  ],
  updateServer: [{ label: "Install the server", command: "threadkeep.installServer" }],
  updateExtension: [],
  restart: [
    { label: "Start it again", command: "threadkeep.restartServer" },
    { label: "Show the log", command: "threadkeep.showOutput" },
  ],
  settings: [{ label: "Open the settings", command: "threadkeep.openServerSettings" }],
  none: [{ label: "Show the log", command: "threadkeep.showOutput" }],
};

function absence(server: Server): Absence | undefined {
  const { state } = server;
  switch (state.kind) {
    case "running":
      return undefined;
    case "failed":
      return { reason: state.reason, actions: FIXES[state.fix] };
    case "waiting":
      return {
        reason: "The server ended by itself. It is started again in a moment.",
        actions: FIXES.restart,
      };
    case "stopped":
      return { reason: "The server is stopped.", actions: FIXES.restart };
    case "starting":
      return { reason: "The server is starting…", actions: [] };
  }
}
