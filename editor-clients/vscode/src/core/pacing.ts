/** Joins deltas that came close together, so that a fast answer costs the view one message a frame. */
import type { ChatNotice } from "./bridge";

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
        before.offset + before.text.length === after.offset;
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
