/** Finds a text in a session: where it is, in the order of the chat, and which finding one looks at. */
import type { Hit } from "../protocol";

/** A message with findings. */
export interface Found {
  readonly messageId: string;
  readonly seq: number;
  readonly count: number;
}

/** One finding: the nth of a message. */
export interface Finding {
  readonly messageId: string;
  readonly nth: number;
}

/** The messages of hits, oldest first. visible: the ids that the chat has; undefined: all of them. */
export function foundIn(hits: readonly Hit[], visible?: ReadonlySet<string>): readonly Found[] {
  const byMessage = new Map<string, Found>();
  for (const { messageId, seq = 0, ranges } of hits) {
    if (messageId === undefined || visible?.has(messageId) === false) continue;
    const count = (byMessage.get(messageId)?.count ?? 0) + Math.max(1, ranges.length);
    byMessage.set(messageId, { messageId, seq, count });
  }
  return [...byMessage.values()].sort((one, other) => one.seq - other.seq);
}

export function countOf(found: readonly Found[]): number {
  return found.reduce((sum, { count }) => sum + count, 0);
}

/** The finding with a number, counted from 0. */
export function findingAt(found: readonly Found[], at: number): Finding | undefined {
  let left = at;
  for (const { messageId, count } of found) {
    if (left < count) return { messageId, nth: left };
    left -= count;
  }
  return undefined;
}

/** The number of the last finding that is not behind a place in the history; the first one if all are. */
export function nearest(found: readonly Found[], seq: number): number {
  const before = found.filter((each) => each.seq <= seq);
  return Math.max(0, countOf(before) - 1);
}

/** The number of a finding that is looked at, in what was found anew; else undefined. */
export function numberOf(found: readonly Found[], { messageId, nth }: Finding): number | undefined {
  const at = found.findIndex((each) => each.messageId === messageId);
  const own = found[at];
  return own === undefined ? undefined : countOf(found.slice(0, at)) + Math.min(nth, own.count - 1);
}
