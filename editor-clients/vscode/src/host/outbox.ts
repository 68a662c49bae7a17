/** Messages on their way to the server: in order, each once, and kept while the server is away. */
import type { KeptMessage, Strays } from "../core/bridge";
import { wireError } from "../core/failures";
import type { Ask } from "../core/requests";
import type { SendResult, Session } from "../protocol";
import type { KeptFile, Waiting } from "./kept_file";

export interface OutboxServices {
  readonly ask: Ask;
  readonly isRunning: () => boolean;
  /** The session that `at` names; one is made where there is none yet. */
  readonly sessionOf: (at: string) => Promise<Session["id"] | undefined>;
  /** Something changed for those who show this, or what became of it. */
  readonly changed: (at: string) => void;
  readonly sent: (message: Waiting, result: SendResult) => void;
}

export class Outbox {
  private messages: readonly Waiting[];
  private sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly file: KeptFile,
    private readonly services: OutboxServices,
  ) {
    this.messages = file.get().messages;
  }

  /** What waits in a place. */
  of(isMeant: (at: string) => boolean): KeptMessage[] {
    return this.messages
      .filter(({ at, isStray }) => !isStray && isMeant(at))
      .map(({ key, text, attachments, problem }) => ({
        key,
        text,
        attachments,
        ...(problem === undefined ? {} : { problem }),
      }));
  }

  /** The oldest of those that nobody knows a place for, with all others for the same session. */
  get strays(): Strays | undefined {
    const first = this.messages.find(({ isStray }) => isStray);
    if (first === undefined) return undefined;
    const { at, title, task, isGone } = first;
    return { at, title, task, isGone, texts: this.straysOf(at).map(({ text }) => text) };
  }

  straysOf(at: string): readonly Waiting[] {
    return this.messages.filter((each) => each.isStray && each.at === at);
  }

  /** Keeps a message, and sends it as soon as it can be. */
  add(message: Waiting): void {
    if (this.messages.some(({ key }) => key === message.key)) return;
    this.set([...this.messages, message]);
    this.services.changed(message.at);
    void this.flush();
  }

  /** Sends what was refused, or what strayed, where it was written for. */
  again(isMeant: (message: Waiting) => boolean): void {
    this.update(isMeant, (refused) => {
      const message = { ...refused, isStray: false };
      delete message.problem;
      return message;
    });
    void this.flush();
  }

  drop(isMeant: (message: Waiting) => boolean): void {
    const gone = this.messages.filter(isMeant);
    this.set(this.messages.filter((each) => !isMeant(each)));
    for (const at of new Set(gone.map((each) => each.at))) this.services.changed(at);
  }

  /** What was written before anything was shown belongs to what was shown then. */
  rename(from: string, at: string, more: { readonly title: string; readonly task: string }): void {
    if (!this.messages.some((each) => each.at === from)) return;
    this.update(
      (each) => each.at === from,
      (each) => ({ ...each, ...more, at }),
    );
    void this.flush();
  }

  /** Sends what waits, one after the other. */
  flush(): Promise<void> {
    this.sending = this.sending.then(() => this.sendAll());
    return this.sending;
  }

  private async sendAll(): Promise<void> {
    const tried = new Set<string>();
    /** A message does not overtake an earlier one to the same session. */
    const stuck = new Set<string>();
    for (;;) {
      if (!this.services.isRunning()) return;
      const next = this.messages.find(
        ({ key, at, isStray, problem }) =>
          !isStray && problem === undefined && !tried.has(key) && !stuck.has(at),
      );
      if (next === undefined) return;
      tried.add(next.key);
      if (!(await this.send(next))) stuck.add(next.at);
    }
  }

  /** Whether the server said something to it. */
  private async send(message: Waiting): Promise<boolean> {
    const { key, at, text, attachments, whenBusy, beside } = message;
    try {
      const sessionId = await this.services.sessionOf(at);
      if (sessionId === undefined) return false;
      const given = attachments.map(({ attachment }) => attachment);
      const own = { sessionId, text, idempotencyKey: key };
      const { ask } = this.services;
      const result =
        beside === undefined
          ? await ask("chat/send", { ...own, attachments: given, whenBusy })
          : await ask("chat/edit", { ...own, messageId: beside });
      this.set(this.messages.filter((each) => each.key !== key));
      this.services.sent(message, result);
      return true;
    } catch (error) {
      const { message: problem, data } = wireError(error);
      // no word of the server: it ended meanwhile, and the message goes out with the same key when it is back
      if (data === undefined) return false;
      const isGone = data?.kind === "sessionNotFound";
      this.update(
        (each) => each.key === key,
        (each) => ({ ...each, problem, isGone, isStray: isGone }),
      );
      return true;
    }
  }

  private update(isMeant: (message: Waiting) => boolean, change: (message: Waiting) => Waiting): void {
    const before = this.messages;
    this.set(before.map((each) => (isMeant(each) ? change(each) : each)));
    const changed = [...before, ...this.messages].filter(isMeant).map(({ at }) => at);
    for (const at of new Set(changed)) this.services.changed(at);
  }

  private set(messages: readonly Waiting[]): void {
    this.messages = messages;
    this.file.change({ messages: messages.filter(({ isPrivate }) => !isPrivate) });
  }
}
