/** Which file a code block of an answer belongs to, and what the file is with the block in it. */
import { reindented } from "./indentation";
import { indentOf } from "./outline";

export interface Target {
  readonly text: string;
  /** UTF-16 offsets of the selection; equal where there is only a cursor. */
  readonly start: number;
  readonly end: number;
}

export type Placement = "selection" | "cursor" | "file";

/** The file that a block names: of the opened folder, with `/` between names; or one that it must not touch. */
export type NamedFile =
  | { readonly kind: "none" }
  | { readonly kind: "inside"; readonly path: string }
  | { readonly kind: "absolute" | "outside"; readonly path: string };

/** As in ```` ```ts src/a.ts ````, ```` ```ts title="src/a.ts" ```` or a first line `// src/a.ts`. */
export function namedFile(info: string, code = ""): NamedFile {
  const path = nameIn(info) ?? commented(code);
  if (path === undefined) return { kind: "none" };
  if (/^(?:[/\\]|[a-z]:[/\\]|file:)/iu.test(path)) return { kind: "absolute", path };
  const names: string[] = [];
  for (const name of path.split(/[/\\]/u)) {
    if (name === "..") {
      if (names.pop() === undefined) return { kind: "outside", path };
    } else if (name !== "." && name !== "") names.push(name);
  }
  // what decides about programs that git runs is nobody's to suggest
  const isForbidden = names.length === 0 || names[0] === "~" || names.some((name) => /^\.git$/iu.test(name));
  return isForbidden ? { kind: "outside", path } : { kind: "inside", path: names.join("/") };
}

/** The same where it is a file of the folder. */
export function namedPath(info: string): string | undefined {
  const named = namedFile(info);
  return named.kind === "inside" ? named.path : undefined;
}

function nameIn(info: string): string | undefined {
  const titled = /(?:title|file(?:name)?|path)=(?:"([^"]+)"|'([^']+)'|(\S+))/u.exec(info);
  const words = info.trim().split(/\s+/u);
  const colon = words[0]?.match(/^[\w+#-]+:(.+)$/u)?.[1];
  const found = titled?.[1] ?? titled?.[2] ?? titled?.[3] ?? colon ?? words.slice(1).find(isPath);
  return found !== undefined && isPath(found) ? found : undefined;
}

/** A path that is all that the first line says, in a comment. */
function commented(code: string): string | undefined {
  const [line = ""] = code.split("\n", 1);
  const said = /^\s*(?:\/\/|#|--|\/\*|<!--|;)\s*(?:file(?:name)?:\s*)?(\S+?)\s*(?:\*\/|-->)?\s*$/iu.exec(
    line,
  )?.[1];
  return said !== undefined &&
    isPath(said) &&
    /[^/\\.][/\\.][^/\\]*\.?\w+$/u.test(said) &&
    /\.\w{1,8}$/u.test(said)
    ? said
    : undefined;
}

function isPath(word: string): boolean {
  const name = String.raw`[\p{L}\p{N}_.@()[\]~+-]+`;
  const path = new RegExp(String.raw`^(?:file:\/\/)?(?:[a-z]:)?[/\\]?${name}(?:[/\\]${name})*$`, "iu");
  return path.test(word) && /[./\\]/u.test(word) && !/^\.+$/u.test(word);
}

/** Where the block most likely belongs: a selection is to be replaced, an empty file filled. */
export function likelyPlacement(target: Target): Placement {
  if (target.start !== target.end) return "selection";
  return target.text.trim() === "" ? "file" : "cursor";
}

/** The text of the file with the block in its place, with the line ends that the file has. */
export function withBlock(target: Target, code: string, placement: Placement): string {
  const eol = eolOf(target.text);
  if (placement === "file") {
    const block = withEol(code, eol);
    return block.endsWith(eol) || block === "" ? block : block + eol;
  }
  if (placement === "selection") return inSelection(target, code, eol);
  return atCursor(target, code, eol);
}

export function eolOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

export function withEol(text: string, eol: string): string {
  return text.replace(/\r?\n/gu, eol);
}

function inSelection(target: Target, code: string, eol: string): string {
  const { text, start, end } = target;
  const selected = text.slice(start, end);
  const before = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  // a block that begins at the margin goes as deep as what it replaces
  const isAtIndent = before.trim() === "";
  const first = selected.split("\n").find((line) => line.trim() !== "") ?? "";
  const indent = before + (before === "" ? indentOf(first) : "");
  const lines = code.replace(/\r?\n$/u, "").split(/\r?\n/u);
  const moved = isAtIndent && indent !== "" ? reindented(lines, indent, text.split(/\r?\n/u)) : lines;
  const block = withEol(moved.join("\n"), eol).slice(
    isAtIndent && before !== "" && moved !== lines ? before.length : 0,
  );
  const isWhole = selected.endsWith("\n") && block !== "";
  return text.slice(0, start) + block + (isWhole ? eol : "") + text.slice(end);
}

/** Within a line where it is a piece of one; else on lines of its own, as deep as the line of the cursor. */
function atCursor({ text, start }: Target, code: string, eol: string): string {
  const block = code.replace(/\r?\n$/u, "");
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const newline = text.indexOf("\n", start);
  const lineEnd = newline < 0 ? text.length : text[newline - 1] === "\r" ? newline - 1 : newline;
  const line = text.slice(lineStart, lineEnd);
  const before = text.slice(lineStart, start);
  const isWithin = before.trim() !== "" && text.slice(start, lineEnd).trim() !== "";
  const isPiece = !block.includes("\n") && (isWithin || !code.endsWith("\n"));
  if (isPiece) return text.slice(0, start) + block + text.slice(start);
  const indent = line.trim() === "" && line === "" ? "" : indentOf(line);
  const lines = reindented(block.split(/\r?\n/u), indent, text.split(/\r?\n/u));
  const moved = lines.join(eol);
  if (line.trim() === "") return text.slice(0, lineStart) + moved + text.slice(lineEnd);
  if (before.trim() === "") return text.slice(0, lineStart) + moved + eol + text.slice(lineStart);
  return text.slice(0, lineEnd) + eol + moved + text.slice(lineEnd);
}
