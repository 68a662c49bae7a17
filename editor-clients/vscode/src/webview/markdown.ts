/** Markdown as markup: no HTML of the message gets through, no image is loaded, links only say where they lead. */
import MarkdownIt, { type Env, type Token } from "markdown-it";
import { linkTarget } from "../core/links";
import { highlighted } from "./highlighting";
import { withMath } from "./markdown_math";
import { withTasks } from "./markdown_tasks";

const md = new MarkdownIt({ html: false, linkify: true, breaks: false, typographer: false });
md.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
withTasks(md);
withMath(md);
const { escapeHtml } = md.utils;
/** Code in these is no piece of a file: there is nothing that it could be shown as a change of. */
const NOT_CODE = new Set(["diff", "patch", "mermaid"]);

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
  const language = languageOf(info);
  const isCut = isOpenFence(token);
  if (language === "math" && !isCut)
    return `<div class="math" data-math="display">${escapeHtml(content.trim())}</div>`;
  return codeFrame(info, highlighted(content, language) ?? escapeHtml(content), isCut);
}

/** Fences that nothing closes, since what they stand in ended first: their code may be cut off. */
function markOpenFences(tokens: readonly Token[], source: string): void {
  const last = tokens.findLast(({ type }) => type === "fence");
  if (last === undefined || last.map === null) return;
  const lines = source.split("\n").slice(last.map[0] + 1, last.map[1]);
  const closing =
    lines
      .at(-1)
      ?.replace(/^[\s>]*/u, "")
      .trimEnd() ?? "";
  const isClosed = closing.startsWith(last.markup) && /^(?:`+|~+)$/u.test(closing);
  if (!isClosed) last.meta = { isOpen: true };
}

function isOpenFence(token: Token | undefined): boolean {
  return (token?.meta as { isOpen?: boolean } | null | undefined)?.isOpen === true;
}

/** The first word of a fence's info: `ts` of `ts src/a.ts` and of `ts:src/a.ts`. */
export function languageOf(info: string): string {
  return /^[\w+#.-]*/u.exec(info.trim())?.[0].toLowerCase() ?? "";
}

/** isCut: not all of it is there, so it must not take the place of what is whole. */
function codeFrame(info: string, markup: string, isCut: boolean): string {
  const name = info.trim() === "" ? "code" : info.trim();
  const language = languageOf(info);
  const button = (action: string, glyph: string, label: string): string =>
    `<button type="button" class="icon" data-code="${action}" title="${label}" aria-label="${label}"><i class="codicon codicon-${glyph}" aria-hidden="true"></i></button>`;
  const isDiagram = language === "mermaid" && !isCut;
  const isDiff = language === "diff" || language === "patch";
  return (
    `<div class="code" data-info="${escapeHtml(info)}"${isDiagram ? " data-diagram" : ""}><div class="code-bar"><span class="code-name">${escapeHtml(name)}</span>` +
    button("copy", "copy", "Copy the code") +
    button("insert", "insert", "Insert the code at the cursor") +
    (isCut || NOT_CODE.has(language)
      ? ""
      : button("apply", "diff", "Show the code as a change of the file")) +
    `</div><pre tabindex="0"><code class="hljs${isDiff ? " diff" : ""}">${markup}</code></pre></div>`
  );
}

/** The whole text at once. */
export function rendered(text: string): string {
  const env = {};
  const tokens = md.parse(text, env);
  markOpenFences(tokens, text);
  return md.renderer.render(tokens, md.options, env);
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
  markOpenFences(tokens, source);
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
  return codeFrame(info, "", true);
}

function lineOffset(source: string, line: number): number {
  let offset = 0;
  for (let index = 0; index < line; index++) offset = source.indexOf("\n", offset) + 1;
  return offset;
}
