/** A list of any length: only the rows near the visible part are on the page; the newest row stays in view. */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";

export interface Row {
  readonly key: string;
}

interface Options<R extends Row> {
  readonly scroller: HTMLElement;
  /** Makes the element of a row. */
  readonly make: (row: R) => HTMLElement;
  /** Brings an element up to date; called whenever its row may have changed. */
  readonly update: (element: HTMLElement, row: R, index: number) => void;
  readonly dispose: (row: string) => void;
  /** A first guess of a row's height in pixels. */
  readonly estimate: (row: R, width: number) => number;
  readonly onScroll: () => void;
}

const PINNED_PX = 40;

export class VirtualList<R extends Row> {
  private readonly space = document.createElement("div");
  private readonly window = document.createElement("div");
  private readonly virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  private readonly elements = new Map<string, HTMLElement>();
  private rows: readonly R[] = [];
  private isPinned = true;
  private isPainting = false;
  private lastTop = 0;
  private hasMore = false;

  constructor(private readonly options: Options<R>) {
    const { scroller } = options;
    this.space.className = "list-space";
    this.window.className = "list-window";
    this.space.append(this.window);
    scroller.append(this.space);
    this.virtualizer = new Virtualizer<HTMLElement, HTMLElement>(this.settings());
    this.virtualizer._didMount();
    this.virtualizer._willUpdate();
    scroller.addEventListener("scroll", () => {
      this.isPinned = this.isStillPinned();
      options.onScroll();
    });
    for (const event of ["wheel", "touchmove"] as const)
      scroller.addEventListener(event, (input) => this.letGo(input), { passive: true });
    new ResizeObserver(() => this.keepEnd()).observe(scroller);
  }

  get isAtEnd(): boolean {
    return this.isPinned;
  }

  /** The lower edge of what is in view, on the page. */
  get bottom(): number {
    return this.options.scroller.getBoundingClientRect().bottom;
  }

  get isNearEnd(): boolean {
    return this.distanceToEnd() < this.options.scroller.clientHeight;
  }

  get isNearStart(): boolean {
    return this.options.scroller.scrollTop < this.options.scroller.clientHeight;
  }

  /** Shows these rows; what is in view stays where it is, or at the end if the end was in view. hasMore: the last is not the end. */
  setRows(rows: readonly R[], hasMore = false): void {
    this.rows = rows;
    this.hasMore = hasMore;
    if (hasMore) this.isPinned = false;
    this.virtualizer.setOptions(this.settings());
    this.paint();
    this.virtualizer._willUpdate();
  }

  toEnd(): void {
    this.isPinned = true;
    this.keepEnd();
  }

  /** Brings a row into view; false if there is none with this key. */
  reveal(key: string, align: "start" | "center" | "auto" = "center"): boolean {
    const index = this.rows.findIndex((row) => row.key === key);
    if (index < 0) return false;
    this.isPinned = false;
    this.virtualizer.scrollToIndex(index, { align });
    return true;
  }

  element(key: string): HTMLElement | undefined {
    return this.elements.get(key);
  }

  /** The first row in view and how far it is scrolled, to be found again later. */
  anchor(): { readonly key: string; readonly within: number } | undefined {
    const { scrollTop } = this.options.scroller;
    const item = this.virtualizer.getVirtualItems().find(({ end }) => end > scrollTop);
    return item && { key: String(item.key), within: scrollTop - item.start };
  }

  restore(key: string, within: number): boolean {
    const index = this.rows.findIndex((row) => row.key === key);
    if (index < 0) return false;
    this.isPinned = false;
    const [start] = this.virtualizer.getOffsetForIndex(index, "start") ?? [0];
    this.options.scroller.scrollTop = start + within;
    return true;
  }

  private settings(): ConstructorParameters<typeof Virtualizer<HTMLElement, HTMLElement>>[0] {
    const { scroller, estimate } = this.options;
    return {
      count: this.rows.length,
      getScrollElement: () => scroller,
      estimateSize: (index) => {
        const row = this.rows[index];
        return row === undefined ? 0 : estimate(row, scroller.clientWidth);
      },
      getItemKey: (index) => this.rows[index]?.key ?? index,
      overscan: 6,
      // what is in view stays there when older rows come in above it
      anchorTo: "end",
      observeElementRect,
      observeElementOffset,
      scrollToFn: elementScroll,
      onChange: () => this.paint(),
    };
  }

  private paint(): void {
    // measuring a row reports a change, which is taken up by the running paint's successor
    if (this.isPainting) return;
    this.isPainting = true;
    const items = this.virtualizer.getVirtualItems();
    const shown = new Set(items.map((item) => String(item.key)));
    for (const [key, element] of this.elements) {
      if (shown.has(key)) continue;
      if (element.contains(document.activeElement)) this.options.scroller.focus({ preventScroll: true });
      element.remove();
      this.elements.delete(key);
      this.options.dispose(key);
    }
    let next = this.window.firstElementChild;
    for (const item of items) {
      const row = this.rows[item.index];
      if (row === undefined) continue;
      const element = this.elementOf(row);
      element.dataset["index"] = String(item.index);
      this.options.update(element, row, item.index);
      if (element === next) next = next.nextElementSibling;
      else this.window.insertBefore(element, next);
    }
    this.window.style.transform = `translateY(${items[0]?.start ?? 0}px)`;
    for (const item of items) {
      const element = this.elements.get(String(item.key));
      if (element !== undefined) this.virtualizer.measureElement(element);
    }
    this.space.style.height = `${this.virtualizer.getTotalSize()}px`;
    this.isPainting = false;
    this.keepEnd();
  }

  private elementOf(row: R): HTMLElement {
    const known = this.elements.get(row.key);
    if (known !== undefined) return known;
    const element = this.options.make(row);
    this.elements.set(row.key, element);
    return element;
  }

  /** Pinned as long as nobody scrolls up, and again once the end is reached. */
  private isStillPinned(): boolean {
    if (this.hasMore) return false;
    const top = this.options.scroller.scrollTop;
    const distance = this.distanceToEnd();
    const isDown = top >= this.lastTop;
    this.lastTop = top;
    return distance < 4 || (this.isPinned && isDown) || (isDown && distance < PINNED_PX);
  }

  /** A finger or a wheel that moves up wins over an answer that grows. */
  private letGo(input: Event): void {
    if (!(input instanceof WheelEvent) || input.deltaY < 0) this.isPinned = false;
  }

  private keepEnd(): void {
    const { scroller } = this.options;
    if (this.isPinned && this.distanceToEnd() > 1) scroller.scrollTop = scroller.scrollHeight;
  }

  private distanceToEnd(): number {
    const { scrollHeight, scrollTop, clientHeight } = this.options.scroller;
    return scrollHeight - scrollTop - clientHeight;
  }
}
