/** Joins two changes of one text: what stands there now, and what was suggested for what stood there before. */

/** Lines of a text that were put in the place of others. */
interface Change {
  /** Lines of the base: from one, to before another. */
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

/** More differing lines than this are one change: to look closer would take too long. */
const MAX_STEPS = 600;

/** Undefined where both change the same lines, each in its own way. Line ends are those of `current`. */
export function merged(base: string, current: string, suggested: string): string | undefined {
  const eol = current.includes("\r\n") ? "\r\n" : "\n";
  const [before, now, wanted] = [base, current, suggested].map((text) => text.split(/\r?\n/u)) as [
    string[],
    string[],
    string[],
  ];
  const [own, theirs] = [changes(before, now), changes(before, wanted)];
  const all: Change[] = [];
  for (const change of theirs) {
    const other = own.filter((each) => touches(each, change));
    if (other.length === 0) all.push(change);
    else if (other.length > 1 || !isSame(other[0], change)) return undefined;
  }
  const result = [...before];
  for (const { from, to, lines } of [...all, ...own].sort(
    (one, other) => other.from - one.from || other.to - one.to,
  ))
    result.splice(from, to - from, ...lines);
  return result.join(eol);
}

/** Whether two changes share a line, or put lines into one place so that their order is open. */
function touches(one: Change, other: Change): boolean {
  const isOnePlace = one.from === other.from && (one.from === one.to) === (other.from === other.to);
  return isOnePlace || (one.from < other.to && other.from < one.to);
}

function isSame(one: Change | undefined, other: Change): boolean {
  return one?.from === other.from && one.to === other.to && one.lines.join("\n") === other.lines.join("\n");
}

function changes(before: readonly string[], after: readonly string[]): Change[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let [end, last] = [before.length, after.length];
  while (end > start && last > start && before[end - 1] === after[last - 1]) {
    end--;
    last--;
  }
  if (start === end && start === last) return [];
  const inner = matches(before.slice(start, end), after.slice(start, last));
  const found: Change[] = [];
  let [at, to] = [0, 0];
  for (const [one, other] of [...inner, [end - start, last - start] as const]) {
    if (one > at || other > to)
      found.push({ from: start + at, to: start + one, lines: after.slice(start + to, start + other) });
    [at, to] = [one + 1, other + 1];
  }
  return found;
}

/** Pairs of equal lines, in order and as many as can be: the shortest way of edits, as Myers described it. */
function matches(one: readonly string[], other: readonly string[]): (readonly [number, number])[] {
  const max = Math.min(one.length + other.length, MAX_STEPS);
  const ways: Map<number, number>[] = [];
  let reach = new Map<number, number>([[1, 0]]);
  for (let steps = 0; steps <= max; steps++) {
    ways.push(new Map(reach));
    const next = new Map(reach);
    for (let k = -steps; k <= steps; k += 2) {
      let x = comesDown(next, k, steps) ? (next.get(k + 1) ?? 0) : (next.get(k - 1) ?? 0) + 1;
      while (x < one.length && x - k < other.length && one[x] === other[x - k]) x++;
      next.set(k, x);
      if (x >= one.length && x - k >= other.length) return walkedBack(ways, one.length, other.length);
    }
    reach = next;
  }
  return [];
}

function comesDown(reach: ReadonlyMap<number, number>, k: number, steps: number): boolean {
  return k === -steps || (k !== steps && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
}

function walkedBack(ways: readonly ReadonlyMap<number, number>[], x: number, y: number): [number, number][] {
  const pairs: [number, number][] = [];
  for (let steps = ways.length - 1; steps >= 0; steps--) {
    const reach = ways[steps] ?? new Map<number, number>();
    const k = x - y;
    const from = comesDown(reach, k, steps) ? k + 1 : k - 1;
    const startX = reach.get(from) ?? 0;
    const startY = startX - from;
    while (x > startX && y > startY && x > 0 && y > 0) {
      x--;
      y--;
      pairs.push([x, y]);
    }
    if (steps > 0) [x, y] = [startX, startY];
  }
  return pairs.reverse();
}
