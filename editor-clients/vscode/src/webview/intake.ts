/** Takes what is dropped on the chat or pasted into it: files of the workbench by name, others by their text. */
import type { NamedAttachment } from "../core/bridge";
import { LOOKED_AT, namedPlace, refusalOf, textOf } from "../core/intake";

export interface Taken {
  /** Files of the workbench. */
  readonly uris: readonly string[];
  readonly attachments: readonly NamedAttachment[];
  /** Why others were not taken. */
  readonly refused: readonly string[];
}

let keys = 0;

export async function taken(data: DataTransfer): Promise<Taken> {
  // all of it is asked for at once: a moment later it is not there any more
  const list = data.getData("application/vnd.code.uri-list") || data.getData("text/uri-list");
  const files = [...data.files];
  const uris = list.split(/\r?\n/u).filter((line) => line !== "" && !line.startsWith("#"));
  if (uris.length > 0) return { uris, attachments: [], refused: [] };
  const attachments: NamedAttachment[] = [];
  const refused: string[] = [];
  for (const file of files) {
    const read = await readFile(file);
    if (typeof read === "string") refused.push(read);
    else attachments.push(read);
  }
  return { uris, attachments, refused };
}

/** Whether a paste is one of files: where there is text too, that is what is meant. */
export function hasFilesOnly(data: DataTransfer): boolean {
  return data.files.length > 0 && data.getData("text/plain") === "";
}

/** What is attached, or why it is not. */
async function readFile(file: File): Promise<NamedAttachment | string> {
  const name = file.name || "What you pasted";
  try {
    const start = new Uint8Array(await file.slice(0, LOOKED_AT).arrayBuffer());
    const refusal = refusalOf({ name, size: file.size, type: file.type, start });
    if (refusal !== undefined) return refusal;
    const bytes = new Uint8Array(await file.arrayBuffer());
    // what comes behind the beginning may be no text either
    const late = refusalOf({ name, size: file.size, type: file.type, start: bytes });
    if (late !== undefined) return late;
    keys += 1;
    const attachment = { type: "text", uri: namedPlace(name), text: textOf(bytes) } as const;
    return { key: `view-${Date.now()}-${keys}`, name, attachment };
  } catch {
    return `${name} could not be read. A folder cannot be attached; its files can.`;
  }
}
