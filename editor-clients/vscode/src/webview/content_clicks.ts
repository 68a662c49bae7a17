/** What a click on a link or on a button of a code block inside a message asks for. */
import type { CodeAction } from "../core/bridge";

export interface ContentActions {
  link(href: string): void;
  code(action: CodeAction, code: string, info: string): void;
}

/** Takes clicks of every mouse button: none of them may follow a link by itself. */
export function takeContentClicks(root: HTMLElement, actions: ContentActions): void {
  const clicked = (event: MouseEvent): void => {
    const { target } = event;
    if (!(target instanceof Element)) return;
    const link = target.closest("a[data-href]");
    if (link !== null) {
      event.preventDefault();
      event.stopPropagation();
      if (event.type === "click" || event.button === 1) actions.link(link.getAttribute("data-href") ?? "");
      return;
    }
    const button = target.closest("button[data-code]");
    const frame = button?.closest<HTMLElement>(".code");
    if (!button || !frame || event.type !== "click") return;
    const action = button.getAttribute("data-code");
    if (action !== "copy" && action !== "insert" && action !== "apply") return;
    actions.code(action, frame.querySelector("code")?.textContent ?? "", frame.dataset["info"] ?? "");
  };
  root.addEventListener("click", clicked);
  root.addEventListener("auxclick", clicked);
}
