/** Where one writes: the field, what is attached, who answers, and the buttons to send and to stop. */
import type { Defaults, NamedAttachment, ViewCommand, ViewSettings } from "../core/bridge";
import type { ChatState } from "../core/chat";
import type { Prompt } from "../core/prompt";
import { usageDetail, usageLine } from "../core/format";
import { h, icon, iconButton, setText, show } from "./dom";
import { hasFilesOnly, taken } from "./intake";

export interface ComposerActions {
  send(text: string, attachments: readonly NamedAttachment[]): void;
  stop(): void;
  /** The text, or what is attached. */
  changed(): void;
  /** Only the cursor. */
  moved(): void;
  command(name: ViewCommand): void;
  editLast(): void;
  dropped(uris: readonly string[]): void;
  /** Shows why something was not attached. */
  refuse(reasons: readonly string[]): void;
  tell(words: string): void;
  /** Names what is shown. */
  at(): string;
  isStill(at: string): boolean;
}

/** About as long as it takes to see that another session is there. */
const HOLD_MS = 700;

export class Composer {
  readonly element: HTMLElement;
  private readonly field = h("textarea", {
    rows: "1",
    "aria-label": "Message",
    placeholder: "Ask something",
  });
  private readonly chips = h("ul", { class: "chips", "aria-label": "Attached" });
  private readonly agent = picker("person", () => this.actions.command("switchAgent"));
  private readonly model = picker("sparkle", () => this.actions.command("setModel"));
  private readonly usage = h("span", { class: "usage" });
  private readonly sendButton = iconButton("send", "Send", () => this.send());
  private readonly stopButton = iconButton("debug-stop", "Stop the answer", () => this.actions.stop());
  private attachments: NamedAttachment[] = [];
  private heldUntil = 0;
  private settings: ViewSettings = { sendKey: "enter", whenBusy: "queue", reasoning: "folded" };

  constructor(private readonly actions: ComposerActions) {
    const attach = iconButton("attach", "Attach a selection, files or problems", () =>
      actions.command("attach"),
    );
    this.sendButton.classList.add("send");
    this.stopButton.classList.add("stop");
    const bar = h(
      "div",
      { class: "bar" },
      attach,
      this.agent.button,
      this.model.button,
      h("span", { class: "gap" }),
      this.stopButton,
      this.sendButton,
    );
    const box = h("div", { class: "box" }, this.chips, this.field, bar);
    this.element = h("section", { class: "composer", "aria-label": "New message" }, box, this.usage);
    this.field.addEventListener("input", () => {
      this.heldUntil = 0;
      this.grow();
      actions.changed();
    });
    this.field.addEventListener("pointerdown", () => (this.heldUntil = 0));
    for (const name of ["keyup", "pointerup"] as const)
      this.field.addEventListener(name, () => actions.moved());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("paste", (event) => {
      if (event.clipboardData === null || !hasFilesOnly(event.clipboardData)) return;
      event.preventDefault();
      void this.take(event.clipboardData);
    });
    this.acceptDrops();
    this.drawChips();
  }

  /** The text, the cursor and what is attached. */
  get prompt(): Prompt {
    return { text: this.field.value, cursor: this.field.selectionStart, attachments: [...this.attachments] };
  }

  set prompt({ text, cursor, attachments }: Prompt) {
    this.text = text;
    const at = cursor ?? text.length;
    if (this.field.selectionStart !== at) this.field.setSelectionRange(at, at);
    this.attachments = [...attachments];
    this.drawChips();
  }

  /** Another session came into view: a key that was on its way to the one before sends nothing in this. */
  hold(): void {
    this.heldUntil = performance.now() + HOLD_MS;
  }

  private set text(text: string) {
    if (this.field.value !== text) this.field.value = text;
    this.grow();
  }

  /** Puts text in, and keeps what stands there below it. */
  prefill(text: string): void {
    const { value } = this.field;
    this.text = value === "" ? text : `${text}\n\n${value}`;
    this.field.setSelectionRange(text.length, text.length);
    this.actions.changed();
    this.focus();
  }

  focus(): void {
    this.field.focus();
  }

  attach(attachments: readonly NamedAttachment[]): void {
    const known = new Set(this.attachments.map(({ attachment }) => JSON.stringify(attachment)));
    const added = attachments.filter(({ attachment }) => !known.has(JSON.stringify(attachment)));
    this.attachments.push(...added);
    this.drawChips();
    if (added.length === 0) return;
    this.actions.changed();
    this.actions.tell(`Attached ${added.map(({ name }) => name).join(", ")}`);
  }

  configure(settings: ViewSettings): void {
    this.settings = settings;
    const key = settings.sendKey === "enter" ? "Enter sends, Shift+Enter begins a line" : "Ctrl+Enter sends";
    this.field.title = key;
  }

  update(state: ChatState, defaults: Defaults): void {
    const { session, live } = state;
    // where no session is yet, one begins with the first word
    const isOpen = session === undefined || (session.status === "active" && session.trashedAt === undefined);
    this.field.disabled = !isOpen;
    this.field.placeholder = isOpen ? "Ask something" : session?.status === "paused" ? "Paused" : "Read-only";
    this.sendButton.disabled = !isOpen;
    this.sendButton.title =
      live !== undefined && this.settings.whenBusy === "queue" ? "Send after this answer" : "Send";
    show(this.stopButton, live !== undefined);
    const model =
      session?.model === undefined ? defaults.model : `${session.provider ?? ""}:${session.model}`;
    const canChoose = state.shown !== undefined && state.away === undefined && session?.status !== "ended";
    this.agent.set(session?.agent ?? defaults.agent ?? "", "Agent", canChoose);
    this.model.set(model?.split(":").slice(1).join(":") ?? "model", `Model ${model ?? ""}`, canChoose);
    const { usage } = session ?? {};
    setText(this.usage, usage === undefined ? "" : usageLine(usage));
    this.usage.title = usage === undefined ? "" : usageDetail(usage);
  }

  private send(): void {
    const text = this.field.value;
    if (text.trim() === "" || this.field.disabled || performance.now() < this.heldUntil) return;
    const { attachments } = this;
    this.attachments = [];
    this.text = "";
    this.drawChips();
    this.actions.send(text, attachments);
    this.focus();
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const isModified = event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && !event.shiftKey && (isModified || this.settings.sendKey === "enter")) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && !isModified && !event.altKey && this.field.value === "") {
      event.preventDefault();
      this.actions.editLast();
    }
  }

  private grow(): void {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight + 2}px`;
  }

  private drawChips(): void {
    show(this.chips, this.attachments.length > 0);
    const chip = (each: NamedAttachment): HTMLElement => {
      const remove = iconButton("close", `Remove ${each.name}`, () => {
        this.attachments = this.attachments.filter(({ key }) => key !== each.key);
        this.drawChips();
        this.actions.changed();
        this.focus();
      });
      return h(
        "li",
        {},
        icon(each.attachment.type === "file" ? "file" : "selection"),
        h("span", { title: each.name }, each.name),
        remove,
      );
    };
    this.chips.replaceChildren(...this.attachments.map(chip));
  }

  private acceptDrops(): void {
    for (const name of ["dragenter", "dragover"] as const)
      this.element.addEventListener(name, (event) => {
        event.preventDefault();
        this.element.classList.add("dropping");
      });
    this.element.addEventListener("dragleave", () => this.element.classList.remove("dropping"));
    this.element.addEventListener("drop", (event) => {
      event.preventDefault();
      this.element.classList.remove("dropping");
      if (event.dataTransfer !== null) void this.take(event.dataTransfer);
    });
  }

  private async take(data: DataTransfer): Promise<void> {
    const at = this.actions.at();
    const { uris, attachments, refused } = await taken(data);
    if (!this.actions.isStill(at)) {
      const names = attachments.map(({ name }) => name).join(", ");
      return this.actions.refuse([`The chat shows another session now. Not attached: ${names || "files"}.`]);
    }
    if (uris.length > 0) this.actions.dropped(uris);
    if (attachments.length > 0) this.attach(attachments);
    if (refused.length > 0) this.actions.refuse(refused);
  }
}

interface Picker {
  readonly button: HTMLButtonElement;
  set(text: string, label: string, isEnabled: boolean): void;
}

function picker(glyph: string, act: () => void): Picker {
  const name = h("span");
  const button = h("button", { type: "button", class: "picker" }, icon(glyph), name);
  button.addEventListener("click", act);
  return {
    button,
    set(text, label, isEnabled) {
      setText(name, text);
      button.disabled = !isEnabled;
      button.title = label;
      button.setAttribute("aria-label", `${label}: ${text}`);
    },
  };
}
