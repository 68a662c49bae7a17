/** The state of one shown chat: a pure reducer from what the server says to what the view draws. */
import type { Delta, Message, PartNotice, SendResult, Session, Turn, TurnCompleted } from "../protocol";
import { shownOf, type ChatNotice, type KeptMessage } from "./bridge";
import { around, liveOf, newer, newest, older } from "./chat_pages";
import { EMPTY, type ChatAction, type ChatState, type Live, type Outgoing } from "./chat_state";
import { filledIn, longer, upserted, withOutput } from "./parts";

export { EMPTY, type ChatAction, type ChatState, type Live, type Outgoing } from "./chat_state";

export function reduce(state: ChatState, action: ChatAction): ChatState {
  switch (action.type) {
    case "opening":
      return { ...state, phase: "loading" };
    case "absent":
      return absent(state, action);
    case "opened": {
      const { from, shown } = action;
      if (from === undefined || from !== state.shown?.at || shown === undefined) return opened(state, action);
      return opened({ ...state, shown, session: action.result.session }, action);
    }
    case "begun": {
      const { live, outbox, others } = state;
      const next = opened(
        { ...state, shown: action.shown, session: action.result.session },
        { ...action, others },
      );
      return { ...next, outbox, live: next.live ?? live };
    }
    case "following":
      return { ...state, following: action.following };
    case "others":
      return { ...state, others: action.others };
    case "looking":
      return { ...state, isLooking: action.isLooking };
    case "around":
      return around(state, action.page);
    case "loadingNewer":
      return { ...state, isLoadingNewer: action.isLoading };
    case "newer":
      return newer(state, action.page);
    case "loadingOlder":
      return { ...state, isLoadingOlder: true };
    case "olderFailed":
      return { ...state, isLoadingOlder: false };
    case "older":
      return older(state, action.page);
    case "newest":
      return newest(state, action.page);
    case "queue":
      return { ...state, queued: action.queued };
    case "sending":
      return { ...state, outbox: [...without(state.outbox, action.outgoing.key), action.outgoing] };
    case "sent":
      return sent(state, action.key, action.result);
    case "outbox":
      return { ...state, outbox: kept(state.outbox, action.messages) };
    case "dropOutgoing":
      return { ...state, outbox: without(state.outbox, action.key) };
    case "session":
      return changed(state, action.session);
    case "message":
      return { ...state, messages: replaced(state.messages, action.message) };
    case "parts":
      return loaded(state, action);
    case "notice":
      return noticed(state, action);
  }
}

function noticed(state: ChatState, notice: ChatNotice): ChatState {
  switch (notice.method) {
    case "session/changed":
      return changed(state, notice.params.session);
    case "chat/turnStarted":
      return started(state, notice.params.turn);
    case "chat/message":
      return attached(state, notice.params.message);
    case "chat/delta":
      return grown(state, notice.params);
    case "chat/part":
      return placed(state, notice.params);
    case "chat/turnRetrying": {
      const { turnId, attempt, kind, retryAfterMs } = notice.params;
      return state.live?.turnId === turnId
        ? { ...state, live: { ...state.live, retry: { attempt, kind, retryAfterMs } } }
        : state;
    }
    case "chat/turnCompleted":
      return completed(state, notice.params);
  }
}

/** What was shown stays on the screen; what ran has ended with its server, or is read again when one is there. */
function absent(state: ChatState, { absence, last }: Extract<ChatAction, { type: "absent" }>): ChatState {
  const known = state.shown === undefined ? last : undefined;
  return {
    ...state,
    ...known,
    phase: "absent",
    away: absence,
    live: undefined,
    isLoadingOlder: false,
    isLoadingNewer: false,
    isLooking: false,
  };
}

function opened(state: ChatState, action: Omit<Extract<ChatAction, { type: "opened" }>, "type">): ChatState {
  const { result, others = [] } = action;
  const shown = action.shown ?? (result.session && shownOf(result.session));
  const isSame = state.shown === undefined || state.shown.at === shown?.at;
  const next: ChatState = {
    ...EMPTY,
    phase: "ready",
    ...(shown === undefined ? {} : { shown }),
    ...(state.following === undefined ? {} : { following: state.following }),
    others,
    session: result.session,
    messages: result.messages,
    beforeCursor: result.beforeCursor,
    live: liveOf(result.messages),
    queued: isSame ? state.queued : [],
    // what was typed and never acknowledged stays, even when the server had to be started anew
    outbox: isSame ? state.outbox : [],
  };
  if (!isSame || state.messages.length === 0) return next;
  // the server is back: what was read before stays where it stands
  const { messages, beforeCursor, afterCursor } = state;
  return newest({ ...next, messages, beforeCursor, afterCursor, live: undefined }, result);
}

/** The extension's list holds for what it has; what it has not heard of yet is on its way there. */
function kept(outbox: readonly Outgoing[], messages: readonly KeptMessage[]): readonly Outgoing[] {
  const told = new Set(messages.map(({ key }) => key));
  const own = outbox.filter(({ key, isKept }) => isKept !== true && !told.has(key));
  return [...messages.map((each): Outgoing => ({ ...each, isKept: true })), ...own];
}

function sent(state: ChatState, key: string, result: SendResult): ChatState {
  const next = { ...state, outbox: without(state.outbox, key) };
  if (!result.isQueued) return attached(next, result.userMessage);
  if (next.queued.some((each) => each.turnId === result.turnId)) return next;
  const { id, content, createdAt } = result.userMessage;
  const entry = { turnId: result.turnId, userMessageId: id, text: content, at: createdAt };
  return { ...next, queued: [...next.queued, entry] };
}

function changed(state: ChatState, session: Session): ChatState {
  if (session.id !== state.session?.id || session.seq < state.session.seq) return state;
  // A change of the session's own fields may be another head: a branch was chosen, or the chat cleared.
  const isMoved = session.revision !== state.session.revision;
  const isOver = state.live !== undefined && !["running", "stopping"].includes(session.activity);
  return { ...state, session, isStale: state.isStale || isMoved || isOver };
}

function started(state: ChatState, turn: Turn): ChatState {
  const live = { turnId: turn.id, messageId: turn.messageId, savedOffset: 0 };
  const queued = state.queued.filter((each) => each.turnId !== turn.id);
  const known = state.messages.find((message) => message.id === turn.messageId);
  if (known !== undefined) {
    if (known.turnId === turn.id && known.status !== "streaming") return state;
    const message: Message = { ...known, status: "streaming", turnId: turn.id, error: undefined };
    const saved = { ...live, savedOffset: known.content.length };
    return { ...state, queued, live: saved, messages: replaced(state.messages, message) };
  }
  return attached({ ...state, queued, live }, empty(turn));
}

function empty(turn: Turn): Message {
  return {
    id: turn.messageId,
    sessionId: turn.sessionId,
    seq: 0,
    turnId: turn.id,
    parentId: turn.userMessageId,
    role: "assistant",
    content: "",
    parts: [],
    status: "streaming",
    agent: turn.agent,
    model: turn.model,
    provider: turn.provider,
    isFavourite: false,
    metadata: {},
    createdAt: turn.startedAt,
  };
}

/** A message takes its place behind its parent; what stood there before is on another branch now. */
function attached(state: ChatState, message: Message): ChatState {
  if (state.messages.some((each) => each.id === message.id))
    return { ...state, messages: replaced(state.messages, message) };
  // its place is not among what is shown: it comes when one reads on
  if (state.afterCursor !== undefined) return state;
  if (message.parentId === undefined)
    return {
      ...state,
      messages: [message],
      beforeCursor: undefined,
      isStale: state.isStale || state.messages.length > 0,
    };
  const at = state.messages.findIndex((each) => each.id === message.parentId);
  if (at < 0) return { ...state, isStale: true };
  const isBranch = at < state.messages.length - 1;
  return {
    ...state,
    messages: [...state.messages.slice(0, at + 1), message],
    isStale: state.isStale || isBranch,
  };
}

function grown(state: ChatState, delta: Delta): ChatState {
  const message = state.messages.find((each) => each.id === delta.messageId);
  if (message === undefined) return state.afterCursor === undefined ? { ...state, isStale: true } : state;
  if (message.status !== "streaming" && state.live?.messageId !== message.id) return state;
  if (delta.kind === "toolOutput") return outputGrown(state, message, delta);
  const kind = delta.kind === "reasoning" ? "reasoning" : "text";
  const text = kind === "text" ? message.content : reasoningOf(message);
  if (delta.offset > text.length) return { ...state, isStale: true };
  const added = delta.text.slice(text.length - delta.offset);
  const live: Live = {
    turnId: delta.turnId,
    messageId: delta.messageId,
    savedOffset: kind === "text" ? delta.savedOffset : (state.live?.savedOffset ?? 0),
  };
  const next = added === "" ? message : longer(message, kind, added, delta.index);
  if (next === undefined) return { ...state, isStale: true };
  return { ...state, live, messages: next === message ? state.messages : replaced(state.messages, next) };
}

function outputGrown(state: ChatState, message: Message, delta: Delta): ChatState {
  const next = withOutput(message, delta);
  if (next === undefined) return { ...state, isStale: true };
  return next === message ? state : { ...state, messages: replaced(state.messages, next) };
}

/** A call, a plan or the like came or changed; also outside of a turn. */
function placed(state: ChatState, { messageId, turnId, index, part }: PartNotice): ChatState {
  const message = state.messages.find((each) => each.id === messageId);
  if (message === undefined) return state.afterCursor === undefined ? { ...state, isStale: true } : state;
  const parts = upserted(message.parts, index, part);
  if (parts === undefined) return { ...state, isStale: true };
  const isRunning = message.status === "streaming" && turnId !== undefined;
  const savedOffset = state.live?.messageId === messageId ? state.live.savedOffset : message.content.length;
  const live = isRunning ? { turnId, messageId, savedOffset } : state.live;
  return { ...state, live, messages: replaced(state.messages, { ...message, parts }) };
}

/** Parts that a page had left out were read. */
function loaded(
  state: ChatState,
  { messageId, from, parts }: Extract<ChatAction, { type: "parts" }>,
): ChatState {
  const message = state.messages.find((each) => each.id === messageId);
  if (message === undefined) return state;
  const all = filledIn(message.parts, from, parts);
  return { ...state, messages: replaced(state.messages, { ...message, parts: all }) };
}

function completed(state: ChatState, { turn, message }: TurnCompleted): ChatState {
  const known = state.messages.find((each) => each.id === message.id);
  const live = state.live?.turnId === turn.id ? undefined : state.live;
  const queued = state.queued.filter((each) => each.turnId !== turn.id);
  const final = { ...message, siblings: message.siblings ?? known?.siblings };
  return attached({ ...state, live, queued }, final);
}

/** What a model thought aloud, joined. */
export function reasoningOf(message: Message): string {
  return message.parts.map((part) => (part.type === "reasoning" ? part.text : "")).join("");
}

function replaced(messages: readonly Message[], message: Message): readonly Message[] {
  const at = messages.findLastIndex((each) => each.id === message.id);
  return at < 0 ? messages : messages.with(at, message);
}

function without(outbox: readonly Outgoing[], key: string): readonly Outgoing[] {
  return outbox.filter((each) => each.key !== key);
}
