/** Puts what a block defines where the file defines the same, and what is new beside it; nothing of the file goes. */
import { counted, lost, normal } from "./coverage";
import { reindented } from "./indentation";
import { indentOf, type Chunk, type Outline } from "./outline";

export interface Placed {
  /** The lines of the file with the block in it. */
  readonly lines: readonly string[];
  readonly changed: readonly string[];
  readonly added: readonly string[];
  /** Whether some of it went into a class, an object or the like. */
  readonly isInside: boolean;
}

/** Lines to put in the place of others. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

class NoPlace extends Error {}

/** Undefined where it is not clear what belongs where. */
export function placedBySymbol(file: Outline, block: Outline): Placed | undefined {
  const placing = new Placing(file, block);
  try {
    placing.top();
  } catch (error) {
    if (error instanceof NoPlace) return undefined;
    throw error;
  }
  const { changed, added, isInside } = placing;
  return { lines: edited(file.lines, placing.edits), changed, added, isInside };
}

class Placing {
  readonly edits: Edit[] = [];
  readonly changed: string[] = [];
  readonly added: string[] = [];
  isInside = false;

  constructor(
    private readonly file: Outline,
    private readonly block: Outline,
  ) {}

  top(): void {
    const { chunks } = this.block;
    const known = counted(this.file.chunks);
    // a method that is shown alone belongs into the class that has it
    const alone = chunks.filter(({ kind }) => kind === "definition");
    const isTop = alone.some(({ name }) => known.has(name));
    const holder = isTop ? undefined : this.holderOf(alone.map(({ name }) => name));
    if (holder !== undefined) return this.into(holder, chunks, "");
    this.imports(chunks);
    this.within(this.file.chunks, chunks, { at: this.file.lines.length, prefix: "", indent: "" });
  }

  /** The one part of the file that has a member with each of these names. */
  private holderOf(names: readonly string[]): Chunk | undefined {
    const holders: Chunk[] = [];
    const look = (chunks: readonly Chunk[]): void => {
      for (const chunk of chunks) {
        const own = counted(chunk.members);
        if (names.length > 0 && names.some((name) => own.has(name))) holders.push(chunk);
        look(chunk.members);
      }
    };
    look(this.file.chunks);
    if (holders.length > 1) throw new NoPlace();
    return holders[0];
  }

  private into(holder: Chunk, chunks: readonly Chunk[], prefix: string): void {
    this.isInside = true;
    const first = holder.members[0];
    const indent = indentOf(this.file.lines[first?.head ?? holder.head] ?? "");
    this.within(holder.members, chunks, {
      at: withoutBlanks(this.file.lines, holder.body),
      // the one object of a JSON file has no name
      prefix: holder.name === "{" ? prefix : `${prefix}${holder.name}.`,
      indent,
    });
  }

  /** at: where what is new goes if nothing beside it is known. */
  private within(
    own: readonly Chunk[],
    chunks: readonly Chunk[],
    { at, prefix, indent }: { at: number; prefix: string; indent: string },
  ): void {
    const known = counted(own);
    const given = counted(chunks);
    const lines = new Set(own.flatMap((chunk) => this.textOf(this.file, chunk).map(normal)));
    const isJson = /^(?:\{|\[$)/u.test(this.file.lines.find((line) => line.trim() !== "")?.trim() ?? "");
    const commas = isJson || own.some(({ end }) => (this.file.lines[end - 1] ?? "").trimEnd().endsWith(","));
    const taken = new Map<string, number>();
    let behind: Chunk | undefined;
    const fresh: { at: number; chunk: Chunk }[] = [];
    for (const chunk of chunks) {
      if (chunk.kind === "elision" || chunk.kind === "import") continue;
      if (chunk.kind !== "definition") {
        // what stands there already shows where the next one goes
        const text = this.textOf(this.block, chunk).map(normal);
        if (text.every((line) => line === "" || lines.has(line))) continue;
        if (chunk.kind === "comment") continue;
        // of a list nobody can tell whether its items are more or others
        if (text[0]?.startsWith("- ")) throw new NoPlace();
        fresh.push({ at: behind?.end ?? at, chunk });
        continue;
      }
      const nth = taken.get(chunk.name) ?? 0;
      taken.set(chunk.name, nth + 1);
      const same = known.get(chunk.name) ?? [];
      const one = this.match(same, given.get(chunk.name) ?? [], nth, chunk);
      if (one === undefined) fresh.push({ at: behind?.end ?? at, chunk });
      else {
        this.replace(one, chunk, prefix);
        behind = one;
      }
    }
    this.add(fresh, { prefix, indent, commas, end: at });
  }

  private match(
    same: readonly Chunk[],
    given: readonly Chunk[],
    nth: number,
    chunk: Chunk,
  ): Chunk | undefined {
    if (same.length === 0) return undefined;
    if (same.length === given.length) return same[nth];
    const head = normal(this.block.lines[chunk.head] ?? "");
    const alike = same.filter((each) => normal(this.file.lines[each.head] ?? "") === head);
    if (alike.length !== 1) throw new NoPlace();
    return alike[0];
  }

  private replace(own: Chunk, chunk: Chunk, prefix: string): void {
    if (own.members.length > 0 && this.isLess(own, chunk)) {
      if (chunk.members.length === 0) throw new NoPlace();
      return this.into(own, chunk.members, prefix);
    }
    const isOwnElision = own.isElided;
    if (chunk.isElided && !isOwnElision) throw new NoPlace();
    // comments and decorators of the file stay where the block shows none
    const from = chunk.start < chunk.head ? own.start : own.head;
    const start = chunk.start < chunk.head ? chunk.start : chunk.head;
    const text = this.block.lines.slice(start, chunk.end);
    const indent = indentOf(this.file.lines[own.head] ?? "");
    const lines = reindented(text, indent, this.file.lines);
    this.edits.push({ from, to: own.end, lines: sameEnd(lines, this.file.lines[own.end - 1] ?? "") });
    this.changed.push(prefix + chunk.name);
  }

  /** Whether the block's part leaves out something that the file's has. */
  private isLess(own: Chunk, chunk: Chunk): boolean {
    const one = { lines: this.file.lines, chunks: [own] };
    const other = { lines: this.block.lines, chunks: [chunk] };
    const { definitions, lines, isElided } = lost(one, other);
    return isElided || definitions.length > 0 || lines.length > 0;
  }

  private add(
    fresh: readonly { at: number; chunk: Chunk }[],
    { prefix, indent, commas, end }: { prefix: string; indent: string; commas: boolean; end: number },
  ): void {
    const byPlace = new Map<number, string[]>();
    for (const { at, chunk } of fresh) {
      const own = reindented(this.block.lines.slice(chunk.start, chunk.end), indent, this.file.lines);
      const isAlone = own.length > 1 || prefix === "";
      const before = this.file.lines[at - 1];
      const lines = byPlace.get(at) ?? [];
      const follows = lines.length > 0 || (before !== undefined && before.trim() !== "");
      const gap = isAlone && follows && !commas && !this.opens(before, lines) ? [""] : [];
      if (commas) byPlace.set(at, [...lines, ...withComma(own)]);
      else byPlace.set(at, [...lines, ...gap, ...own]);
      this.added.push(chunk.name === "" ? "" : prefix + chunk.name);
    }
    for (const [at, lines] of byPlace) {
      const last = lines.length - 1;
      if (commas && at === end && !(this.file.lines[at - 1] ?? "").trimEnd().endsWith(",")) {
        // the last one has no comma: the one before it needs one instead
        this.commaAt(at - 1);
        lines[last] = (lines[last] ?? "").replace(/,$/u, "");
      }
      this.edits.push({ from: at, to: at, lines });
    }
  }

  private commaAt(at: number): void {
    const edit = this.edits.findIndex(({ from, to }) => from < to && to === at + 1);
    const given = this.edits[edit];
    if (given === undefined)
      this.edits.push({ from: at, to: at + 1, lines: withComma([this.file.lines[at] ?? ""]) });
    else this.edits[edit] = { ...given, lines: withComma(given.lines) };
  }

  private opens(before: string | undefined, lines: readonly string[]): boolean {
    return lines.length === 0 && /[{(:[]\s*$/u.test(before ?? "");
  }

  /** Imports that the file does not have, behind those that it has. */
  private imports(chunks: readonly Chunk[]): void {
    const own = this.file.chunks.filter(({ kind }) => kind === "import");
    const has = new Set(own.map((chunk) => normal(this.textOf(this.file, chunk).join(" "))));
    const wanted = chunks.filter(({ kind }) => kind === "import");
    const missing: string[] = [];
    for (const chunk of wanted) {
      const text = this.textOf(this.block, chunk);
      if (has.has(normal(text.join(" ")))) continue;
      const names = words(text);
      const wider = own.find((each) => isWithin(words(this.textOf(this.file, each)), names));
      const narrower = own.some((each) => isWithin(names, words(this.textOf(this.file, each))));
      if (narrower) continue;
      if (wider === undefined) missing.push(...text);
      else this.edits.push({ from: wider.head, to: wider.end, lines: text });
    }
    if (missing.length === 0) return;
    const at = own.at(-1)?.end ?? this.firstOwn();
    const isLast = own.length > 0;
    this.edits.push({ from: at, to: at, lines: isLast ? missing : [...missing, ""] });
  }

  /** Behind what must stay at the top: `#!`, `"use strict"`, a docstring. */
  private firstOwn(): number {
    const { chunks, lines } = this.file;
    const first = chunks.find(
      ({ kind, head }) => kind !== "comment" && !/^(?:["'#]|<\?|\/\/!)/u.test(lines[head] ?? ""),
    );
    return first?.start ?? lines.length;
  }

  private textOf(of: Outline, chunk: Chunk): readonly string[] {
    return of.lines.slice(chunk.kind === "import" ? chunk.head : chunk.start, chunk.end);
  }
}

function words(lines: readonly string[]): Set<string> {
  return new Set(lines.join(" ").match(/[\p{L}\p{N}_$@./*-]+/gu) ?? []);
}

function isWithin(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return [...one].every((word) => other.has(word));
}

function withComma(lines: readonly string[]): string[] {
  return lines.with(-1, `${(lines.at(-1) ?? "").replace(/[,\s]+$/u, "")},`);
}

/** A comma at the end, or none, as what stood there had it. */
function sameEnd(lines: readonly string[], before: string): readonly string[] {
  const last = lines.at(-1) ?? "";
  const hasComma = before.trimEnd().endsWith(",");
  if (hasComma === last.trimEnd().endsWith(",")) return lines;
  return hasComma
    ? last.trimEnd().endsWith(";")
      ? lines
      : withComma(lines)
    : lines.with(-1, last.replace(/,\s*$/u, ""));
}

function withoutBlanks(lines: readonly string[], { start, end }: { start: number; end: number }): number {
  let at = end;
  while (at > start && (lines[at - 1] ?? "").trim() === "") at--;
  return at;
}

function edited(lines: readonly string[], edits: readonly Edit[]): readonly string[] {
  const result = [...lines];
  // from the end on; of two at one place the later one stands behind
  const order = edits.map((edit, index) => ({ edit, index }));
  order.sort(
    (one, other) => other.edit.from - one.edit.from || other.edit.to - one.edit.to || other.index - one.index,
  );
  for (const { edit } of order) result.splice(edit.from, edit.to - edit.from, ...edit.lines);
  return result;
}
