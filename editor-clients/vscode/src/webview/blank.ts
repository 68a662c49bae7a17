/** What stands in the place of the messages while there are none: loading, a reason why not, or an invitation. */
import type { Absence, ViewCommand } from "../core/bridge";
import type { ChatState } from "../core/chat";
import { h, textButton } from "./dom";

export class Blank {
  readonly element = h("div", { class: "blank" });
  private drawn: string | undefined;

  constructor(private readonly run: (command: ViewCommand) => void) {}

  /** model: what answers where a session sets nothing, if that is known. */
  draw(phase: ChatState["phase"], absence: Absence | undefined, model: string | undefined): void {
    const isNobody = model?.startsWith("offline:") === true;
    const key = `${phase} ${absence?.reason ?? ""} ${isNobody}`;
    if (this.drawn === key) return;
    this.drawn = key;
    if (phase === "loading") this.element.replaceChildren(...loading());
    else if (absence !== undefined) this.element.replaceChildren(...this.reason(absence));
    else this.element.replaceChildren(...invitation(), ...(isNobody ? this.nobody() : []));
  }

  /** Only the offline model answers: that is no dead end, and this is the way on. */
  private nobody(): HTMLElement[] {
    const choose = textButton("Choose a model", () => this.run("setModel"), { primary: true });
    return [paragraph(NOBODY, false), h("div", { class: "buttons" }, choose)];
  }

  private reason({ reason, actions }: Absence): HTMLElement[] {
    const buttons = actions.map(({ label, command }, index) =>
      textButton(label, () => this.run(command.replace(/^threadkeep\./u, "") as ViewCommand), {
        primary: index === 0,
      }),
    );
    return [h("p", {}, reason), h("div", { class: "buttons" }, ...buttons)];
  }
}

const INVITATION = [
  "Nothing was said here yet.",
  "What you ask and what is answered stays with this repository and branch. Select code and choose “Ask about the selection”, or drop files below.",
];

const NOBODY =
  "No model is set up yet: until then, your files and earlier sessions are searched for what you ask.";

function invitation(): HTMLElement[] {
  return INVITATION.map((words, index) => paragraph(words, index === 0));
}

function paragraph(words: string, isLead: boolean): HTMLElement {
  return h("p", isLead ? { class: "lead" } : {}, words);
}

function loading(): HTMLElement[] {
  const bones = [1, 2, 3].map((n) => h("div", { class: `bone bone-${n}`, "aria-hidden": "true" }));
  return [...bones, h("p", { class: "visually-hidden" }, "Loading the chat…")];
}
