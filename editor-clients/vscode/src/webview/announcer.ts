/** Tells screen readers what happened, without moving the focus. */
import { shortened } from "../core/format";
import type { Message } from "../protocol";
import { h, setText } from "./dom";

const ENDS: Readonly<Record<string, string>> = {
  complete: "Answer",
  interrupted: "Answer interrupted",
  cancelled: "Answer stopped",
  failed: "Answer failed",
};
const MAX_LENGTH = 200;

export class Announcer {
  readonly element = h("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });

  say(words: string): void {
    setText(this.element, words);
  }

  sayEnd({ status, error, content }: Message): void {
    this.say(`${ENDS[status] ?? "Answer"}: ${shortened(error?.message ?? content, MAX_LENGTH)}`);
  }
}
