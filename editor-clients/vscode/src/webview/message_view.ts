/** One message on the page: its text, where it stands, and what can be done with it. */
import { reasoningOf } from "../core/chat";
import { failureHeading } from "../core/failures";
import { usageDetail, usageLine } from "../core/format";
import type { ViewSettings } from "../core/bridge";
import type { AttachmentPart, Message } from "../protocol";
import { h, icon, iconButton, setAttribute, setText, show, textButton } from "./dom";
import { MarkdownBody } from "./markdown_body";
import { MessageBody, type PartActions } from "./message_body";
import {
  attachmentName,
  eventLine,
  hasCalls,
  label,
  noticesOf,
  sourcesOf,
  stateOf,
  timeOf,
  troubleOf,
} from "./message_words";
import type { ChatRow } from "./rows";

export interface MessageActions {
  copy(text: string): void;
  retry(message: Message): void;
  resume(message: Message): void;
  edit(message: Message, text: string): Promise<boolean>;
  /** What stands in the box of a message; absent: it was closed. */
  editing(message: Message, text: string | undefined): void;
  favourite(message: Message): void;
  sibling(message: Message, step: 1 | -1): void;
  command(
    name: "forkSession" | "noteMessage" | "eraseMessage" | "rewindChat" | "copyLink",
    message: Message,
  ): void;
  openFile(uri: string, line: number | undefined): void;
  settings(): ViewSettings;
  parts(): PartActions;
}

type MessageRow = Extract<ChatRow, { kind: "message" }>;

export class MessageView {
  readonly element = h("article", { class: "message", tabindex: "-1" });
  private readonly author = h("span", { class: "author" });
  private readonly time = h("time", { class: "time" });
  private readonly state = h("span", { class: "state" });
  private readonly reasoning = h("details", { class: "reasoning" });
  private readonly reasoningTitle = h("span");
  private readonly thought: MarkdownBody;
  private readonly attachments = h("ul", { class: "attachments", "aria-label": "Attachments" });
  private readonly body: MessageBody;
  private readonly beside = h("div", { class: "beside" });
  private readonly trouble = h("div", { class: "trouble" });
  private readonly note = h("p", { class: "note" });
  private readonly tools = h("div", { class: "tools", role: "toolbar", "aria-label": "Message" });
  private row: MessageRow | undefined;
  private toolsFor = "";

  constructor(
    private readonly message: Message,
    private readonly actions: MessageActions,
  ) {
    this.body = new MessageBody(() => this.actions.parts());
    const thought = h("div", { class: "body" });
    this.thought = new MarkdownBody(thought);
    this.reasoning.append(h("summary", {}, icon("lightbulb"), this.reasoningTitle), thought);
    this.reasoning.open = actions.settings().reasoning === "open";
    const header = h("header", {}, this.author, this.time, this.state);
    this.element.classList.add(message.role);
    if (message.role !== "event")
      this.element.append(
        header,
        this.reasoning,
        this.attachments,
        this.body.element,
        this.beside,
        this.trouble,
        this.note,
        this.tools,
      );
  }

  update(row: MessageRow): void {
    this.row = row;
    const { message, live } = row;
    this.element.setAttribute("aria-label", label(message));
    if (message.role === "event") return this.updateEvent(message);
    setText(this.author, message.role === "user" ? "You" : (message.agent ?? message.role));
    this.time.dateTime = message.createdAt;
    setText(this.time, timeOf(message.createdAt));
    this.time.title = new Date(message.createdAt).toLocaleString();
    this.updateState(row);
    this.updateReasoning(message, live !== undefined);
    this.updateAttachments(message);
    this.body.update(message, live !== undefined);
    this.element.classList.toggle("live", live !== undefined);
    setAttribute(this.element, "aria-busy", live === undefined ? undefined : "true");
    this.updateBeside(message);
    this.updateTrouble(row);
    setText(this.note, message.note === undefined ? "" : `Note: ${message.note}`);
    show(this.note, message.note !== undefined);
    this.updateTools(row);
  }

  /** Puts a field with the message's text in its place. */
  beginEdit(): void {
    const { message } = this.row ?? { message: this.message };
    this.openEdit(message.content);
    this.element.querySelector<HTMLElement>(".edit textarea")?.focus();
  }

  /** The same with words that were kept, and the focus stays where it is. */
  openEdit(text: string): void {
    const { message } = this.row ?? { message: this.message };
    if (message.role !== "user" || this.element.querySelector(".edit") !== null) return;
    const field = h("textarea", { "aria-label": "Edit the message", rows: "3" });
    field.value = text;
    const close = (): void => {
      this.actions.editing(message, undefined);
      form.remove();
      show(this.body.element, true);
      this.element.focus();
    };
    const send = async (): Promise<void> => {
      if (field.value.trim() !== "" && (await this.actions.edit(message, field.value))) close();
    };
    const form = h(
      "div",
      { class: "edit" },
      field,
      h(
        "div",
        { class: "buttons" },
        textButton("Send again", () => void send(), { primary: true }),
        textButton("Cancel", close),
      ),
    );
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.stopPropagation();
        close();
      } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void send();
    });
    field.addEventListener("input", () => this.actions.editing(message, field.value));
    show(this.body.element, false);
    this.body.element.after(form);
  }

  private updateEvent(message: Message): void {
    setText(this.element, eventLine(message));
  }

  private updateState({ message, live }: MessageRow): void {
    const [glyph, text, detail] = stateOf(message, live);
    const key = `${glyph} ${text}`;
    if (this.state.dataset["state"] === key) return;
    this.state.dataset["state"] = key;
    this.state.title = detail;
    this.state.replaceChildren(
      icon(glyph),
      h("span", { class: text === "Saved" ? "visually-hidden" : "" }, text),
    );
  }

  private updateReasoning(message: Message, isLive: boolean): void {
    const text = reasoningOf(message);
    const isShown = text !== "" && this.actions.settings().reasoning !== "hidden";
    show(this.reasoning, isShown);
    if (!isShown) return;
    const isThinking = isLive && message.content === "" && !hasCalls(message);
    setText(this.reasoningTitle, isThinking ? "Thinking…" : "Reasoning");
    this.thought.update(text, isLive);
  }

  private updateAttachments(message: Message): void {
    const parts = message.parts.filter((part): part is AttachmentPart => part.type === "attachment");
    show(this.attachments, parts.length > 0);
    const key = parts.map(({ hash, stale }) => `${hash}${stale ?? ""}`).join();
    if (this.attachments.dataset["key"] === key) return;
    this.attachments.dataset["key"] = key;
    this.attachments.replaceChildren(...parts.map((part) => this.attachment(part)));
  }

  private attachment(part: AttachmentPart): HTMLElement {
    const { uri } = part;
    const name = attachmentName(part);
    const stale =
      part.stale === undefined
        ? undefined
        : h("span", { class: "stale" }, part.stale === "missing" ? "gone since" : "changed since");
    // what was dropped has a name, and lies in no file that could be opened
    if (!uri?.startsWith("file:"))
      return h(
        "li",
        {},
        h("details", {}, h("summary", {}, name), h("pre", { tabindex: "0" }, part.text.slice(0, 20_000))),
      );
    const open = h("button", { type: "button", class: "link", title: uri }, icon("file"), name);
    open.addEventListener("click", () => this.actions.openFile(uri, part.range?.start.line));
    return h("li", {}, open, stale);
  }

  private updateBeside(message: Message): void {
    const sources = sourcesOf(message);
    const notices = noticesOf(message);
    show(this.beside, sources.length + notices.length > 0);
    const key = JSON.stringify([sources, notices]);
    if (this.beside.dataset["key"] === key) return;
    this.beside.dataset["key"] = key;
    const links = sources.map(({ uri, title }) =>
      h("li", {}, h("a", { href: uri, "data-href": uri, title: uri }, title)),
    );
    this.beside.replaceChildren(
      ...(links.length > 0 ? [h("ol", { class: "sources", "aria-label": "Sources" }, ...links)] : []),
      ...notices.map((notice) => h("p", { class: "notice" }, notice)),
    );
  }

  private updateTrouble({ message, isLast, isOpen, live }: MessageRow): void {
    const trouble = live === undefined ? troubleOf(message) : undefined;
    const hasTrouble = trouble !== undefined;
    show(this.trouble, hasTrouble);
    const key = `${trouble ?? ""} ${message.error?.message ?? ""} ${isLast} ${isOpen}`;
    if (!hasTrouble || this.trouble.dataset["key"] === key) return;
    this.trouble.dataset["key"] = key;
    this.trouble.classList.toggle("failed", message.status === "failed");
    const told = message.error === undefined ? trouble : failureHeading(message.error);
    const reason = message.error === undefined ? undefined : h("p", {}, message.error.message);
    const buttons = h("div", { class: "buttons" });
    if (isLast && isOpen) {
      const isEmpty = message.content === "" && !hasCalls(message);
      const carryOn = textButton("Continue", () => this.actions.resume(message), { primary: true });
      const retry = textButton("Retry", () => this.actions.retry(message), {
        primary: isEmpty,
      });
      const canGoOn = message.status !== "complete" || message.stopReason === "maxTokens";
      buttons.append(...(isEmpty || !canGoOn ? [retry] : [carryOn, retry]));
    }
    this.trouble.replaceChildren(
      h(
        "p",
        { class: "heading" },
        icon(message.status === "failed" ? "error" : "debug-disconnect"),
        told ?? "",
      ),
      ...(reason ? [reason] : []),
      buttons,
    );
  }

  private updateTools(row: MessageRow): void {
    const { message, live, isOpen } = row;
    show(this.tools, live === undefined);
    const { siblings, usage } = message;
    const key = [
      message.isFavourite,
      isOpen,
      siblings?.index,
      siblings?.count,
      usage?.outputTokens,
      message.status,
      row.isLast,
    ].join();
    if (this.toolsFor === key) return;
    this.toolsFor = key;
    const { actions } = this;
    const tools: (HTMLElement | undefined)[] = [];
    if (siblings !== undefined && siblings.count > 1) tools.push(this.siblings(message));
    tools.push(iconButton("copy", "Copy the message", () => actions.copy(this.row?.message.content ?? "")));
    if (isOpen && message.role === "user")
      tools.push(iconButton("edit", "Edit and ask again", () => this.beginEdit()));
    if (isOpen && message.role === "assistant")
      tools.push(iconButton("refresh", "Ask for another answer", () => actions.retry(message)));
    const star = message.isFavourite ? "star-full" : "star-empty";
    const favourite = iconButton(star, "Favourite", () => actions.favourite(this.row?.message ?? message));
    favourite.setAttribute("aria-pressed", String(message.isFavourite));
    tools.push(favourite);
    tools.push(iconButton("note", "Note", () => actions.command("noteMessage", message)));
    tools.push(iconButton("link", "Copy a link to here", () => actions.command("copyLink", message)));
    tools.push(iconButton("repo-forked", "Fork from here", () => actions.command("forkSession", message)));
    if (isOpen && !row.isLast)
      tools.push(iconButton("discard", "Go back to here", () => actions.command("rewindChat", message)));
    tools.push(
      iconButton("trash", "Erase the text for good", () => actions.command("eraseMessage", message)),
    );
    if (usage !== undefined)
      tools.push(h("span", { class: "usage", title: usageDetail(usage) }, usageLine(usage)));
    this.tools.replaceChildren(...tools.filter((tool) => tool !== undefined));
  }

  private siblings(message: Message): HTMLElement {
    const { index, count } = message.siblings ?? { index: 0, count: 1 };
    const step = (by: 1 | -1, glyph: string, name: string): HTMLButtonElement => {
      const button = iconButton(glyph, name, () => this.actions.sibling(message, by));
      button.disabled = index + by < 0 || index + by >= count;
      return button;
    };
    return h(
      "span",
      { class: "siblings", role: "group", "aria-label": `Version ${index + 1} of ${count}` },
      step(-1, "chevron-left", "Previous version"),
      h("span", {}, `${index + 1}/${count}`),
      step(1, "chevron-right", "Next version"),
    );
  }
}
