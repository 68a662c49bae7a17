/** The parts of a message as they come, change and grow; a part's index counts all that an `omitted` one stands for. */
import type { Blob, Delta, Message, OutputItem, Part, ToolCallPart } from "../protocol";

/** Output of a running call that is longer is held by its ends, as the server does it. */
const MAX_GROWING = 131_072;
const HEAD = 2_048;
const TAIL = 65_536;
const FINAL = new Set(["completed", "failed", "rejected", "cancelled", "interrupted"]);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** How many indexes a part takes. */
export function lengthOf(part: Part): number {
  return part.type === "omitted" ? Math.max(0, part.count) : 1;
}

/** Whether a call has come to its end; a state that we do not know has not. */
export function isFinal({ state }: ToolCallPart): boolean {
  return FINAL.has(state);
}

/** The parts with one at its index, new or in the place of what stood there; undefined where some before it are missing. */
export function upserted(parts: readonly Part[], index: number, part: Part): Part[] | undefined {
  if (part.type === "omitted") return undefined;
  const { at, start } = find(parts, index);
  const there = parts[at];
  if (there === undefined) return start === index ? withTotal([...parts, part], index + 1) : undefined;
  if (there.type !== "omitted") return withTotal(parts.with(at, part), totalOf(parts));
  const before = index - start;
  const after = there.count - before - 1;
  return parts.toSpliced(at, 1, ...omitted(before), part, ...omitted(after));
}

/** The parts with some that were left out in their places; what is there already stays. */
export function filledIn(parts: readonly Part[], from: number, read: readonly Part[]): Part[] {
  let all = [...parts];
  let index = from;
  for (const part of read) {
    const { at } = find(all, index);
    if (part.type !== "omitted" && all[at]?.type === "omitted") all = upserted(all, index, part) ?? all;
    index += lengthOf(part);
  }
  return all;
}

/** A message whose text or reasoning grew, at an index or else at the end; undefined where parts before it are missing. */
export function longer(
  message: Message,
  kind: "text" | "reasoning",
  added: string,
  index?: number,
): Message | undefined {
  const { parts } = message;
  const at = index === undefined ? parts.length - 1 : find(parts, index).at;
  const there = parts[at];
  const next =
    there?.type === kind
      ? parts.with(at, { type: kind, text: there.text + added })
      : index === undefined
        ? [...parts, { type: kind, text: added }]
        : there === undefined
          ? upserted(parts, index, { type: kind, text: added })
          : undefined;
  if (next === undefined) return undefined;
  return { ...message, parts: next, content: kind === "text" ? message.content + added : message.content };
}

/** A message with more of what a running call puts out; undefined where something before it is missing. */
export function withOutput(
  message: Message,
  { index = -1, toolCallId, offset, text }: Delta,
): Message | undefined {
  const { parts } = message;
  const { at } = find(parts, index);
  const call = parts[at];
  // it runs unseen, among parts that were left out
  if (call?.type === "omitted") return message;
  if (call?.type !== "toolCall" || call.toolCallId !== toolCallId) return undefined;
  if (isFinal(call)) return message;
  const place = call.output.findLastIndex(({ type }) => type === "text" || type === "terminal");
  const item = call.output[place];
  if (item === undefined) return undefined;
  const size = sizeOf(item);
  if (offset > size) return undefined;
  const bytes = encoder.encode(text);
  const added = offset === size ? text : decoder.decode(bytes.subarray(size - offset));
  if (added === "" || size - offset >= bytes.length) return message;
  const output = call.output.with(place, grown(item, added, offset + bytes.length));
  return { ...message, parts: parts.with(at, { ...call, output }) };
}

/** Of a text that a call puts out: its bytes of UTF-8. */
export function sizeOf({ text, blob }: OutputItem): number {
  return blob?.size ?? encoder.encode(text ?? "").length;
}

function grown(item: OutputItem, added: string, size: number): OutputItem {
  if (item.blob !== undefined) {
    const blob = { ...item.blob, size, tail: (item.blob.tail + added).slice(-TAIL) };
    return { ...item, blob };
  }
  const text = (item.text ?? "") + added;
  if (text.length <= MAX_GROWING) return { ...item, text };
  const blob: Blob = { sha256: "", size, head: text.slice(0, HEAD), tail: text.slice(-TAIL) };
  const next: OutputItem = { ...item, blob };
  delete next.text;
  return next;
}

/** How much of a message is there: of two that are being written, the one with more is ahead. */
export function amountOf({ parts }: Message): number {
  let amount = 0;
  for (const part of parts) {
    amount += lengthOf(part);
    if (part.type === "text" || part.type === "reasoning") amount += part.text.length;
    else if (part.type === "toolCall") {
      if (isFinal(part)) amount += 1;
      for (const item of part.output) amount += item.blob?.size ?? item.text?.length ?? 0;
    }
  }
  return amount;
}

/** The position of the part that has an index, and where that part begins; behind all: as many as there are. From the
end, since what is newest changes, and there may be ten thousand. */
function find(parts: readonly Part[], index: number): { at: number; start: number } {
  const total = totalOf(parts);
  let start = total;
  for (let at = parts.length - 1; at >= 0 && index < total; at--) {
    const part = parts[at];
    const end = start;
    start -= part === undefined ? 0 : lengthOf(part);
    if (index >= start && index < end) return { at, start };
  }
  return { at: parts.length, start: total };
}

const totals = new WeakMap<readonly Part[], number>();

/** How many indexes the parts take. */
function totalOf(parts: readonly Part[]): number {
  let total = totals.get(parts);
  if (total === undefined) {
    total = parts.reduce((sum, part) => sum + lengthOf(part), 0);
    totals.set(parts, total);
  }
  return total;
}

function withTotal(parts: Part[], total: number): Part[] {
  totals.set(parts, total);
  return parts;
}

function omitted(count: number): Part[] {
  return count > 0 ? [{ type: "omitted", count }] : [];
}
