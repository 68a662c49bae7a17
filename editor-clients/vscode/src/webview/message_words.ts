/** The words about a message: who, when, where it stands, what happened. */
import type { Live } from "../core/chat";
import { STOPPED } from "../core/failures";
import { isFinal } from "../core/parts";
import type { AttachmentPart, Message } from "../protocol";

/** How an answer that did not come to its end is told. */
export const CUT: Readonly<Record<string, string>> = {
  interrupted: "This answer was interrupted. What came is kept.",
  cancelled: "Stopped.",
  failed: "The answer failed",
};

/** What is told of an answer that did not come to its own end; nothing for one that did. */
export function troubleOf({ role, status, stopReason = "" }: Message): string | undefined {
  if (role !== "assistant") return undefined;
  return status === "complete" ? STOPPED[stopReason] : CUT[status];
}

export interface Source {
  readonly uri: string;
  readonly title: string;
}

/** The sources that the model named; whatever else stands there is left out. */
export function sourcesOf({ metadata }: Message): readonly Source[] {
  return listOf(metadata["links"]).flatMap((link) => {
    if (typeof link !== "object" || link === null) return [];
    const { uri, title } = link as Record<string, unknown>;
    if (typeof uri !== "string" || !/^https?:\/\//i.test(uri)) return [];
    return [{ uri, title: typeof title === "string" && title !== "" ? title : uri }];
  });
}

/** What was left out of the request, since the model refuses it. */
export function noticesOf({ metadata }: Message): readonly string[] {
  return listOf(metadata["notices"]).filter((notice) => typeof notice === "string");
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The icon, the word and the explanation of where a message stands. */
export function stateOf(message: Message, live: Live | undefined): [string, string, string] {
  if (live?.retry !== undefined) {
    const seconds = Math.round(live.retry.retryAfterMs / 1000);
    return [
      "history",
      `Asking again (${live.retry.attempt})…`,
      `The provider is asked again after ${seconds} s`,
    ];
  }
  if (live !== undefined) {
    const isSaved = live.savedOffset >= message.content.length;
    return [
      "loading codicon-modifier-spin",
      hasOpenCall(message) ? "Working…" : message.content === "" ? "Waiting…" : "Writing…",
      isSaved ? "All of it is saved" : "The last words are being saved",
    ];
  }
  if (message.status === "interrupted")
    return ["debug-disconnect", "Interrupted", "Cut off; what came is saved"];
  if (message.status === "cancelled") return ["debug-stop", "Stopped", "Stopped; what came is saved"];
  if (message.status === "failed") return ["error", "Failed", "What came is saved"];
  const stopped = message.role === "assistant" ? STOPPED[message.stopReason ?? ""] : undefined;
  if (stopped !== undefined) return ["debug-disconnect", "Cut off", stopped];
  return ["check", "Saved", "Saved"];
}

/** Whether the answer did something, with or without words. */
export function hasCalls({ parts }: Message): boolean {
  return parts.some(({ type }) => type === "toolCall" || type === "omitted");
}

function hasOpenCall({ parts }: Message): boolean {
  const last = parts.at(-1);
  return last?.type === "toolCall" && !isFinal(last);
}

export function eventLine({ event, createdAt }: Message): string {
  const { kind = "", from = "", to = "", reason = "" } = event ?? {};
  const told = EVENTS[kind]?.(from, to) ?? kind;
  return [told, reason, timeOf(createdAt)].filter((part) => part !== "").join(" · ");
}

const EVENTS: Readonly<Record<string, (from: string, to: string) => string>> = {
  paused: () => "Paused",
  resumed: () => "Resumed",
  ended: () => "Ended",
  cleared: () => "Cleared",
  agentSwitched: (from, to) => `Agent: ${from} → ${to}`,
  modelChanged: (from, to) => `Model: ${from || "default"} → ${to || "default"}`,
};

export function label(message: Message): string {
  const at = timeOf(message.createdAt);
  if (message.role === "event") return `Event, ${at}`;
  return `${message.role === "user" ? "You" : (message.agent ?? message.role)}, ${at}`;
}

export function timeOf(at: string): string {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

export function attachmentName(part: AttachmentPart): string {
  const path = part.uri === undefined ? undefined : decodeURIComponent(part.uri.split("/").at(-1) ?? "");
  const lines = part.range === undefined ? "" : `:${part.range.start.line + 1}-${part.range.end.line + 1}`;
  return path === undefined ? part.kind : `${path}${lines}`;
}
