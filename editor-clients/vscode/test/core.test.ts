import { describe, expect, test } from "vitest";
import { afterCrash, NO_RESTARTS } from "../src/core/backoff";
import { isFromView, type ChatNotice } from "../src/core/bridge";
import { likelyPlacement, namedPath, withBlock } from "../src/core/code_blocks";
import { failureHeading, isCancelled, wireError } from "../src/core/failures";
import { filterText, NO_FILTER, sessionFilter, tagsOf } from "../src/core/filters";
import { ago, cost, count, plural, shortened, usageLine } from "../src/core/format";
import { badge, grouped, line } from "../src/core/groups";
import { handshake } from "../src/core/handshake";
import { linkTarget } from "../src/core/links";
import { joined } from "../src/core/pacing";
import { problemsText } from "../src/core/problems";
import { searchLine } from "../src/core/search";
import { serverSettings } from "../src/core/settings";
import { sibling } from "../src/core/siblings";
import { PROTOCOL_VERSION, type SessionEventsResult } from "../src/protocol";
import { message, session } from "./support";

describe("restarts", () => {
  test("wait longer each time and stop after a while", () => {
    let restarts = NO_RESTARTS;
    const waits: (number | undefined)[] = [];
    for (let n = 0; n < 6; n++) {
      const next = afterCrash(restarts, 10);
      restarts = next.restarts;
      waits.push(next.waitMs);
    }
    expect(waits).toEqual([500, 2_000, 5_000, 15_000, 30_000, undefined]);
  });

  test("begin anew after a server that ran for long", () => {
    expect(afterCrash({ failures: 5 }, 600_000)).toEqual({ restarts: { failures: 1 }, waitMs: 500 });
  });
});

describe("the handshake", () => {
  const result = (protocolVersion: number): Parameters<typeof handshake>[0] => ({
    serverInfo: { name: "threadkeep", version: "9.9" },
    capabilities: {
      experimental: {
        threadkeep: {
          protocolVersion,
          methods: [],
          notifications: [],
          features: [],
          limits: { maxPage: 1, maxMessageBytes: 1 },
        },
      },
    },
  });

  test("says what to update when versions do not match", () => {
    expect(handshake(result(PROTOCOL_VERSION))).toMatchObject({ ok: true, server: { version: "9.9" } });
    expect(handshake(result(PROTOCOL_VERSION - 1))).toMatchObject({ ok: false, fix: "updateServer" });
    expect(handshake(result(PROTOCOL_VERSION + 1))).toMatchObject({ ok: false, fix: "updateExtension" });
  });

  test("knows another program when it sees one", () => {
    expect(handshake({ serverInfo: { name: "gopls" }, capabilities: {} })).toMatchObject({
      ok: false,
      reason: "gopls is no Threadkeep server. Check threadkeep.server.command.",
    });
  });
});

test("only what somebody set goes to the server, dotted names as tables", () => {
  const set: Record<string, unknown> = {
    "store.path": "/s",
    titles: "off",
    redact: false,
    retentionDays: null,
    defaultAgent: "",
  };
  expect(serverSettings((name) => set[name])).toEqual({
    store: { path: "/s" },
    titles: "off",
    redact: false,
  });
});

describe("links", () => {
  test.each([
    ["https://example.com/a?b", { kind: "external", url: "https://example.com/a?b" }],
    ["mailto:a@example.com", { kind: "external", url: "mailto:a@example.com" }],
    ["src/a%20b.ts", { kind: "file", path: "src/a b.ts" }],
    ["src/a.ts:12", { kind: "file", path: "src/a.ts", line: 12 }],
    ["src/a.ts#L3-L9", { kind: "file", path: "src/a.ts", line: 3 }],
  ])("%s leads there", (href, target) => expect(linkTarget(href)).toEqual(target));

  test.each([
    "javascript:alert(1)",
    " JavaScript:alert(1)",
    "data:text/html,x",
    "command:workbench.action.quit",
    "vscode://x",
    "file:///etc/passwd",
    "/etc/passwd",
    "\\\\host\\share",
    "../outside",
    "a/%2e%2e/%2e%2e/outside",
    "C:\\x",
    "#top",
    "%E0%A4%A",
    "",
  ])("%s leads nowhere", (href) => expect(linkTarget(href)).toEqual({ kind: "none" }));
});

describe("code blocks", () => {
  test.each([
    ["ts src/a.ts", "src/a.ts"],
    ['ts title="src/my file.ts"', undefined],
    ["py title='a.py'", "a.py"],
    ["ts:src/a.ts", "src/a.ts"],
    ["ts file=src/a.ts", "src/a.ts"],
    ["ts", undefined],
    ["ts /etc/passwd", undefined],
    ["ts ../up.ts", undefined],
    ["ts ~/x.ts", undefined],
    ["", undefined],
  ])("%s names %s", (info, path) => expect(namedPath(info)).toBe(path));

  test("replace a selection, go to a cursor or become the file", () => {
    const target = { text: "one\ntwo\nthree\n", start: 4, end: 8 };
    expect(likelyPlacement(target)).toBe("selection");
    expect(withBlock(target, "2\n", "selection")).toBe("one\n2\nthree\n");
    expect(withBlock({ ...target, end: 7 }, "2\n", "selection")).toBe("one\n2\nthree\n");
    expect(likelyPlacement({ ...target, end: 4 })).toBe("cursor");
    expect(withBlock({ ...target, end: 4 }, "x ", "cursor")).toBe("one\nx two\nthree\n");
    expect(likelyPlacement({ text: " \n", start: 0, end: 0 })).toBe("file");
    expect(withBlock(target, "all", "file")).toBe("all\n");
  });

  test("keep the line ends of the file", () => {
    expect(withBlock({ text: "a\r\nb\r\n", start: 3, end: 6 }, "x\ny\n", "selection")).toBe(
      "a\r\nx\r\ny\r\n",
    );
  });
});

describe("the tree", () => {
  const now = Date.parse("2025-03-01T10:00:00.000Z");

  test("groups by task in the order of the newest, and by state in the order of urgency", () => {
    const all = [
      session({ id: "1", task: "b", status: "ended" }),
      session({ id: "2", task: "a", activity: "running" }),
      session({ id: "3", task: "b" }),
    ];
    const shape = (grouping: "task" | "status" | "flat"): [string, string[]][] =>
      grouped(all, grouping, "repository").map(({ label, sessions }) => [
        label,
        sessions.map(({ id }) => id),
      ]);
    expect(shape("task")).toEqual([
      ["b", ["1", "3"]],
      ["a", ["2"]],
    ]);
    expect(shape("status")).toEqual([
      ["Running", ["2"]],
      ["Active", ["3"]],
      ["Ended", ["1"]],
    ]);
    expect(shape("flat")).toEqual([["All", ["1", "2", "3"]]]);
    expect(grouped(all, "task", "all")[0]?.label).toBe("app · b");
  });

  test("shows what deserves a look", () => {
    expect(line(session({ activity: "interrupted" }), now)).toMatchObject({
      icon: "debug-disconnect",
      contextValue: "session active unfinished ordinary",
    });
    expect(line(session({ activity: "running", isFavourite: true }), now).contextValue).toBe(
      "session active running favourite",
    );
    expect(line(session({ trashedAt: "2025", status: "ended" }), now)).toMatchObject({
      icon: "trash",
      contextValue: "session ended ordinary trashed",
    });
    expect(line(session({ tags: ["x"], messageCount: 2, agent: "coder" }), now).description).toBe(
      "30 min · coder · 2 messages · #x",
    );
    expect(line(session({ status: "paused" }), now).accessibleName).toContain("paused");
  });

  test("counts what runs and what was interrupted in its badge", () => {
    expect(badge([session()])).toBeUndefined();
    const all = [
      session({ activity: "running" }),
      session({ activity: "interrupted" }),
      session({ activity: "running", archivedAt: "2025" }),
    ];
    expect(badge(all)).toEqual({ value: 2, tooltip: "1 running, 1 interrupted" });
  });

  test("is filtered as chosen", () => {
    expect(sessionFilter(NO_FILTER, "r1")).toEqual({
      repository: "r1",
      archived: "exclude",
      trashed: "exclude",
    });
    const chosen = { ...NO_FILTER, status: ["paused" as const], isFavourite: true, tag: "x", title: "a" };
    expect(sessionFilter(chosen, undefined)).toEqual({
      status: ["paused"],
      isFavourite: true,
      tags: ["x"],
      title: "a",
      archived: "exclude",
      trashed: "exclude",
    });
    expect(filterText(chosen)).toBe("paused, favourites, #x, “a”");
    expect(sessionFilter({ ...NO_FILTER, trashed: true }, undefined)).toEqual({
      archived: "include",
      trashed: "only",
    });
    expect(tagsOf(" a, #b  a,,c ")).toEqual(["a", "b", "c"]);
  });
});

test("numbers read well", () => {
  expect([0, 999, 1_000, 12_345, 999_949, 999_950, 3_400_000].map(count)).toEqual([
    "0",
    "999",
    "1k",
    "12.3k",
    "999.9k",
    "1M",
    "3.4M",
  ]);
  expect([plural(1, "message"), plural(2, "message")]).toEqual(["1 message", "2 messages"]);
  expect([0, 0.00123, 0.25, 12].map(cost)).toEqual(["$0", "$0.0012", "$0.25", "$12.00"]);
  const usage = { inputTokens: 1200, outputTokens: 80, cachedTokens: 0, reasoningTokens: 0 };
  expect(usageLine(usage)).toBe("1.2k in · 80 out");
  expect(usageLine({ ...usage, cost: 0.5 })).toBe("1.2k in · 80 out · $0.50");
  expect(usageLine({ ...usage, inputTokens: 0, outputTokens: 0 })).toBe("");
  const now = Date.parse("2025-03-01T10:00:00Z");
  const times = [
    "2025-03-01T09:59:30Z",
    "2025-03-01T09:30:00Z",
    "2025-03-01T07:00:00Z",
    "2025-02-27T10:00:00Z",
    "2024-12-24T00:00:00Z",
    "?",
  ];
  expect(times.map((at) => ago(at, now))).toEqual(["now", "30 min", "3 h", "2 d", "2024-12-24", ""]);
  expect(shortened("a\n  b 😀😀😀", 5)).toBe("a b …");
});

test("deltas that follow each other are one, and nothing changes its place", () => {
  const delta = (offset: number, text: string, messageId = "a"): ChatNotice => ({
    method: "chat/delta",
    params: { sessionId: "s", turnId: "t", messageId, kind: "text", offset, text, savedOffset: offset },
  });
  const started = { method: "chat/turnStarted", params: {} } as unknown as ChatNotice;
  const shape = joined([
    delta(0, "ab"),
    delta(2, "c"),
    delta(0, "x", "b"),
    started,
    delta(1, "y", "b"),
    delta(9, "z", "b"),
  ]).map((notice) =>
    notice.method === "chat/delta"
      ? `${notice.params.messageId}${notice.params.offset}${notice.params.text}`
      : notice.method,
  );
  expect(shape).toEqual(["a0abc", "b0x", "chat/turnStarted", "b1y", "b9z"]);
});

describe("what a web view sends", () => {
  test.each([
    [{ type: "request", id: 1, at: "s1", method: "chat/retry", params: {} }, true],
    [{ type: "request", id: 1, method: "chat/retry", params: {} }, false],
    [{ type: "request", id: 1, at: "s1", method: "session/purge", params: {} }, false],
    [{ type: "request", id: "1", at: "s1", method: "chat/retry", params: {} }, false],
    [{ type: "send", at: "s1", message: { key: "k", text: "", attachments: [] }, whenBusy: "queue" }, true],
    [{ type: "send", message: { key: "k", text: "", attachments: [] }, whenBusy: "queue" }, false],
    [{ type: "prompt", at: "s1", prompt: { text: "", attachments: [] } }, true],
    [{ type: "prompt", prompt: { text: "", attachments: [] } }, false],
    [{ type: "prompt", at: "s1", prompt: { text: 1, attachments: [] } }, false],
    [{ type: "stray", at: "s1", act: "here" }, true],
    [{ type: "stray", at: "s1", act: "purge" }, false],
    [{ type: "outgoing", key: "k", act: "drop" }, true],
    [{ type: "command", at: "s1", command: "newSession" }, true],
    [{ type: "command", command: "newSession" }, false],
    [{ type: "command", at: "s1", command: "workbench.action.quit" }, false],
    [{ type: "drop", at: "s1", uris: ["file:///a"] }, true],
    [{ type: "drop", uris: ["file:///a"] }, false],
    [{ type: "drop", at: "s1", uris: [1] }, false],
    [{ type: "file", uri: "file:///a", line: 3 }, true],
    [{ type: "file", uri: "file:///a", line: "3" }, false],
    [{ type: "sibling", at: "s1", messageId: "m", step: 2 }, false],
    [{ type: "sibling", messageId: "m", step: 1 }, false],
    [{ type: "nonsense" }, false],
    [null, false],
    ["ready", false],
  ])("%j is taken: %s", (value, isTaken) => expect(isFromView(value)).toBe(isTaken));
});

test("errors are told by what they say, and our own cancelling is none", () => {
  expect(
    wireError({ code: 1003, message: "Paused.", data: { kind: "sessionPaused", retryable: false } }),
  ).toEqual({
    code: 1003,
    message: "Paused.",
    data: { kind: "sessionPaused", retryable: false },
  });
  expect(wireError("x").message).toBe("x");
  expect(wireError({ message: 5 }).message).toBe("Something failed without saying why.");
  expect([isCancelled({ code: -32800, message: "" }), isCancelled(new Error("x"))]).toEqual([true, false]);
  const failure = { code: 1101, kind: "providerAuth", message: "", retryable: false };
  expect(failureHeading({ ...failure, provider: "work" })).toBe("The key was refused (work)");
  expect(failureHeading({ ...failure, kind: "newKind" })).toBe("The answer failed");
});

test("problems are told with their places, the worst first", () => {
  const problems = [
    { severity: "warning" as const, line: 0, character: 0, message: "Unused.", source: "lint", code: "F1" },
    { severity: "error" as const, line: 1, character: 4, message: "No such name." },
  ];
  expect(problemsText("a.py", problems, ["import x", "    y()"])).toBe(
    "a.py:2:5: error: No such name.\n    y()\na.py:1:1: warning: Unused. (lint F1)\n    import x",
  );
});

test("a hit shows where it was found, also late in a long snippet", () => {
  const snippet = `${"word ".repeat(40)}needle in the hay`;
  const hit = {
    session: {
      id: "s",
      title: "T",
      repository: { id: "r", name: "app", roots: [] },
      task: "main",
      status: "ended",
    },
    messageId: "m",
    field: "note",
    snippet,
    snippetStart: 100,
    ranges: [{ start: 300, end: 306 }],
    at: "",
  };
  const shown = searchLine(hit);
  expect(shown).toMatchObject({
    label: "T",
    description: "app · main · note · ended",
    sessionId: "s",
    messageId: "m",
  });
  expect(shown.detail).toContain("needle in the hay");
});

describe("siblings", () => {
  const parent = message("q", { seq: 4 });
  const at = (id: string, seq: number, more: object = {}): object => ({
    seq,
    at: "",
    method: "chat/turnCompleted",
    params: { message: message(id, { seq, role: "assistant", parentId: "q", ...more }) },
  });
  const page = (events: object[], more: object = {}): SessionEventsResult =>
    ({ events, seq: 99, reset: false, ...more }) as SessionEventsResult;
  const shown = message("b", { seq: 7, role: "assistant", parentId: "q", siblings: { index: 1, count: 3 } });

  test("are found among the events since their question, over pages", async () => {
    const asked: number[] = [];
    const read = ({ afterSeq }: { afterSeq: number }): Promise<SessionEventsResult> => {
      asked.push(afterSeq);
      return Promise.resolve(
        afterSeq === 4 ? page([at("a", 5), at("other", 6, { parentId: "a" })]) : page([at("c", 9)]),
      );
    };
    expect(await sibling(shown, parent, 1, read)).toBe("c");
    expect(await sibling(shown, parent, -1, read)).toBe("a");
    expect(asked).toEqual([4, 6, 4, 6]);
  });

  test("are not guessed when the events are gone, and there is none past the end", async () => {
    const gone = (): Promise<SessionEventsResult> => Promise.resolve(page([], { reset: true }));
    expect(await sibling(shown, parent, 1, gone)).toBeUndefined();
    const last = { ...shown, siblings: { index: 2, count: 3 } };
    expect(await sibling(last, parent, 1, () => Promise.reject(new Error("not asked")))).toBeUndefined();
  });
});
