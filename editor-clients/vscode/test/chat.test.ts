import { describe, expect, test } from "vitest";
import type { ChatNotice } from "../src/core/bridge";
import { EMPTY, reasoningOf, reduce, type ChatState } from "../src/core/chat";
import type { Delta, Message } from "../src/protocol";
import { given, message, session, turn } from "./support";

function opened(messages: Message[], more: { beforeCursor?: string } = {}): ChatState {
  return reduce(EMPTY, given(messages, more));
}

function told(state: ChatState, ...notices: ChatNotice[]): ChatState {
  return notices.reduce((before, notice) => reduce(before, { type: "notice", ...notice }), state);
}

function delta(text: string, offset: number, more: Partial<Delta> = {}): ChatNotice {
  const params = {
    sessionId: "s1",
    turnId: "t1",
    messageId: "a1",
    kind: "text",
    savedOffset: 0,
    offset,
    text,
  };
  return { method: "chat/delta", params: { ...params, ...more } };
}

const started: ChatNotice = {
  method: "chat/turnStarted",
  params: { sessionId: "s1", turn: turn("t1", { messageId: "a1", userMessageId: "u1" }) },
};

function completed(more: Partial<Message> = {}): ChatNotice {
  const final = message("a1", { role: "assistant", content: "Hello", parentId: "u1", turnId: "t1", ...more });
  return {
    method: "chat/turnCompleted",
    params: { sessionId: "s1", turn: turn("t1", { messageId: "a1", status: "completed" }), message: final },
  };
}

const AWAY = { reason: "It ended.", actions: [] };
const contents = (state: ChatState): string[] => state.messages.map(({ content }) => content);

describe("an answer", () => {
  test("begins empty behind its question, grows and ends with what was stored", () => {
    const begun = told(opened([message("u1")]), started);
    expect(contents(begun)).toEqual(["u1", ""]);
    expect(begun.live).toEqual({ turnId: "t1", messageId: "a1", savedOffset: 0 });
    const grown = told(begun, delta("Hel", 0), delta("lo wor", 3, { savedOffset: 3 }));
    expect(contents(grown)).toEqual(["u1", "Hello wor"]);
    expect(grown.live?.savedOffset).toBe(3);
    const ended = told(grown, completed());
    expect(contents(ended)).toEqual(["u1", "Hello"]);
    expect(ended.live).toBeUndefined();
    expect(ended.isStale).toBe(false);
  });

  test("takes no text twice when deltas overlap with what was read", () => {
    const state = told(
      opened([message("u1")]),
      started,
      delta("Hello", 0),
      delta("llo you", 2),
      delta("Hel", 0),
    );
    expect(contents(state)).toEqual(["u1", "Hello you"]);
  });

  test("with a gap is marked as stale and not spoilt", () => {
    const state = told(opened([message("u1")]), started, delta("lo", 3));
    expect(contents(state)).toEqual(["u1", ""]);
    expect(state.isStale).toBe(true);
  });

  test("counts offsets in UTF-16 code units", () => {
    const state = told(opened([message("u1")]), started, delta("a😀", 0), delta("b", 3));
    expect(contents(state)).toEqual(["u1", "a😀b"]);
  });

  test("keeps its reasoning apart from its content", () => {
    const state = told(
      opened([message("u1")]),
      started,
      delta("Hm. ", 0, { kind: "reasoning" }),
      delta("Yes.", 4, { kind: "reasoning" }),
      delta("Hello", 0),
    );
    const answer = state.messages[1];
    expect(answer?.content).toBe("Hello");
    expect(answer && reasoningOf(answer)).toBe("Hm. Yes.");
  });

  test("that is continued goes on in the same message", () => {
    const cut = message("a1", {
      role: "assistant",
      content: "Hel",
      status: "interrupted",
      parentId: "u1",
      turnId: "t0",
    });
    const state = told(opened([message("u1"), cut]), started, delta("lo", 3));
    expect(contents(state)).toEqual(["u1", "Hello"]);
    expect(state.messages[1]?.status).toBe("streaming");
  });

  test("that was under way when the chat was opened is known as such", () => {
    const half = message("a1", {
      role: "assistant",
      content: "Hel",
      status: "streaming",
      parentId: "u1",
      turnId: "t1",
    });
    const state = opened([message("u1"), half]);
    expect(state.live).toEqual({ turnId: "t1", messageId: "a1", savedOffset: 3 });
    expect(contents(told(state, delta("lo", 3)))).toEqual(["u1", "Hello"]);
  });

  test("that is asked for again tells when", () => {
    const retry = {
      sessionId: "s1",
      turnId: "t1",
      attempt: 2,
      kind: "providerOverloaded",
      retryAfterMs: 500,
    };
    const state = told(opened([message("u1")]), started, { method: "chat/turnRetrying", params: retry });
    expect(state.live?.retry).toEqual({ attempt: 2, kind: "providerOverloaded", retryAfterMs: 500 });
    expect(told(state, delta("x", 0)).live?.retry).toBeUndefined();
  });
});

describe("the visible history", () => {
  const history = [message("u1"), message("a1", { role: "assistant", parentId: "u1", turnId: "t0" })];

  test("is cut where another answer begins", () => {
    const again = turn("t2", { messageId: "a2", userMessageId: "u1" });
    const state = told(opened(history), {
      method: "chat/turnStarted",
      params: { sessionId: "s1", turn: again },
    });
    expect(state.messages.map(({ id }) => id)).toEqual(["u1", "a2"]);
    expect(state.isStale).toBe(true);
  });

  test("is read again when a message comes whose place is not known", () => {
    const state = told(opened(history), {
      method: "chat/message",
      params: { sessionId: "s1", message: message("x", { parentId: "elsewhere" }) },
    });
    expect(state.messages.map(({ id }) => id)).toEqual(["u1", "a1"]);
    expect(state.isStale).toBe(true);
  });

  test("is read again when the session's own fields changed, and only then", () => {
    const seen = (more: object): ChatState =>
      told(opened(history), { method: "session/changed", params: { session: session({ seq: 5, ...more }) } });
    expect(seen({ revision: 1 }).isStale).toBe(false);
    expect(seen({ revision: 2 }).isStale).toBe(true);
    expect(seen({ id: "another", revision: 2 }).isStale).toBe(false);
    expect(seen({ seq: 0, revision: 2 }).session?.revision).toBe(1);
  });

  test("takes older pages before it, each message once", () => {
    const first = reduce(opened(history, { beforeCursor: "c1" }), { type: "loadingOlder" });
    expect(first.isLoadingOlder).toBe(true);
    const page = { messages: [message("u0"), message("u1")], beforeCursor: "c0" };
    const state = reduce(first, { type: "older", page });
    expect(state.messages.map(({ id }) => id)).toEqual(["u0", "u1", "a1"]);
    expect([state.beforeCursor, state.isLoadingOlder]).toEqual(["c0", false]);
  });

  test("keeps what is older when its newest page is read again", () => {
    const long = ["m1", "m2", "m3", "m4"].map((id) => message(id));
    const page = { messages: [message("m3", { isFavourite: true }), message("m5")], beforeCursor: "c" };
    const state = reduce(opened(long), { type: "newest", page });
    expect(state.messages.map(({ id }) => id)).toEqual(["m1", "m2", "m3", "m5"]);
    expect(state.messages[2]?.isFavourite).toBe(true);
    expect(state.isStale).toBe(false);
  });

  test("is replaced when the newest page has nothing in common with it, as after clearing", () => {
    const state = reduce(opened(history, { beforeCursor: "c" }), { type: "newest", page: { messages: [] } });
    expect([state.messages, state.beforeCursor]).toEqual([[], undefined]);
  });

  test("does not lose text that came after the page was read", () => {
    const growing = told(opened([message("u1")]), started, delta("Hello", 0));
    const read = message("a1", {
      role: "assistant",
      content: "Hel",
      status: "streaming",
      turnId: "t1",
      parentId: "u1",
    });
    const state = reduce(growing, { type: "newest", page: { messages: [message("u1"), read] } });
    expect(contents(state)).toEqual(["u1", "Hello"]);
    const late = reduce(told(growing, completed()), {
      type: "newest",
      page: { messages: [message("u1"), read] },
    });
    expect(late.messages[1]?.status).toBe("complete");
  });

  test("learns from a page that the answer has ended meanwhile", () => {
    const growing = told(opened([message("u1")]), started, delta("Hel", 0));
    const read = message("a1", { role: "assistant", content: "Hello", turnId: "t1", parentId: "u1" });
    const state = reduce(growing, { type: "newest", page: { messages: [message("u1"), read] } });
    expect([contents(state), state.live]).toEqual([["u1", "Hello"], undefined]);
  });
});

describe("a message that is sent", () => {
  const outgoing = { key: "k", text: "Hi", attachments: [] };
  const result = {
    turnId: "t1",
    userMessage: message("u1", { content: "Hi" }),
    assistantMessageId: "a1",
    isQueued: false,
    seq: 2,
  };

  test("shows at once and is one message once it is stored", () => {
    const sending = reduce(opened([]), { type: "sending", outgoing });
    expect(sending.outbox).toEqual([outgoing]);
    const sent = reduce(sending, { type: "sent", key: "k", result });
    const state = told(
      sent,
      { method: "chat/message", params: { sessionId: "s1", message: result.userMessage } },
      started,
    );
    expect([state.outbox, contents(state)]).toEqual([[], ["Hi", ""]]);
  });

  test("keeps its words when it is refused", () => {
    const messages = [{ ...outgoing, problem: "No." }];
    const state = reduce(reduce(opened([]), { type: "sending", outgoing }), { type: "outbox", messages });
    expect(state.outbox).toEqual([{ ...outgoing, problem: "No.", isKept: true }]);
    expect(reduce(state, { type: "dropOutgoing", key: "k" }).outbox).toEqual([]);
  });

  test("is kept over an end of the server", () => {
    const sending = reduce(opened([message("u0")]), { type: "sending", outgoing });
    const absent = reduce(sending, { type: "absent", absence: AWAY });
    expect([contents(absent), absent.session?.id, absent.away]).toEqual([["u0"], "s1", AWAY]);
    const back = reduce(absent, given([]));
    expect([back.outbox, back.away]).toEqual([[outgoing], undefined]);
    expect(reduce(sending, given([], { session: session({ id: "s2" }) })).outbox).toEqual([]);
  });

  test("that the extension keeps is listed as long as it has it, and before what it has not heard of", () => {
    const second = { ...outgoing, key: "k2", text: "And" };
    const both = [outgoing, second].reduce(
      (state, each) => reduce(state, { type: "sending", outgoing: each }),
      opened([]),
    );
    const told = reduce(both, { type: "outbox", messages: [outgoing] });
    expect(told.outbox.map(({ key, isKept }) => [key, isKept])).toEqual([
      ["k", true],
      ["k2", undefined],
    ]);
    expect(reduce(told, { type: "outbox", messages: [] }).outbox).toEqual([second]);
  });

  test("waits in the queue until its turn begins", () => {
    const state = reduce(opened([message("u0")]), {
      type: "sent",
      key: "k",
      result: { ...result, isQueued: true },
    });
    expect(state.queued.map(({ text }) => text)).toEqual(["Hi"]);
    expect(contents(state)).toEqual(["u0"]);
    expect(told(state, started).queued).toEqual([]);
  });
});

describe("a place far back", () => {
  const page = { messages: [message("m4"), message("m5")], beforeCursor: "b", afterCursor: "a" };
  const far = reduce(opened([message("m8"), message("m9")], { beforeCursor: "c" }), { type: "around", page });

  test("takes the place of what was shown, and reads on in both directions", () => {
    expect([contents(far), far.beforeCursor, far.afterCursor]).toEqual([["m4", "m5"], "b", "a"]);
    const on = reduce(far, {
      type: "newer",
      page: { messages: [message("m5"), message("m6")], afterCursor: "z" },
    });
    expect([contents(on), on.afterCursor, on.isStale]).toEqual([["m4", "m5", "m6"], "z", false]);
    const end = reduce(on, { type: "newer", page: { messages: [message("m7")] } });
    expect([contents(end), end.afterCursor, end.isStale]).toEqual([
      ["m4", "m5", "m6", "m7"],
      undefined,
      true,
    ]);
  });

  test("is left alone by what happens at the end", () => {
    const later = told(
      far,
      { method: "chat/message", params: { sessionId: "s1", message: message("n", { parentId: "m9" }) } },
      started,
      delta("Hel", 0),
      completed(),
    );
    expect([contents(later), later.isStale, later.live]).toEqual([["m4", "m5"], false, undefined]);
    const refreshed = reduce(later, { type: "newest", page: { messages: [message("m9"), message("n")] } });
    expect(contents(refreshed)).toEqual(["m4", "m5"]);
  });

  test("is left for the end by one page", () => {
    const end = reduce(far, { type: "around", page: { messages: [message("m9")], beforeCursor: "c" } });
    expect([contents(end), end.afterCursor]).toEqual([["m9"], undefined]);
  });

  test("stays while the server is started again", () => {
    const back = reduce(reduce(far, { type: "absent", absence: AWAY }), given([message("m9")]));
    expect([contents(back), back.afterCursor, back.phase]).toEqual([["m4", "m5"], "a", "ready"]);
  });
});
