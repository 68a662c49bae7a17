/** Find in the chat: looks through the whole session, also where it is not loaded, and goes from finding to finding. */
import { countOf, findingAt, foundIn, nearest, numberOf, type Finding, type Found } from "../core/finding";
import type { Hit, Message } from "../protocol";
import { RequestFailed, type Connection } from "./connection";
import { h, iconButton, setText, show } from "./dom";
import { mark, rangesOf, unmark } from "./highlights";

const PAUSE_MS = 150;
const PAGE = 200;
/** More hits than this are not counted. */
const MAX_HITS = 10_000;

export interface FindSources {
  readonly connection: Connection;
  /** Names the session that is shown. */
  readonly at: () => string;
  /** The last message in view. */
  readonly lastSeen: () => Message | undefined;
  /** Brings a message into view, wherever it is, and leaves the focus where it is. */
  readonly reveal: (messageId: string) => Promise<boolean>;
  readonly element: (messageId: string) => HTMLElement | undefined;
  readonly elements: () => Iterable<HTMLElement>;
  readonly closed: () => void;
}

export class FindBar {
  private readonly field = h("input", {
    type: "text",
    "aria-label": "Find in this chat",
    placeholder: "Find in this chat",
    spellcheck: "false",
  });
  private readonly told = h("span", { class: "found-count", role: "status" });
  readonly element = h(
    "div",
    { class: "find", role: "search", hidden: true },
    this.field,
    this.told,
    iconButton("arrow-up", "Previous finding (Shift+Enter)", () => void this.step(-1)),
    iconButton("arrow-down", "Next finding (Enter)", () => void this.step(1)),
    iconButton("close", "Close (Escape)", () => this.close()),
  );
  private timer: number | undefined;
  private searches = 0;
  private found: readonly Found[] = [];
  private current = 0;
  private hasMore = false;
  private foundFor = "";

  constructor(private readonly sources: FindSources) {
    this.field.addEventListener("input", () => this.searchSoon());
    this.element.addEventListener("keydown", (event) => this.key(event));
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  open(): void {
    const selected = window.getSelection()?.toString() ?? "";
    show(this.element, true);
    if (selected !== "" && !selected.includes("\n") && document.activeElement !== this.field)
      this.field.value = selected;
    this.field.focus();
    this.field.select();
    if (this.field.value !== "") void this.search();
  }

  close(): void {
    window.clearTimeout(this.timer);
    this.searches += 1;
    show(this.element, false);
    unmark();
    this.sources.closed();
  }

  /** Whether a key is one for finding, from wherever it comes. */
  takes(event: KeyboardEvent): boolean {
    const isFind = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "f";
    if (isFind && !event.shiftKey) this.open();
    else if (event.key === "F3" && this.isOpen) void this.step(event.shiftKey ? -1 : 1);
    else return false;
    event.preventDefault();
    return true;
  }

  /** What is on the page is another, or another session is shown. */
  drawn(): void {
    if (!this.isOpen || this.field.value === "") return;
    if (this.foundFor !== this.sources.at()) this.searchSoon();
    else this.markAll();
  }

  /** Messages came or changed: they may have the text. */
  changed(): void {
    if (this.isOpen && this.field.value !== "") this.searchSoon();
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && event.target === this.field) void this.step(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
    // elsewhere Escape stops an answer
    event.stopPropagation();
  }

  private searchSoon(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.search(), PAUSE_MS);
  }

  private async search(): Promise<void> {
    window.clearTimeout(this.timer);
    const asked = ++this.searches;
    const query = this.field.value;
    const at = this.sources.at();
    const looked = findingAt(this.found, this.current);
    const isSame = this.foundFor === at && this.element.dataset["query"] === query;
    if (query === "") {
      this.take([], false, at, query);
      setText(this.told, "");
      return unmark();
    }
    setText(this.told, "…");
    try {
      const hits = await this.hitsOf(query, () => asked === this.searches);
      const visible = await this.visible(hits);
      if (asked !== this.searches || at !== this.sources.at()) return;
      this.take(foundIn(hits, visible), hits.length >= MAX_HITS, at, query);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      if (asked === this.searches) setText(this.told, error.message);
      return;
    }
    const again = isSame && looked !== undefined ? numberOf(this.found, looked) : undefined;
    if (again !== undefined) {
      this.current = again;
      return this.tell();
    }
    this.current = nearest(this.found, this.sources.lastSeen()?.seq ?? Number.MAX_SAFE_INTEGER);
    await this.go();
  }

  private take(found: readonly Found[], hasMore: boolean, at: string, query: string): void {
    this.found = found;
    this.hasMore = hasMore;
    this.foundFor = at;
    this.element.dataset["query"] = query;
  }

  private async hitsOf(query: string, isWanted: () => boolean): Promise<readonly Hit[]> {
    const hits: Hit[] = [];
    let cursor: string | undefined;
    do {
      const params = {
        query,
        mode: "substring",
        sort: "newest",
        limit: PAGE,
        filter: { archived: "include", trashed: "include" },
        ...(cursor === undefined ? {} : { cursor }),
      } as const;
      const page = await this.sources.connection.ask("session/search", params);
      hits.push(...page.hits);
      cursor = page.nextCursor;
    } while (cursor !== undefined && hits.length < MAX_HITS && isWanted());
    return hits;
  }

  /** The messages of the shown branch, where a session has several; a search knows all of them. */
  private async visible(hits: readonly Hit[]): Promise<ReadonlySet<string> | undefined> {
    const { connection } = this.sources;
    if (hits.length === 0) return undefined;
    const { branches } = await connection.ask("chat/branches", {});
    if (branches.length < 2) return undefined;
    const ids = new Set<string>();
    let before: string | undefined;
    do {
      const params = { limit: PAGE, ...(before === undefined ? {} : { before }) };
      const page = await connection.ask("session/history", params);
      for (const { id } of page.messages) ids.add(id);
      before = page.beforeCursor;
    } while (before !== undefined);
    return ids;
  }

  private async step(by: 1 | -1): Promise<void> {
    if (this.element.dataset["query"] !== this.field.value || this.foundFor !== this.sources.at())
      return this.search();
    const total = countOf(this.found);
    if (total === 0) return;
    this.current = (this.current + by + total) % total;
    await this.go();
  }

  private async go(): Promise<void> {
    const finding = findingAt(this.found, this.current);
    this.tell();
    if (finding === undefined) return unmark();
    const asked = this.searches;
    if (this.sources.element(finding.messageId) === undefined || !this.isInView(finding))
      await this.sources.reveal(finding.messageId);
    if (asked !== this.searches) return;
    this.markAll();
    this.currentRange(finding)?.startContainer.parentElement?.scrollIntoView({ block: "nearest" });
  }

  private isInView(finding: Finding): boolean {
    const rect = this.currentRange(finding)?.getBoundingClientRect();
    const list = this.sources.element(finding.messageId)?.closest(".messages")?.getBoundingClientRect();
    return rect !== undefined && list !== undefined && rect.top >= list.top && rect.bottom <= list.bottom;
  }

  private tell(): void {
    const total = countOf(this.found);
    const count = `${total}${this.hasMore ? "+" : ""}`;
    setText(this.told, total === 0 ? "No results" : `${this.current + 1} of ${count}`);
    this.markAll();
  }

  private markAll(): void {
    const text = this.element.dataset["query"] ?? "";
    const all = [...this.sources.elements()].flatMap((element) => rangesOf(element, text));
    const finding = findingAt(this.found, this.current);
    mark(all, finding && this.currentRange(finding));
  }

  private currentRange({ messageId, nth }: Finding): Range | undefined {
    const element = this.sources.element(messageId);
    const ranges = element === undefined ? [] : rangesOf(element, this.element.dataset["query"] ?? "");
    return ranges[Math.min(nth, ranges.length - 1)];
  }
}
