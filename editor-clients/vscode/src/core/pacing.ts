/** Joins deltas that came close together, so that a fast answer costs the view one message a frame. */
import type { Delta } from "../protocol";
import type { ChatNotice } from "./bridge";

/** How much a delta adds, in the units of its offset. */
function lengthOf({ kind, text }: Delta): number {
  return kind === "toolOutput" ? new TextEncoder().encode(text).length : text.length;
}

/** The notices with runs of deltas to one text made one; their order stays. */
export function joined(notices: readonly ChatNotice[]): ChatNotice[] {
  const result: ChatNotice[] = [];
  for (const notice of notices) {
    const last = result.at(-1);
    if (last?.method === "chat/delta" && notice.method === "chat/delta") {
      const [before, after] = [last.params, notice.params];
      const isNext =
        before.messageId === after.messageId &&
        before.turnId === after.turnId &&
        before.kind === after.kind &&
        before.index === after.index &&
        before.toolCallId === after.toolCallId &&
        before.offset + lengthOf(before) === after.offset;
      if (isNext) {
        const params = { ...after, offset: before.offset, text: before.text + after.text };
        result[result.length - 1] = { method: "chat/delta", params };
        continue;
      }
    }
    result.push(notice);
  }
  return result;
}
