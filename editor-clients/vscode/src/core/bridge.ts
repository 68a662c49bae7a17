/** What the extension and its web view say to each other. */
import type {
  Attachment,
  ErrorData,
  Notifications,
  OpenSessionResult,
  Requests,
  SendResult,
  Session,
  WhenBusy,
} from "../protocol";
import { isPrompt, type OtherDraft, type Prompt } from "./prompt";

/** Notifications that a chat view draws, with their params. */
export type ChatNotice = {
  [Method in ChatNoticeMethod]: { readonly method: Method; readonly params: Notifications[Method] };
}[ChatNoticeMethod];

export const CHAT_NOTICES = [
  "session/changed",
  "chat/turnStarted",
  "chat/message",
  "chat/delta",
  "chat/part",
  "chat/turnRetrying",
  "chat/turnCompleted",
] as const satisfies readonly (keyof Notifications)[];
export type ChatNoticeMethod = (typeof CHAT_NOTICES)[number];

/** Requests that a web view may make, always for the session that it shows; everything else is refused. */
export const VIEW_REQUESTS = [
  "session/history",
  "session/search",
  "session/resume",
  "chat/cancel",
  "chat/continue",
  "chat/retry",
  "chat/edit",
  "chat/queue",
  "chat/branches",
  "message/update",
  "message/parts",
  "blob/get",
] as const satisfies readonly (keyof Requests)[];
export type ViewRequest = (typeof VIEW_REQUESTS)[number];

/** An attachment that waits to be sent, and how it is called. */
export interface NamedAttachment {
  readonly key: string;
  readonly name: string;
  readonly attachment: Attachment;
}

/** Settings that the view obeys. */
export interface ViewSettings {
  readonly sendKey: "enter" | "ctrlEnter";
  readonly whenBusy: "queue" | "interrupt" | "reject";
  readonly reasoning: "folded" | "open" | "hidden";
}

/** Why there is nothing to show, and which command helps. */
export interface Absence {
  readonly reason: string;
  readonly actions: readonly { readonly label: string; readonly command: string }[];
}

/** What `at` is before anything was opened: whatever the page is given first is meant. */
export const FIRST = "first";

/** What a page shows: the session, or the place in which one begins with the first word. */
export interface Shown {
  /** Names it; every message of the page says it again, so that nothing is done to another session than the one seen. */
  readonly at: string;
  /** The branch, or whatever the task is. */
  readonly task: string;
  readonly repository: string;
}

/** Whether the chat goes with the branch. */
export interface Following {
  readonly isFollowing: boolean;
  /** Why not: a session was chosen, or the settings say so. */
  readonly why?: "chosen" | "setting";
  /** What is checked out, where that is known. */
  readonly branch?: string;
}

/** A message that the extension keeps until the server has it. */
export interface KeptMessage {
  readonly key: string;
  readonly text: string;
  readonly attachments: readonly NamedAttachment[];
  /** Why the server refused it. */
  readonly problem?: string;
}

/** Messages that came when the chat showed another session already: where they go is for the person to say. */
export interface Strays {
  readonly at: string;
  readonly title: string;
  readonly task: string;
  readonly texts: readonly string[];
  /** Whether the session that they were written for is there no more. */
  readonly isGone: boolean;
}

/** How a session is named to a page. */
export function shownOf({ id, task, repository }: Session): Shown {
  return { at: id, task, repository: repository.name };
}

export type ToView =
  | { readonly type: "opening" }
  | {
      readonly type: "opened";
      readonly result: OpenSessionResult;
      /** Absent: the session of the result. */
      readonly shown?: Shown;
      /** Absent: the draft of the result. */
      readonly prompt?: Prompt;
      readonly others?: readonly OtherDraft[];
      /** The place that the page showed, where this is its session: what was written there stays. */
      readonly from?: string;
      /** Boxes of messages that were open when the session was shown last: what stands in them, by message. */
      readonly edits?: Readonly<Record<string, string>>;
    }
  | {
      readonly type: "begun";
      readonly from: string;
      readonly shown: Shown;
      readonly result: OpenSessionResult;
    }
  | { readonly type: "following"; readonly following: Following | undefined }
  | { readonly type: "prompt"; readonly at: string; readonly prompt: Prompt }
  | { readonly type: "sent"; readonly at: string; readonly key: string; readonly result: SendResult }
  | { readonly type: "outbox"; readonly at: string; readonly messages: readonly KeptMessage[] }
  | { readonly type: "strays"; readonly strays: Strays | undefined }
  | { readonly type: "defaults"; readonly defaults: Defaults }
  | {
      readonly type: "absent";
      readonly absence: Absence;
      /** What was shown last, where the page began without a server. */
      readonly last?: {
        readonly shown: Shown;
        readonly session?: Session;
        readonly prompt: Prompt;
        readonly edits: Readonly<Record<string, string>>;
      };
    }
  | { readonly type: "notices"; readonly notices: readonly ChatNotice[] }
  | { readonly type: "reply"; readonly id: number; readonly result?: unknown; readonly error?: ViewError }
  | { readonly type: "settings"; readonly settings: ViewSettings }
  | { readonly type: "attach"; readonly attachments: readonly NamedAttachment[] }
  | { readonly type: "ask"; readonly text: string }
  | { readonly type: "reveal"; readonly messageId: string }
  | { readonly type: "find" }
  | { readonly type: "focus" };

/** What answers where the session sets nothing. */
export interface Defaults {
  readonly model?: string;
  readonly agent?: string;
}

/** A refused request, as people read it. */
export interface ViewError {
  readonly message: string;
  readonly data?: ErrorData;
  /** Refused, since the chat showed another session; the person is asked by other means. */
  readonly isStray?: boolean;
}

/** One side of a tool call's diff: its text, or where that lies; neither: there was no file. */
export interface DiffSide {
  readonly text?: string;
  readonly sha256?: string;
}

export type CodeAction = "copy" | "insert" | "apply";

/** `at` is that of what the page showed when the person acted. */
export type FromView =
  | { readonly type: "ready" }
  | {
      readonly type: "request";
      readonly id: number;
      readonly at: string;
      readonly method: ViewRequest;
      readonly params: object;
    }
  | {
      readonly type: "prompt";
      readonly at: string;
      readonly prompt: Prompt;
      /** Windows whose offered drafts were taken or dropped. */
      readonly replaces?: readonly string[];
      /** The words are as they were told before: only the cursor or the list moved. */
      readonly isMoved?: boolean;
    }
  | {
      readonly type: "edit";
      readonly at: string;
      readonly messageId: string;
      /** What stands in the box of the message; absent: it was closed. */
      readonly text?: string;
    }
  | { readonly type: "send"; readonly at: string; readonly message: KeptMessage; readonly whenBusy: WhenBusy }
  | { readonly type: "outgoing"; readonly key: string; readonly act: "again" | "drop" }
  | { readonly type: "stray"; readonly at: string; readonly act: "there" | "here" | "drop" }
  | {
      readonly type: "command";
      readonly at: string;
      readonly command: ViewCommand;
      readonly messageId?: string;
    }
  | { readonly type: "code"; readonly action: CodeAction; readonly code: string; readonly info: string }
  | { readonly type: "copy"; readonly text: string }
  | { readonly type: "link"; readonly href: string }
  | { readonly type: "file"; readonly uri: string; readonly line?: number }
  | {
      readonly type: "diff";
      readonly at: string;
      readonly uri: string;
      readonly before: DiffSide;
      readonly after: DiffSide;
    }
  | { readonly type: "drop"; readonly at: string; readonly uris: readonly string[] }
  | { readonly type: "sibling"; readonly at: string; readonly messageId: string; readonly step: 1 | -1 }
  | { readonly type: "title"; readonly session: Session };

/** Commands that the view's buttons run for its session. */
export const VIEW_COMMANDS = [
  "attach",
  "switchAgent",
  "setModel",
  "renameSession",
  "newSession",
  "openCurrentSession",
  "searchSessions",
  "resumeSession",
  "forkSession",
  "noteMessage",
  "eraseMessage",
  "rewindChat",
  "copyLink",
  "showMenu",
  "installServer",
  "restartServer",
  "showOutput",
  "openServerSettings",
] as const;
export type ViewCommand = (typeof VIEW_COMMANDS)[number];

const TYPES = new Set<FromView["type"]>([
  "ready",
  "request",
  "prompt",
  "edit",
  "send",
  "outgoing",
  "stray",
  "command",
  "code",
  "copy",
  "link",
  "file",
  "diff",
  "drop",
  "sibling",
  "title",
]);

/** Whether a message from a web view has the form that it must have; members are looked at as far as they are used. */
export function isFromView(value: unknown): value is FromView {
  if (typeof value !== "object" || value === null) return false;
  const message = value as Record<string, unknown>;
  const isText = (...names: string[]): boolean => names.every((name) => typeof message[name] === "string");
  if (!TYPES.has(message["type"] as FromView["type"])) return false;
  switch (message["type"]) {
    case "request":
      return (
        isText("at") &&
        typeof message["id"] === "number" &&
        typeof message["params"] === "object" &&
        (VIEW_REQUESTS as readonly unknown[]).includes(message["method"])
      );
    case "prompt":
      return isText("at") && isPrompt(message["prompt"]);
    case "edit":
      return isText("at", "messageId") && ["string", "undefined"].includes(typeof message["text"]);
    case "send":
      return isText("at", "whenBusy") && isKept(message["message"]);
    case "outgoing":
      return isText("key") && (message["act"] === "again" || message["act"] === "drop");
    case "stray":
      return isText("at") && ["there", "here", "drop"].includes(String(message["act"]));
    case "command":
      return isText("at") && (VIEW_COMMANDS as readonly unknown[]).includes(message["command"]);
    case "code":
      return isText("code", "info");
    case "copy":
      return isText("text");
    case "link":
      return isText("href");
    case "file":
      return isText("uri") && ["number", "undefined"].includes(typeof message["line"]);
    case "diff":
      return isText("at", "uri") && isSide(message["before"]) && isSide(message["after"]);
    case "drop":
      return (
        isText("at") &&
        Array.isArray(message["uris"]) &&
        message["uris"].every((uri) => typeof uri === "string")
      );
    case "sibling":
      return isText("at", "messageId") && (message["step"] === 1 || message["step"] === -1);
    default:
      return true;
  }
}

function isSide(value: unknown): value is DiffSide {
  if (typeof value !== "object" || value === null) return false;
  const { text, sha256 } = value as Record<string, unknown>;
  return [text, sha256].every((each) => each === undefined || typeof each === "string");
}

function isKept(value: unknown): boolean {
  const kept = value as Partial<KeptMessage> | null | undefined;
  return typeof kept?.key === "string" && typeof kept.text === "string" && Array.isArray(kept.attachments);
}
