/** Keeps what is written in this window's chats where it was written: prompts, messages on their way, and what strayed. */
import * as vscode from "vscode";
import { FIRST, shownOf, type FromView, type KeptMessage, type Shown, type ToView } from "../core/bridge";
import { isBlank, NO_PROMPT, type Prompt } from "../core/prompt";
import type { WhenBusy } from "../protocol";
import type { ChatLink, Opened, ViewRequestMessage } from "./chat_link";
import { Edits } from "./edits";
import { KeptFile, type Waiting } from "./kept_file";
import { Outbox } from "./outbox";
import { isPlace, Places } from "./places";
import { Prompts } from "./prompts";
import type { Server } from "./server";

export type KeptFromView = Extract<FromView, { type: "prompt" | "edit" | "send" | "outgoing" | "stray" }>;

type GivenWithOpened = Pick<Extract<ToView, { type: "opened" }>, "prompt" | "others" | "from" | "edits">;

export interface KeepingServices {
  readonly server: Server;
  readonly windowId: string;
  /** Where the window keeps what the server has not got; absent: nowhere. */
  readonly file: string | undefined;
  readonly links: () => Iterable<ChatLink>;
  readonly asked: (turnId: string) => void;
}

export class Keeping {
  readonly places: Places;
  readonly prompts: Prompts;
  readonly outbox: Outbox;
  private readonly edits: Edits;
  private readonly file: KeptFile;
  private readonly private = new Set<string>();

  constructor(private readonly services: KeepingServices) {
    const { server, windowId } = services;
    this.file = new KeptFile(services.file);
    this.places = new Places(server.ask, windowId);
    const isRunning = (): boolean => server.state.kind === "running";
    this.prompts = new Prompts(this.file, {
      ask: server.ask,
      windowId,
      isRunning,
      sessionOf: (at, isNeeded) => this.sessionOf(at, isNeeded),
      isPrivate: (at) => this.private.has(at),
    });
    this.edits = new Edits(this.file, (at) => this.private.has(at));
    this.outbox = new Outbox(this.file, {
      ask: server.ask,
      isRunning,
      sessionOf: (at) => this.sessionOf(at, true),
      changed: (at) => this.tellOutbox(at),
      sent: ({ key, at }, result) => {
        services.asked(result.turnId);
        for (const link of services.links())
          if (link.isShown(at)) link.tell({ type: "sent", at: link.shown?.at ?? at, key, result });
      },
    });
  }

  /** Everything that waits for the server goes there. */
  async serverIsBack(): Promise<void> {
    await Promise.all([this.prompts.save(), this.outbox.flush()]);
  }

  /** Until the next start, what the server has not got is in the file. */
  async end(): Promise<void> {
    await this.prompts.save();
  }

  dispose(): void {
    this.prompts.dispose();
    this.edits.write();
  }

  received(link: ChatLink, message: KeptFromView): void {
    switch (message.type) {
      case "prompt": {
        const at = this.fieldOf(link, message.at);
        if (message.isMoved === true) return this.prompts.moved(at, message.prompt);
        this.prompts.set(at, message.prompt, message.replaces);
        return this.tellPrompt(at, link);
      }
      case "edit":
        return this.edits.set(this.nameOf(link, message.at), message.messageId, message.text);
      case "send":
        return this.send(link, message.at, message.message, message.whenBusy);
      case "outgoing": {
        const isMeant = ({ key }: Waiting): boolean => key === message.key;
        if (message.act === "again") this.outbox.again(isMeant);
        else this.outbox.drop(isMeant);
        return;
      }
      case "stray":
        return this.settle(link, message.at, message.act);
    }
  }

  /** The session is gone, and with it what was written for it. */
  forget(sessionId: string): void {
    this.edits.forget(sessionId);
  }

  /** Puts something into the field of a session that a page showed and does not show any more. */
  addTo(at: string, more: Prompt): void {
    if (isBlank(more)) return;
    const name = this.places.sessionOf(at) ?? at;
    this.prompts.add(name, more);
    for (const link of this.services.links())
      if (link.isShown(name) && link.shown !== undefined)
        link.tell({ type: "prompt", at: link.shown.at, prompt: this.prompts.get(name) });
  }

  /** How people call what was shown under a name. */
  calledOf(at: string): string {
    const { title = "New session", task = "" } = this.seen.get(at) ?? {};
    return `“${title}” (${task})`;
  }

  /** What the page of a link gets with the session that it was given; before: what it showed until now. */
  opened(link: ChatLink, opened: Opened, before?: Shown): GivenWithOpened {
    const { shown, result, since } = opened;
    const { at, task } = shown;
    const from = result.session === undefined ? undefined : this.placeOf(opened, before);
    if (from !== undefined) {
      this.places.settle(from, at);
      this.prompts.rename(from, at);
    }
    if (link.isPrivate) this.private.add(at);
    // where the page has words of its own from before, it puts them to these
    this.prompts.rename(link.firstAt, at);
    this.outbox.rename(link.firstAt, at, { title: link.title, task });
    if (link.windowId === this.services.windowId && !link.isPrivate) {
      const { session } = result;
      this.file.change({ last: { shown, ...(session === undefined ? {} : { session }) } });
    }
    this.saw(at, link.title, task);
    const given = this.prompts.opened(at, result.draft, result.otherDrafts, since);
    return { ...given, edits: this.edits.of(at), ...(from === undefined ? {} : { from }) };
  }

  /** The place that a page showed, if a session that was opened by nobody's choice is what it has become. */
  private placeOf({ shown, where }: Opened, before: Shown | undefined): string | undefined {
    if (before === undefined || where === undefined || !this.places.isOf(before.at, where, shown.task))
      return undefined;
    const became = this.places.sessionOf(before.at) ?? shown.at;
    return became === shown.at ? before.at : undefined;
  }

  last(link: ChatLink): Extract<ToView, { type: "absent" }>["last"] {
    const { shown: now } = link;
    const { last } = this.file.get();
    const isOfMain = link.windowId === this.services.windowId;
    const known = now === undefined ? (isOfMain ? last : undefined) : { shown: now };
    const shown = known?.shown ?? { at: FIRST, task: "", repository: "" };
    const name = this.nameOf(link, shown.at);
    this.prompts.rename(link.firstAt, name);
    const prompt = this.prompts.get(name);
    if (known === undefined && prompt === NO_PROMPT) return undefined;
    const session =
      link.lastSession ?? (known !== undefined && "session" in known ? known.session : undefined);
    return { shown, prompt, edits: this.edits.of(shown.at), ...(session === undefined ? {} : { session }) };
  }

  /** Tells a page that just began what waits for its session. */
  listens(link: ChatLink): void {
    this.tellOutbox(link.shown?.at ?? link.firstAt);
    link.tell({ type: "strays", strays: this.outbox.strays });
  }

  /** A request for a session that the chat does not show any more: words are kept, and the person is asked. */
  strayed(link: ChatLink, { at, method, params }: ViewRequestMessage): void {
    const { text, messageId, turnId } = params as { text?: string; messageId?: string; turnId?: string };
    if (method === "chat/edit" && text !== undefined && messageId !== undefined) {
      const message = { key: `${Date.now()}-${messageId}`, text, attachments: [] };
      this.outbox.add({ ...this.written(at, message, "queue"), beside: messageId, isStray: true });
      // it is asked where it goes, and so not in the box any more
      this.edits.set(at, messageId, undefined);
    } else if (method === "chat/cancel" || method === "chat/retry" || method === "chat/continue")
      void this.askAbout(at, method, { ...(messageId && { messageId }), ...(turnId && { turnId }) });
    else if (method === "session/resume") void this.askAbout(at, method, {});
    this.tellStrays(link);
  }

  /** The session that was seen under a name, for people. */
  private readonly seen = new Map<string, { readonly title: string; readonly task: string }>();

  /** Remembers what a page showed under a name. */
  saw(at: string, title: string, task: string): void {
    this.seen.set(at, { title, task });
  }

  private async askAbout(
    at: string,
    method: "chat/cancel" | "chat/retry" | "chat/continue" | "session/resume",
    more: { messageId?: string; turnId?: string },
  ): Promise<void> {
    const sessionId = this.places.sessionOf(at);
    if (sessionId === undefined) return;
    const { title = "another session", task = "" } = this.seen.get(at) ?? {};
    const [question, act] = {
      "chat/cancel": ["Stop its answer?", "Stop It There"] as const,
      "chat/retry": ["Ask for another answer there?", "Ask There"] as const,
      "chat/continue": ["Continue its answer there?", "Continue It There"] as const,
      "session/resume": ["Resume it?", "Resume It"] as const,
    }[method];
    const words = `“${title}” (${task}) was shown when you chose this, and is not shown any more. ${question}`;
    if ((await vscode.window.showWarningMessage(words, act)) !== act) return;
    const result = await this.services.server.ask(method, { sessionId, ...more });
    if ("turnId" in result && typeof result.turnId === "string") this.services.asked(result.turnId);
  }

  private send(link: ChatLink, at: string, message: KeptMessage, whenBusy: WhenBusy): void {
    const name = this.nameOf(link, at);
    const isStray = link.shown !== undefined && !link.isShown(at);
    this.outbox.add({ ...this.written(name, message, whenBusy), isStray });
    // in the outbox, and so not in the field any more
    this.prompts.sent(this.fieldOf(link, at));
    if (isStray) this.tellStrays(link);
    else this.tellPrompt(name, link);
  }

  private written(at: string, message: KeptMessage, whenBusy: WhenBusy): Waiting {
    const { title = "New session", task = "" } = this.seen.get(at) ?? {};
    const isPrivate = this.private.has(at);
    return { ...message, at, title, task, whenBusy, isStray: false, isGone: false, isPrivate };
  }

  private settle(link: ChatLink, at: string, act: "there" | "here" | "drop"): void {
    const strays = this.outbox.straysOf(at);
    const isMeant = (each: Waiting): boolean => each.isStray && each.at === at;
    if (act === "there") this.outbox.again(isMeant);
    else this.outbox.drop(isMeant);
    if (act === "here") {
      link.attach(strays.flatMap(({ attachments }) => attachments));
      link.prefill(strays.map(({ text }) => text).join("\n\n"));
    }
    for (const each of this.services.links()) this.tellStrays(each);
  }

  /** Whose field it is; what is typed before a page shows anything is put to what stands there, once that is known. */
  private fieldOf(link: ChatLink, at: string): string {
    return at === FIRST ? link.firstAt : this.nameOf(link, at);
  }

  private nameOf(link: ChatLink, at: string): string {
    const name = at === FIRST ? (link.shown?.at ?? link.firstAt) : at;
    return name === FIRST ? link.firstAt : (this.places.sessionOf(name) ?? name);
  }

  private async sessionOf(at: string, isNeeded: boolean): Promise<string | undefined> {
    if (at.startsWith(`${FIRST} `)) return undefined;
    if (!isPlace(at)) return at;
    const known = this.places.sessionOf(at);
    if (known !== undefined || !isNeeded) return known;
    return this.begin(at);
  }

  /** Makes the session of a place, and tells all pages that show the place. */
  async begin(at: string): Promise<string | undefined> {
    const result = await this.places.begin(at);
    const { session } = result;
    if (session === undefined) return undefined;
    this.prompts.rename(at, session.id);
    const shown = shownOf(session);
    this.saw(session.id, session.title, session.task);
    for (const link of this.services.links()) link.begun(at, { shown, result });
    return session.id;
  }

  private tellPrompt(at: string, writer: ChatLink): void {
    for (const link of this.services.links())
      if (link !== writer && link.isShown(at) && link.shown !== undefined)
        link.tell({ type: "prompt", at: link.shown.at, prompt: this.prompts.get(at) });
  }

  private tellOutbox(at: string): void {
    const became = this.places.sessionOf(at) ?? at;
    for (const link of this.services.links()) {
      const { shown } = link;
      if (shown === undefined ? at === link.firstAt : link.isShown(at)) {
        const messages = this.outbox.of((each) => (this.places.sessionOf(each) ?? each) === became);
        link.tell({ type: "outbox", at: shown?.at ?? FIRST, messages });
      }
      this.tellStrays(link);
    }
  }

  private tellStrays(link: ChatLink): void {
    link.tell({ type: "strays", strays: this.outbox.strays });
  }
}
