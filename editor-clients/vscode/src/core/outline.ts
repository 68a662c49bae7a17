/** The parts of a file, found by its indentation and brackets: what defines something, imports, and the rest. */
import type { Language } from "./languages";
import { scanned, type LineState } from "./scanning";
import { isElision, nameOf } from "./definitions";

export type ChunkKind = "definition" | "import" | "comment" | "elision" | "other";

/** Lines that belong together. */
export interface Chunk {
  readonly kind: ChunkKind;
  /** What it defines, empty where it defines nothing that has a name. */
  readonly name: string;
  /** The line where it begins, with the comments and decorators that stand right above it. */
  readonly start: number;
  /** The line that names it. */
  readonly head: number;
  /** The line behind its last one. */
  readonly end: number;
  /** What stands in it, where it is a class, an object or the like. */
  readonly members: readonly Chunk[];
  /** The lines between its head and its end, where it has members. */
  readonly body: { readonly start: number; readonly end: number };
  /** Whether some line of it stands for others that are left out. */
  readonly isElided: boolean;
}

export interface Outline {
  readonly lines: readonly string[];
  readonly chunks: readonly Chunk[];
}

/** A line that goes on with what stands above it although it is not indented. */
const GOES_ON =
  /^(?:[}\])]|\{|(?:end|else|elif|elsif|except|finally|catch|rescue|ensure|then|do|fi|done|esac|where)\b(?!\s*=))/u;
const DECORATOR = /^(?:@[\w.]|#!?\[|\[[A-Z]\w*|template\s*<)/u;
const CONTAINER =
  /^(?:(?:export|default|declare|public|private|protected|internal|static|final|abstract|sealed|partial|data|open|pub(?:\([^)]*\))?|unsafe)\s+)*(?:class|struct|interface|trait|enum|union|record|impl|mod|module|defmodule|namespace|object|protocol|extension|describe|context|suite)\b/u;
const LITERAL = /(?:[=:]|^(?:export\s+default|return))\s*\{\s*$|^\{\s*$/u;
const SECTION = /^\[.*\]$/u;
const IMPORT =
  /^(?:import\b|from\s+\S+\s+import\b|use\s|using\s+[\w.:= ]+;|#\s*include\b|require\b|require_relative\b|(?:const|let|var|local)\s+[^=]*=\s*require\b|package\s|open\s+[A-Z])/u;

export function outline(text: string, language: Language): Outline {
  const lines = text.split(/\r?\n/u);
  if (lines.at(-1) === "") lines.pop();
  const states = scanned(lines, language);
  return { lines, chunks: chunksIn(lines, states, 0, lines.length, language) };
}

export function indentOf(line: string): string {
  return /^[ \t]*/u.exec(line)?.[0] ?? "";
}

function chunksIn(
  lines: readonly string[],
  states: readonly LineState[],
  from: number,
  to: number,
  language: Language,
): Chunk[] {
  const starts = startsIn(lines, states, from, to, language);
  const chunks: Chunk[] = [];
  let lead: number | undefined;
  for (const [index, head] of starts.entries()) {
    const next = starts[index + 1] ?? to;
    const end = withoutBlanks(lines, head, next);
    const text = (lines[head] ?? "").trim();
    const isLead = isComment(text, language) || DECORATOR.test(text);
    if (isLead && !isElision(text) && end === next && index + 1 < starts.length) {
      lead ??= head;
      continue;
    }
    chunks.push(chunk(lines, states, { start: lead ?? head, head, end }, language));
    lead = undefined;
  }
  return chunks;
}

function chunk(
  lines: readonly string[],
  states: readonly LineState[],
  { start, head, end }: { start: number; head: number; end: number },
  language: Language,
): Chunk {
  const text = (lines[head] ?? "").trim();
  const whole = lines.slice(head, end).join("\n");
  const isElided = lines.slice(start, end).some((line) => isElision(line.trim()));
  const base = { start, head, end, isElided, members: [], body: { start: end, end } };
  if (language.isProse) return { ...base, kind: "other", name: "" };
  if (isElision(text)) return { ...base, kind: "elision", name: "" };
  if (isComment(text, language)) return { ...base, kind: "comment", name: "" };
  if (IMPORT.test(text)) return { ...base, kind: "import", name: "" };
  const name = nameOf(text, whole, language);
  if (!holdsMembers(text, whole, end - head, language))
    return { ...base, kind: name === "" ? "other" : "definition", name };
  const body = bodyOf(lines, head, end, language);
  const members = chunksIn(lines, states, body.start, body.end, language);
  return { ...base, kind: "definition", name: name || text, members, body };
}

function holdsMembers(text: string, whole: string, count: number, language: Language): boolean {
  if (count < 2) return false;
  if (language.isSheet) return whole.includes("{");
  if (language.isData) return /[:[{=]\s*$/u.test(text) || SECTION.test(text);
  return CONTAINER.test(text) || (LITERAL.test(text) && !/^(?:\w+\s+)*(?:def|fun|func|fn)\s/u.test(text));
}

/** Between the line that opens it and the line that closes it, which has no more than brackets or an `end`. */
function bodyOf(
  lines: readonly string[],
  head: number,
  end: number,
  language: Language,
): { start: number; end: number } {
  let start = head + 1;
  const opens = (line: string): boolean => /[{(:[]\s*$/u.test(line);
  // a head of several lines, or one whose bracket stands on a line of its own
  const isIndented = (line: string): boolean => indentOf(line).length > indentOf(lines[head] ?? "").length;
  if (!language.isData && !opens(lines[head] ?? ""))
    for (let at = head + 1; at < Math.min(end, head + 8); at++) {
      const line = lines[at] ?? "";
      if (/^\s*\{\s*$/u.test(line) || (!isIndented(line) && opens(line))) {
        start = at + 1;
        break;
      }
    }
  const last = (lines[end - 1] ?? "").trim();
  const isClosed = end - 1 >= start && /^(?:[}\])][}\]);,\s]*|end;?)$/u.test(last);
  return { start, end: isClosed ? end - 1 : end };
}

/** The lines where parts begin: as little indented as the first one, and in no bracket or string that began above. */
function startsIn(
  lines: readonly string[],
  states: readonly LineState[],
  from: number,
  to: number,
  language: Language,
): number[] {
  const filled = range(from, to).filter((at) => (lines[at] ?? "").trim() !== "" && !states[at]?.isInside);
  const first = filled[0];
  if (first === undefined) return [];
  const base = Math.min(...filled.map((at) => indentOf(lines[at] ?? "").length));
  const depth = states[first]?.depth;
  const isList = (lines[first] ?? "").trim().startsWith("- ");
  let isInSection = false;
  return filled.filter((at, index) => {
    const line = (lines[at] ?? "").trim();
    const isSection = language.isData && SECTION.test(line);
    isInSection ||= isSection;
    if (index === 0) return true;
    if (indentOf(lines[at] ?? "").length > base || states[at]?.depth !== depth) return false;
    // what stands below `[section]` is part of it
    if (isInSection) return isSection;
    if (language.isData) return isList || !/^(?:[}\])]|- )/u.test(line);
    return !GOES_ON.test(line);
  });
}

/** The end of a part without the blank lines behind it. */
function withoutBlanks(lines: readonly string[], from: number, to: number): number {
  let end = to;
  while (end > from + 1 && (lines[end - 1] ?? "").trim() === "") end--;
  return end;
}

export function isComment(text: string, language: Language): boolean {
  if (/^#\s*(?:include|define|if|ifdef|ifndef|endif|pragma|!?\[)/u.test(text)) return false;
  return (
    language.lineComments.some((mark) => text.startsWith(mark)) ||
    (language.hasBlockComments && /^(?:\/\*|\*\/|\*\s|\*$)/u.test(text))
  );
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}
