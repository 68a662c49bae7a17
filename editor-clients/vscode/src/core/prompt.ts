/** What stands in the field of a chat, whole: it is kept by the server as the session's draft. */
import type { Attachment, Draft } from "../protocol";
import type { NamedAttachment } from "./bridge";

export interface Prompt {
  readonly text: string;
  /** In UTF-16 code units; absent: at the end. */
  readonly cursor?: number;
  readonly attachments: readonly NamedAttachment[];
  /** The page's own mark of where the view stands. */
  readonly scroll?: string;
}

/** A draft that is not the one in the field. */
export interface OtherDraft {
  /** The window whose draft it is; empty: the session's own. */
  readonly windowId: string;
  readonly prompt: Prompt;
  /** When it was kept, by the server's clock. */
  readonly updatedAt?: string;
}

export const NO_PROMPT: Prompt = { text: "", attachments: [] };

/** Whether nothing would be lost with it. */
export function isBlank({ text, attachments }: Prompt): boolean {
  return text === "" && attachments.length === 0;
}

/** Whether both hold the same words and attachments, wherever the cursor stands. */
export function isSameWords(one: Prompt, other: Prompt): boolean {
  const given = ({ attachments }: Prompt): string =>
    JSON.stringify(attachments.map((each) => each.attachment));
  return one.text === other.text && given(one) === given(other);
}

/** Both, one below the other. */
export function joined(kept: Prompt, typed: Prompt): Prompt {
  if (isBlank(kept)) return { ...kept, ...typed };
  const isBelow = kept.text !== "" && typed.text !== "" && !`\n${kept.text}`.endsWith(`\n${typed.text}`);
  const text = isBelow ? `${kept.text}\n${typed.text}` : kept.text || typed.text;
  const known = new Set(kept.attachments.map(({ attachment }) => JSON.stringify(attachment)));
  const added = typed.attachments.filter(({ attachment }) => !known.has(JSON.stringify(attachment)));
  return { ...kept, text, cursor: text.length, attachments: [...kept.attachments, ...added] };
}

/** As `draft/set` takes it. */
export function draftOf({ text, cursor, attachments, scroll }: Prompt): {
  text: string;
  cursor?: number;
  attachments?: Attachment[];
  scroll?: string;
} {
  return {
    text,
    ...(cursor === undefined ? {} : { cursor: Math.min(cursor, text.length) }),
    ...(attachments.length === 0 ? {} : { attachments: attachments.map(({ attachment }) => attachment) }),
    ...(scroll === undefined ? {} : { scroll }),
  };
}

/** What a kept draft puts into the field. */
export function promptOf(draft: Draft | undefined): Prompt {
  if (draft === undefined) return NO_PROMPT;
  const { text, cursor, scroll, attachments = [] } = draft;
  return {
    text,
    attachments: attachments.map((attachment, index) => ({
      key: `draft-${index}-${draft.updatedAt ?? ""}`,
      name: nameOf(attachment),
      attachment,
    })),
    ...(cursor === undefined ? {} : { cursor }),
    ...(scroll === undefined ? {} : { scroll }),
  };
}

export function otherDrafts(drafts: readonly Draft[] | undefined): OtherDraft[] {
  return (drafts ?? []).map((draft) => ({
    windowId: draft.windowId ?? "",
    prompt: promptOf(draft),
    ...(draft.updatedAt === undefined ? {} : { updatedAt: draft.updatedAt }),
  }));
}

/** What a person calls it: the file and its lines, or the beginning of the text. */
function nameOf(attachment: Attachment & { name?: string }): string {
  const { name, uri, range, text = "" } = attachment;
  if (name !== undefined) return name;
  if (uri === undefined) return text.split(/\r?\n/u, 1)[0]?.trim().slice(0, 40) || "text";
  const file = decodedName(uri);
  return range === undefined ? file : `${file}:${range.start.line + 1}-${range.end.line + 1}`;
}

function decodedName(uri: string): string {
  const last = uri.split("/").at(-1) ?? uri;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/** Whether something has the form of a prompt. */
export function isPrompt(value: unknown): value is Prompt {
  if (typeof value !== "object" || value === null) return false;
  const { text, cursor, attachments, scroll } = value as Record<string, unknown>;
  return (
    typeof text === "string" &&
    ["number", "undefined"].includes(typeof cursor) &&
    Array.isArray(attachments) &&
    ["string", "undefined"].includes(typeof scroll)
  );
}
