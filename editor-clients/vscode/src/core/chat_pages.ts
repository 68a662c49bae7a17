/** Puts pages of history that were read into the state of a shown chat. */
import type { Message, SessionHistoryResult } from "../protocol";
import type { ChatState, Live } from "./chat";

/** The answer that is being written, if one of these is. */
export function liveOf(messages: readonly Message[]): Live | undefined {
  const last = messages.findLast((message) => message.status === "streaming");
  if (last?.turnId === undefined) return undefined;
  return { turnId: last.turnId, messageId: last.id, savedOffset: last.content.length };
}

/** Messages from before the first one that is shown. */
export function older(state: ChatState, page: SessionHistoryResult): ChatState {
  const known = new Set(state.messages.map((message) => message.id));
  const added = page.messages.filter((message) => !known.has(message.id));
  return {
    ...state,
    messages: [...added, ...state.messages],
    beforeCursor: page.beforeCursor,
    isLoadingOlder: false,
  };
}

/** The newest page was read again; what is older stays loaded as long as both meet. */
export function newest(state: ChatState, page: SessionHistoryResult): ChatState {
  const known = new Map(state.messages.map((message) => [message.id, message]));
  const fresh = page.messages.map((message) => newer(known.get(message.id), message, state.live));
  const first = page.messages[0];
  const parentAt = state.messages.findIndex((message) => message.id === first?.parentId);
  const firstAt = state.messages.findIndex((message) => message.id === first?.id);
  const meets = firstAt >= 0 ? firstAt : parentAt >= 0 ? parentAt + 1 : undefined;
  const isAll = page.beforeCursor === undefined;
  const kept = meets !== undefined && !isAll ? state.messages.slice(0, meets) : [];
  const messages = [...kept, ...fresh];
  return {
    ...state,
    messages,
    beforeCursor: kept.length > 0 ? state.beforeCursor : page.beforeCursor,
    live: liveAfter(state.live, page.messages),
    isStale: false,
  };
}

function liveAfter(live: Live | undefined, read: readonly Message[]): Live | undefined {
  const message = live && read.find((each) => each.id === live.messageId);
  if (message !== undefined && message.status !== "streaming") return undefined;
  return live ?? liveOf(read);
}

/** Of what is shown and what was read, the one that is ahead: deltas overtake a page. */
function newer(shown: Message | undefined, read: Message, live: Live | undefined): Message {
  if (shown === undefined || read.status !== "streaming") return read;
  if (shown.status === "streaming") return shown.content.length >= read.content.length ? shown : read;
  return live?.messageId === read.id ? read : { ...shown, siblings: read.siblings };
}
