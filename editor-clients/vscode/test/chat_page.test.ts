// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import type { FromView, ToView } from "../src/core/bridge";
import type { Message } from "../src/protocol";
import { MessageView } from "../src/webview/message_view";
import { rowsOf, isSame, estimatedHeight } from "../src/webview/rows";
import { EMPTY, reduce } from "../src/core/chat";
import { field, page } from "./page";
import { given, message, session } from "./support";

function opened(messages: Message[], more: object = {}): ToView {
  return given(messages, { session: session(more) });
}

function shownAlone(answer: Message): MessageView {
  const settings = () => ({ sendKey: "enter", whenBusy: "queue", reasoning: "folded" });
  const view = new MessageView(answer, { settings } as never);
  view.update({ key: "m", kind: "message", message: answer, live: undefined, isLast: true, isOpen: true });
  return view;
}

test("the page says that it is ready, and what is sent shows at once and is asked of the server", () => {
  const { root, posted, tell } = page();
  expect(posted).toEqual([{ type: "ready" }]);
  tell(opened([]));
  field(root).value = "Hello";
  root.querySelector<HTMLButtonElement>("button.send")?.click();
  const sent = { key: expect.any(String) as string, text: "Hello", attachments: [] };
  expect(posted).toContainEqual({ type: "send", at: "s1", message: sent, whenBusy: "queue" });
  expect(field(root).value).toBe("");
});

test("a paused session takes no text and offers to resume", () => {
  const { root, posted, tell } = page();
  tell(opened([], { status: "paused" }));
  expect(field(root).disabled).toBe(true);
  const resume = [...root.querySelectorAll("button")].find(({ textContent }) => textContent === "Resume");
  resume?.click();
  expect(posted.at(-1)).toMatchObject({ type: "request", method: "session/resume" });
});

test("without a server the reason and what can be done are shown", () => {
  const { root, posted, tell } = page();
  tell({
    type: "absent",
    absence: {
      reason: "Not installed.",
      actions: [{ label: "Install", command: "threadkeep.installServer" }],
    },
  });
  expect(root.querySelector(".blank")?.textContent).toContain("Not installed.");
  root.querySelector<HTMLButtonElement>(".blank button")?.click();
  expect(posted.at(-1)).toEqual({ type: "command", at: "first", command: "installServer" });
});

test("the draft of the server stands in the field, and an empty chat says so", () => {
  const { root, tell } = page();
  const prompt = { text: "half a thought", cursor: 4, attachments: [] };
  tell({ ...given([]), prompt });
  expect(field(root).value).toBe("half a thought");
  expect(field(root).selectionStart).toBe(4);
  expect(root.querySelector(".blank")?.textContent).toContain("Nothing was said here yet.");
});

test("why a request was refused stays in view until it is closed", () => {
  const { root, posted, tell } = page();
  tell(opened([], { status: "paused" }));
  const button = (text: string): HTMLButtonElement | undefined =>
    [...root.querySelectorAll("button")].find(({ textContent }) => textContent === text);
  button("Resume")?.click();
  const { id } = posted.at(-1) as Extract<FromView, { type: "request" }>;
  const told = (): string => root.querySelector(".banner p")?.textContent ?? "";
  tell({ type: "reply", id, error: { message: "It is being erased." } });
  return vi.waitFor(() => {
    expect(told()).toBe("It is being erased.");
    // drawn again, for whatever reason
    tell({ type: "defaults", defaults: { model: "work:test" } });
    expect(told()).toBe("It is being erased.");
    button("Close")?.click();
    expect(told()).toContain("This session is paused.");
  });
});

test("an attached file is opened where it was attached from", () => {
  const range = { start: { line: 6, character: 0 }, end: { line: 8, character: 0 } };
  const part = {
    type: "attachment",
    kind: "selection",
    uri: "file:///app/greet.py",
    range,
    text: "",
    hash: "",
  };
  const asked = message("m", { parts: [{ type: "text", text: "m" }, part as never] });
  const opened: unknown[] = [];
  const actions = {
    openFile: (...place: unknown[]) => opened.push(place),
    settings: () => ({ sendKey: "enter", whenBusy: "queue", reasoning: "folded" }),
  };
  const view = new MessageView(asked, actions as never);
  view.update({ key: "m", kind: "message", message: asked, live: undefined, isLast: true, isOpen: true });
  view.element.querySelector<HTMLButtonElement>(".attachments button")?.click();
  expect(opened).toEqual([["file:///app/greet.py", 6]]);
});

test.each([
  ["maxTokens", "Cut off by the token limit.", ["Continue", "Retry"]],
  ["contentFilter", "Stopped by a content filter.", ["Retry"]],
  ["endTurn", undefined, []],
])("an answer that ended by %s says so, and offers what can be done", (stopReason, told, buttons) => {
  const answer = message("m", { role: "assistant", stopReason });
  const view = shownAlone(answer);
  const trouble = view.element.querySelector<HTMLElement>(".trouble");
  expect(trouble?.hidden).toBe(told === undefined);
  expect(trouble?.querySelector(".heading")?.textContent).toBe(told);
  const labels = [...(trouble?.querySelectorAll("button") ?? [])].map(({ textContent }) => textContent);
  expect(labels).toEqual(buttons);
});

test("the sources of an answer are links below it; what is no web address is no link", () => {
  const links = [
    { uri: "https://example.org/a", title: "A" },
    { uri: "https://example.org/b" },
    { uri: "javascript:x" },
    7,
  ];
  const view = shownAlone(
    message("m", { role: "assistant", metadata: { links, notices: ["No temperature."] } }),
  );
  const shown = [...view.element.querySelectorAll(".beside a")];
  expect(shown.map((each) => each.textContent)).toEqual(["A", "https://example.org/b"]);
  expect(shown.map((each) => each.getAttribute("data-href"))).toEqual([
    "https://example.org/a",
    "https://example.org/b",
  ]);
  expect(view.element.querySelector(".beside .notice")?.textContent).toBe("No temperature.");
});

test.each(["# my notes\n\n* one\n* two", '  File "a.py"\n\n    <b>x</b>', "$x$ `y`\r\n\tz "])(
  "what a person typed is shown as it was typed: %j",
  (content) => {
    const body = shownAlone(message("m", { content })).element.querySelector(".body.plain");
    expect(body?.textContent).toBe(content);
    expect(body?.children.length).toBe(0);
  },
);

test("rows follow the history, then the queue, then what was not sent; a message is never shown twice", () => {
  const state = {
    ...reduce(EMPTY, given([message("u1"), message("e", { role: "event" })])),
    queued: [
      { turnId: "t1", userMessageId: "u1", text: "there already", at: "" },
      { turnId: "t2", userMessageId: "u2", text: "next", at: "" },
    ],
    outbox: [{ key: "k", text: "new", attachments: [] }],
  };
  const rows = rowsOf(state);
  expect(rows.map(({ key }) => key)).toEqual(["u1", "e", "queued t2", "outgoing k"]);
  expect(rows[0]).toMatchObject({ isLast: true, isOpen: true });
  const again = rowsOf({ ...state });
  expect(rows.every((row, index) => isSame(again[index], row))).toBe(true);
  const changed = rowsOf({
    ...state,
    messages: [message("u1", { isFavourite: true }), ...state.messages.slice(1)],
  });
  expect(rows.map((row, index) => isSame(changed[index], row))).toEqual([false, true, true, true]);
  expect(rows.map((row) => estimatedHeight(row, 300) > 0)).toEqual([true, true, true, true]);
});

test("where only the offline model answers, an empty chat leads to a choice of models", () => {
  const { root, posted, tell } = page();
  tell({ type: "defaults", defaults: { model: "offline:offline" } });
  tell(opened([]));
  expect(root.querySelector(".blank")?.textContent).toContain("No model is set up yet");
  root.querySelector<HTMLButtonElement>(".blank button")?.click();
  expect(posted.at(-1)).toMatchObject({ type: "command", command: "setModel" });
  const other = page();
  other.tell({ type: "defaults", defaults: { model: "openai:gpt" } });
  other.tell(opened([]));
  expect(other.root.querySelector(".blank")?.textContent).toContain("Nothing was said here yet.");
  expect(other.root.querySelector(".blank")?.textContent).not.toContain("No model is set up yet");
});
