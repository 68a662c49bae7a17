/** Finds the answers, or questions, that stand at the same place of a session's tree. */
import type { Message, SessionEventsParams, SessionEventsResult } from "../protocol";

type Read = (params: SessionEventsParams) => Promise<SessionEventsResult>;

const MAX_PAGES = 50;

/**
 * The id of the neighbour of a message, or undefined if the server keeps its event no longer.
 * step: 1 for the next newer one, -1 for the older one.
 */
export async function sibling(
  message: Message,
  parent: Message | undefined,
  step: 1 | -1,
  read: Read,
): Promise<string | undefined> {
  const { index, count } = message.siblings ?? { index: 0, count: 1 };
  const wanted = index + step;
  if (wanted < 0 || wanted >= count) return undefined;
  const found = new Map<string, number>([[message.id, message.seq]]);
  let afterSeq = parent?.seq ?? 0;
  for (let page = 0; page < MAX_PAGES && found.size < count; page++) {
    const result = await read({ sessionId: message.sessionId, afterSeq, limit: 200 });
    if (result.reset || result.events.length === 0) break;
    for (const event of result.events) {
      const each = messageOf(event.params);
      if (each !== undefined && each.parentId === message.parentId && each.role === message.role)
        found.set(each.id, each.seq);
    }
    afterSeq = result.events.at(-1)?.seq ?? result.seq;
  }
  if (found.size < count) return undefined;
  return [...found].sort(([, one], [, other]) => one - other)[wanted]?.[0];
}

function messageOf(params: object): Message | undefined {
  const { message } = params as { message?: Message };
  return message;
}
