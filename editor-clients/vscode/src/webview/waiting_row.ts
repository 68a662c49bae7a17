/** Rows of the list that are no messages yet: what waits for its turn, and what is on its way or was refused. */
import type { Outgoing } from "../core/chat";
import type { QueuedMessage } from "../protocol";
import { h, textButton } from "./dom";

export function waitingRow(): HTMLElement {
  return h("article", { class: "message user waiting", tabindex: "-1" });
}

export function drawQueued(element: HTMLElement, { text }: QueuedMessage, takeOut: () => void): void {
  draw(element, "Waiting for its turn", text, [textButton("Take out", takeOut)]);
}

export function drawOutgoing(
  element: HTMLElement,
  { text, problem, attachments }: Outgoing,
  actions: { edit(): void; throwAway(): void; again(): void; readonly isAway: boolean },
): void {
  const isRefused = problem !== undefined;
  const words = [text, ...attachments.map(({ name }) => `[${name}]`)].join("\n");
  const edit = (): HTMLElement => textButton("Edit", () => actions.edit(), { primary: isRefused });
  const again = (): HTMLElement => textButton("Send again", () => actions.again());
  const throwAway = (): HTMLElement => textButton("Throw away", () => actions.throwAway());
  const waits = actions.isAway ? "Kept here, and sent when the server is back" : "Sending…";
  const state = isRefused ? `Not sent: ${problem}` : waits;
  const buttons = isRefused ? [edit(), again(), throwAway()] : actions.isAway ? [edit(), throwAway()] : [];
  draw(element, state, words, buttons);
  element.classList.toggle("refused", isRefused);
}

function draw(element: HTMLElement, state: string, text: string, buttons: readonly HTMLElement[]): void {
  element.setAttribute("aria-label", `You, ${state}`);
  element.replaceChildren(
    h("header", {}, h("span", { class: "author" }, "You"), h("span", { class: "state" }, state)),
    h("div", { class: "body plain" }, text),
    h("div", { class: "buttons" }, ...buttons),
  );
}
