/** What came of a tool call, item by item. */
import type { DiffSide } from "../core/bridge";
import { lineDiff, type DiffLine } from "../core/line_diff";
import { byteSize, nameOf, placeOf } from "../core/part_words";
import type { Blob as Content, OutputItem } from "../protocol";
import { isPicture, type Contents } from "./contents";
import { h, icon, textButton } from "./dom";
import { TerminalText } from "./terminal_text";

export interface ItemActions {
  readonly contents: Contents;
  openFile(uri: string, line: number | undefined): void;
  openDiff(uri: string, before: DiffSide, after: DiffSide): void;
}

export interface ItemView {
  readonly element: HTMLElement;
  /** Whether this view can show what the item has become. */
  update(item: OutputItem): boolean;
}

const MAX_DIFF_LINES = 400;

export function itemView(item: OutputItem, actions: ItemActions): ItemView {
  if (item.type === "terminal" || item.type === "text") return textView(item, actions);
  return { element: element(item, actions), update: (next) => next === item };
}

function textView(item: OutputItem, actions: ItemActions): ItemView {
  const view = new TerminalText(item, actions.contents, item.type === "text" ? "Output" : "Terminal");
  const about = h("p", { class: "terminal-about" });
  const frame = h("div", { class: "item" }, about, view.element);
  const draw = ({ command, cwd, exitCode, signal, isTruncated, text, blob }: OutputItem): void => {
    const words = [
      command === undefined ? "" : `$ ${command}`,
      cwd === undefined ? "" : `in ${cwd}`,
      signal === undefined ? "" : `ended by ${signal}`,
      exitCode === undefined ? "" : `exit code ${exitCode}`,
      isTruncated === true ? "more came than was kept" : "",
    ].filter((each) => each !== "");
    about.textContent = words.join(" · ");
    about.hidden = words.length === 0;
    view.element.hidden = (text ?? "") === "" && blob === undefined;
  };
  draw(item);
  return {
    element: frame,
    update: (next) => {
      if (next.type !== item.type) return false;
      draw(next);
      view.update(next);
      return true;
    },
  };
}

function element(item: OutputItem, actions: ItemActions): HTMLElement {
  switch (item.type) {
    case "diff":
      return diff(item, actions);
    case "image":
      return media("file-media", "Image", item, actions);
    case "audio":
      return media("unmute", "Sound", item, actions);
    case "resource":
    case "resourceLink":
      return resource(item, actions);
    default:
      return h("p", { class: "item unknown" }, `Output of a kind that is not known here: ${item.type}`);
  }
}

/** An address as a link, as a button that opens the file, or as mere text. */
export function address(uri: string, name: string, actions: ItemActions, line?: number): HTMLElement {
  const place = placeOf(uri);
  if (place === "web") return h("a", { href: uri, "data-href": uri, title: uri }, name);
  const shown = line === undefined ? name : `${name}:${line + 1}`;
  if (place !== "file") return h("span", { class: "address", title: uri }, shown);
  const open = h("button", { type: "button", class: "link", title: uri }, icon("go-to-file"), shown);
  open.addEventListener("click", () => actions.openFile(uri, line));
  return open;
}

function resource(item: OutputItem, actions: ItemActions): HTMLElement {
  const uri = item.uri ?? "";
  const name = item.name ?? (placeOf(uri) === "file" ? nameOf(uri) : uri);
  const more = [item.mimeType ?? "", item.blob === undefined ? "" : byteSize(item.blob.size)];
  const frame = h(
    "div",
    { class: "item" },
    h(
      "p",
      { class: "media" },
      icon("link"),
      address(uri, name === "" ? "Resource" : name, actions),
      h("span", { class: "dim" }, more.filter((each) => each !== "").join(" · ")),
    ),
  );
  const isText = item.text !== undefined || (item.blob !== undefined && item.blob.head !== "");
  if (isText) frame.append(new TerminalText(item, actions.contents, "Resource").element);
  return frame;
}

function media(glyph: string, what: string, item: OutputItem, actions: ItemActions): HTMLElement {
  const { blob, name = what, mimeType = "" } = item;
  const size = blob?.size ?? 0;
  const line = mediaLine(glyph, name, mimeType, size);
  const frame = h("div", { class: "item" }, line);
  if (item.type === "image" && blob !== undefined && isPicture(mimeType, size))
    void addPicture(frame, { name, mimeType, size, sha256: blob.sha256 }, actions.contents);
  return frame;
}

export function mediaLine(glyph: string, name: string, mimeType: string, size: number): HTMLElement {
  const more = [mimeType, byteSize(size)].filter((each) => each !== "").join(" · ");
  return h(
    "p",
    { class: "media" },
    icon(glyph),
    h("span", { class: "address" }, name),
    h("span", { class: "dim" }, more),
  );
}

/** Puts a picture below its line, once its bytes are there. */
export async function addPicture(
  frame: HTMLElement,
  picture: { name: string; mimeType: string; size: number; sha256: string },
  contents: Contents,
): Promise<void> {
  const { name, mimeType, size, sha256 } = picture;
  const url = sha256 === "" ? undefined : await contents.picture(sha256, size, mimeType);
  if (url === undefined) return void frame.append(h("p", { class: "dim" }, "It could not be read."));
  const image = h("img", { class: "picture", src: url, alt: name, title: `${name}, ${byteSize(size)}` });
  image.addEventListener("error", () => image.replaceWith(h("p", { class: "dim" }, "It cannot be shown.")));
  frame.append(image);
}

function diff(item: OutputItem, actions: ItemActions): HTMLElement {
  const { uri = "", oldText, oldBlob, newText, newBlob } = item;
  const isNew = oldText === undefined && oldBlob === undefined;
  const side = (text: string | undefined, blob: Content | undefined): DiffSide =>
    text === undefined ? (blob === undefined ? {} : { sha256: blob.sha256 }) : { text };
  const open = textButton("Open diff", () =>
    actions.openDiff(uri, side(oldText, oldBlob), side(newText, newBlob)),
  );
  const bar = h(
    "div",
    { class: "code-bar" },
    h(
      "span",
      { class: "code-name", title: uri },
      address(uri, nameOf(uri), actions),
      isNew ? " (new file)" : "",
    ),
    open,
  );
  const frame = h("div", { class: "code item" }, bar);
  const isLong = oldBlob !== undefined || newBlob !== undefined;
  if (isLong) {
    const sizes = [oldBlob?.size ?? oldText?.length ?? 0, newBlob?.size ?? newText?.length ?? 0];
    frame.append(h("p", { class: "dim" }, `Too long to show here: ${sizes.map(byteSize).join(" → ")}.`));
    return frame;
  }
  const lines = lineDiff(oldText ?? "", newText ?? "");
  const code = h("code", { class: "hljs diff" }, ...lines.slice(0, MAX_DIFF_LINES).map(diffLine));
  const count = (kind: string): number => lines.filter((line) => line.kind === kind).length;
  const label = `${count("added")} lines added, ${count("removed")} removed`;
  frame.append(h("pre", { tabindex: "0", "aria-label": label }, code));
  if (lines.length > MAX_DIFF_LINES) {
    const more = textButton("Show all", () => {
      code.append(...lines.slice(MAX_DIFF_LINES).map(diffLine));
      more.remove();
    });
    frame.append(more);
  }
  return frame;
}

const SIGNS = { same: " ", added: "+", removed: "-", gap: "⋯" } as const;

function diffLine({ kind, text }: DiffLine): HTMLElement {
  const line = `${SIGNS[kind]}${text}\n`;
  if (kind === "added") return h("span", { class: "hljs-addition diff-line" }, line);
  if (kind === "removed") return h("span", { class: "hljs-deletion diff-line" }, line);
  return h("span", { class: "diff-line" }, line);
}
