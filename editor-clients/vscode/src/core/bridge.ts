/** What the extension and its web view say to each other. */
import type { Attachment, ErrorData, Notifications, OpenSessionResult, Requests, Session } from "../protocol";

/** Notifications that a chat view draws, with their params. */
export type ChatNotice = {
  [Method in ChatNoticeMethod]: { readonly method: Method; readonly params: Notifications[Method] };
}[ChatNoticeMethod];

export const CHAT_NOTICES = [
  "session/changed",
  "chat/turnStarted",
  "chat/message",
  "chat/delta",
  "chat/turnRetrying",
  "chat/turnCompleted",
] as const satisfies readonly (keyof Notifications)[];
export type ChatNoticeMethod = (typeof CHAT_NOTICES)[number];

/** Requests that a web view may make, always for the session that it shows; everything else is refused. */
export const VIEW_REQUESTS = [
  "session/history",
  "session/resume",
  "draft/set",
  "chat/send",
  "chat/cancel",
  "chat/continue",
  "chat/retry",
  "chat/edit",
  "chat/queue",
  "message/update",
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

export type ToView =
  | { readonly type: "opening" }
  | { readonly type: "opened"; readonly result: OpenSessionResult }
  | { readonly type: "defaults"; readonly defaults: Defaults }
  | { readonly type: "absent"; readonly absence: Absence }
  | { readonly type: "notices"; readonly notices: readonly ChatNotice[] }
  | { readonly type: "reply"; readonly id: number; readonly result?: unknown; readonly error?: ViewError }
  | { readonly type: "settings"; readonly settings: ViewSettings }
  | { readonly type: "attach"; readonly attachments: readonly NamedAttachment[] }
  | { readonly type: "ask"; readonly text: string }
  | { readonly type: "reveal"; readonly messageId: string }
  | { readonly type: "focus" };

/** What answers where the session sets nothing. */
export interface Defaults {
  readonly model?: string;
}

/** A refused request, as people read it. */
export interface ViewError {
  readonly message: string;
  readonly data?: ErrorData;
}

export type CodeAction = "copy" | "insert" | "apply";

export type FromView =
  | { readonly type: "ready" }
  | { readonly type: "request"; readonly id: number; readonly method: ViewRequest; readonly params: object }
  | { readonly type: "command"; readonly command: ViewCommand; readonly messageId?: string }
  | { readonly type: "code"; readonly action: CodeAction; readonly code: string; readonly info: string }
  | { readonly type: "copy"; readonly text: string }
  | { readonly type: "link"; readonly href: string }
  | { readonly type: "file"; readonly uri: string; readonly line?: number }
  | { readonly type: "drop"; readonly uris: readonly string[] }
  | { readonly type: "sibling"; readonly messageId: string; readonly step: 1 | -1 }
  | { readonly type: "title"; readonly session: Session };

/** Commands that the view's buttons run for its session. */
export const VIEW_COMMANDS = [
  "attach",
  "switchAgent",
  "setModel",
  "renameSession",
  "newSession",
  "searchSessions",
  "resumeSession",
  "forkSession",
  "noteMessage",
  "eraseMessage",
  "rewindChat",
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
  "command",
  "code",
  "copy",
  "link",
  "file",
  "drop",
  "sibling",
  "title",
]);

/** Whether a message from a web view has the form that it must have; members are looked at as far as they are used. */
export function isFromView(value: unknown): value is FromView {
  if (typeof value !== "object" || value === null) return false;
  const message = value as Record<string, unknown>;
  if (!TYPES.has(message["type"] as FromView["type"])) return false;
  switch (message["type"]) {
    case "request":
      return (
        typeof message["id"] === "number" &&
        typeof message["params"] === "object" &&
        (VIEW_REQUESTS as readonly unknown[]).includes(message["method"])
      );
    case "command":
      return (VIEW_COMMANDS as readonly unknown[]).includes(message["command"]);
    case "code":
      return typeof message["code"] === "string" && typeof message["info"] === "string";
    case "copy":
      return typeof message["text"] === "string";
    case "link":
      return typeof message["href"] === "string";
    case "file":
      return typeof message["uri"] === "string" && ["number", "undefined"].includes(typeof message["line"]);
    case "drop":
      return Array.isArray(message["uris"]) && message["uris"].every((uri) => typeof uri === "string");
    case "sibling":
      return typeof message["messageId"] === "string" && (message["step"] === 1 || message["step"] === -1);
    default:
      return true;
  }
}
