/** All open chat views: who shows what, which session a command means, and what follows the branch. */
import * as vscode from "vscode";
import { CHAT_NOTICES, type ChatNotice, type Defaults, type Following, type FromView } from "../core/bridge";
import type { OpenSessionResult, Session } from "../protocol";
import { absence } from "./absence";
import { ChatLink, type LinkServices, type Opened } from "./chat_link";
import { followsBranch } from "./configuration";
import { Keeping } from "./keeping";
import { chosenFolder, FOLDER_KEY, repositoryParam } from "./folder";
import { openCurrent, openPicked } from "./opening";
import { isPlace } from "./places";
import type { Notice, Server } from "./server";
import { keptFile, windowName } from "./window_name";

export { chosenFolder, repositoryParam } from "./folder";

const PICKED_KEY = "pickedSession";

type Handle = (link: ChatLink, message: FromView) => Promise<void>;

export class ChatHub implements vscode.Disposable {
  private readonly links = new Set<ChatLink>();
  private readonly activeChanged = new vscode.EventEmitter<Session | undefined>();
  readonly onDidChangeActive = this.activeChanged.event;
  private readonly opened = new vscode.EventEmitter<OpenSessionResult>();
  /** The session of the folder and its branch was looked for. */
  readonly onDidOpen = this.opened.event;
  private readonly asked = new vscode.EventEmitter<string>();
  /** A turn was begun from a chat of this window. */
  readonly onDidAsk = this.asked.event;
  private readonly seen = new vscode.EventEmitter<void>();
  /** A chat came into view, or shows something else. */
  readonly onDidSee = this.seen.event;
  readonly keeping: Keeping;
  private readonly subscriptions: { dispose(): unknown }[];
  private latest: ChatLink | undefined;
  private handle: Handle = () => Promise.resolve();
  private defaults: Promise<Defaults> | undefined;
  private readonly toldProblems = new Set<string>();
  private folder: string | undefined;
  /** What is checked out in the folder, as far as that is known. */
  private branch: string | undefined;
  readonly windowId: string;

  /** storage: a folder of the workspace's own. */
  constructor(
    private readonly server: Server,
    private readonly memory: vscode.Memento,
    storage: vscode.Uri | undefined,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.windowId = windowName(memory, storage);
    this.folder = chosenFolder(memory)?.uri.toString();
    this.keeping = new Keeping({
      server,
      windowId: this.windowId,
      file: keptFile(storage, this.windowId),
      links: () => this.links,
      asked: (turnId) => this.asked.fire(turnId),
    });
    this.subscriptions = [
      this.keeping,
      server.onNotice((notice) => this.noticed(notice)),
      server.onDidChangeState((state) => {
        this.defaults = undefined;
        if (state.kind !== "starting") for (const link of this.links) void link.reopen();
        if (state.kind === "running") void this.keeping.serverIsBack();
      }),
    ];
  }

  /** Called with everything that a view wants done besides requests. */
  onMessage(handle: Handle): void {
    this.handle = handle;
  }

  /** Before the server goes: what was written is kept. */
  async end(): Promise<void> {
    await this.keeping.end();
  }

  dispose(): void {
    for (const link of this.links) link.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
    for (const emitter of [this.activeChanged, this.opened, this.asked, this.seen]) emitter.dispose();
  }

  connect(
    webview: vscode.Webview,
    { windowId = this.windowId, sessionId }: { windowId?: string; sessionId?: string } = {},
  ): ChatLink {
    const { keeping } = this;
    const services: LinkServices = {
      ask: this.server.ask,
      absence: () => absence(this.server),
      open: (link, wanted) => this.open(link, wanted),
      defaults: () => this.readDefaults(),
      handle: (link, message) => this.received(link, message),
      opened: (link, opened, before) => keeping.opened(link, opened, before),
      missed: (at, more) => keeping.addTo(at, more),
      last: (link) => keeping.last(link),
      listens: (link) => keeping.listens(link),
      following: (link) => this.followingOf(link),
      sessionOf: (at) => keeping.places.sessionOf(at),
      strayed: (link, message) => keeping.strayed(link, message),
      asked: (turnId) => this.asked.fire(turnId),
      changed: (link) => this.linkChanged(link),
      isRestored: sessionId === undefined,
      log: this.log,
    };
    const isMain = windowId === this.windowId;
    const picked = isMain ? this.memory.get<string>(PICKED_KEY) : undefined;
    const wanted = sessionId ?? picked;
    const link = new ChatLink(webview, windowId, wanted, services);
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

  /** Whether a chat is open still, and shows the same as then. */
  isStill(link: ChatLink, at: string): boolean {
    return this.links.has(link) && link.isShown(at);
  }

  get main(): ChatLink | undefined {
    return [...this.links].find((link) => link.windowId === this.windowId);
  }

  /** Whether a person can see a session. */
  isInView(sessionId: string): boolean {
    return [...this.links].some((link) => link.isInView && link.lastSession?.id === sessionId);
  }

  setActive(link: ChatLink): void {
    this.latest = link;
    this.activeChanged.fire(link.session);
  }

  /** Makes the session of a place: something is to be kept there. */
  async beginAt(at: string): Promise<Session | undefined> {
    const sessionId = await this.keeping.begin(at);
    return sessionId === undefined
      ? undefined
      : (await this.server.ask("session/get", { sessionId })).session;
  }

  /** The session of a chat; where none is yet, it begins: something is to be kept there. */
  async begun(link: ChatLink | undefined): Promise<Session | undefined> {
    const at = link?.shown?.at;
    if (at !== undefined && isPlace(at) && absence(this.server) === undefined) await this.keeping.begin(at);
    return link?.session;
  }

  /** They are read anew, and every page hears of it. */
  forgetDefaults(): void {
    this.defaults = undefined;
    for (const link of this.links) void link.tellDefaults();
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
    this.wasOpened(opened);
    return opened;
  }

  private wasOpened(opened: OpenSessionResult): void {
    this.tellProblems(opened.problems ?? []);
    this.opened.fire(opened);
  }

  /** Each once a window: what is wrong with the settings decides who is asked. */
  private tellProblems(problems: readonly string[]): void {
    for (const problem of problems.filter((one) => !this.toldProblems.has(one))) {
      this.toldProblems.add(problem);
      this.log.warn(problem);
      void vscode.window.showWarningMessage(`Threadkeep settings: ${problem}`);
    }
  }

  private async open(link: ChatLink, sessionId: string | undefined): Promise<Opened> {
    const { ask } = this.server;
    const { places, prompts } = this.keeping;
    const since = prompts.mark;
    if (sessionId !== undefined)
      return { ...(await openPicked(ask, sessionId, link.windowId, this.windowId)), since };
    const opened = await openCurrent(ask, places, repositoryParam(this.memory), this.windowId, link.shown);
    const { shown, result } = opened;
    // its session began while it was asked whether there is one
    if (result.session === undefined && places.sessionOf(shown.at) !== undefined)
      return this.open(link, sessionId);
    this.branch = shown.task;
    this.wasOpened(result);
    return { ...opened, since };
  }

  private async received(link: ChatLink, message: FromView): Promise<void> {
    switch (message.type) {
      case "prompt":
      case "edit":
      case "send":
      case "outgoing":
      case "stray":
        if (message.type !== "prompt" && message.type !== "edit") this.setActive(link);
        return this.keeping.received(link, message);
      default:
        return this.handle(link, message);
    }
  }

  private linkChanged(link: ChatLink): void {
    if (link === this.main && link.picked !== this.memory.get<string>(PICKED_KEY))
      void this.memory.update(PICKED_KEY, link.picked);
    if (link.shown !== undefined) this.keeping.saw(link.shown.at, link.title, link.shown.task);
    if (link === this.active) this.activeChanged.fire(link.session);
    this.seen.fire();
  }

  private readDefaults(): Promise<Defaults> {
    this.defaults ??= Promise.all([
      this.server.ask("model/list", { refresh: false }).catch(() => undefined),
      this.server.ask("agent/list", {}).catch(() => undefined),
    ]).then(([models, agents]) => ({
      ...(models?.default === undefined ? {} : { model: models.default }),
      ...(agents === undefined ? {} : { agent: agents.default }),
    }));
    return this.defaults;
  }

  private noticed(notice: Notice): void {
    if ((CHAT_NOTICES as readonly string[]).includes(notice.method))
      for (const link of this.links) link.notify(notice as ChatNotice);
    if (notice.method === "session/changed") this.beganElsewhere(notice.params.session);
    if (notice.method === "session/removed") this.keeping.forget(notice.params.sessionId);
    if (notice.method === "session/removed")
      for (const link of this.links)
        if (link.lastSession?.id === notice.params.sessionId) void link.open(undefined);
    if (notice.method === "task/changed") void this.branchChanged();
  }

  /** Another window began the session of the place that is shown here. */
  private beganElsewhere({ task, repository }: Session): void {
    const { main } = this;
    if (main?.shown === undefined || main.lastSession !== undefined) return;
    if (main.shown.task === task && main.shown.repository === repository.name) void main.reopen();
  }

  /** Where one's own folder is concerned, the chat goes along or says that it does not. */
  private async branchChanged(): Promise<void> {
    const { main } = this;
    const place = await this.keeping.places.find(repositoryParam(this.memory));
    if (main === undefined || place.task === this.branch) return;
    this.branch = place.task;
    if (main.picked === undefined && main.shown?.task !== place.task) {
      if (followsBranch()) {
        this.log.info(`The branch is ${place.task} now; its session is opened.`);
        return main.open(undefined);
      }
      void this.offerBranch(main, place.task);
    }
    main.followingChanged();
  }

  private async offerBranch(main: ChatLink, task: string): Promise<void> {
    const offer = "Open Its Session";
    const answer = await vscode.window.showInformationMessage(`The branch is ${task} now.`, offer);
    if (answer === offer) await main.open(undefined);
  }

  /** Only the side bar's chat goes with the branch. */
  followingOf(link: ChatLink | undefined): Following | undefined {
    if (link === undefined || link !== this.main) return undefined;
    const why = link.picked !== undefined ? "chosen" : followsBranch() ? undefined : "setting";
    const branch = this.branch === undefined ? {} : { branch: this.branch };
    return { isFollowing: why === undefined, ...branch, ...(why === undefined ? {} : { why }) };
  }
}
