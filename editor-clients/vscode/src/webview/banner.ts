/** The strip above the field: what the session's state means for who writes, or why a request failed. */
import type { ChatState } from "../core/chat";
import { h, show, textButton } from "./dom";

export interface BannerActions {
  resume(): void;
  command(name: "forkSession" | "newSession"): void;
}

export class Banner {
  readonly element = h("div", { class: "banner", role: "status" });
  private drawn: string | undefined;

  constructor(private readonly actions: BannerActions) {}

  draw({ session, phase }: ChatState): void {
    const isShown = session !== undefined && phase !== "absent";
    const state = session?.trashedAt === undefined ? session?.status : "trashed";
    // nothing to say is nothing to say: what was told of a failure stays while a session begins
    const kind = !isShown || state === undefined || state === "active" ? "" : state;
    if (this.drawn === kind) return;
    this.drawn = kind;
    show(this.element, kind !== "");
    const { actions } = this;
    const resume = textButton("Resume", () => actions.resume(), { primary: true });
    const fork = textButton("Fork", () => actions.command("forkSession"), { primary: true });
    const fresh = textButton("New session", () => actions.command("newSession"));
    const told: Record<string, [string, HTMLElement[]]> = {
      paused: ["This session is paused. It takes no messages until it is resumed.", [resume]],
      ended: ["This session has ended. It can be read, exported and forked.", [fork, fresh]],
      trashed: ["This session is in the trash.", [fresh]],
    };
    this.fill(...(told[kind] ?? ["", []]));
  }

  /** Shows why something failed, until it is closed or the session changes its state. */
  problem(words: string, state: () => ChatState): void {
    const close = textButton("Close", () => {
      this.drawn = "problem";
      this.draw(state());
    });
    this.fill(words, [close]);
    show(this.element, true);
  }

  private fill(words: string, buttons: readonly HTMLElement[]): void {
    this.element.replaceChildren(h("p", {}, words), h("div", { class: "buttons" }, ...buttons));
  }
}
