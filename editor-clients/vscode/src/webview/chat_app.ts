/** The chat page: holds the state, draws it once a frame, and turns what a person does into requests. */
import type { Absence, NamedAttachment, ToView, ViewCommand, ViewSettings } from "../core/bridge";
import type { OpenSessionResult } from "../protocol";
import { Announcer } from "./announcer";
import { Banner } from "./banner";
import { Blank } from "./blank";
import { ChatFeed } from "./chat_feed";
import { Composer } from "./composer";
import { Connection, type Page } from "./connection";
import { takeContentClicks } from "./content_clicks";
import { h, iconButton, setText, show } from "./dom";
import { DraftKeeper } from "./draft_keeper";
import { MessageView, type MessageActions } from "./message_view";
import { Navigation } from "./navigation";
import { estimatedHeight, isSame, rowsOf, type ChatRow } from "./rows";
import { VirtualList } from "./virtual_list";
import { drawOutgoing, drawQueued, waitingRow } from "./waiting_row";

export class ChatApp {
  private readonly connection: Connection;
  private readonly feed: ChatFeed;
  private readonly composer: Composer;
  private readonly list: VirtualList<ChatRow>;
  private readonly drafts: DraftKeeper;
  private readonly navigation: Navigation;
  private readonly views = new Map<string, MessageView>();
  private readonly drawn = new Map<string, ChatRow>();
  private readonly title = h("h1", { class: "title" });
  private readonly scroller = h("div", {
    class: "messages",
    role: "feed",
    tabindex: "0",
    "aria-label": "Messages",
  });
  private readonly older = h("p", { class: "older", role: "status" });
  private readonly blank = new Blank((command) => this.command(command));
  private readonly banner = new Banner({
    resume: () => void this.feed.attempt(this.connection.ask("session/resume", {})),
    command: (name) => this.command(name),
  });
  private readonly toEnd = iconButton("arrow-down", "To the newest message", () => this.list.toEnd());
  private readonly announcer = new Announcer();
  private settings: ViewSettings = { sendKey: "enter", whenBusy: "queue", reasoning: "folded" };
  private defaultModel: string | undefined;
  private absence: Absence | undefined;
  private frame = 0;

  constructor(
    private readonly root: HTMLElement,
    page: Page,
  ) {
    this.connection = new Connection(page, (message) => this.received(message));
    this.feed = new ChatFeed(this.connection, {
      changed: () => this.drawSoon(),
      failed: (words) => {
        this.banner.problem(words, () => this.feed.state);
        this.announcer.say(words);
      },
    });
    this.composer = this.newComposer();
    this.list = new VirtualList<ChatRow>({
      scroller: this.scroller,
      make: (row) => this.make(row),
      update: (element, row, index) => this.update(element, row, index),
      dispose: (key) => {
        this.views.delete(key);
        this.drawn.delete(key);
      },
      estimate: estimatedHeight,
      onScroll: () => this.scrolled(),
    });
    this.drafts = new DraftKeeper({
      connection: this.connection,
      list: this.list,
      text: () => this.composer.text,
      session: () => (this.feed.state.phase === "ready" ? this.feed.state.session : undefined),
    });
    this.navigation = new Navigation({
      list: this.list,
      views: this.views,
      state: () => this.feed.state,
      draw: () => this.draw(),
      loadOlder: (limit) => this.feed.loadOlder(limit),
      toField: () => this.composer.focus(),
    });
    this.build();
    this.listen();
    const { session, window: windowId } = root.dataset;
    if (session !== undefined)
      this.drafts.remember(decodeURIComponent(session), decodeURIComponent(windowId ?? ""));
    this.draw();
    this.connection.post({ type: "ready" });
  }

  private newComposer(): Composer {
    return new Composer({
      send: (text, attachments) => void this.send(text, attachments),
      stop: () => this.stop(),
      changed: () => this.drafts.typed(),
      command: (name) => this.command(name),
      editLast: () => this.navigation.editLast(),
      dropped: (uris) => this.connection.post({ type: "drop", uris }),
      tell: (words) => this.announcer.say(words),
    });
  }

  private build(): void {
    this.toEnd.classList.add("to-end");
    const menu = iconButton("ellipsis", "More about this session", () => this.command("showMenu"));
    const middle = h("div", { class: "middle" });
    middle.append(this.older, this.scroller, this.blank.element, this.toEnd);
    this.root.replaceChildren(
      h("header", { class: "top" }, this.title, menu),
      middle,
      this.banner.element,
      this.composer.element,
      this.announcer.element,
    );
  }

  private listen(): void {
    takeContentClicks(this.root, {
      link: (href) => this.connection.post({ type: "link", href }),
      code: (action, code, info) => {
        this.connection.post({ type: "code", action, code, info });
        if (action === "copy") this.announcer.say("Copied");
      },
    });
    this.root.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("blur", () => this.drafts.save());
  }

  private received(message: Exclude<ToView, { type: "reply" }>): void {
    switch (message.type) {
      case "opening":
        this.absence = undefined;
        return this.feed.dispatch({ type: "opening" });
      case "opened":
        return this.opened(message.result);
      case "defaults":
        this.defaultModel = message.defaults.model;
        return this.drawSoon();
      case "absent":
        this.absence = message.absence;
        return this.feed.dispatch({ type: "absent" });
      case "notices":
        for (const notice of message.notices) {
          this.feed.dispatch({ type: "notice", ...notice });
          if (notice.method === "chat/turnCompleted") this.announcer.sayEnd(notice.params.message);
        }
        return;
      case "settings":
        this.settings = message.settings;
        this.composer.configure(message.settings);
        return this.drawSoon();
      case "attach":
        return this.composer.attach(message.attachments);
      case "ask":
        return this.composer.prefill(message.text);
      case "reveal":
        return void this.navigation.reveal(message.messageId);
      case "focus":
        return this.composer.focus();
    }
  }

  private opened(result: OpenSessionResult): void {
    const before = this.feed.state.session?.id;
    const id = result.session?.id;
    if (before !== undefined && before !== id) this.drafts.save();
    this.absence = undefined;
    this.feed.dispatch({ type: "opened", result });
    if (before !== id) {
      this.composer.text = this.drafts.begin(result, before === undefined);
      this.draw();
      this.drafts.restoreScroll(result.draft?.scroll);
    }
    if (["queued", "running"].includes(result.session?.activity ?? "")) void this.feed.readQueue();
  }

  private drawSoon(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { state } = this.feed;
    const { session } = state;
    setText(this.title, session?.title ?? "Threadkeep");
    this.title.title = session === undefined ? "" : `${session.repository.name} · ${session.task}`;
    this.root.setAttribute("aria-busy", String(state.phase === "loading"));
    this.root.dataset["phase"] = state.phase;
    const rows = state.phase === "absent" ? [] : rowsOf(state);
    setText(this.older, state.isLoadingOlder ? "Loading older messages…" : "");
    show(this.older, state.isLoadingOlder);
    this.list.setRows(rows);
    show(this.blank.element, rows.length === 0);
    show(this.scroller, rows.length > 0);
    if (rows.length === 0) this.blank.draw(state.phase, this.absence);
    this.banner.draw(state);
    this.composer.update(state, this.defaultModel);
    show(this.composer.element, state.phase !== "absent");
    show(this.toEnd, rows.length > 0 && !this.list.isAtEnd);
    if (this.list.isNearStart && rows.length > 0) void this.feed.loadOlder();
  }

  private make(row: ChatRow): HTMLElement {
    if (row.kind !== "message") return waitingRow();
    const view = new MessageView(row.message, this.actions);
    this.views.set(row.key, view);
    return view.element;
  }

  private update(element: HTMLElement, row: ChatRow, index: number): void {
    element.setAttribute("aria-posinset", String(index + 1));
    element.setAttribute(
      "aria-setsize",
      this.feed.state.beforeCursor === undefined
        ? String(
            this.feed.state.messages.length + this.feed.state.queued.length + this.feed.state.outbox.length,
          )
        : "-1",
    );
    if (isSame(this.drawn.get(row.key), row)) return;
    this.drawn.set(row.key, row);
    if (row.kind === "message") this.views.get(row.key)?.update(row);
    else if (row.kind === "queued")
      drawQueued(element, row.queued, () => void this.feed.takeOut(row.queued.turnId));
    else {
      const { key, text } = row.outgoing;
      const throwAway = (): void => this.feed.dispatch({ type: "dropOutgoing", key });
      const edit = (): void => {
        throwAway();
        this.composer.prefill(text);
      };
      drawOutgoing(element, row.outgoing, { edit, throwAway });
    }
  }

  private readonly actions: MessageActions = {
    copy: (text) => {
      this.connection.post({ type: "copy", text });
      this.announcer.say("Copied");
    },
    retry: (message) => void this.feed.attempt(this.connection.ask("chat/retry", { messageId: message.id })),
    resume: () => void this.feed.attempt(this.connection.ask("chat/continue", {})),
    edit: async (message, text) =>
      (await this.feed.attempt(this.connection.ask("chat/edit", { messageId: message.id, text }))) !==
      undefined,
    favourite: (message) => void this.feed.favour(message),
    sibling: (message, step) => this.connection.post({ type: "sibling", messageId: message.id, step }),
    command: (name, message) =>
      this.connection.post({ type: "command", command: name, messageId: message.id }),
    openFile: (uri, line) =>
      this.connection.post({ type: "file", uri, ...(line === undefined ? {} : { line }) }),
    settings: () => this.settings,
  };

  private async send(text: string, attachments: readonly NamedAttachment[]): Promise<void> {
    const sending = this.feed.send(text, attachments, this.settings.whenBusy);
    this.list.toEnd();
    this.drafts.save();
    const problem = await sending;
    if (problem === undefined) return;
    // the words stay in view; what was attached goes back to be sent with them
    this.composer.attach(attachments);
    this.announcer.say(`Not sent: ${problem}`);
  }

  private scrolled(): void {
    show(this.toEnd, !this.list.isAtEnd && this.feed.state.messages.length > 0);
    if (this.list.isNearStart) void this.feed.loadOlder();
    this.drafts.scrolled();
  }

  /** Ctrl+Up and Ctrl+Down go from message to message: a lone Alt would go to the menu bar. */
  private key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.feed.state.live !== undefined) {
      event.preventDefault();
      this.stop();
    } else if ((event.ctrlKey || event.metaKey) && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      this.navigation.moveFocus(event.key === "ArrowUp" ? -1 : 1);
    }
  }

  private stop(): void {
    void this.feed.attempt(this.connection.ask("chat/cancel", {}));
  }

  private command(command: ViewCommand): void {
    this.connection.post({ type: "command", command });
  }
}
