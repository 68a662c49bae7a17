/** The chat page: holds the state, draws it once a frame, and turns what a person does into requests. */
import type { NamedAttachment, ToView, ViewCommand, ViewSettings } from "../core/bridge";
import { EMPTY, reduce, type ChatAction, type ChatState } from "../core/chat";
import { shortened } from "../core/format";
import type { Message } from "../protocol";
import { Composer } from "./composer";
import { Connection, RequestFailed, type Page } from "./connection";
import { h, iconButton, setText, show, textButton } from "./dom";
import { MessageView, type MessageActions } from "./message_view";
import { estimatedHeight, isSame, rowsOf, type ChatRow } from "./rows";
import { VirtualList } from "./virtual_list";

const DRAFT_MS = 300;
const REFRESH_MS = 120;
const PAGE = 50;
const MAX_PAGES_TO_REVEAL = 400;

interface Kept {
  readonly sessionId?: string | undefined;
  readonly windowId?: string | undefined;
  readonly draft?: string | undefined;
}

export class ChatApp {
  private state: ChatState = EMPTY;
  private readonly connection: Connection;
  private readonly composer: Composer;
  private readonly list: VirtualList<ChatRow>;
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
  private readonly middle = h("div", { class: "middle" });
  private readonly banner = h("div", { class: "banner", role: "status" });
  private readonly blank = h("div", { class: "blank" });
  private readonly toEnd = iconButton("arrow-down", "To the newest message", () => this.list.toEnd());
  private readonly spoken = h("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
  private settings: ViewSettings = { sendKey: "enter", whenBusy: "queue", reasoning: "folded" };
  private defaultModel: string | undefined;
  private absence: Extract<ToView, { type: "absent" }>["absence"] | undefined;
  private keys = 0;
  private frame = 0;
  private draftTimer: number | undefined;
  private refreshTimer: number | undefined;
  private savedDraft = "";

  constructor(
    private readonly root: HTMLElement,
    private readonly page: Page,
  ) {
    this.connection = new Connection(page, (message) => this.received(message));
    this.composer = new Composer({
      send: (text, attachments) => void this.send(text, attachments),
      stop: () => void this.attempt(this.connection.ask("chat/cancel", {})),
      changed: () => this.draftSoon(),
      command: (name) => this.command(name),
      editLast: () => this.editLast(),
      dropped: (uris) => this.connection.post({ type: "drop", uris }),
      tell: (words) => this.say(words),
    });
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
    this.toEnd.classList.add("to-end");
    const menu = iconButton("ellipsis", "More about this session", () => this.command("showMenu"));
    this.middle.append(this.older, this.scroller, this.blank, this.toEnd);
    root.replaceChildren(
      h("header", { class: "top" }, this.title, menu),
      this.middle,
      this.banner,
      this.composer.element,
      this.spoken,
    );
    root.addEventListener("click", (event) => this.clicked(event));
    root.addEventListener("auxclick", (event) => this.clicked(event));
    root.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("blur", () => this.saveDraft());
    const kept = this.kept();
    const { session, window: windowId } = root.dataset;
    if (session !== undefined)
      page.setState({
        ...kept,
        sessionId: decodeURIComponent(session),
        windowId: decodeURIComponent(windowId ?? ""),
      });
    this.draw();
    this.connection.post({ type: "ready" });
  }

  private kept(): Kept {
    return this.page.getState() ?? {};
  }

  private received(message: Exclude<ToView, { type: "reply" }>): void {
    switch (message.type) {
      case "opening":
        this.absence = undefined;
        return this.dispatch({ type: "opening" });
      case "opened":
        return this.opened(message.result);
      case "defaults":
        this.defaultModel = message.defaults.model;
        return this.drawSoon();
      case "absent":
        this.absence = message.absence;
        return this.dispatch({ type: "absent" });
      case "notices":
        for (const notice of message.notices) {
          this.dispatch({ type: "notice", ...notice });
          if (notice.method === "chat/turnCompleted") this.sayEnd(notice.params.message);
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
        return void this.reveal(message.messageId);
      case "focus":
        return this.composer.focus();
    }
  }

  private opened(result: Extract<ToView, { type: "opened" }>["result"]): void {
    const before = this.state.session?.id;
    const isOther = before !== undefined && before !== result.session?.id;
    if (isOther) this.saveDraft();
    this.absence = undefined;
    this.dispatch({ type: "opened", result });
    const id = result.session?.id;
    if (before !== id) {
      const kept = this.kept();
      this.composer.text =
        (kept.draft !== undefined && kept.draft !== "" && kept.sessionId === id && before === undefined
          ? kept.draft
          : result.draft?.text) ?? "";
      this.savedDraft = result.draft?.text ?? "";
      this.page.setState({ ...kept, sessionId: id, draft: this.composer.text });
      this.draw();
      this.restoreScroll(result.draft?.scroll);
    }
    if (["queued", "running"].includes(result.session?.activity ?? "")) void this.readQueue();
  }

  private restoreScroll(mark: string | undefined): void {
    const [key, within] = mark?.split(" ") ?? [];
    if (key === undefined || !this.list.restore(key, Number(within) || 0)) this.list.toEnd();
  }

  private dispatch(action: ChatAction): void {
    const before = this.state;
    this.state = reduce(before, action);
    if (this.state === before) return;
    if (this.state.isStale && !before.isStale) this.refreshSoon();
    if (before.queued.length > 0 && action.type === "notice" && action.method === "chat/turnStarted")
      void this.readQueue();
    this.drawSoon();
  }

  /** What is shown may not be what is stored: the newest page tells. */
  private refreshSoon(): void {
    window.clearTimeout(this.refreshTimer);
    this.refreshTimer = window.setTimeout(() => {
      void this.attempt(this.connection.ask("session/history", { limit: PAGE })).then((page) => {
        if (page !== undefined) this.dispatch({ type: "newest", page });
      });
    }, REFRESH_MS);
  }

  private async readQueue(): Promise<void> {
    const read = await this.attempt(this.connection.ask("chat/queue", {}));
    if (read !== undefined) this.dispatch({ type: "queue", queued: read.queued });
  }

  private drawSoon(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { state } = this;
    const { session } = state;
    setText(this.title, session?.title ?? "Threadkeep");
    this.title.title = session === undefined ? "" : `${session.repository.name} · ${session.task}`;
    this.root.setAttribute("aria-busy", String(state.phase === "loading"));
    this.root.dataset["phase"] = state.phase;
    const rows = state.phase === "absent" ? [] : rowsOf(state);
    setText(this.older, state.isLoadingOlder ? "Loading older messages…" : "");
    show(this.older, state.isLoadingOlder);
    this.list.setRows(rows);
    this.drawBlank(rows.length === 0);
    this.drawBanner();
    this.composer.update(state, this.defaultModel);
    show(this.composer.element, state.phase !== "absent");
    show(this.toEnd, rows.length > 0 && !this.list.isAtEnd);
    if (this.list.isNearStart && rows.length > 0) void this.loadOlder();
  }

  private drawBlank(isBlank: boolean): void {
    show(this.blank, isBlank);
    show(this.scroller, !isBlank);
    const key = isBlank ? `${this.state.phase} ${this.absence?.reason ?? ""}` : "";
    if (this.blank.dataset["key"] === key) return;
    this.blank.dataset["key"] = key;
    if (this.state.phase === "loading")
      this.blank.replaceChildren(
        ...[1, 2, 3].map((n) => h("div", { class: `bone bone-${n}`, "aria-hidden": "true" })),
        h("p", { class: "visually-hidden" }, "Loading the chat…"),
      );
    else if (this.absence !== undefined) {
      const buttons = this.absence.actions.map(({ label, command }, index) =>
        textButton(label, () => this.command(command.replace(/^threadkeep\./u, "") as ViewCommand), {
          primary: index === 0,
        }),
      );
      this.blank.replaceChildren(h("p", {}, this.absence.reason), h("div", { class: "buttons" }, ...buttons));
    } else
      this.blank.replaceChildren(
        h("p", { class: "lead" }, "Nothing was said here yet."),
        h(
          "p",
          {},
          "What you ask and what is answered stays with this repository and branch. Select code and choose “Ask about the selection”, or drop files below.",
        ),
      );
  }

  private drawBanner(): void {
    const { session } = this.state;
    const kind =
      session === undefined || this.state.phase === "absent"
        ? ""
        : session.trashedAt !== undefined
          ? "trashed"
          : session.status;
    show(this.banner, kind !== "" && kind !== "active");
    if (this.banner.dataset["kind"] === kind) return;
    this.banner.dataset["kind"] = kind;
    const resume = textButton("Resume", () => void this.attempt(this.connection.ask("session/resume", {})), {
      primary: true,
    });
    const fork = textButton("Fork", () => this.command("forkSession"), { primary: true });
    const fresh = textButton("New session", () => this.command("newSession"));
    const told: Record<string, [string, HTMLElement[]]> = {
      paused: ["This session is paused. It takes no messages until it is resumed.", [resume]],
      ended: ["This session has ended. It can be read, exported and forked.", [fork, fresh]],
      trashed: ["This session is in the trash.", [fresh]],
    };
    const [text, buttons] = told[kind] ?? ["", []];
    this.banner.replaceChildren(h("p", {}, text), h("div", { class: "buttons" }, ...buttons));
  }

  private make(row: ChatRow): HTMLElement {
    if (row.kind !== "message") return h("article", { class: "message user waiting", tabindex: "-1" });
    const view = new MessageView(row.message, this.actions);
    this.views.set(row.key, view);
    return view.element;
  }

  private update(element: HTMLElement, row: ChatRow, index: number): void {
    element.setAttribute("aria-posinset", String(index + 1));
    element.setAttribute(
      "aria-setsize",
      this.state.beforeCursor === undefined
        ? String(this.state.messages.length + this.state.queued.length + this.state.outbox.length)
        : "-1",
    );
    if (isSame(this.drawn.get(row.key), row)) return;
    this.drawn.set(row.key, row);
    if (row.kind === "message") this.views.get(row.key)?.update(row);
    else if (row.kind === "queued")
      this.drawWaiting(element, "Waiting for its turn", row.queued.text, [
        textButton(
          "Take out",
          () =>
            void this.attempt(this.connection.ask("chat/queue", { clear: [row.queued.turnId] })).then(() =>
              this.readQueue(),
            ),
        ),
      ]);
    else this.drawOutgoing(element, row.outgoing);
  }

  private drawOutgoing(
    element: HTMLElement,
    { key, text, problem, attachmentNames }: Extract<ChatRow, { kind: "outgoing" }>["outgoing"],
  ): void {
    const buttons =
      problem === undefined
        ? []
        : [
            textButton(
              "Edit",
              () => {
                this.dispatch({ type: "dropOutgoing", key });
                this.composer.prefill(text);
              },
              { primary: true },
            ),
            textButton("Throw away", () => this.dispatch({ type: "dropOutgoing", key })),
          ];
    this.drawWaiting(
      element,
      problem === undefined ? "Sending…" : `Not sent: ${problem}`,
      [text, ...attachmentNames.map((name) => `[${name}]`)].join("\n"),
      buttons,
    );
    element.classList.toggle("refused", problem !== undefined);
  }

  private drawWaiting(
    element: HTMLElement,
    state: string,
    text: string,
    buttons: readonly HTMLElement[],
  ): void {
    element.setAttribute("aria-label", `You, ${state}`);
    element.replaceChildren(
      h("header", {}, h("span", { class: "author" }, "You"), h("span", { class: "state" }, state)),
      h("div", { class: "body plain" }, text),
      h("div", { class: "buttons" }, ...buttons),
    );
  }

  private readonly actions: MessageActions = {
    copy: (text) => {
      this.connection.post({ type: "copy", text });
      this.say("Copied");
    },
    retry: (message) => void this.attempt(this.connection.ask("chat/retry", { messageId: message.id })),
    resume: () => void this.attempt(this.connection.ask("chat/continue", {})),
    edit: async (message, text) =>
      (await this.attempt(this.connection.ask("chat/edit", { messageId: message.id, text }))) !== undefined,
    favourite: (message) =>
      void this.attempt(
        this.connection.ask("message/update", { messageId: message.id, isFavourite: !message.isFavourite }),
      ).then((result) => {
        if (result !== undefined)
          this.dispatch({
            type: "message",
            message: { ...message, isFavourite: result.message.isFavourite },
          });
      }),
    sibling: (message, step) => this.connection.post({ type: "sibling", messageId: message.id, step }),
    command: (name, message) =>
      this.connection.post({ type: "command", command: name, messageId: message.id }),
    openFile: (uri) => this.connection.post({ type: "link", href: uri }),
    settings: () => this.settings,
  };

  private async send(text: string, attachments: readonly NamedAttachment[]): Promise<void> {
    this.keys += 1;
    const key = `${Date.now()}-${this.keys}`;
    this.dispatch({
      type: "sending",
      outgoing: { key, text, attachmentNames: attachments.map(({ name }) => name) },
    });
    this.list.toEnd();
    this.saveDraft();
    try {
      const params = {
        text,
        attachments: attachments.map(({ attachment }) => attachment),
        whenBusy: this.settings.whenBusy,
      };
      const result = await this.connection.ask("chat/send", params);
      this.dispatch({ type: "sent", key, result });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.dispatch({ type: "sendFailed", key, problem });
      // the words stay in view; what was attached goes back to be sent with them
      this.composer.attach(attachments);
      this.say(`Not sent: ${problem}`);
    }
  }

  private draftSoon(): void {
    this.page.setState({ ...this.kept(), draft: this.composer.text });
    window.clearTimeout(this.draftTimer);
    this.draftTimer = window.setTimeout(() => this.saveDraft(), DRAFT_MS);
  }

  private saveDraft(): void {
    window.clearTimeout(this.draftTimer);
    if (this.state.phase !== "ready" || this.state.session === undefined) return;
    const { text } = this.composer;
    const anchor = this.list.isAtEnd ? undefined : this.list.anchor();
    const scroll = anchor === undefined ? undefined : `${anchor.key} ${Math.round(anchor.within)}`;
    const mark = `${text}\n${scroll ?? ""}`;
    this.page.setState({ ...this.kept(), draft: text });
    if (mark === this.savedDraft) return;
    this.savedDraft = mark;
    this.connection.ask("draft/set", scroll === undefined ? { text } : { text, scroll }).catch(() => {
      this.savedDraft = "";
    });
  }

  private scrolled(): void {
    show(this.toEnd, !this.list.isAtEnd && this.state.messages.length > 0);
    if (this.list.isNearStart) void this.loadOlder();
    window.clearTimeout(this.draftTimer);
    this.draftTimer = window.setTimeout(() => this.saveDraft(), DRAFT_MS * 3);
  }

  private async loadOlder(limit = PAGE): Promise<boolean> {
    const { beforeCursor, isLoadingOlder, phase } = this.state;
    if (beforeCursor === undefined || isLoadingOlder || phase !== "ready") return false;
    this.dispatch({ type: "loadingOlder" });
    const page = await this.attempt(this.connection.ask("session/history", { limit, before: beforeCursor }));
    this.dispatch(page === undefined ? { type: "olderFailed" } : { type: "older", page });
    return page !== undefined;
  }

  private async reveal(messageId: string): Promise<void> {
    for (let page = 0; page < MAX_PAGES_TO_REVEAL; page++) {
      this.draw();
      if (this.list.reveal(messageId)) break;
      if (!(await this.loadOlder(200))) return;
    }
    window.setTimeout(() => {
      const element = this.list.element(messageId);
      element?.focus({ preventScroll: true });
      element?.classList.add("found");
      window.setTimeout(() => element?.classList.remove("found"), 2_500);
    }, 120);
  }

  private editLast(): void {
    const message = this.state.messages.findLast(({ role }) => role === "user");
    if (message === undefined) return;
    this.list.reveal(message.id, "auto");
    window.setTimeout(() => this.views.get(message.id)?.beginEdit(), 60);
  }

  private clicked(event: MouseEvent): void {
    const { target } = event;
    if (!(target instanceof Element)) return;
    const link = target.closest("a[data-href]");
    if (link !== null) {
      event.preventDefault();
      event.stopPropagation();
      if (event.type === "click" || event.button === 1)
        this.connection.post({ type: "link", href: link.getAttribute("data-href") ?? "" });
      return;
    }
    const button = target.closest("button[data-code]");
    const frame = button?.closest<HTMLElement>(".code");
    if (!button || !frame || event.type !== "click") return;
    const action = button.getAttribute("data-code");
    if (action !== "copy" && action !== "insert" && action !== "apply") return;
    const code = frame.querySelector("code")?.textContent ?? "";
    this.connection.post({ type: "code", action, code, info: frame.dataset["info"] ?? "" });
    if (action === "copy") this.say("Copied");
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.state.live !== undefined) {
      event.preventDefault();
      void this.attempt(this.connection.ask("chat/cancel", {}));
    } else if ((event.ctrlKey || event.metaKey) && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      this.moveFocus(event.key === "ArrowUp" ? -1 : 1);
    }
  }

  /** Ctrl+Up and Ctrl+Down (a lone Alt would go to the menu bar) go from message to message, and past the last one to the field. */
  private moveFocus(step: 1 | -1): void {
    const rows = rowsOf(this.state);
    const active = document.activeElement;
    const at = rows.findIndex(({ key }) => this.list.element(key)?.contains(active) === true);
    const next = at < 0 ? (step < 0 ? rows.length - 1 : rows.length) : at + step;
    const row = rows[next];
    if (next >= rows.length) return this.composer.focus();
    if (row === undefined) return;
    this.list.reveal(row.key, "auto");
    window.setTimeout(() => this.list.element(row.key)?.focus(), 30);
  }

  private command(command: ViewCommand): void {
    this.connection.post({ type: "command", command });
  }

  private sayEnd(message: Message): void {
    const ends: Record<string, string> = {
      complete: "Answer",
      interrupted: "Answer interrupted",
      cancelled: "Answer stopped",
      failed: "Answer failed",
    };
    this.say(
      `${ends[message.status] ?? "Answer"}: ${shortened(message.error?.message ?? message.content, 200)}`,
    );
  }

  private say(words: string): void {
    setText(this.spoken, words);
  }

  /** What a request gave, or undefined after telling why it failed. */
  private async attempt<T>(request: Promise<T>): Promise<T | undefined> {
    try {
      return await request;
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      this.banner.dataset["kind"] = "problem";
      this.banner.replaceChildren(
        h("p", {}, error.message),
        h(
          "div",
          { class: "buttons" },
          textButton("Close", () => this.drawBanner()),
        ),
      );
      show(this.banner, true);
      this.say(error.message);
      return undefined;
    }
  }
}
