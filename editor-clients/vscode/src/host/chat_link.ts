/** Connects one web view with one session: opens it, passes notices on, and answers what the view asks. */
import type * as vscode from "vscode";
import {
  FIRST,
  isFromView,
  VIEW_REQUESTS,
  type Absence,
  type ChatNotice,
  type Defaults,
  type Following,
  type FromView,
  type NamedAttachment,
  type Shown,
  type ToView,
  type ViewRequest,
} from "../core/bridge";
import { wireError } from "../core/failures";
import { joined } from "../core/pacing";
import type { Prompt } from "../core/prompt";
import type { Ask, Params } from "../core/requests";
import type { OpenSessionResult, Session } from "../protocol";
import { viewSettings } from "./configuration";
import type { Where } from "./places";

const FRAME_MS = 25;

/** They name a message, and no session. */
const OF_MESSAGES = new Set<ViewRequest>(["message/update", "message/parts"]);

/** What was opened, and how the page names it. */
export interface Opened {
  readonly shown: Shown;
  readonly result: OpenSessionResult;
  /** What had been typed in this window when the server was asked: what was typed later is newer than its drafts. */
  readonly since?: number;
  /** The folder whose branch it is of, unless it was picked. */
  readonly where?: Where;
}

export type ViewRequestMessage = Extract<FromView, { type: "request" }>;

/** What a link needs of the rest. */
export interface LinkServices {
  readonly ask: Ask;
  /** Why nothing can be opened, or undefined if it can. */
  readonly absence: () => Absence | undefined;
  readonly open: (link: ChatLink, sessionId: string | undefined) => Promise<Opened>;
  readonly defaults: () => Promise<Defaults>;
  readonly handle: (link: ChatLink, message: FromView) => Promise<void>;
  /** What stands in the field and what waits there, for the page that was just given what is shown; before: what it showed. */
  readonly opened: (
    link: ChatLink,
    opened: Opened,
    before: Shown | undefined,
  ) => Pick<Extract<ToView, { type: "opened" }>, "prompt" | "others" | "from" | "edits">;
  /** Something for a field that is not shown any more. */
  readonly missed: (at: string, more: Prompt) => void;
  /** The same for a page that begins without a server. */
  readonly last: (link: ChatLink) => Extract<ToView, { type: "absent" }>["last"];
  readonly listens: (link: ChatLink) => void;
  readonly following: (link: ChatLink) => Following | undefined;
  /** The session that `at` has become. */
  readonly sessionOf: (at: string) => string | undefined;
  /** A request for another session than the one that is shown. */
  readonly strayed: (link: ChatLink, message: ViewRequestMessage) => void;
  readonly asked: (turnId: string) => void;
  readonly changed: (link: ChatLink) => void;
  /** Whether what is wanted comes from an earlier window, and nobody waits for it. */
  readonly isRestored: boolean;
  readonly log: vscode.LogOutputChannel;
}

export class ChatLink implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;
  private current: Opened | undefined;
  private shownSession: Session | undefined;
  private isAway = false;
  private notices: ChatNotice[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isReady = false;
  /** A page in a view that is hidden is gone; another one begins when it is shown. */
  private isVisible = true;
  /** Whether the page, which may have begun anew, was given something to show. */
  private isGiven = false;
  /** What to do once the page can listen. */
  private waiting: { readonly at: string | undefined; readonly message: ToView }[] = [];
  private openings = 0;

  /** wanted: the session to show; absent: whatever is current. */
  constructor(
    readonly webview: vscode.Webview,
    readonly windowId: string,
    private wanted: string | undefined,
    private readonly services: LinkServices,
  ) {
    this.subscription = webview.onDidReceiveMessage((message: unknown) => {
      if (isFromView(message)) void this.hears(message);
      else services.log.warn("A message from the chat view was refused.");
    });
  }

  /** The shown session, while there is a server that can be asked about it. */
  get session(): Session | undefined {
    return this.isAway ? undefined : this.shownSession;
  }

  /** The same, or the one that was shown when the server went. */
  get lastSession(): Session | undefined {
    return this.shownSession;
  }

  /** What the page shows, also while the server is away. */
  get shown(): Shown | undefined {
    return this.current?.shown;
  }

  /** The same as it was shown to people. */
  get title(): string {
    return this.shownSession?.title ?? "New session";
  }

  get isPrivate(): boolean {
    return this.shownSession?.isPrivate === true;
  }

  /** A session that a person picked; undefined: what is current in the folder and branch. */
  get picked(): string | undefined {
    return this.wanted;
  }

  /** Under which name is kept what was written before anything was shown. */
  get firstAt(): string {
    return `${FIRST} ${this.windowId}`;
  }

  /** Whether a person can see what it shows. */
  get isInView(): boolean {
    return this.isVisible;
  }

  /** The view was hidden, or is shown again with a page that begins anew. */
  setVisible(isVisible: boolean): void {
    if (isVisible === this.isVisible) return;
    this.isVisible = isVisible;
    if (!isVisible) this.isGiven = false;
    this.services.changed(this);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.openings += 1;
    this.subscription.dispose();
  }

  /** Shows what it shows once more, after the page or the server began anew. */
  async reopen(): Promise<void> {
    await this.open(this.wanted);
  }

  /** Shows a session; without an id the current one. */
  async open(sessionId: string | undefined): Promise<void> {
    const opening = ++this.openings;
    this.wanted = sessionId;
    if (!this.isReady) return;
    const absence = this.services.absence();
    if (absence !== undefined) return this.showAbsence(absence);
    this.post({ type: "opening" });
    try {
      const opened = await this.services.open(this, sessionId);
      if (opening !== this.openings) return;
      this.show(opened);
      await this.tellDefaults();
    } catch (error) {
      if (opening !== this.openings) return;
      const isGone = wireError(error).data?.kind === "sessionNotFound";
      // picked before a reload, and erased meanwhile
      if (isGone && this.services.isRestored && this.current === undefined) return this.open(undefined);
      const actions = [{ label: "Open the current session", command: "threadkeep.openCurrentSession" }];
      this.showAbsence(this.services.absence() ?? { reason: wireError(error).message, actions });
    }
  }

  /** What answers where the session sets nothing. */
  async tellDefaults(): Promise<void> {
    if (this.current === undefined) return;
    this.post({ type: "defaults", defaults: await this.services.defaults() });
  }

  /** A session began where none was: what stands on the page stays, and is the session's now. */
  begun(from: string, { shown, result }: Opened): void {
    if (this.current?.shown.at !== from || result.session === undefined) return;
    this.current = { shown, result };
    this.shownSession = result.session;
    this.post({ type: "begun", from, shown, result });
    this.services.changed(this);
  }

  /** A notice for the shown session, or about any. */
  notify(notice: ChatNotice): void {
    const id = notice.method === "session/changed" ? notice.params.session.id : notice.params.sessionId;
    if (id !== this.shownSession?.id) return;
    if (notice.method === "session/changed") {
      this.shownSession = notice.params.session;
      this.services.changed(this);
    }
    this.notices.push(notice);
    // ten thousand steps come one after another, as words do
    if (notice.method !== "chat/delta" && notice.method !== "chat/part") this.flush();
    else this.timer ??= setTimeout(() => this.flush(), FRAME_MS);
  }

  settingsChanged(): void {
    if (this.isReady) this.post({ type: "settings", settings: viewSettings() });
    this.followingChanged();
  }

  followingChanged(): void {
    if (this.isGiven) this.post({ type: "following", following: this.services.following(this) });
  }

  attach(attachments: readonly NamedAttachment[]): void {
    this.postLater({ type: "attach", attachments });
  }

  /** Puts text into the field where one writes. */
  prefill(text: string): void {
    this.postLater({ type: "ask", text });
  }

  reveal(messageId: string): void {
    this.postLater({ type: "reveal", messageId });
  }

  focus(): void {
    this.postLater({ type: "focus" });
  }

  /** Opens the line that finds a text in the chat. */
  find(): void {
    this.postLater({ type: "find" });
  }

  /** Tells the page, if it listens. */
  tell(message: ToView): void {
    if (this.isReady) this.post(message);
  }

  /** Whether this is what the page shows. */
  isShown(at: string): boolean {
    const own = this.current?.shown.at;
    if (own === undefined) return false;
    return at === FIRST || at === own || this.services.sessionOf(at) === own;
  }

  private show(opened: Opened): void {
    const { shown, result } = opened;
    const before = this.current?.shown;
    this.notices = [];
    this.current = opened;
    this.shownSession = result.session;
    this.isAway = false;
    const given = this.services.opened(this, opened, before);
    this.isGiven = this.isVisible;
    this.post({ type: "opened", shown, result, ...given });
    this.followingChanged();
    this.services.listens(this);
    if (this.isGiven) this.postWaiting();
    this.services.changed(this);
  }

  private postLater(message: ToView): void {
    if (this.current !== undefined && this.isGiven) this.post(message);
    else this.waiting.push({ at: this.current?.shown.at, message });
  }

  /** What was meant for what was shown before goes there, and not to what is shown now. */
  private postWaiting(): void {
    for (const { at, message } of this.waiting.splice(0))
      if (at === undefined || this.isShown(at)) this.post(message);
      else if (message.type === "attach")
        this.services.missed(at, { text: "", attachments: message.attachments });
      else if (message.type === "ask") this.services.missed(at, { text: message.text, attachments: [] });
  }

  private showAbsence(absence: Absence): void {
    this.isAway = true;
    const last = this.isGiven ? undefined : this.services.last(this);
    if (last !== undefined) {
      this.isGiven = true;
      const { shown, session } = last;
      const messages = { created: false, messages: [], seq: 0 };
      this.current ??= { shown, result: session === undefined ? messages : { ...messages, session } };
      this.shownSession ??= session;
    }
    this.post({ type: "absent", absence, ...(last === undefined ? {} : { last }) });
    this.services.listens(this);
    this.services.changed(this);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.notices.length === 0) return;
    const notices = joined(this.notices);
    this.notices = [];
    this.post({ type: "notices", notices });
  }

  private post(message: ToView): void {
    if (this.isVisible) void this.webview.postMessage(message);
  }

  /** What the page says. */
  async hears(message: FromView): Promise<void> {
    if (message.type === "ready") {
      this.isReady = true;
      this.isVisible = true;
      this.isGiven = false;
      this.settingsChanged();
      await this.reopen();
    } else if (message.type === "request") await this.answer(message);
    else await this.services.handle(this, message);
  }

  private async answer(message: ViewRequestMessage): Promise<void> {
    const { id, at, method, params } = message;
    const reply = (answer: Omit<Extract<ToView, { type: "reply" }>, "type" | "id">): void => {
      this.flush();
      this.post({ type: "reply", id, ...answer });
    };
    const sessionId = this.shownSession?.id;
    if (!VIEW_REQUESTS.includes(method)) return reply({ error: { message: "The page may not ask that." } });
    if (!this.isShown(at)) {
      this.services.strayed(this, message);
      return reply({ error: { message: "The chat shows another session now.", isStray: true } });
    }
    if (sessionId === undefined) return reply({ error: { message: "No session has begun here yet." } });
    const own = OF_MESSAGES.has(method) ? params : { ...params, sessionId };
    try {
      const result = await this.services.ask(method, own as Params<ViewRequest>);
      const { turnId } = result as { turnId?: unknown };
      if (typeof turnId === "string") this.services.asked(turnId);
      reply({ result });
    } catch (error) {
      const { message: words, data } = wireError(error);
      reply({ error: { message: words, ...(data === undefined ? {} : { data }) } });
    }
  }
}
