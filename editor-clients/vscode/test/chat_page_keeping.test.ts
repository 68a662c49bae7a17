// @vitest-environment happy-dom
/** What stands on the page stays, and comes back in the session that it was written in. */
import { expect, test } from "vitest";
import type { NamedAttachment, Shown, ToView } from "../src/core/bridge";
import { NO_PROMPT } from "../src/core/prompt";
import { given, message, session } from "./support";
import { field, page } from "./page";

const CSV: NamedAttachment = { key: "k", name: "my data.csv", attachment: { type: "text", text: "a,b" } };
const PLACE: Shown = { at: "new {}", task: "main", repository: "app" };

function place(prompt = NO_PROMPT): ToView {
  return {
    type: "opened",
    shown: PLACE,
    result: { created: false, messages: [], seq: 0 },
    prompt,
    others: [],
  };
}

function chips(root: HTMLElement): string[] {
  return [...root.querySelectorAll(".chips li")].map(({ textContent }) => textContent ?? "");
}

// a page without a layout has no height, and its list would draw nothing
Object.defineProperty(HTMLElement.prototype, "clientHeight", { configurable: true, value: 600 });

function box(root: HTMLElement): HTMLTextAreaElement | null {
  return root.querySelector(".edit textarea");
}

test("a sent file does not come back with the session that began, and its place is that session", () => {
  const { root, posted, tell } = page();
  tell(place());
  tell({ type: "attach", attachments: [CSV] });
  expect(chips(root)).toEqual(["my data.csv"]);
  field(root).value = "What is in it?";
  root.querySelector<HTMLButtonElement>("button.send")?.click();
  expect(posted.at(-1)).toMatchObject({ type: "send", at: PLACE.at });
  // the extension had not heard of that when it opened the session
  const prompt = { text: "", attachments: [CSV] };
  tell({ ...given([]), prompt, from: PLACE.at });
  expect(chips(root)).toEqual([]);
  expect(field(root).value).toBe("");
  expect(root.textContent).toContain("What is in it?");
});

test("what is typed while the session of a place begins stays in the field", () => {
  const { root, tell } = page();
  tell(place());
  field(root).value = "half";
  field(root).dispatchEvent(new Event("input"));
  field(root).value = "half a thought";
  tell({ ...given([]), prompt: { text: "half", attachments: [] }, from: PLACE.at });
  expect(field(root).value).toBe("half a thought");
});

test("where nothing was typed, the draft of a session that began in another window comes in", () => {
  const { root, tell } = page();
  tell(place());
  tell({ ...given([]), prompt: { text: "of another window", attachments: [] }, from: PLACE.at });
  expect(field(root).value).toBe("of another window");
});

test("an open box of a message comes back with its session, and is in no other", () => {
  const first = page();
  first.tell(given([message("m1", { content: "Asked" })]));
  first.root.querySelector<HTMLButtonElement>("[aria-label='Edit and ask again']")?.click();
  const open = box(first.root);
  if (open === null) throw new Error("There is no box.");
  open.value = "Asked better";
  open.dispatchEvent(new Event("input"));
  expect(first.posted.at(-1)).toEqual({ type: "edit", at: "s1", messageId: "m1", text: "Asked better" });
  const other = session({ id: "s2" });
  first.tell({ ...given([message("m2", { sessionId: "s2" })], { session: other }), edits: {} });
  expect(box(first.root)).toBeNull();
  first.tell({ ...given([message("m1", { content: "Asked" })]), edits: { m1: "Asked better" } });
  expect(box(first.root)?.value).toBe("Asked better");
  // hidden or reloaded: another page begins
  const second = page();
  second.tell({ ...given([message("m1", { content: "Asked" })]), edits: { m1: "Asked better" } });
  expect(box(second.root)?.value).toBe("Asked better");
  const cancel = [...second.root.querySelectorAll<HTMLButtonElement>(".edit button")].at(-1);
  cancel?.click();
  expect(second.posted.at(-1)).toEqual({ type: "edit", at: "s1", messageId: "m1" });
  expect(box(second.root)).toBeNull();
});
