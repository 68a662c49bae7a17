/** The state of the shown chat and the requests that change it. */
import type { NamedAttachment, ViewSettings } from "../core/bridge";
import { EMPTY, reduce, type ChatAction, type ChatState } from "../core/chat";
import type { Message } from "../protocol";
import { RequestFailed, type Connection } from "./connection";

const REFRESH_MS = 120;
const PAGE = 50;

export interface FeedEvents {
  /** The state is another one. */
  changed(): void;
  /** A request was refused. */
  failed(words: string): void;
}

export class ChatFeed {
  private current: ChatState = EMPTY;
  private keys = 0;
  private refreshTimer: number | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly events: FeedEvents,
  ) {}

  get state(): ChatState {
    return this.current;
  }

  dispatch(action: ChatAction): void {
    const before = this.current;
    this.current = reduce(before, action);
    if (this.current === before) return;
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
    this.dispatch(page === undefined ? { type: "olderFailed" } : { type: "older", page });
    return page !== undefined;
  }

  async readQueue(): Promise<void> {
    const read = await this.attempt(this.connection.ask("chat/queue", {}));
    if (read !== undefined) this.dispatch({ type: "queue", queued: read.queued });
  }

  /** Takes a message that waits out of the queue. */
  async takeOut(turnId: string): Promise<void> {
    await this.attempt(this.connection.ask("chat/queue", { clear: [turnId] }));
    await this.readQueue();
  }

  /** Shows the message at once; why it was refused, or undefined if it was taken. */
  async send(
    text: string,
    attachments: readonly NamedAttachment[],
    whenBusy: ViewSettings["whenBusy"],
  ): Promise<string | undefined> {
    this.keys += 1;
    const key = `${Date.now()}-${this.keys}`;
    const attachmentNames = attachments.map(({ name }) => name);
    this.dispatch({ type: "sending", outgoing: { key, text, attachmentNames } });
    try {
      const given = attachments.map(({ attachment }) => attachment);
      const result = await this.connection.ask("chat/send", { text, attachments: given, whenBusy });
      this.dispatch({ type: "sent", key, result });
      return undefined;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.dispatch({ type: "sendFailed", key, problem });
      return problem;
    }
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
      this.events.failed(error.message);
      return undefined;
    }
  }

  /** What is shown may not be what is stored: the newest page tells. */
  private refreshSoon(): void {
    window.clearTimeout(this.refreshTimer);
    this.refreshTimer = window.setTimeout(() => void this.refresh(), REFRESH_MS);
  }

  private async refresh(): Promise<void> {
    const page = await this.attempt(this.connection.ask("session/history", { limit: PAGE }));
    if (page !== undefined) this.dispatch({ type: "newest", page });
  }
}
