/** Lines that say what stands between the person and the chat: no server, another branch, words without a place. */
import type { Absence, Strays, ViewCommand } from "../core/bridge";
import type { ChatState } from "../core/chat";
import { shortened } from "../core/format";
import { followingLine } from "../core/following";
import { isBlank, type OtherDraft } from "../core/prompt";
import { h, show, textButton } from "./dom";

export interface LineActions {
  command(name: ViewCommand): void;
  stray(at: string, act: "there" | "here" | "drop"): void;
  /** Takes an offered draft into the field, or drops it. */
  other(draft: OtherDraft, act: "take" | "drop"): void;
}

const MAX_WORDS = 60;

/** One line with buttons, drawn again only when it says something else. */
class Line {
  readonly element: HTMLElement;
  private drawn = "";

  constructor(kind: string) {
    this.element = h("div", { class: `line ${kind}`, role: "status" });
    show(this.element, false);
  }

  /** key: what it depends on. */
  draw(key: string, words: string, buttons: () => readonly HTMLElement[]): void {
    const drawn = words === "" ? "" : `${key}\n${words}`;
    if (this.drawn === drawn) return;
    this.drawn = drawn;
    show(this.element, words !== "");
    const made = words === "" ? [] : buttons();
    this.element.replaceChildren(h("p", { title: words }, words), h("div", { class: "buttons" }, ...made));
  }
}

export class Lines {
  private readonly away = new Line("away");
  private readonly following = new Line("following");
  private readonly other = new Line("other");
  private readonly strays = new Line("strays");
  /** Below the title. */
  readonly top = [this.away.element, this.following.element];
  /** Above the field. */
  readonly bottom = [this.strays.element, this.other.element];

  constructor(private readonly actions: LineActions) {}

  /** hasRows: without messages the reason stands in their place. */
  draw(state: ChatState, hasRows: boolean): void {
    this.drawAway(hasRows ? state.away : undefined);
    const followed = state.away === undefined ? followingLine(state.shown, state.following) : undefined;
    this.following.draw("", followed?.words ?? "", () => [
      textButton(followed?.offer ?? "", () => this.actions.command("openCurrentSession")),
    ]);
    this.drawOther(state.others[0]);
  }

  drawStrays(strays: Strays | undefined): void {
    if (strays === undefined) return this.strays.draw("", "", () => []);
    const { at, title, task, texts, isGone } = strays;
    const what =
      texts.length === 1 ? `“${shortened(texts[0] ?? "", MAX_WORDS)}” was` : `${texts.length} messages were`;
    const why = isGone ? "which is gone" : "which is not shown any more";
    const where = [`“${shortened(title, MAX_WORDS)}”`, task === "" ? "" : ` (${task})`].join("");
    const button = (label: string, act: "there" | "here" | "drop"): HTMLElement =>
      textButton(label, () => this.actions.stray(at, act), { primary: act === "there" });
    this.strays.draw(at, `${what} written for ${where}, ${why}, and not sent.`, () => [
      ...(isGone ? [] : [button("Send there", "there")]),
      button("Write it here", "here"),
      button("Throw away", "drop"),
    ]);
  }

  private drawAway(absence: Absence | undefined): void {
    this.away.draw("", absence?.reason ?? "", () =>
      (absence?.actions ?? []).map(({ label, command }) =>
        textButton(label, () => this.actions.command(command.replace(/^threadkeep\./u, "") as ViewCommand)),
      ),
    );
  }

  private drawOther(other: OtherDraft | undefined): void {
    if (other === undefined || isBlank(other.prompt)) return this.other.draw("", "", () => []);
    const { text, attachments } = other.prompt;
    const names = attachments.map(({ name }) => name).join(", ");
    const words = `Another draft of this session: “${shortened(text === "" ? names : text, MAX_WORDS)}”`;
    this.other.draw(`${other.windowId} ${other.updatedAt ?? ""}`, words, () => [
      textButton("Take it", () => this.actions.other(other, "take"), { primary: true }),
      textButton("Drop it", () => this.actions.other(other, "drop")),
    ]);
  }
}
