/** The state of one shown chat: a pure reducer from what the server says to what the view draws. */
import type {
  Delta,
  Message,
  OpenSessionResult,
  Part,
  QueuedMessage,
  SendResult,
  Session,
  SessionHistoryResult,
  Turn,
  TurnCompleted,
} from "../protocol";
import type { ChatNotice } from "./bridge";
import { liveOf, newest, older } from "./chat_pages";

export interface Live {
  readonly turnId: string;
  readonly messageId: string;
  /** UTF-16 code units of the content that are on disk. */
  readonly savedOffset: number;
  /** Set while the provider is asked again. */
  readonly retry?: { readonly attempt: number; readonly kind: string; readonly retryAfterMs: number };
}

/** A message that was typed and that the server has not acknowledged yet. */
export interface Outgoing {
  readonly key: string;
  readonly text: string;
  readonly attachmentNames: readonly string[];
  /** Set when the server refused it: the words stay, to be sent again. */
  readonly problem?: string;
}

export interface ChatState {
  readonly phase: "loading" | "ready" | "absent";
  readonly session?: Session;
  /** The visible history, oldest first. */
  readonly messages: readonly Message[];
  readonly beforeCursor?: string;
  readonly isLoadingOlder: boolean;
  readonly live?: Live;
  readonly queued: readonly QueuedMessage[];
  readonly outbox: readonly Outgoing[];
  /** What is shown and what is stored may differ: the newest page must be read again. */
  readonly isStale: boolean;
}

export type ChatAction =
  | { readonly type: "opening" }
  | { readonly type: "absent" }
  | { readonly type: "opened"; readonly result: OpenSessionResult }
  | { readonly type: "loadingOlder" }
  | { readonly type: "older"; readonly page: SessionHistoryResult }
  | { readonly type: "olderFailed" }
  | { readonly type: "newest"; readonly page: SessionHistoryResult }
  | { readonly type: "queue"; readonly queued: readonly QueuedMessage[] }
  | { readonly type: "sending"; readonly outgoing: Outgoing }
  | { readonly type: "sent"; readonly key: string; readonly result: SendResult }
  | { readonly type: "sendFailed"; readonly key: string; readonly problem: string }
  | { readonly type: "dropOutgoing"; readonly key: string }
  | { readonly type: "session"; readonly session: Session }
  | { readonly type: "message"; readonly message: Message }
  | ({ readonly type: "notice" } & ChatNotice);

export const EMPTY: ChatState = {
  phase: "loading",
  messages: [],
  isLoadingOlder: false,
  queued: [],
  outbox: [],
  isStale: false,
};

export function reduce(state: ChatState, action: ChatAction): ChatState {
  switch (action.type) {
    case "opening":
      return { ...state, phase: "loading" };
    case "absent":
      return { ...state, phase: "absent", live: undefined, isLoadingOlder: false };
    case "opened":
      return opened(state, action.result);
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
    case "sendFailed":
      return {
        ...state,
        outbox: state.outbox.map((each) =>
          each.key === action.key ? { ...each, problem: action.problem } : each,
        ),
      };
    case "dropOutgoing":
      return { ...state, outbox: without(state.outbox, action.key) };
    case "session":
      return changed(state, action.session);
    case "message":
      return { ...state, messages: replaced(state.messages, action.message) };
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

function opened(state: ChatState, result: OpenSessionResult): ChatState {
  const isSame = result.session !== undefined && result.session.id === state.session?.id;
  return {
    ...EMPTY,
    phase: "ready",
    session: result.session,
    messages: result.messages,
    beforeCursor: result.beforeCursor,
    live: liveOf(result.messages),
    queued: isSame ? state.queued : [],
    // what was typed and never acknowledged stays, even when the server had to be started anew
    outbox: isSame ? state.outbox : [],
  };
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
  if (message === undefined) return { ...state, isStale: true };
  if (message.status !== "streaming" && state.live?.messageId !== message.id) return state;
  const kind = delta.kind === "reasoning" ? "reasoning" : "text";
  const text = kind === "text" ? message.content : reasoningOf(message);
  if (delta.offset > text.length) return { ...state, isStale: true };
  const added = delta.text.slice(text.length - delta.offset);
  const live: Live = {
    turnId: delta.turnId,
    messageId: delta.messageId,
    savedOffset: kind === "text" ? delta.savedOffset : (state.live?.savedOffset ?? 0),
  };
  const messages = added === "" ? state.messages : replaced(state.messages, longer(message, kind, added));
  return { ...state, live, messages };
}

function longer(message: Message, kind: "text" | "reasoning", added: string): Message {
  const last = message.parts.at(-1);
  const parts: Part[] =
    last?.type === kind
      ? [...message.parts.slice(0, -1), { type: kind, text: last.text + added }]
      : [...message.parts, { type: kind, text: added }];
  return { ...message, parts, content: kind === "text" ? message.content + added : message.content };
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
