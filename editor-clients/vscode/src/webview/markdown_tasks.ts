/** Task lists: `- [ ] to do` and `- [x] done` become boxes that only show. */
import type { MarkdownIt } from "markdown-it";

const MARK = /^\[(?<mark>[ xX])\][ \u00A0](?=\S)/u;

export function withTasks(md: MarkdownIt): void {
  md.core.ruler.after("inline", "tasks", ({ tokens }) => {
    for (const [index, token] of tokens.entries()) {
      const item = tokens[index - 2];
      const isFirst = token.type === "inline" && tokens[index - 1]?.type === "paragraph_open";
      const first = token.children?.[0];
      if (!isFirst || item?.type !== "list_item_open" || first?.type !== "text") continue;
      const mark = MARK.exec(first.content);
      if (mark === null) continue;
      item.attrJoin("class", "task");
      item.meta = { isDone: mark.groups?.["mark"] !== " " };
      first.content = first.content.slice(mark[0].length);
    }
  });
  md.renderer.rules["list_item_open"] = (tokens, index, options, _env, self) => {
    const opened = self.renderToken(tokens, index, options);
    const meta = tokens[index]?.meta as { isDone: boolean } | null | undefined;
    if (typeof meta?.isDone !== "boolean") return opened;
    const said = meta.isDone ? "Done" : "To do";
    const glyph = meta.isDone ? "check" : "circle-large-outline";
    return `${opened}<i class="codicon codicon-${glyph} task-mark" role="img" aria-label="${said}:" title="${said}"></i>`;
  };
}
