/** Math in answers: `$x$`, `$$x$$`, `\(x\)`, `\[x\]`. It stands as its source until it is drawn. */
import type { MarkdownIt } from "markdown-it";
import type { StateBlock, StateInline } from "markdown-it";

const BLOCKS = [
  ["$$", "$$"],
  ["\\[", "\\]"],
] as const;
const INLINES = [
  ["$$", "$$"],
  ["$", "$"],
  ["\\(", "\\)"],
  ["\\[", "\\]"],
] as const;

export function withMath(md: MarkdownIt): void {
  md.inline.ruler.before("escape", "math", inline);
  md.block.ruler.before("fence", "math", block, { alt: ["paragraph", "reference", "blockquote", "list"] });
  const { escapeHtml } = md.utils;
  md.renderer.rules["math"] = (tokens, index) => {
    const { content = "", markup = "" } = tokens[index] ?? {};
    const mode = markup === "$$" || markup === "\\[" ? "display" : "inline";
    const tag = tokens[index]?.block === true ? "div" : "span";
    return `<${tag} class="math" data-math="${mode}">${escapeHtml(content)}</${tag}>`;
  };
}

function inline(state: StateInline, isSilent: boolean): boolean {
  const { src, pos } = state;
  const found = INLINES.find(([open]) => src.startsWith(open, pos));
  if (found === undefined) return false;
  const [open, close] = found;
  const from = pos + open.length;
  const to = endOf(src, from, close, state.posMax);
  if (to < 0) return false;
  const text = src.slice(from, to);
  if (text.trim() === "" || (open === "$" && !isMath(src, pos, to, text))) return false;
  if (open === "\\[" && src[to + close.length] === "(") return false; // brackets that were to be no link
  if (!isSilent) {
    const token = state.push("math", "span", 0);
    token.markup = open;
    token.content = text;
  }
  state.pos = to + close.length;
  return true;
}

/** Prices and names of variables are no math: `$5 and $6`, `$HOME:$PATH`. */
function isMath(src: string, pos: number, to: number, text: string): boolean {
  if (/[\w$\\]/u.test(src[pos - 1] ?? "") || /[\w$]/u.test(src[to + 1] ?? "")) return false;
  return !/^\s|\s$/u.test(text) && !/\n\s*\n/u.test(text);
}

function endOf(src: string, from: number, close: string, max: number): number {
  for (
    let at = src.indexOf(close, from);
    at >= 0 && at + close.length <= max;
    at = src.indexOf(close, at + 1)
  ) {
    let slashes = 0;
    while (src[at - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}

function block(state: StateBlock, startLine: number, endLine: number, isSilent: boolean): boolean {
  const lineAt = (line: number): string =>
    state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]);
  if ((state.sCount[startLine] ?? 0) - state.blkIndent >= 4) return false;
  const first = lineAt(startLine);
  const found = BLOCKS.find(([open]) => first.startsWith(open));
  if (found === undefined) return false;
  const [open, close] = found;
  for (let line = startLine; line < endLine; line++) {
    // in a list or a quote, math ends with what it stands in
    if (line > startLine && (state.sCount[line] ?? 0) < state.blkIndent) return false;
    const text = line === startLine ? first.slice(open.length) : lineAt(line);
    const at = text.trimEnd().lastIndexOf(close);
    if (at < 0) continue;
    if (at + close.length !== text.trimEnd().length) return false;
    if (isSilent) return true;
    const between = Array.from({ length: line - startLine + 1 }, (_, index) => lineAt(startLine + index));
    const content = between.join("\n").trimEnd().slice(open.length, -close.length).trim();
    if (content === "") return false;
    state.line = line + 1;
    const token = state.push("math", "div", 0);
    token.block = true;
    token.markup = open;
    token.content = content;
    token.map = [startLine, state.line];
    return true;
  }
  return false;
}
