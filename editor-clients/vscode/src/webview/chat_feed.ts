/** The state of the shown chat and the requests that change it. */
import { FIRST, type KeptMessage, type NamedAttachment, type ViewSettings } from "../core/bridge";
import { EMPTY, reduce, type ChatAction, type ChatState } from "../core/chat";
import type { Message } from "../protocol";
import { RequestFailed, type Connection } from "./connection";

const REFRESH_MS = 120;
const PAGE = 50;
const PAGE_AROUND = 100;

export interface FeedEvents {
  /** The state is another one. */
  changed(): void;
  /** A request was refused. */
  failed(words: string): void;
}

export class ChatFeed {
  private current: ChatState = EMPTY;
  private keys = 0;
  /** The place that was shown before the shown session began there. */
  private place: string | undefined;
  private refreshTimer: number | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly events: FeedEvents,
  ) {}

  get state(): ChatState {
    return this.current;
  }

  /** What is shown, as every message to the extension names it. */
  get at(): string {
    return this.current.shown?.at ?? FIRST;
  }

  /** Whether what was shown under a name is shown still, or the session that began there; before anything is shown, whatever comes first is meant. */
  isStill(at: string): boolean {
    return at === FIRST || at === this.at || at === this.place;
  }

  dispatch(action: ChatAction): void {
    const before = this.current;
    const { at } = this;
    this.current = reduce(before, action);
    if (this.current === before) return;
    if (this.at !== at) {
      const isSame = action.type === "begun" || (action.type === "opened" && action.from === at);
      this.place = isSame ? at : undefined;
    }
    if (this.current.isStale && !before.isStale) this.refreshSoon();
    if (before.queued.length > 0 && action.type === "notice" && action.method === "chat/turnStarted")
      void this.readQueue();
    this.events.changed();
  }

  /** Whether older messages came. */
  async loadOlder(limit = PAGE): Promise<boolean> {
    const { beforeCursor, isLoadingOlder, phase } = this.current;
    if (beforeCursor === undefined || isLoadingOlder || phase !== "ready") return false;
    this.dispatch({ type: "loadingOlder" });
    const page = await this.attempt(this.connection.ask("session/history", { limit, before: beforeCursor }));
    if (this.current.beforeCursor !== beforeCursor) return false;
    this.dispatch(page === undefined ? { type: "olderFailed" } : { type: "older", page });
    return page !== undefined;
  }

  async readQueue(): Promise<void> {
    const { at } = this;
    const read = await this.attempt(this.connection.ask("chat/queue", {}));
    if (read !== undefined && at === this.at) this.dispatch({ type: "queue", queued: read.queued });
  }

  /** Takes a message that waits out of the queue. */
  async takeOut(turnId: string): Promise<void> {
    await this.attempt(this.connection.ask("chat/queue", { clear: [turnId] }));
    await this.readQueue();
  }

  /** Whether newer messages came; there are some while one looks at a place far back. */
  async loadNewer(limit = PAGE): Promise<boolean> {
    const { afterCursor, isLoadingNewer, phase } = this.current;
    if (afterCursor === undefined || isLoadingNewer || phase !== "ready") return false;
    this.dispatch({ type: "loadingNewer", isLoading: true });
    const page = await this.attempt(this.connection.ask("session/history", { limit, after: afterCursor }));
    if (this.current.afterCursor !== afterCursor) return false;
    this.dispatch(page === undefined ? { type: "loadingNewer", isLoading: false } : { type: "newer", page });
    return page !== undefined;
  }

  /** Brings the messages around one, wherever it is, in one page; whether it is there. */
  async lookAround(messageId: string): Promise<boolean> {
    return this.look({ limit: PAGE_AROUND, around: messageId });
  }

  /** Back from a place far back. */
  async lookAtEnd(): Promise<boolean> {
    return this.current.afterCursor === undefined || this.look({ limit: PAGE });
  }

  private async look(params: { limit: number; around?: string }): Promise<boolean> {
    const { at } = this;
    this.dispatch({ type: "looking", isLooking: true });
    const page = await this.attempt(this.connection.ask("session/history", params));
    if (at !== this.at) return false;
    this.dispatch(page === undefined ? { type: "looking", isLooking: false } : { type: "around", page });
    return page !== undefined;
  }

  /** Shows the message at once, and gives it to the extension, which keeps it until the server has it. */
  send(text: string, attachments: readonly NamedAttachment[], whenBusy: ViewSettings["whenBusy"]): void {
    this.keys += 1;
    const key = `${Date.now()}-${this.keys}-${Math.random().toString(36).slice(2)}`;
    const message: KeptMessage = { key, text, attachments };
    this.dispatch({ type: "sending", outgoing: message });
    this.connection.post({ type: "send", at: this.at, message, whenBusy });
  }

  /** Brings parts of a message that a page had left out. */
  async loadParts(messageId: string, from: number, limit: number): Promise<void> {
    const read = await this.attempt(this.connection.ask("message/parts", { messageId, from, limit }));
    if (read !== undefined) this.dispatch({ type: "parts", messageId, from, parts: read.parts });
  }

  async favour(message: Message): Promise<void> {
    const { id: messageId, isFavourite } = message;
    const params = { messageId, isFavourite: !isFavourite };
    const result = await this.attempt(this.connection.ask("message/update", params));
    if (result !== undefined)
      this.dispatch({ type: "message", message: { ...message, isFavourite: result.message.isFavourite } });
  }

  /** What a request gave, or undefined after telling why it failed. */
  async attempt<T>(request: Promise<T>): Promise<T | undefined> {
    try {
      return await request;
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      // meant for what was shown before: the extension asks about it, or it is of no use any more
      if (error.error.isStray !== true) this.events.failed(error.message);
      return undefined;
    }
  }

  /** What is shown may not be what is stored: the newest page tells. */
  private refreshSoon(): void {
    window.clearTimeout(this.refreshTimer);
    this.refreshTimer = window.setTimeout(() => void this.refresh(), REFRESH_MS);
  }

  private async refresh(): Promise<void> {
    const { at } = this;
    const page = await this.attempt(this.connection.ask("session/history", { limit: PAGE }));
    if (page !== undefined && at === this.at) this.dispatch({ type: "newest", page });
  }
}
