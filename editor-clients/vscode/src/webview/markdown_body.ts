/** Shows Markdown in an element; text that grows is added without drawing the whole again. */
import type { Env } from "markdown-it";
import { nodesOf, setText } from "./dom";
import { draw } from "./drawings";
import { blocks, openFence, rendered } from "./markdown";

export class MarkdownBody {
  private source = "";
  private isGrowing = false;
  /** How much of the source is drawn for good. */
  private settled = 0;
  private env: Env = {};
  private last: ChildNode[] = [];
  private openCode: { readonly info: string; readonly element: Element } | undefined;

  constructor(readonly element: HTMLElement) {}

  /** isLive: more may come. */
  update(text: string, isLive: boolean): void {
    if (text === this.source && isLive === this.isGrowing) return;
    if (!isLive) this.all(text);
    else {
      if (!this.isGrowing || !text.startsWith(this.source)) this.clear();
      this.grow(text);
    }
    this.source = text;
    this.isGrowing = isLive;
  }

  private clear(): void {
    this.element.replaceChildren();
    this.settled = 0;
    this.env = {};
    this.last = [];
    this.openCode = undefined;
  }

  private all(text: string): void {
    const isGrown = this.isGrowing && text.startsWith(this.source) && Object.keys(this.env).length === 0;
    if (isGrown) {
      // what stands already stays, and with it a selection
      this.dropLast();
      this.element.append(nodesOf(rendered(text.slice(this.settled))));
    } else this.element.replaceChildren(nodesOf(rendered(text)));
    draw(this.element);
    this.settled = 0;
    this.env = {};
    this.last = [];
    this.openCode = undefined;
  }

  private grow(text: string): void {
    const { done, length, last } = blocks(text.slice(this.settled), this.env);
    if (length > 0) {
      this.dropLast();
      this.element.append(nodesOf(done));
      this.settled += length;
      draw(this.element);
    }
    if (last.kind === "fence") this.growCode(last.info, last.code);
    else {
      this.dropLast();
      this.addLast(last.markup);
    }
  }

  private growCode(info: string, code: string): void {
    if (this.openCode?.info !== info) {
      this.dropLast();
      this.addLast(openFence(info));
      const element = this.last.flatMap((node) =>
        node instanceof Element ? [node.querySelector("code")] : [],
      )[0];
      if (!element) return;
      this.openCode = { info, element };
    }
    setText(this.openCode.element, code);
  }

  private addLast(markup: string): void {
    const nodes = nodesOf(markup);
    this.last = [...nodes.childNodes];
    this.element.append(nodes);
  }

  private dropLast(): void {
    for (const node of this.last) node.remove();
    this.last = [];
    this.openCode = undefined;
  }
}
