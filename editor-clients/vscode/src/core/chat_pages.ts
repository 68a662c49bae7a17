/** Puts pages of history that were read into the state of a shown chat. */
import type { Message, SessionHistoryResult } from "../protocol";
import type { ChatState, Live } from "./chat_state";
import { amountOf } from "./parts";

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

/** A page from anywhere takes the place of what is shown. */
export function around(state: ChatState, page: SessionHistoryResult): ChatState {
  const known = new Map(state.messages.map((message) => [message.id, message]));
  return {
    ...state,
    messages: page.messages.map((message) => ahead(known.get(message.id), message, state.live)),
    beforeCursor: page.beforeCursor,
    afterCursor: page.afterCursor,
    isLoadingOlder: false,
    isLoadingNewer: false,
    isLooking: false,
  };
}

/** Messages from behind the last one that is shown; once the end is reached, what came meanwhile is read. */
export function newer(state: ChatState, page: SessionHistoryResult): ChatState {
  const known = new Set(state.messages.map((message) => message.id));
  const added = page.messages.filter((message) => !known.has(message.id));
  return {
    ...state,
    messages: [...state.messages, ...added],
    afterCursor: page.afterCursor,
    isLoadingNewer: false,
    isStale: state.isStale || page.afterCursor === undefined,
  };
}

/** The newest page was read again; what is older stays loaded as long as both meet. */
export function newest(state: ChatState, page: SessionHistoryResult): ChatState {
  // one looks at a place far back: what is newest is not for the screen now
  if (state.afterCursor !== undefined) return { ...state, isStale: false };
  const known = new Map(state.messages.map((message) => [message.id, message]));
  const fresh = page.messages.map((message) => ahead(known.get(message.id), message, state.live));
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
function ahead(shown: Message | undefined, read: Message, live: Live | undefined): Message {
  if (shown === undefined || read.status !== "streaming") return read;
  if (shown.status === "streaming") {
    const isBehind = shown.content.length === read.content.length && amountOf(shown) < amountOf(read);
    return shown.content.length >= read.content.length && !isBehind ? shown : read;
  }
  return live?.messageId === read.id ? read : { ...shown, siblings: read.siblings };
}
