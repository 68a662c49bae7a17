/** One line that opens: what is inside is built when it is opened, not before. */
import { h, icon, setText } from "./dom";

let ids = 0;

export interface FoldOptions {
  readonly isOpen: boolean;
  /** Fills the body; called when it is opened. */
  readonly build: (body: HTMLElement) => void;
  readonly toggled: (isOpen: boolean) => void;
}

export class Fold {
  readonly element: HTMLElement;
  readonly line = h("span", { class: "fold-line" });
  private readonly head: HTMLButtonElement;
  private readonly chevron = icon("chevron-right");
  private body: HTMLElement | undefined;
  private isBuilt = false;

  constructor(
    className: string,
    private readonly options: FoldOptions,
  ) {
    this.head = h(
      "button",
      { type: "button", class: "fold-head", "aria-expanded": "false" },
      this.chevron,
      this.line,
    );
    this.head.addEventListener("click", () => {
      this.set(!this.isOpen);
      options.toggled(this.isOpen);
    });
    this.element = h("div", { class: `fold ${className}` }, this.head);
  }

  get isOpen(): boolean {
    return this.head.getAttribute("aria-expanded") === "true";
  }

  /** Opens it where it was open before; to be called once its line says what it is. */
  begin(): this {
    if (this.options.isOpen) this.set(true);
    return this;
  }

  private set(isOpen: boolean): void {
    this.head.setAttribute("aria-expanded", String(isOpen));
    this.chevron.className = `codicon codicon-chevron-${isOpen ? "down" : "right"}`;
    if (isOpen && !this.isBuilt) {
      this.isBuilt = true;
      const id = `fold-${++ids}`;
      this.body = h("div", { class: "fold-body", id });
      this.head.setAttribute("aria-controls", id);
      this.element.append(this.body);
      this.options.build(this.body);
    }
    if (this.body !== undefined) this.body.hidden = !isOpen;
  }
}

/** A fold whose line is an icon and words. */
export function plainFold(glyph: string, words: string, options: FoldOptions): Fold {
  const fold = new Fold("plain-fold", options);
  const title = h("span", { class: "fold-title", title: words });
  setText(title, words);
  fold.line.append(icon(glyph), title);
  return fold.begin();
}
