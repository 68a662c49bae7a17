/** A chat page without an extension: what it posts, and a way to tell it something. */
import { vi } from "vitest";
import type { FromView, ToView } from "../src/core/bridge";
import { ChatApp } from "../src/webview/chat_app";

export function page(): { root: HTMLElement; posted: FromView[]; tell: (message: ToView) => void } {
  vi.stubGlobal("requestAnimationFrame", (act: () => void) => (act(), 0));
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const posted: FromView[] = [];
  let state: unknown;
  new ChatApp(root, {
    postMessage: (each) => posted.push(each),
    getState: () => state,
    setState: (next) => (state = next),
  });
  return { root, posted, tell: (data) => void window.dispatchEvent(new MessageEvent("message", { data })) };
}

export function field(root: HTMLElement): HTMLTextAreaElement {
  const found = root.querySelector<HTMLTextAreaElement>(".composer textarea");
  if (found === null) throw new Error("There is no field.");
  return found;
}
