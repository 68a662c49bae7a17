/** Colours of a terminal's output: only those, bold and underlined text are understood; all other sequences are left out. */

/** One of the theme's sixteen, by number, or red, green and blue from 0 to 255. */
export type AnsiColour = number | readonly [number, number, number];

export interface AnsiRun {
  readonly text: string;
  readonly foreground?: AnsiColour;
  readonly background?: AnsiColour;
  readonly isBold: boolean;
  readonly isUnderlined: boolean;
}

type Look = Omit<AnsiRun, "text">;

const PLAIN: Look = { isBold: false, isUnderlined: false };
/* eslint-disable no-control-regex -- control characters are what this is about */
/** Strings for the terminal (titles, links, pictures), then sequences with parameters, other escapes, lone controls. */
const SEQUENCE =
  /(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]{0,4096}(?:\x07|\x1b\\|\x9c)|(?:\x1b\[|\x9b)([0-?]*)[ -/]*([@-~])?|\x1b[ -/]*[0-~]?|\r+|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/gu;
/* eslint-enable no-control-regex */
const CUBE = [0, 95, 135, 175, 215, 255] as const;

/** The text in runs that look the same. Concatenated they are the text without its sequences. */
export function ansiRuns(source: string): AnsiRun[] {
  const runs: AnsiRun[] = [];
  let look = PLAIN;
  let at = 0;
  const add = (text: string): void => {
    const last = runs.at(-1);
    if (text === "") return;
    if (last !== undefined && isSameLook(last, look))
      runs[runs.length - 1] = { ...last, text: last.text + text };
    else runs.push({ ...look, text });
  };
  for (const match of source.matchAll(SEQUENCE)) {
    add(source.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[2] === "m") look = changed(look, match[1] ?? "");
    // a progress bar writes over its line again and again: each is a line here
    else if (match[0].startsWith("\r") && source[at] !== "\n") add("\n");
  }
  add(source.slice(at));
  return runs;
}

function isSameLook(one: Look, other: Look): boolean {
  return (
    one.isBold === other.isBold &&
    one.isUnderlined === other.isUnderlined &&
    String(one.foreground) === String(other.foreground) &&
    String(one.background) === String(other.background)
  );
}

function changed(before: Look, parameters: string): Look {
  // sub-parameters, as in 38:2::1:2:3, stand for the same as those with semicolons
  const codes = parameters.split(";").flatMap((each) => {
    const [first = "", ...rest] = each.split(":");
    const isWithSpace = (first === "38" || first === "48") && rest[0] === "2" && rest.length > 4;
    return [first, ...(isWithSpace ? [rest[0], ...rest.slice(2)] : rest)].map(Number);
  });
  let look = before;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 38 || code === 48) {
      const [colour, length] = extended(codes, at + 1);
      at += length;
      if (colour !== undefined) look = { ...look, [code === 38 ? "foreground" : "background"]: colour };
    } else look = simple(look, code);
  }
  return look;
}

function simple(look: Look, code: number): Look {
  const { foreground, background, ...others } = look;
  if (code === 0) return PLAIN;
  if (code === 1) return { ...look, isBold: true };
  if (code === 22) return { ...look, isBold: false };
  if (code === 4) return { ...look, isUnderlined: true };
  if (code === 24) return { ...look, isUnderlined: false };
  if (code === 39) return { ...others, ...(background === undefined ? {} : { background }) };
  if (code === 49) return { ...others, ...(foreground === undefined ? {} : { foreground }) };
  if (code >= 30 && code <= 37) return { ...look, foreground: code - 30 };
  if (code >= 40 && code <= 47) return { ...look, background: code - 40 };
  if (code >= 90 && code <= 97) return { ...look, foreground: code - 82 };
  if (code >= 100 && code <= 107) return { ...look, background: code - 92 };
  return look;
}

/** A colour of the 256, or of all; and how many parameters it took. */
function extended(codes: readonly number[], at: number): [AnsiColour | undefined, number] {
  const isByte = (value: number | undefined): value is number =>
    value !== undefined && Number.isInteger(value) && value >= 0 && value <= 255;
  if (codes[at] === 5) {
    const value = codes[at + 1];
    return [isByte(value) ? ofPalette(value) : undefined, 2];
  }
  if (codes[at] !== 2) return [undefined, 0];
  const [red, green, blue] = codes.slice(at + 1, at + 4);
  return [isByte(red) && isByte(green) && isByte(blue) ? [red, green, blue] : undefined, 4];
}

function ofPalette(value: number): AnsiColour {
  if (value < 16) return value;
  if (value >= 232) {
    const grey = 8 + (value - 232) * 10;
    return [grey, grey, grey];
  }
  const place = value - 16;
  const level = (step: number): number => CUBE[Math.floor(place / step) % 6] ?? 0;
  return [level(36), level(6), level(1)];
}
