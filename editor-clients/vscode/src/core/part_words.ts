/** The words and signs of what an agent does. */
import type { PlanEntry, ToolCallPart } from "../protocol";
import { linkTarget } from "./links";

const KINDS: Readonly<Record<string, string>> = {
  read: "file",
  edit: "edit",
  delete: "trash",
  move: "move",
  search: "search",
  execute: "terminal",
  think: "lightbulb",
  fetch: "globe",
  switchMode: "arrow-swap",
};

export function callIcon({ kind }: ToolCallPart): string {
  return own(KINDS, kind) ?? "tools";
}

const STATES: Readonly<Record<string, readonly [string, string]>> = {
  pending: ["circle-outline", "Not begun"],
  waiting: ["bell", "Waiting for approval"],
  running: ["loading codicon-modifier-spin", "Running…"],
  completed: ["check", "Done"],
  failed: ["error", "Failed"],
  rejected: ["circle-slash", "Refused"],
  cancelled: ["debug-stop", "Cancelled"],
  interrupted: ["debug-disconnect", "Interrupted"],
};

/** The sign and the word of a call's state. */
export function callState({ state }: ToolCallPart): readonly [string, string] {
  return own(STATES, state) ?? ["question", state];
}

export function callTitle({ title, name, kind }: ToolCallPart): string {
  return (
    [title, name, own(KIND_WORDS, kind) ?? ""].map((each) => each.trim()).find((each) => each !== "") ??
    "Tool"
  );
}

const KIND_WORDS: Readonly<Record<string, string>> = {
  read: "Read",
  edit: "Edit",
  delete: "Delete",
  move: "Move",
  search: "Search",
  execute: "Run",
  think: "Think",
  fetch: "Fetch",
  switchMode: "Switch the mode",
};

/** How long a call took; empty where that is not known. */
export function callDuration({ startedAt, endedAt }: ToolCallPart): string {
  const ms = Date.parse(endedAt ?? "") - Date.parse(startedAt ?? "");
  if (!(ms >= 0)) return "";
  if (ms < 1000) return `${ms} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const STEPS: Readonly<Record<string, readonly [string, string]>> = {
  completed: ["pass-filled", "Done"],
  inProgress: ["circle-filled", "In progress"],
  pending: ["circle-outline", "To do"],
};

/** The sign and the word of a step of a plan. */
export function stepState({ status }: PlanEntry): readonly [string, string] {
  return own(STEPS, status) ?? ["question", status];
}

export function byteSize(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return "";
  if (bytes < 1000) return `${bytes} bytes`;
  const [value, unit] =
    bytes < 1e6 ? [bytes / 1e3, "kB"] : bytes < 1e9 ? [bytes / 1e6, "MB"] : [bytes / 1e9, "GB"];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** Where an address of an agent may lead: a web page, or a file of this machine; a file of another one would be fetched. */
export function placeOf(uri: string): "web" | "file" | undefined {
  if (linkTarget(uri).kind === "external" && /^https?:\/\//iu.test(uri)) return "web";
  return /^file:\/\/\/(?![/\\]|%2f|%5c)/iu.test(uri) ? "file" : undefined;
}

/** The last part of an address, for people. */
export function nameOf(uri: string): string {
  const last = uri.split(/[/\\]/u).findLast((each) => each !== "") ?? uri;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/** A word that is no member of ours may be one of every object's. */
function own<T>(words: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(words, word) ? words[word] : undefined;
}
