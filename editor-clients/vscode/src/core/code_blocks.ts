/** What a code block of an answer does to a file. */

export interface Target {
  readonly text: string;
  /** UTF-16 offsets of the selection; equal where there is only a cursor. */
  readonly start: number;
  readonly end: number;
}

export type Placement = "selection" | "cursor" | "file";

/** The file that a fence names, as in ```` ```ts src/a.ts ```` or ```` ```ts title="src/a.ts" ````. */
export function namedPath(info: string): string | undefined {
  const titled = /(?:title|file(?:name)?)=(?:"([^"]+)"|'([^']+)'|(\S+))/u.exec(info);
  const words = info.trim().split(/\s+/u);
  const colon = words[0]?.match(/^[\w+#-]+:(.+)$/u)?.[1];
  const found = titled?.[1] ?? titled?.[2] ?? titled?.[3] ?? colon ?? words.slice(1).find(isPath);
  if (found === undefined || !isPath(found)) return undefined;
  const isInside = !/^(?:[/\\~]|[a-z]:)/iu.test(found) && !found.split(/[/\\]/u).includes("..");
  return isInside ? found : undefined;
}

function isPath(word: string): boolean {
  return /^[\w.@()[\]-]+(?:[/\\][\w.@()[\]-]+)*$/u.test(word) && /[./\\]/u.test(word);
}

/** Where the block most likely belongs: a selection is to be replaced, an empty file filled. */
export function likelyPlacement(target: Target): Placement {
  if (target.start !== target.end) return "selection";
  return target.text.trim() === "" ? "file" : "cursor";
}

/** The text of the file with the block in its place, with the line ends that the file has. */
export function withBlock(target: Target, code: string, placement: Placement): string {
  const eol = target.text.includes("\r\n") ? "\r\n" : "\n";
  const block = code.replace(/\r?\n/gu, eol);
  if (placement === "file") return block.endsWith(eol) || block === "" ? block : block + eol;
  const selected = target.text.slice(target.start, target.end);
  const trimmed = selected.endsWith(eol) ? block : block.replace(/(?:\r?\n)$/u, "");
  const end = placement === "cursor" ? target.start : target.end;
  return target.text.slice(0, target.start) + trimmed + target.text.slice(end);
}
