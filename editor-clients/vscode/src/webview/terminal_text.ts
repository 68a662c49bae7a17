/** A text that a call put out, with a terminal's colours: its newest lines, and all of it when asked for. */
import { ansiRuns, type AnsiColour } from "../core/ansi";
import { byteSize } from "../core/part_words";
import type { OutputItem } from "../protocol";
import { h, textButton } from "./dom";
import { MAX_TEXT, type Contents } from "./contents";

const LINES = 40;
const CHARACTERS = 16_000;
/** More pieces in colours would hold up the page; the rest is shown without. */
const MAX_RUNS = 20_000;

export class TerminalText {
  readonly element = h("div", { class: "terminal" });
  private readonly above = h("div", { class: "terminal-above" });
  private readonly code = h("code");
  /** It scrolls from its end, so that the newest lines are in view. */
  private readonly frame = h("div", { class: "code", tabindex: "0", role: "group" }, h("pre", {}, this.code));
  private item: OutputItem;
  private isWhole = false;
  private whole: { readonly sha256: string; readonly text: string } | undefined;
  private drawn: string | undefined;

  constructor(
    item: OutputItem,
    private readonly contents: Contents,
    label: string,
  ) {
    this.item = item;
    this.frame.setAttribute("aria-label", label);
    this.element.append(this.above, this.frame);
    this.draw();
  }

  update(item: OutputItem): void {
    this.item = item;
    this.draw();
  }

  private draw(): void {
    const { text, blob } = this.item;
    const held =
      blob === undefined ? undefined : this.whole?.sha256 === blob.sha256 ? this.whole.text : undefined;
    const source = text ?? held ?? blob?.tail ?? "";
    const isAllHeld = blob === undefined || held !== undefined;
    const shown = this.isWhole ? source : newest(source);
    const isCut = !isAllHeld || shown.length < source.length;
    const key = `${isCut} ${this.isWhole} ${shown}`;
    if (this.drawn === key) return;
    this.drawn = key;
    const size = blob?.size ?? source.length;
    const words: string[] = [];
    if (isCut) words.push(`The end of ${byteSize(size)}`);
    else if (blob !== undefined && blob.size > MAX_TEXT)
      words.push(`The last ${byteSize(MAX_TEXT)} of ${byteSize(size)}`);
    const canShow =
      isCut && (text !== undefined || (blob !== undefined && (blob.sha256 !== "" || !this.isWhole)));
    this.above.replaceChildren(
      ...words.map((each) => h("span", {}, each)),
      ...(canShow ? [textButton("Show all", () => void this.showAll())] : []),
    );
    this.above.hidden = words.length === 0;
    this.code.replaceChildren(coloured(shown));
  }

  private async showAll(): Promise<void> {
    const { blob } = this.item;
    if (blob !== undefined && blob.sha256 !== "" && this.whole?.sha256 !== blob.sha256) {
      const text = await this.contents.text(blob.sha256, blob.size);
      if (text === undefined) return;
      this.whole = { sha256: blob.sha256, text };
    }
    this.isWhole = true;
    this.draw();
  }
}

/** The last lines of a text. */
export function newest(text: string): string {
  let from = text.endsWith("\n") ? text.length - 1 : text.length;
  for (let line = 0; line < LINES && from > 0; line++) from = text.lastIndexOf("\n", from - 1);
  const start = Math.max(from + 1, text.length - CHARACTERS);
  return start <= 0 ? text : text.slice(start);
}

/** Nodes of a text with a terminal's sequences; nothing in it can become markup. */
export function coloured(source: string): DocumentFragment {
  const nodes = document.createDocumentFragment();
  const runs = ansiRuns(source);
  for (const run of runs.slice(0, MAX_RUNS)) {
    const { text, foreground, background, isBold, isUnderlined } = run;
    if (foreground === undefined && background === undefined && !isBold && !isUnderlined) {
      nodes.append(text);
      continue;
    }
    const span = h("span", {}, text);
    span.classList.toggle("ansi-bold", isBold);
    span.classList.toggle("ansi-underline", isUnderlined);
    colour(span, "color", "ansi-fg", foreground);
    colour(span, "background-color", "ansi-bg", background);
    nodes.append(span);
  }
  if (runs.length > MAX_RUNS)
    nodes.append(
      runs
        .slice(MAX_RUNS)
        .map(({ text }) => text)
        .join(""),
    );
  return nodes;
}

function colour(span: HTMLElement, property: string, name: string, value: AnsiColour | undefined): void {
  if (value === undefined) return;
  if (typeof value === "number") span.classList.add(`${name}-${value}`);
  else span.style.setProperty(property, `rgb(${value.join(", ")})`);
}
