import { describe, expect, test } from "vitest";
import type { ChatNotice } from "../src/core/bridge";
import { EMPTY, reduce, type ChatState } from "../src/core/chat";
import { filledIn, upserted } from "../src/core/parts";
import { joined } from "../src/core/pacing";
import type { Delta, Message, Part, ToolCallPart } from "../src/protocol";
import { given, message, turn } from "./support";

export function call(id: string, more: Partial<ToolCallPart> = {}): ToolCallPart {
  const own = { type: "toolCall", toolCallId: id, name: "bash", title: "", kind: "execute" } as const;
  return { ...own, state: "running", output: [], locations: [], ...more };
}

function part(index: number, value: Part, more: object = {}): ChatNotice {
  const params = { sessionId: "s1", turnId: "t1", messageId: "a1", index, seq: 2, part: value, ...more };
  return { method: "chat/part", params };
}

function delta(text: string, offset: number, more: Partial<Delta> = {}): ChatNotice {
  const own = { sessionId: "s1", turnId: "t1", messageId: "a1", kind: "text", savedOffset: 0 };
  return { method: "chat/delta", params: { ...own, offset, text, ...more } };
}

function output(text: string, offset: number, index = 0): ChatNotice {
  return delta(text, offset, { kind: "toolOutput", toolCallId: "c1", index });
}

const started: ChatNotice = {
  method: "chat/turnStarted",
  params: { sessionId: "s1", turn: turn("t1", { messageId: "a1", userMessageId: "u1" }) },
};

function told(...notices: ChatNotice[]): ChatState {
  const begun = reduce(EMPTY, given([message("u1")]));
  return [started, ...notices].reduce((state, notice) => reduce(state, { type: "notice", ...notice }), begun);
}

function answer(state: ChatState): Message {
  const found = state.messages.find(({ id }) => id === "a1");
  if (found === undefined) throw new Error("There is no answer.");
  return found;
}

const TERMINAL = [{ type: "terminal" }];
const outputOf = (state: ChatState): unknown =>
  (answer(state).parts[0] as ToolCallPart | undefined)?.output.at(-1);

describe("parts of a running answer", () => {
  test("stand in order among the words, and one that changes takes its own place", () => {
    const state = told(
      delta("Look: ", 0, { index: 0 }),
      part(1, call("c1")),
      delta("done", 6, { index: 2 }),
      part(1, call("c1", { state: "completed" })),
      delta(".", 10, { index: 2 }),
    );
    expect(answer(state).content).toBe("Look: done.");
    expect(answer(state).parts).toEqual([
      { type: "text", text: "Look: " },
      call("c1", { state: "completed" }),
      { type: "text", text: "done." },
    ]);
    expect(state.isStale).toBe(false);
  });

  test("of an older server without an index begin a new text behind another part", () => {
    const state = told(delta("a", 0), part(1, call("c1")), delta("b", 1));
    expect(answer(state).parts.map(({ type }) => type)).toEqual(["text", "toolCall", "text"]);
  });

  test.each([
    ["a part", part(3, call("c1"))],
    ["words", delta("x", 0, { index: 4 })],
    ["words where a call stands", delta("x", 0, { index: 0 })],
    ["output of a call that is not there", output("x", 0, 7)],
  ])("behind a gap are read again: %s", (_name, notice) => {
    const state = told(part(0, call("c0")), notice);
    expect(state.isStale).toBe(true);
    expect(answer(state).parts).toEqual([call("c0")]);
  });

  test("may change outside of a turn, and in a message that is not shown they are left alone", () => {
    const state = told(part(0, call("c1")));
    const late = { method: "chat/part", params: { ...part(0, call("c1", { state: "failed" })).params } };
    delete (late.params as { turnId?: string }).turnId;
    const after = reduce(state, { type: "notice", ...(late as ChatNotice) });
    expect((answer(after).parts[0] as ToolCallPart).state).toBe("failed");
    expect(reduce(after, { type: "notice", ...part(0, call("x"), { messageId: "else" }) }).isStale).toBe(
      true,
    );
  });

  test("all end as they were stored", () => {
    const final = message("a1", { role: "assistant", parts: [call("c1", { state: "interrupted" })] });
    const end: ChatNotice = {
      method: "chat/turnCompleted",
      params: { sessionId: "s1", turn: turn("t1", { messageId: "a1" }), message: final },
    };
    const state = told(part(0, call("c1", { output: TERMINAL })), output("x", 0), end);
    expect(answer(state).parts).toEqual(final.parts);
  });
});

describe("output of a running call", () => {
  test("grows by bytes of UTF-8, and what comes twice is taken once", () => {
    const state = told(
      part(0, call("c1", { output: TERMINAL })),
      output("aä😀", 0),
      output("😀b", 3),
      output("aä", 0),
      output("c", 8),
    );
    expect(outputOf(state)).toEqual({ type: "terminal", text: "aä😀bc" });
    expect(state.isStale).toBe(false);
  });

  test("with a gap is read again, and of an ended call it is not taken", () => {
    expect(told(part(0, call("c1", { output: TERMINAL })), output("x", 1)).isStale).toBe(true);
    const ended = told(part(0, call("c1", { output: TERMINAL, state: "failed" })), output("x", 0));
    expect(outputOf(ended)).toEqual({ type: "terminal" });
  });

  test("that is long is held by its ends, and goes on from there", () => {
    const line = `${"ä".repeat(1_000)}\n`;
    let state = told(part(0, call("c1", { output: TERMINAL })));
    for (let count = 0; count < 300; count++)
      state = reduce(state, { type: "notice", ...output(line, count * 2_001) });
    const { blob, text } = outputOf(state) as { blob: { size: number; tail: string }; text?: string };
    expect(text).toBeUndefined();
    expect(blob.size).toBe(300 * 2_001);
    expect(blob.tail.length).toBeLessThanOrEqual(65_536);
    expect(blob.tail.endsWith(line)).toBe(true);
    expect(state.isStale).toBe(false);
  });

  test("that comes close together is one message, in bytes, and of another call it is another", () => {
    const other = delta("x", 3, { kind: "toolOutput", toolCallId: "c2", index: 1 });
    const notices = joined([output("ä", 0), output("b", 2), other]);
    expect(notices.map(({ params }) => (params as Delta).text)).toEqual(["äb", "x"]);
  });
});

describe("parts that were left out", () => {
  const OMITTED: Part = { type: "omitted", count: 5 };

  test("are counted, and split where one of them is told of", () => {
    const parts: Part[] = [{ type: "text", text: "a" }, OMITTED, call("c9")];
    expect(upserted(parts, 6, call("new"))?.at(-1)).toEqual(call("new"));
    expect(upserted(parts, 3, call("x"))).toEqual([
      parts[0],
      { type: "omitted", count: 2 },
      call("x"),
      { type: "omitted", count: 2 },
      parts[2],
    ]);
  });

  test("come into their places, and what is there stays newer", () => {
    const before: Part[] = [OMITTED, call("c5", { state: "completed" })];
    const read = [call("c3"), call("c4"), call("c5")];
    expect(filledIn(before, 3, read)).toEqual([
      { type: "omitted", count: 3 },
      call("c3"),
      call("c4"),
      before[1],
    ]);
    const all = filledIn(filledIn(before, 3, read), 0, [call("c0"), call("c1"), call("c2")]);
    expect(all.map((each) => (each as ToolCallPart).toolCallId)).toEqual([
      "c0",
      "c1",
      "c2",
      "c3",
      "c4",
      "c5",
    ]);
  });

  test("are put in by the state wherever the message is by then", () => {
    const state = reduce(EMPTY, given([message("a1", { role: "assistant", parts: [OMITTED] })]));
    const after = reduce(state, { type: "parts", messageId: "a1", from: 4, parts: [call("c4")] });
    expect(answer(after).parts).toEqual([{ type: "omitted", count: 4 }, call("c4")]);
    expect(reduce(state, { type: "parts", messageId: "gone", from: 0, parts: [] })).toBe(state);
  });

  test("do not lose what a page was read with before: of two, the one with more is ahead", () => {
    const streaming = (parts: Part[]): Message =>
      message("a1", {
        role: "assistant",
        status: "streaming",
        turnId: "t1",
        parentId: "u1",
        content: "",
        parts,
      });
    const shown = told(part(0, call("c1", { output: TERMINAL })), output("abc", 0));
    const less = streaming([call("c1", { output: [{ type: "terminal", text: "a" }] })]);
    const more = streaming([call("c1", { output: [{ type: "terminal", text: "abcd" }] })]);
    const read = (page: Message): unknown =>
      outputOf(reduce(shown, { type: "newest", page: { messages: [message("u1"), page] } }));
    expect(read(less)).toEqual({ type: "terminal", text: "abc" });
    expect(read(more)).toEqual({ type: "terminal", text: "abcd" });
  });
});

test("ten thousand calls with their changes are taken in without a halt", () => {
  let state = told();
  for (let index = 0; index < 10_000; index++)
    state = reduce(state, { type: "notice", ...part(index, call(`c${index}`)) });
  expect(answer(state).parts.length).toBe(10_000);
});
