/** Where a link of a message leads: only to a web page, a mail, or a file of the open folder. */

export type LinkTarget =
  | { readonly kind: "external"; readonly url: string }
  | { readonly kind: "file"; readonly path: string; readonly line?: number }
  | { readonly kind: "none" };

const EXTERNAL = /^(?:https?|mailto):/iu;
const SCHEME = /^[a-z][a-z0-9+.-]*:/iu;
const WITH_LINE = /^(?<path>.*?)(?:#L|:)(?<line>\d+)(?:[-:].*)?$/u;

export function linkTarget(href: string): LinkTarget {
  const trimmed = href.trim();
  if (EXTERNAL.test(trimmed)) return { kind: "external", url: trimmed };
  const withLine = WITH_LINE.exec(trimmed);
  const path = decoded(withLine?.groups?.["path"] ?? trimmed);
  // relative paths inside the folder only: a message must not lead anywhere else on the disk
  if (path === "" || SCHEME.test(path) || /^[/\\#?]/u.test(path)) return { kind: "none" };
  if (path.split(/[/\\]/u).includes("..")) return { kind: "none" };
  const line = withLine?.groups?.["line"];
  return { kind: "file", path, ...(line === undefined ? {} : { line: Number(line) }) };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}
