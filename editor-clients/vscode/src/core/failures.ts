/** What went wrong, as people read it, and what they can do about it. */
import type { ErrorData, Failure } from "../protocol";

export interface WireError {
  readonly code?: number;
  readonly message: string;
  readonly data?: ErrorData;
}

/** An error of the server, or anything else that was thrown. */
export function wireError(error: unknown): WireError {
  if (typeof error !== "object" || error === null) return { message: String(error) };
  const { code, message, data } = error as { code?: unknown; message?: unknown; data?: unknown };
  return {
    message: typeof message === "string" ? message : "Something failed without saying why.",
    ...(typeof code === "number" ? { code } : {}),
    ...(isErrorData(data) ? { data } : {}),
  };
}

function isErrorData(data: unknown): data is ErrorData {
  return typeof data === "object" && data !== null && typeof (data as ErrorData).kind === "string";
}

/** Whether the request was given up by ourselves, which is no failure to show. */
export function isCancelled(error: unknown): boolean {
  const { code, data } = wireError(error);
  return code === -32800 || data?.kind === "requestCancelled" || (error as Error)?.name === "Canceled";
}

const HEADINGS: Readonly<Record<string, string>> = {
  providerAuth: "The key was refused",
  providerRateLimited: "Too many requests",
  providerOverloaded: "The provider is busy",
  providerBadRequest: "The provider refused the request",
  contextTooLong: "The conversation is too long for this model",
  providerNotFound: "Unknown provider",
  providerNetwork: "The provider could not be reached",
  providerTimeout: "The provider did not answer in time",
  settingsInvalid: "The settings cannot be read",
  modelNotFound: "Unknown model",
  agentNotFound: "Unknown agent",
};

/** A few words above the reason. */
export function failureHeading(failure: Failure): string {
  const heading = HEADINGS[failure.kind] ?? "The answer failed";
  return failure.provider === undefined ? heading : `${heading} (${failure.provider})`;
}

/** How a complete answer that is less than it might be is told. */
export const STOPPED: Readonly<Record<string, string>> = {
  maxTokens: "Cut off by the token limit.",
  contentFilter: "Stopped by a content filter.",
  refusal: "The model refused to go on.",
  toolCalls: "The model asked for a tool that it was not offered.",
};

/** The way on from a refusal: a button, the command behind it, and what that is told. */
export interface NextStep {
  readonly label: string;
  readonly command: string;
  readonly argument?: unknown;
}

/** Undefined where the words alone say what to do. */
export function nextStep({ data }: WireError): NextStep | undefined {
  const { kind, sessionId, provider }: Partial<ErrorData> = data ?? {};
  // the session that was meant, whichever the chat shows by now
  const node = { kind: "session", session: { id: sessionId } };
  switch (kind) {
    case "sessionPaused":
      return typeof sessionId === "string"
        ? { label: "Resume It", command: "resumeSession", argument: node }
        : undefined;
    case "sessionEnded":
      return typeof sessionId === "string"
        ? { label: "Fork It", command: "forkSession", argument: node }
        : undefined;
    case "providerAuth":
      return typeof provider === "string"
        ? { label: "Enter a Key", command: "enterKey", argument: provider }
        : { label: "Choose a Model", command: "setModel" };
    case "modelNotFound":
    case "providerNotFound":
      return { label: "Choose a Model", command: "setModel" };
    case "agentNotFound":
      return { label: "Switch the Agent", command: "switchAgent" };
    case "settingsInvalid":
      return { label: "Open the Settings", command: "openSettings" };
    default:
      return undefined;
  }
}

/** A text as a notification takes it: VS Code shows one line well. */
export function oneLine(text: string): string {
  return text.replace(/\s+/gu, " ").trim();
}
