/** Moves lines to the indentation of another place, in the kind of indentation that is usual there. */
import { indentOf } from "./outline";

/** indent: what the least indented line shall begin with; like: lines of the file that they go into. */
export function reindented(lines: readonly string[], indent: string, like: readonly string[]): string[] {
  const filled = lines.filter((line) => line.trim() !== "");
  const common = Math.min(...filled.map((line) => indentOf(line).length), Number.MAX_SAFE_INTEGER);
  const unit = unitOf(like);
  const own = unitOf(filled);
  return lines.map((line) => {
    if (line.trim() === "") return "";
    const inner = indentOf(line).slice(common);
    return indent + converted(inner, own, unit) + line.trimStart();
  });
}

/** Tabs stay tabs, and spaces spaces, unless the file has the other kind. */
function converted(inner: string, own: string | undefined, unit: string | undefined): string {
  if (own === undefined || unit === undefined || (own === "\t") === (unit === "\t")) return inner;
  const levels = own === "\t" ? inner.length : Math.floor(inner.length / own.length);
  return unit.repeat(levels) + (own === "\t" ? "" : " ".repeat(inner.length % own.length));
}

/** One step of indentation: a tab, or the fewest spaces by which one line is deeper than the one above. */
function unitOf(lines: readonly string[]): string | undefined {
  const indents = lines.filter((line) => line.trim() !== "").map(indentOf);
  if (indents.some((each) => each.startsWith("\t"))) return "\t";
  const steps = indents
    .map((each, index) => each.length - (indents[index - 1]?.length ?? 0))
    .filter((step) => step > 1);
  return steps.length === 0 ? undefined : " ".repeat(Math.min(...steps));
}
