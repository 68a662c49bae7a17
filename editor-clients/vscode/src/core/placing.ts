/** Where a block can go in a file without taking anything away that it does not have itself. */
import { eolOf, withBlock, withEol } from "./code_blocks";
import { lost, type Lost } from "./coverage";
import { languageNamed, type Language } from "./languages";
import { outline } from "./outline";
import { placedBySymbol, type Placed } from "./symbol_placing";

export interface OpenFile {
  readonly text: string;
  /** Its language by the editor's name for it. */
  readonly language: string;
  /** UTF-16 offsets of the selection, where the file is the one that was worked in last. */
  readonly selection?: { readonly start: number; readonly end: number };
}

export type PlaceName = "selection" | "symbol" | "cursor" | "end" | "file";

export interface Place {
  readonly name: PlaceName;
  /** What happens, as a line of a list. */
  readonly label: string;
  readonly detail?: string;
  /** The file with the block in it. */
  readonly text: string;
}

export interface Places {
  /** The one place that is meant beyond doubt. */
  readonly sure?: Place;
  /** Else those that are asked about, the likeliest first. */
  readonly places: readonly Place[];
}

const SHOWN = 3;

export function placesFor(file: OpenFile, code: string): Places {
  const { text } = file;
  const whole = (detail?: string): Place => ({
    name: "file",
    label: "Replace the whole file",
    ...(detail === undefined ? {} : { detail }),
    text: withBlock({ text, start: 0, end: 0 }, code, "file"),
  });
  if (text.trim() === "") return sure(whole());
  const language = languageNamed(file.language);
  const [own, block] = [outline(text, language), outline(code, language)];
  const missing = lost(own, block);
  const symbol = symbolPlace(text, code, language);
  const selection = selectionPlace(file, code, language);
  const isWhole = !missing.isElided && missing.definitions.length === 0 && missing.lines.length === 0;
  const mayBeWhole =
    !isWhole &&
    isNearlyWhole(
      missing,
      own.chunks.some(({ kind }) => kind === "definition"),
    );
  const places = [
    ...(selection === undefined ? [] : [selection.place]),
    ...(symbol?.name === "symbol" ? [symbol] : []),
    ...(isWhole ? [whole()] : mayBeWhole ? [whole(takesOut(missing.lines))] : []),
    ...(file.selection === undefined ? [] : [cursorPlace(text, file.selection.start, code)]),
    ...(symbol?.name === "end" ? [symbol] : []),
    ...(symbol === undefined && !block.chunks.some(({ isElided }) => isElided) ? [appended(text, code)] : []),
  ];
  if (selection !== undefined) {
    const isAll = file.selection?.start === 0 && file.selection.end === text.length;
    if (selection.takes === undefined && (!isWhole || isAll)) return sure(selection.place);
    // what was selected has more than the block: the likelier place stands first
    const rest = places.filter(({ name }) => name !== "selection");
    return { places: selection.takes === undefined ? places : [...rest, selection.place] };
  }
  if (isWhole) return sure(whole());
  if (symbol?.name === "symbol" && !mayBeWhole && !symbol.isDoubtful) return sure(symbol);
  return { places };
}

function sure(place: Place): Places {
  return { sure: place, places: [place] };
}

/** All that the file defines is in the block, or most of its lines: a person can tell whether it is all of it. */
function isNearlyWhole({ definitions, lines, isElided, kept }: Lost, hasDefinitions: boolean): boolean {
  if (isElided || definitions.length > 0) return false;
  return hasDefinitions ? kept >= lines.length : kept > lines.length;
}

/** isDoubtful: it has statements too, which may be new or stand for others. */
function symbolPlace(
  text: string,
  code: string,
  language: Language,
): (Place & { readonly isDoubtful: boolean }) | undefined {
  const placed = placedBySymbol(outline(text, language), outline(code, language));
  if (placed === undefined || placed.changed.length + placed.added.length === 0) return undefined;
  if (placed.changed.length === 0 && placed.added.every((name) => name === "")) return undefined;
  const lines = placed.lines.join("\n") + (text.endsWith("\n") ? "\n" : "");
  const isNew = placed.changed.length === 0 && !placed.isInside;
  return {
    name: isNew ? "end" : "symbol",
    label: isNew ? "Add it at the end of the file" : told(placed),
    text: withEol(lines, eolOf(text)),
    isDoubtful: placed.added.includes(""),
  };
}

function told({ changed, added }: Placed): string {
  const named = added.filter((name) => name !== "");
  if (changed.length === 0) return `Add ${shown(named)}`;
  return [`Change ${shown(changed)}`, ...(named.length === 0 ? [] : [`add ${shown(named)}`])].join(", ");
}

function selectionPlace(
  { text, selection }: OpenFile,
  code: string,
  language: Language,
): { place: Place; takes?: string } | undefined {
  if (selection === undefined || selection.start === selection.end) return undefined;
  const selected = outline(text.slice(selection.start, selection.end), language);
  const { definitions, isElided } = lost(selected, outline(code, language));
  const takes = isElided ? takesOut(["lines that the block leaves out"]) : takesOut(definitions);
  const place = {
    name: "selection",
    label: "Replace the selection",
    text: withBlock({ text, ...selection }, code, "selection"),
  } as const;
  return takes === undefined ? { place } : { place: { ...place, detail: takes }, takes };
}

function cursorPlace(text: string, at: number, code: string): Place {
  const line = text.slice(0, at).split("\n").length;
  return {
    name: "cursor",
    label: "Insert at the cursor",
    detail: `Line ${line}`,
    text: withBlock({ text, start: at, end: at }, code, "cursor"),
  };
}

function appended(text: string, code: string): Place {
  const eol = eolOf(text);
  const gap = text.endsWith("\n") ? eol : eol + eol;
  return {
    name: "end",
    label: "Add it at the end of the file",
    text: text + gap + withBlock({ text, start: 0, end: 0 }, withEol(code, eol), "file"),
  };
}

function takesOut(what: readonly string[]): string | undefined {
  return what.length === 0 ? undefined : `Takes out ${shown(what)}`;
}

function shown(all: readonly string[]): string {
  const names = [...new Set(all)];
  const more = names.length - SHOWN;
  return names.slice(0, SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
