/** Marks a text where it stands on the page, without changing the page. */

/** Names of the two marks, as the style sheet has them. */
const ALL = "found-all";
const CURRENT = "found-current";
const MAX_RANGES = 2_000;
/** Texts between which nothing is said: a word is not found from one into the other. */
const BLOCKS =
  "p, li, pre, td, th, h1, h2, h3, h4, h5, h6, blockquote, .code-bar, summary, header, .note, .body, .notice, .tools";

/** Where the text stands within an element, in order; case does not matter. */
export function rangesOf(element: Element, text: string): Range[] {
  const wanted = folded(text);
  if (wanted === "") return [];
  const ranges: Range[] = [];
  for (const nodes of runs(element)) {
    const whole = folded(nodes.map((node) => node.data).join(""));
    for (
      let at = whole.indexOf(wanted);
      at >= 0 && ranges.length < MAX_RANGES;
      at = whole.indexOf(wanted, at + wanted.length)
    ) {
      const range = document.createRange();
      range.setStart(...placeIn(nodes, at));
      range.setEnd(...placeIn(nodes, at + wanted.length, true));
      ranges.push(range);
    }
  }
  return ranges;
}

export function mark(all: readonly Range[], current: Range | undefined): void {
  if (typeof Highlight === "undefined") return;
  CSS.highlights.set(ALL, new Highlight(...all));
  if (current === undefined) CSS.highlights.delete(CURRENT);
  else CSS.highlights.set(CURRENT, new Highlight(current));
}

export function unmark(): void {
  if (typeof Highlight === "undefined") return;
  CSS.highlights.delete(ALL);
  CSS.highlights.delete(CURRENT);
}

/** Lower case, as long as before: places stay what they are. */
function folded(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text;
}

/** The texts of a message, those of one block together. */
function runs(element: Element): Text[][] {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const found: Text[][] = [];
  let block: Element | null | undefined;
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (parent?.closest("header, .tools, .code-bar, [hidden]") !== null) continue;
    const own = parent.closest(BLOCKS);
    if (own !== block) found.push([]);
    block = own;
    found.at(-1)?.push(node as Text);
  }
  return found;
}

function placeIn(nodes: readonly Text[], offset: number, isEnd = false): [Text, number] {
  let left = offset;
  for (const node of nodes) {
    if (left < node.length || (isEnd && left === node.length)) return [node, left];
    left -= node.length;
  }
  const last = nodes.at(-1) ?? new Text();
  return [last, last.length];
}
