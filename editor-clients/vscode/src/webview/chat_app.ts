/** The chat page: holds the state, draws it once a frame, and turns what a person does into requests. */
import { FIRST } from "../core/bridge";
import type { Defaults, NamedAttachment, ToView, ViewCommand, ViewSettings } from "../core/bridge";
import { promptOf, type OtherDraft } from "../core/prompt";
import type { ChatState } from "../core/chat";
import { Announcer } from "./announcer";
import { Banner } from "./banner";
import { Blank } from "./blank";
import { ChatFeed } from "./chat_feed";
import { Composer } from "./composer";
import { Connection, type Page } from "./connection";
import { takeContentClicks } from "./content_clicks";
import { h, icon, iconButton, setText, show } from "./dom";
import { DraftKeeper } from "./draft_keeper";
import { EditKeeper } from "./edit_keeper";
import { FindBar } from "./find_bar";
import { Lines } from "./lines";
import type { PartActions } from "./message_body";
import { MessageView, type MessageActions } from "./message_view";
import { Navigation } from "./navigation";
import { partActions } from "./part_actions";
import { estimatedHeight, isSame, rowsOf, type ChatRow } from "./rows";
import { VirtualList } from "./virtual_list";
import { drawOutgoing, drawQueued, waitingRow } from "./waiting_row";

export class ChatApp {
  private readonly connection: Connection;
  private readonly feed: ChatFeed;
  private readonly parts: PartActions;
  private readonly composer: Composer;
  private readonly list: VirtualList<ChatRow>;
  private readonly drafts: DraftKeeper;
  private readonly navigation: Navigation;
  private readonly find: FindBar;
  private readonly edits: EditKeeper;
  private readonly views = new Map<string, MessageView>();
  private readonly drawn = new Map<string, ChatRow>();
  private readonly title = h("h1", { class: "title" });
  private readonly task = h("span", { class: "task" });
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
  private readonly lines = new Lines({
    command: (name) => this.command(name),
    stray: (at, act) => this.connection.post({ type: "stray", at, act }),
    other: (draft, act) => this.settle(draft, act),
  });
  private readonly toEnd = iconButton("arrow-down", "To the newest message", () => void this.goToEnd());
  private readonly announcer = new Announcer();
  private settings: ViewSettings = { sendKey: "enter", whenBusy: "queue", reasoning: "folded" };
  private defaults: Defaults = {};
  private frame = 0;

  constructor(
    private readonly root: HTMLElement,
    page: Page,
  ) {
    this.connection = new Connection(
      page,
      () => this.feed.at,
      (message) => this.received(message),
    );
    this.edits = new EditKeeper(this.connection);
    this.feed = new ChatFeed(this.connection, {
      changed: () => this.drawSoon(),
      failed: (words) => this.tell(words),
    });
    this.parts = partActions(this.connection, this.feed);
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
      composer: this.composer,
      at: () => this.feed.at,
    });
    this.navigation = new Navigation({
      list: this.list,
      views: this.views,
      state: () => this.feed.state,
      draw: () => this.draw(),
      lookAround: (messageId) => this.feed.lookAround(messageId),
      toField: () => this.composer.focus(),
    });
    this.find = new FindBar({
      connection: this.connection,
      at: () => this.feed.at,
      lastSeen: () => this.navigation.lastSeen(),
      reveal: (messageId) => this.navigation.show(messageId),
      element: (messageId) => this.list.element(messageId),
      elements: () => [...this.views.values()].map(({ element }) => element),
      closed: () => this.composer.focus(),
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
      send: (text, attachments) => this.send(text, attachments),
      stop: () => this.stop(),
      changed: () => this.drafts.changed(),
      moved: () => this.drafts.scrolled(),
      command: (name) => this.command(name),
      editLast: () => this.navigation.editLast(),
      dropped: (uris) => this.connection.post({ type: "drop", at: this.feed.at, uris }),
      refuse: (reasons) => this.tell(reasons.join("\n")),
      tell: (words) => this.announcer.say(words),
      at: () => this.feed.at,
      isStill: (at) => this.feed.isStill(at),
    });
  }

  private build(): void {
    this.toEnd.classList.add("to-end");
    const menu = iconButton("ellipsis", "More about this session", () => this.command("showMenu"));
    const middle = h("div", { class: "middle" });
    middle.append(this.find.element, this.older, this.scroller, this.blank.element, this.toEnd);
    this.root.replaceChildren(
      h("header", { class: "top" }, this.title, this.task, menu),
      ...this.lines.top,
      middle,
      this.banner.element,
      ...this.lines.bottom,
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
    window.addEventListener("blur", () => this.drafts.changed());
  }

  private received(message: Exclude<ToView, { type: "reply" }>): void {
    switch (message.type) {
      case "opening":
        return this.feed.dispatch({ type: "opening" });
      case "opened":
        return this.opened(message);
      case "begun":
        if (message.from === this.feed.at) this.feed.dispatch(message);
        return;
      case "following":
        return this.feed.dispatch(message);
      case "prompt":
        if (message.at === this.feed.at) this.drafts.follow(message.prompt);
        return;
      case "sent":
        if (message.at === this.feed.at) this.feed.dispatch(message);
        return;
      case "outbox":
        if (message.at === this.feed.at) this.feed.dispatch(message);
        return;
      case "strays":
        return this.lines.drawStrays(message.strays);
      case "defaults":
        this.defaults = message.defaults;
        return this.drawSoon();
      case "absent":
        return this.absent(message);
      case "notices":
        for (const notice of message.notices) {
          this.feed.dispatch({ type: "notice", ...notice });
          if (notice.method === "chat/turnCompleted") this.announcer.sayEnd(notice.params.message);
        }
        if (
          message.notices.some(({ method }) => method === "chat/message" || method === "chat/turnCompleted")
        )
          this.find.changed();
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
      case "find":
        return this.find.open();
      case "focus":
        return this.composer.focus();
    }
  }

  /** What was shown stays, with the reason; a page that just began gets what was shown last. */
  private absent(message: Extract<ToView, { type: "absent" }>): void {
    const { at } = this.feed;
    const last = at === FIRST ? message.last : undefined;
    if (last !== undefined) this.edits.begin(last.shown.at, last.edits);
    this.feed.dispatch(message);
    if (last !== undefined) this.drafts.begin(FIRST, last.prompt);
    this.draw();
  }

  private opened(message: Extract<ToView, { type: "opened" }>): void {
    const before = this.feed.at;
    this.edits.begin(message.shown?.at, message.edits ?? {});
    this.feed.dispatch(message);
    const prompt = message.prompt ?? promptOf(message.result.draft);
    if (before !== this.feed.at && message.from === before) this.drafts.become(prompt);
    else if (before !== this.feed.at) {
      this.drafts.begin(before, prompt);
      if (before !== FIRST) this.composer.hold();
      this.draw();
      this.drafts.restoreScroll(prompt.scroll);
      this.drafts.changed();
    }
    const { session } = message.result;
    if (["queued", "running"].includes(session?.activity ?? "")) void this.feed.readQueue();
  }

  /** An offered draft goes into the field, above what stands there, or away; either way it is offered no more. */
  private settle(draft: OtherDraft, act: "take" | "drop"): void {
    const others = this.feed.state.others.filter((each) => each !== draft);
    this.feed.dispatch({ type: "others", others });
    if (act === "take") {
      this.composer.attach(draft.prompt.attachments);
      this.composer.prefill(draft.prompt.text);
    }
    this.drafts.changed([draft.windowId]);
  }

  private async goToEnd(): Promise<void> {
    if (await this.feed.lookAtEnd()) {
      this.draw();
      this.list.toEnd();
    }
  }

  private drawSoon(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { state } = this.feed;
    const { session, shown } = state;
    setText(this.title, session?.title ?? (shown === undefined ? "Threadkeep" : "New session"));
    const task = session?.task ?? shown?.task ?? "";
    this.title.title = shown === undefined ? "" : `${shown.repository} · ${task}`;
    if (this.task.dataset["task"] !== task) {
      this.task.dataset["task"] = task;
      this.task.replaceChildren(icon("git-branch"), task);
    }
    show(this.task, task !== "");
    this.root.setAttribute("aria-busy", String(state.phase === "loading"));
    this.root.dataset["phase"] = state.phase;
    const rows = rowsOf(state);
    const loading = loadingWords(state);
    setText(this.older, loading);
    show(this.older, loading !== "");
    this.list.setRows(rows, state.afterCursor !== undefined);
    show(this.blank.element, rows.length === 0);
    show(this.scroller, rows.length > 0);
    if (rows.length === 0) this.blank.draw(state.phase, state.away, this.defaults.model);
    this.lines.draw(state, rows.length > 0);
    this.banner.draw(state);
    this.composer.update(state, this.defaults);
    show(this.toEnd, rows.length > 0 && !this.list.isAtEnd);
    if (rows.length > 0) this.readOn();
    this.find.drawn();
  }

  /** What comes before and behind what is in view is read before one gets there. */
  private readOn(): void {
    if (this.feed.state.isLooking) return;
    if (this.list.isNearStart) void this.feed.loadOlder();
    if (this.list.isNearEnd) void this.feed.loadNewer();
  }

  private make(row: ChatRow): HTMLElement {
    if (row.kind !== "message") return waitingRow();
    const view = new MessageView(row.message, this.actions);
    view.update(row);
    const text = this.edits.of(row.message.id);
    // it was open when the message was in view last
    if (text !== undefined) view.openEdit(text);
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
      const { key, text, attachments } = row.outgoing;
      const throwAway = (): void => {
        this.connection.post({ type: "outgoing", key, act: "drop" });
        this.feed.dispatch({ type: "dropOutgoing", key });
      };
      const edit = (): void => {
        throwAway();
        this.composer.attach(attachments);
        this.composer.prefill(text);
      };
      const again = (): void => this.connection.post({ type: "outgoing", key, act: "again" });
      drawOutgoing(element, row.outgoing, { edit, throwAway, again, isAway: row.isAway });
    }
  }

  private readonly actions: MessageActions = {
    copy: (text) => {
      this.connection.post({ type: "copy", text });
      this.announcer.say("Copied");
    },
    retry: (message) => void this.feed.attempt(this.connection.ask("chat/retry", { messageId: message.id })),
    resume: ({ id }) => void this.feed.attempt(this.connection.ask("chat/continue", { messageId: id })),
    edit: async (message, text) =>
      (await this.feed.attempt(this.connection.ask("chat/edit", { messageId: message.id, text }))) !==
      undefined,
    editing: (message, text) => this.edits.set(message, text),
    favourite: (message) => void this.feed.favour(message),
    sibling: ({ id, sessionId }, step) =>
      this.connection.post({ type: "sibling", at: sessionId, messageId: id, step }),
    command: (name, { id, sessionId }) =>
      this.connection.post({ type: "command", at: sessionId, command: name, messageId: id }),
    openFile: (uri, line) =>
      this.connection.post({ type: "file", uri, ...(line === undefined ? {} : { line }) }),
    settings: () => this.settings,
    parts: () => this.parts,
  };

  private send(text: string, attachments: readonly NamedAttachment[]): void {
    this.feed.send(text, attachments, this.settings.whenBusy);
    this.drafts.sent();
    void this.goToEnd();
  }

  private scrolled(): void {
    show(this.toEnd, !this.list.isAtEnd && this.feed.state.messages.length > 0);
    this.readOn();
    this.drafts.scrolled();
  }

  /** Ctrl+Up and Ctrl+Down go from message to message: a lone Alt would go to the menu bar. */
  private key(event: KeyboardEvent): void {
    if (this.find.takes(event)) return;
    if (event.key === "Escape" && this.feed.state.live !== undefined) {
      event.preventDefault();
      this.stop();
    } else if ((event.ctrlKey || event.metaKey) && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      this.navigation.moveFocus(event.key === "ArrowUp" ? -1 : 1);
    }
  }

  /** Shows words until they are closed, and says them. */
  private tell(words: string): void {
    this.banner.problem(words, () => this.feed.state);
    this.announcer.say(words);
  }

  private stop(): void {
    const { live } = this.feed.state;
    const turn = live === undefined ? {} : { turnId: live.turnId };
    void this.feed.attempt(this.connection.ask("chat/cancel", turn));
  }

  private command(command: ViewCommand): void {
    this.connection.post({ type: "command", at: this.feed.at, command });
  }
}

function loadingWords({ isLooking, isLoadingOlder, isLoadingNewer }: ChatState): string {
  if (isLooking) return "Looking for the message…";
  if (isLoadingOlder) return "Loading older messages…";
  return isLoadingNewer ? "Loading newer messages…" : "";
}
