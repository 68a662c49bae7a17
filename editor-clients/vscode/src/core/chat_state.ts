/** What is known of one shown chat, and what may happen to it. */
import type {
  Message,
  OpenSessionResult,
  Part,
  QueuedMessage,
  SendResult,
  Session,
  SessionHistoryResult,
} from "../protocol";
import type { Absence, ChatNotice, Following, KeptMessage, Shown } from "./bridge";
import type { OtherDraft } from "./prompt";

export interface Live {
  readonly turnId: string;
  readonly messageId: string;
  /** UTF-16 code units of the content that are on disk. */
  readonly savedOffset: number;
  /** Set while the provider is asked again. */
  readonly retry?: { readonly attempt: number; readonly kind: string; readonly retryAfterMs: number };
}

/** A message that was typed and that the server has not acknowledged yet; with a problem it was refused. */
export interface Outgoing extends KeptMessage {
  /** Whether the extension has it, and tells what becomes of it. */
  readonly isKept?: boolean;
}

export interface ChatState {
  readonly phase: "loading" | "ready" | "absent";
  /** What is shown; absent before anything is. */
  readonly shown?: Shown;
  /** Absent where none has begun yet. */
  readonly session?: Session;
  /** Why the server cannot be asked now. */
  readonly away?: Absence;
  readonly following?: Following;
  /** Drafts that are offered beside the one in the field. */
  readonly others: readonly OtherDraft[];
  /** The visible history, oldest first. */
  readonly messages: readonly Message[];
  readonly beforeCursor?: string;
  readonly isLoadingOlder: boolean;
  /** Set where newer messages than those shown exist: one looks at a place far back. */
  readonly afterCursor?: string;
  readonly isLoadingNewer: boolean;
  /** A message that is looked for. */
  readonly isLooking: boolean;
  readonly live?: Live;
  readonly queued: readonly QueuedMessage[];
  readonly outbox: readonly Outgoing[];
  /** What is shown and what is stored may differ: the newest page must be read again. */
  readonly isStale: boolean;
}

export type ChatAction =
  | { readonly type: "opening" }
  | {
      readonly type: "absent";
      readonly absence: Absence;
      readonly last?: { readonly shown: Shown; readonly session?: Session };
    }
  | {
      readonly type: "opened";
      readonly result: OpenSessionResult;
      /** Absent: the session of the result. */
      readonly shown?: Shown;
      readonly others?: readonly OtherDraft[];
      /** The place that was shown, where this is its session. */
      readonly from?: string;
    }
  | { readonly type: "begun"; readonly shown: Shown; readonly result: OpenSessionResult }
  | { readonly type: "following"; readonly following: Following | undefined }
  | { readonly type: "others"; readonly others: readonly OtherDraft[] }
  | { readonly type: "looking"; readonly isLooking: boolean }
  | { readonly type: "around"; readonly page: SessionHistoryResult }
  | { readonly type: "loadingNewer"; readonly isLoading: boolean }
  | { readonly type: "newer"; readonly page: SessionHistoryResult }
  | { readonly type: "loadingOlder" }
  | { readonly type: "older"; readonly page: SessionHistoryResult }
  | { readonly type: "olderFailed" }
  | { readonly type: "newest"; readonly page: SessionHistoryResult }
  | { readonly type: "queue"; readonly queued: readonly QueuedMessage[] }
  | { readonly type: "sending"; readonly outgoing: Outgoing }
  | { readonly type: "sent"; readonly key: string; readonly result: SendResult }
  | { readonly type: "outbox"; readonly messages: readonly KeptMessage[] }
  | { readonly type: "dropOutgoing"; readonly key: string }
  | { readonly type: "session"; readonly session: Session }
  | { readonly type: "message"; readonly message: Message }
  | {
      readonly type: "parts";
      readonly messageId: string;
      readonly from: number;
      readonly parts: readonly Part[];
    }
  | ({ readonly type: "notice" } & ChatNotice);

export const EMPTY: ChatState = {
  phase: "loading",
  messages: [],
  others: [],
  isLoadingOlder: false,
  isLoadingNewer: false,
  isLooking: false,
  queued: [],
  outbox: [],
  isStale: false,
};
