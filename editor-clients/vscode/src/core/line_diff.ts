/** What changed between two texts, line by line, for looking at. */

export interface DiffLine {
  /** `gap`: unchanged lines that are left out. */
  readonly kind: "same" | "added" | "removed" | "gap";
  readonly text: string;
}

const CONTEXT = 3;
/** Larger changes are shown as all of the one, then all of the other: finding more would hold up the page. */
const MAX_CELLS = 1_000_000;

export function lineDiff(before: string, after: string): DiffLine[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start++;
  let end = 0;
  while (
    end < old.length - start &&
    end < now.length - start &&
    old[old.length - 1 - end] === now[now.length - 1 - end]
  )
    end++;
  const head = old.slice(0, start).map(same);
  const tail = old.slice(old.length - end).map(same);
  const middle = changes(old.slice(start, old.length - end), now.slice(start, now.length - end));
  return withoutFar([...head, ...middle, ...tail]);
}

function linesOf(text: string): string[] {
  if (text === "") return [];
  return (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
}

function same(text: string): DiffLine {
  return { kind: "same", text };
}

/** By the longest common subsequence. */
function changes(old: readonly string[], now: readonly string[]): DiffLine[] {
  const removed = old.map((text): DiffLine => ({ kind: "removed", text }));
  const added = now.map((text): DiffLine => ({ kind: "added", text }));
  if (old.length === 0 || now.length === 0 || old.length * now.length > MAX_CELLS)
    return [...removed, ...added];
  const width = now.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row--)
    for (let column = now.length - 1; column >= 0; column--)
      lengths[row * width + column] =
        old[row] === now[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
  const found: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < old.length || column < now.length) {
    if (row < old.length && column < now.length && old[row] === now[column]) {
      found.push(same(old[row] ?? ""));
      row++;
      column++;
    } else if (column >= now.length || (row < old.length && at(row + 1, column) >= at(row, column + 1)))
      found.push({ kind: "removed", text: old[row++] ?? "" });
    else found.push({ kind: "added", text: now[column++] ?? "" });
  }
  return found;
}

function withoutFar(lines: readonly DiffLine[]): DiffLine[] {
  const isNear = new Uint8Array(lines.length);
  for (const [at, { kind }] of lines.entries())
    if (kind !== "same") isNear.fill(1, Math.max(0, at - CONTEXT), at + CONTEXT + 1);
  const found: DiffLine[] = [];
  for (const [at, line] of lines.entries())
    if (isNear[at] === 1) found.push(line);
    else if (found.at(-1)?.kind !== "gap") found.push({ kind: "gap", text: "" });
  return found;
}
