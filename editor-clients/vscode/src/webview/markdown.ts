/** Markdown as markup: no HTML of the message gets through, no image is loaded, links only say where they lead. */
import MarkdownIt, { type Env, type Token } from "markdown-it";
import { linkTarget } from "../core/links";
import { highlighted } from "./highlighting";

const md = new MarkdownIt({ html: false, linkify: true, breaks: false, typographer: false });
md.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
const { escapeHtml } = md.utils;

md.renderer.rules["link_open"] = (tokens, index) => {
  const href = String(tokens[index]?.attrGet("href") ?? "");
  const target = linkTarget(href);
  const shown = target.kind === "external" ? target.url : "#";
  return `<a href="${escapeHtml(shown)}" data-href="${escapeHtml(href)}" title="${escapeHtml(href)}">`;
};
md.renderer.rules["image"] = (tokens, index) => {
  const token = tokens[index];
  const source = String(token?.attrGet("src") ?? "");
  const name = token?.content || source;
  return `<a href="#" data-href="${escapeHtml(source)}" title="${escapeHtml(source)}">[image: ${escapeHtml(name)}]</a>`;
};
md.renderer.rules["fence"] = (tokens, index) => fence(tokens[index]);
md.renderer.rules["code_block"] = (tokens, index) => fence(tokens[index]);
md.renderer.rules["table_open"] = () =>
  '<div class="table" tabindex="0" role="group" aria-label="Table"><table>';
md.renderer.rules["table_close"] = () => "</table></div>";

function fence(token: Token | undefined): string {
  const { info = "", content = "" } = token ?? {};
  return codeFrame(info, highlighted(content, languageOf(info)) ?? escapeHtml(content));
}

/** The first word of a fence's info: `ts` of `ts src/a.ts` and of `ts:src/a.ts`. */
export function languageOf(info: string): string {
  return /^[\w+#.-]*/u.exec(info.trim())?.[0].toLowerCase() ?? "";
}

function codeFrame(info: string, markup: string): string {
  const name = info.trim() === "" ? "code" : info.trim();
  const button = (action: string, glyph: string, label: string): string =>
    `<button type="button" class="icon" data-code="${action}" title="${label}" aria-label="${label}"><i class="codicon codicon-${glyph}" aria-hidden="true"></i></button>`;
  return (
    `<div class="code" data-info="${escapeHtml(info)}"><div class="code-bar"><span class="code-name">${escapeHtml(name)}</span>` +
    button("copy", "copy", "Copy the code") +
    button("insert", "insert", "Insert the code at the cursor") +
    button("apply", "diff", "Show the code as a change of the file") +
    `</div><pre tabindex="0"><code class="hljs">${markup}</code></pre></div>`
  );
}

/** The whole text at once. */
export function rendered(text: string): string {
  return md.render(text);
}

export interface Blocks {
  /** Markup of the blocks that can change no more. */
  readonly done: string;
  /** How much of the source they are, in UTF-16 code units. */
  readonly length: number;
  /** The last block, which may still grow. */
  readonly last:
    | { readonly kind: "fence"; readonly info: string; readonly code: string }
    | { readonly kind: "markup"; readonly markup: string };
}

/** Cuts growing text into blocks that are finished and the last one. env: kept between calls, it holds link definitions. */
export function blocks(source: string, env: Env): Blocks {
  const tokens = md.parse(source, env);
  const starts = tokens.flatMap((token, index) => (token.level === 0 && token.nesting >= 0 ? [index] : []));
  const at = starts.at(-1) ?? 0;
  const line = starts.length > 1 ? (tokens[at]?.map?.[0] ?? 0) : 0;
  const length = lineOffset(source, line);
  // a block without a place in the source cannot be cut off: then all of it counts as the last one
  const cut = length > 0 ? at : 0;
  const done = md.renderer.render(tokens.slice(0, cut), md.options, env);
  const rest = tokens.slice(cut);
  const [only] = rest;
  if (rest.length === 1 && only?.type === "fence")
    return { done, length, last: { kind: "fence", info: only.info, code: only.content } };
  return { done, length, last: { kind: "markup", markup: md.renderer.render(rest, md.options, env) } };
}

/** The frame of a code block that still grows: its text is set without colours. */
export function openFence(info: string): string {
  return codeFrame(info, "");
}

function lineOffset(source: string, line: number): number {
  let offset = 0;
  for (let index = 0; index < line; index++) offset = source.indexOf("\n", offset) + 1;
  return offset;
}
