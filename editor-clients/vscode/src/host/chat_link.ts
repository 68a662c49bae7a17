/** Connects one web view with one session: opens it, passes notices on, and answers what the view asks. */
import type * as vscode from "vscode";
import {
  isFromView,
  VIEW_REQUESTS,
  type Absence,
  type ChatNotice,
  type Defaults,
  type FromView,
  type NamedAttachment,
  type ToView,
  type ViewRequest,
} from "../core/bridge";
import { wireError } from "../core/failures";
import { joined } from "../core/pacing";
import type { Ask, Params } from "../core/requests";
import type { OpenSessionResult, Session } from "../protocol";
import { viewSettings } from "./configuration";

const FRAME_MS = 25;

/** What a link needs of the rest. */
export interface LinkServices {
  readonly ask: Ask;
  /** Why nothing can be opened, or undefined if it can. */
  readonly absence: () => Absence | undefined;
  readonly open: (sessionId: string | undefined, windowId: string) => Promise<OpenSessionResult>;
  readonly defaults: () => Promise<Defaults>;
  readonly handle: (link: ChatLink, message: FromView) => Promise<void>;
  readonly changed: (link: ChatLink) => void;
  readonly log: vscode.LogOutputChannel;
}

export class ChatLink implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;
  private shown: Session | undefined;
  private notices: ChatNotice[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isReady = false;
  /** What to do once the page can listen. */
  private waiting: ToView[] = [];
  private openings = 0;

  /** wanted: the session to show; absent: whatever is current. */
  constructor(
    readonly webview: vscode.Webview,
    readonly windowId: string,
    private wanted: string | undefined,
    private readonly services: LinkServices,
  ) {
    this.subscription = webview.onDidReceiveMessage((message: unknown) => {
      if (isFromView(message)) void this.received(message);
      else services.log.warn("A message from the chat view was refused.");
    });
  }

  get session(): Session | undefined {
    return this.shown;
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
      const result = await this.services.open(sessionId, this.windowId);
      if (opening !== this.openings) return;
      this.notices = [];
      this.shown = result.session;
      this.post({ type: "opened", result });
      for (const message of this.waiting.splice(0)) this.post(message);
      this.services.changed(this);
      this.post({ type: "defaults", defaults: await this.services.defaults() });
    } catch (error) {
      if (opening !== this.openings) return;
      const actions = [{ label: "Open the current session", command: "threadkeep.openCurrentSession" }];
      this.showAbsence({ reason: wireError(error).message, actions });
    }
  }

  /** A notice for the shown session, or about any. */
  notify(notice: ChatNotice): void {
    const id = notice.method === "session/changed" ? notice.params.session.id : notice.params.sessionId;
    if (id !== this.shown?.id) return;
    if (notice.method === "session/changed") {
      this.shown = notice.params.session;
      this.services.changed(this);
    }
    this.notices.push(notice);
    if (notice.method !== "chat/delta") this.flush();
    else this.timer ??= setTimeout(() => this.flush(), FRAME_MS);
  }

  settingsChanged(): void {
    if (this.isReady) this.post({ type: "settings", settings: viewSettings() });
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

  private postLater(message: ToView): void {
    if (this.shown !== undefined && this.isReady) this.post(message);
    else this.waiting.push(message);
  }

  private showAbsence(absence: Absence): void {
    this.shown = undefined;
    this.post({ type: "absent", absence });
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
    void this.webview.postMessage(message);
  }

  private async received(message: FromView): Promise<void> {
    if (message.type === "ready") {
      this.isReady = true;
      this.settingsChanged();
      await this.reopen();
    } else if (message.type === "request") await this.answer(message);
    else await this.services.handle(this, message);
  }

  private async answer({ id, method, params }: Extract<FromView, { type: "request" }>): Promise<void> {
    const reply = (answer: Omit<Extract<ToView, { type: "reply" }>, "type" | "id">): void => {
      this.flush();
      this.post({ type: "reply", id, ...answer });
    };
    const sessionId = this.shown?.id;
    if (sessionId === undefined || !VIEW_REQUESTS.includes(method))
      return reply({ error: { message: "No session is open." } });
    const own = method === "message/update" ? params : { ...params, sessionId };
    const more = method === "draft/set" ? { ...own, windowId: this.windowId } : own;
    try {
      reply({ result: await this.services.ask(method, more as Params<ViewRequest>) });
    } catch (error) {
      const { message, data } = wireError(error);
      reply({ error: { message, ...(data === undefined ? {} : { data }) } });
    }
  }
}
