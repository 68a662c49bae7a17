/** Goes through a text once and tells of each line how many brackets are open, and whether it begins in a string or comment. */
import type { Language } from "./languages";

export interface LineState {
  /** Brackets that are open where the line begins; always 0 where they do not add up. */
  readonly depth: number;
  /** Whether it begins within a string or a comment. */
  readonly isInside: boolean;
}

const OPEN = "([{";
const CLOSE = ")]}";

export function scanned(lines: readonly string[], language: Language): readonly LineState[] {
  const states: LineState[] = [];
  let depth = 0;
  /** What ends the string or comment that is open. */
  let until: string | undefined;
  for (const line of lines) {
    states.push({ depth, isInside: until !== undefined });
    for (let at = 0; at < line.length; at++) {
      if (until !== undefined) {
        if (until !== "*/" && line[at] === "\\") at++;
        else if (line.startsWith(until, at)) {
          at += until.length - 1;
          until = undefined;
        }
        continue;
      }
      if (language.lineComments.some((mark) => line.startsWith(mark, at) && isMark(line, at, mark))) break;
      if (language.hasBlockComments && line.startsWith("/*", at)) {
        until = "*/";
        at++;
        continue;
      }
      const quote = language.longQuotes.find((each) => line.startsWith(each, at));
      if (quote !== undefined) {
        until = quote;
        at += quote.length - 1;
      } else if (line[at] === '"' || line[at] === "'") at = behindString(line, at);
      else if (OPEN.includes(line[at] ?? " ")) depth++;
      else if (CLOSE.includes(line[at] ?? " ")) depth--;
    }
  }
  // brackets that do not add up were misread, in a pattern for example: then indentation alone tells
  if (depth === 0 && until === undefined && states.every((state) => state.depth >= 0)) return states;
  return lines.map(() => ({ depth: 0, isInside: false }));
}

/** `#` begins a comment only behind a space: `$#` and `a#b` have none. */
function isMark(line: string, at: number, mark: string): boolean {
  return mark !== "#" || at === 0 || /\s/u.test(line[at - 1] ?? "");
}

/** The last character of a string of one line; of a quote that nothing closes, as in `'a` of Rust, itself. */
function behindString(line: string, at: number): number {
  const quote = line[at] ?? "";
  for (let end = at + 1; end < line.length; end++) {
    if (line[end] === "\\") end++;
    else if (line[end] === quote) return end;
  }
  return at;
}
