/** A tool call: one line, and when it is opened what went in and what came out. */
import { byteSize, callDuration, callIcon, callState, callTitle, nameOf } from "../core/part_words";
import type { Blob as Content, ToolCallPart } from "../protocol";
import { h, icon, nodesOf, setText } from "./dom";
import { Fold } from "./fold";
import { highlighted } from "./highlighting";
import { address, itemView, type ItemActions, type ItemView } from "./output_items";
import { TerminalText } from "./terminal_text";

export interface CallActions extends ItemActions {
  isOpen(key: string): boolean;
  toggled(key: string, isOpen: boolean): void;
}

const MAX_DEPTH = 6;

export class CallView {
  private readonly fold: Fold;
  private readonly glyph = icon("tools");
  private readonly title = h("span", { class: "fold-title" });
  private readonly sign = icon("check");
  private readonly state = h("span");
  private readonly took = h("span", { class: "took" });
  private readonly input = h("div");
  private readonly places = h("div", { class: "places" });
  private readonly output = h("div");
  private readonly trouble = h("p", { class: "call-error" });
  private items: ItemView[] = [];
  private drawn: ToolCallPart | undefined;

  constructor(
    private part: ToolCallPart,
    key: string,
    private readonly actions: CallActions,
  ) {
    this.fold = new Fold("call", {
      isOpen: actions.isOpen(key),
      build: (body) => {
        body.append(this.input, this.places, this.output, this.trouble);
        this.drawBody();
      },
      toggled: (isOpen) => {
        if (isOpen) this.drawBody();
        actions.toggled(key, isOpen);
      },
    });
    const words = h("span", { class: "call-state" }, this.sign, this.state, this.took);
    this.fold.line.append(this.glyph, this.title, words);
    this.drawLine();
    this.fold.begin();
  }

  get element(): HTMLElement {
    return this.fold.element;
  }

  /** depth: under how many calls it stands. */
  update(part: ToolCallPart, depth: number): void {
    const level = String(Math.min(depth, MAX_DEPTH));
    if (this.element.dataset["depth"] !== level) this.element.dataset["depth"] = level;
    if (part === this.part) return;
    this.part = part;
    this.drawLine();
    if (this.fold.isOpen) this.drawBody();
  }

  private drawLine(): void {
    const { part } = this;
    const [sign, word] = callState(part);
    const title = callTitle(part);
    this.element.dataset["state"] = part.state;
    setIcon(this.glyph, callIcon(part));
    setIcon(this.sign, sign);
    setText(this.title, title);
    this.title.title = title;
    setText(this.state, word);
    const took = callDuration(part);
    setText(this.took, took === "" ? "" : ` · ${took}`);
  }

  private drawBody(): void {
    const { part, drawn } = this;
    if (part === drawn) return;
    this.drawn = part;
    if (drawn === undefined || drawn.input !== part.input || drawn.inputBlob !== part.inputBlob)
      this.input.replaceChildren(...inputOf(part, this.actions));
    if (drawn?.locations !== part.locations)
      this.places.replaceChildren(
        ...part.locations.map(({ uri, line }) => address(uri, nameOf(uri), this.actions, line)),
      );
    this.places.hidden = part.locations.length === 0;
    this.drawOutput(part);
    setText(this.trouble, part.error ?? "");
    this.trouble.hidden = (part.error ?? "") === "";
  }

  private drawOutput({ output, state }: ToolCallPart): void {
    this.items = output.map((item, at) => {
      const known = this.items[at];
      if (known?.update(item) === true) return known;
      const made = itemView(item, this.actions);
      if (known === undefined) this.output.append(made.element);
      else known.element.replaceWith(made.element);
      return made;
    });
    for (const extra of [...this.output.children].slice(output.length)) extra.remove();
    if (output.length === 0 && state === "completed")
      this.output.replaceChildren(h("p", { class: "dim" }, "Nothing came of it."));
  }
}

function setIcon(element: HTMLElement, name: string): void {
  const className = `codicon codicon-${name}`;
  if (element.className !== className) element.className = className;
}

function inputOf({ input, inputBlob }: ToolCallPart, actions: ItemActions): HTMLElement[] {
  if (inputBlob !== undefined) return [longInput(inputBlob, actions)];
  if (input === undefined || input === null) return [];
  const text = typeof input === "string" ? input : JSON.stringify(input, null, 2);
  if (text === "{}" || text === "") return [];
  const code = h("code", { class: "hljs" });
  const markup = typeof input === "string" ? undefined : highlighted(text, "json");
  if (markup === undefined) setText(code, text);
  else code.append(nodesOf(markup));
  const pre = h("pre", { tabindex: "0", "aria-label": "Input" }, code);
  return [h("details", { class: "input" }, h("summary", {}, "Input"), h("div", { class: "code" }, pre))];
}

function longInput(blob: Content, actions: ItemActions): HTMLElement {
  const text = new TerminalText({ type: "text", blob }, actions.contents, "Input");
  return h("details", { class: "input" }, h("summary", {}, `Input, ${byteSize(blob.size)}`), text.element);
}
