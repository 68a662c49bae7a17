/** What a message says and does, in order: texts, and between them tool calls, plans, pictures and the like. */
import { lengthOf } from "../core/parts";
import { stepState } from "../core/part_words";
import type { Message, Part, PlanPart } from "../protocol";
import { CallView, type CallActions } from "./call_view";
import { isPicture } from "./contents";
import { h, icon, textButton } from "./dom";
import { plainFold } from "./fold";
import { MarkdownBody } from "./markdown_body";
import { addPicture, mediaLine } from "./output_items";
import { PlainBody } from "./plain_body";

export interface PartActions extends CallActions {
  /** Brings parts that were left out. */
  loadParts(message: Message, from: number, count: number): Promise<void>;
}

/** Of a long run of steps, so many of the newest stand on the page until one asks for more. */
const SHOWN = 100;
const LOADED = 100;
/** Shown elsewhere, or not at all. */
const NOT_HERE = new Set<string>(["reasoning", "attachment", "providerBlock"]);

type Segment =
  | { readonly key: string; readonly kind: "text"; readonly text: string; readonly isLive: boolean }
  | {
      readonly key: string;
      readonly kind: "part";
      readonly part: Part;
      readonly index: number;
      readonly depth: number;
    }
  | { readonly key: string; readonly kind: "more"; readonly run: string; readonly count: number };

interface View {
  readonly element: HTMLElement;
  update(segment: Segment): void;
}

export class MessageBody {
  readonly element = h("div", { class: "parts" });
  private views = new Map<string, View>();
  /** How many steps of a long run are shown, by its key. */
  private readonly revealed = new Map<string, number>();
  private message: Message | undefined;
  private isLive = false;

  constructor(private readonly actions: () => PartActions) {}

  update(message: Message, isLive: boolean): void {
    if (message === this.message && isLive === this.isLive) return;
    this.message = message;
    this.isLive = isLive;
    this.draw(message);
  }

  private draw(message: Message): void {
    const segments = this.shortened(segmentsOf(message, this.isLive));
    const views = new Map<string, View>();
    let next = this.element.firstElementChild;
    for (const segment of segments) {
      const view = this.views.get(segment.key) ?? this.make(segment, message);
      view.update(segment);
      views.set(segment.key, view);
      if (view.element === next) next = next.nextElementSibling;
      else this.element.insertBefore(view.element, next);
    }
    for (const [key, view] of this.views) if (!views.has(key)) view.element.remove();
    this.views = views;
  }

  /** Long runs without the oldest of them. */
  private shortened(segments: readonly Segment[]): Segment[] {
    const found: Segment[] = [];
    let run = "start";
    let from = 0;
    const flush = (to: number): void => {
      const hidden = to - from - (this.revealed.get(run) ?? SHOWN);
      // a few more are not worth a button
      const cut = hidden > 20 ? hidden : 0;
      if (cut > 0) found.push({ key: `more ${run}`, kind: "more", run, count: cut });
      found.push(...segments.slice(from + cut, to));
    };
    for (const [at, segment] of segments.entries()) {
      if (segment.kind !== "text") continue;
      flush(at);
      found.push(segment);
      run = segment.key;
      from = at + 1;
    }
    flush(segments.length);
    return found;
  }

  private make(segment: Segment, message: Message): View {
    if (segment.kind === "text") return textView(message);
    if (segment.kind === "more") return this.moreView(segment.run);
    const { part, index } = segment;
    const key = `${message.id} ${index}`;
    if (part.type === "toolCall") {
      const view = new CallView(part, key, this.actions());
      return {
        element: view.element,
        update: (next) =>
          next.kind === "part" && next.part.type === "toolCall" && view.update(next.part, next.depth),
      };
    }
    const frame = h("div", { class: "part" });
    let drawn: Part | undefined;
    return {
      element: frame,
      update: (next) => {
        if (next.kind !== "part" || next.part === drawn) return;
        drawn = next.part;
        frame.replaceChildren(this.other(next.part, next.index, key));
      },
    };
  }

  private moreView(run: string): View {
    let count = 0;
    const button = textButton("", () => {
      this.revealed.set(run, (this.revealed.get(run) ?? SHOWN) + 2 * SHOWN);
      if (this.message !== undefined) this.draw(this.message);
    });
    return {
      element: h("div", { class: "part more" }, button),
      update: (next) => {
        if (next.kind !== "more" || next.count === count) return;
        count = next.count;
        button.textContent = `Show earlier steps (${count.toLocaleString("en")})`;
      },
    };
  }

  private other(part: Part, index: number, key: string): HTMLElement {
    switch (part.type) {
      case "plan":
        return planList(part);
      case "compaction":
        return plainFold("fold", "Summary of earlier turns", {
          ...this.folding(key),
          build: (body) => {
            const text = new MarkdownBody(h("div", { class: "body" }));
            text.update(part.text, false);
            body.append(text.element);
          },
        }).element;
      case "image": {
        const { mimeType, size, sha256 } = part;
        const name = part.name ?? "Image";
        const line = mediaLine("file-media", name, mimeType, size);
        if (!isPicture(mimeType, size)) return line;
        const fold = plainFold("file-media", name, {
          ...this.folding(key),
          build: (body) => void addPicture(body, { name, mimeType, size, sha256 }, this.actions().contents),
        });
        fold.line.replaceChildren(...line.childNodes);
        return fold.element;
      }
      case "audio":
        return mediaLine("unmute", part.name ?? "Sound", part.mimeType, part.size);
      case "file":
        return mediaLine("file-binary", part.name ?? "File", part.mimeType, part.size);
      case "omitted":
        return this.omittedLine(part.count, index);
      default:
        return h("p", { class: "unknown" }, `Part of a kind that is not known here: ${typeOf(part)}`);
    }
  }

  private folding(key: string): { isOpen: boolean; toggled: (isOpen: boolean) => void } {
    const actions = this.actions();
    return { isOpen: actions.isOpen(key), toggled: (isOpen) => actions.toggled(key, isOpen) };
  }

  private omittedLine(count: number, index: number): HTMLElement {
    const button = textButton(`Load earlier steps (${count.toLocaleString("en")})`, () => {
      const { message } = this;
      if (message === undefined) return;
      button.disabled = true;
      const from = Math.max(index, index + count - LOADED);
      const loading = this.actions().loadParts(message, from, index + count - from);
      void loading.finally(() => (button.disabled = false));
    });
    return h("div", { class: "more" }, button);
  }
}

function typeOf(part: Part): string {
  const { type } = part as { type?: unknown };
  return typeof type === "string" ? type : "";
}

function textView(message: Message): View {
  // a person's words are shown as they were typed
  if (message.role === "user") {
    const plain = new PlainBody();
    return {
      element: plain.element,
      update: (segment) => segment.kind === "text" && plain.update(segment.text),
    };
  }
  const body = new MarkdownBody(h("div", { class: "body" }));
  return {
    element: body.element,
    update: (segment) => segment.kind === "text" && body.update(segment.text, segment.isLive),
  };
}

function planList({ entries }: PlanPart): HTMLElement {
  const steps = entries.map((entry) => {
    const [sign, word] = stepState(entry);
    return h(
      "li",
      { class: "step", "data-status": entry.status },
      icon(sign),
      h("span", { class: "visually-hidden" }, `${word}: `),
      h("span", {}, entry.content),
    );
  });
  const done = entries.filter(({ status }) => status === "completed").length;
  return h("ul", { class: "plan", "aria-label": `Plan, ${done} of ${entries.length} done` }, ...steps);
}

/** The words and the other parts in order; texts with nothing to be seen between them are one. */
export function segmentsOf(message: Message, isLive: boolean): Segment[] {
  const segments: Segment[] = [];
  let index = 0;
  for (const part of message.parts) {
    const last = segments.at(-1);
    if (part.type === "text") {
      if (last?.kind === "text") segments[segments.length - 1] = { ...last, text: last.text + part.text };
      else if (part.text !== "")
        segments.push({ key: `text ${index}`, kind: "text", text: part.text, isLive: false });
    } else if (!NOT_HERE.has(part.type) && lengthOf(part) > 0)
      segments.push({ key: `${part.type} ${index}`, kind: "part", part, index, depth: 0 });
    index += lengthOf(part);
  }
  if (!segments.some(({ kind }) => kind === "text") && message.content !== "")
    segments.push({ key: "text", kind: "text", text: message.content, isLive: false });
  const last = segments.at(-1);
  if (isLive && last?.kind === "text") segments[segments.length - 1] = { ...last, isLive: true };
  return indented(segments);
}

/** Calls of a subagent come under the call that it is of. */
function indented(segments: readonly Segment[]): Segment[] {
  const seen = new Map<string, string>();
  const under = new Map<string, Segment[]>();
  const top: Segment[] = [];
  for (const segment of segments) {
    const call = segment.kind === "part" && segment.part.type === "toolCall" ? segment.part : undefined;
    // only what came before can be above: so there is no circle
    const parent = call?.parentToolCallId === undefined ? undefined : seen.get(call.parentToolCallId);
    if (parent === undefined) top.push(segment);
    else if (under.get(parent)?.push(segment) === undefined) under.set(parent, [segment]);
    if (call !== undefined) seen.set(call.toolCallId, segment.key);
  }
  if (under.size === 0) return top;
  const found: Segment[] = [];
  const waiting = top.map((segment) => ({ segment, depth: 0 })).reverse();
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    const { segment, depth } = each;
    found.push(segment.kind === "part" ? { ...segment, depth } : segment);
    for (const child of (under.get(segment.key) ?? []).toReversed())
      waiting.push({ segment: child, depth: depth + 1 });
  }
  return found;
}
