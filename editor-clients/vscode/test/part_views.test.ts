// @vitest-environment happy-dom
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { FromView, ToView } from "../src/core/bridge";
import { isFromView } from "../src/core/bridge";
import { lineDiff } from "../src/core/line_diff";
import { byteSize, callDuration, placeOf } from "../src/core/part_words";
import type { OutputItem, Part, PartNotice, ToolCallPart } from "../src/protocol";
import { ChatFeed } from "../src/webview/chat_feed";
import { Connection } from "../src/webview/connection";
import { segmentsOf } from "../src/webview/message_body";
import { MessageView } from "../src/webview/message_view";
import { partActions } from "../src/webview/part_actions";
import { rowsOf } from "../src/webview/rows";
import { given, message, turn } from "./support";

const GOLDEN = path.join(__dirname, "..", "..", "..", "tests", "golden");
const SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

function call(id: string, more: Partial<ToolCallPart> = {}): ToolCallPart {
  const own = { type: "toolCall", toolCallId: id, name: "bash", title: id, kind: "execute" } as const;
  return { ...own, state: "completed", output: [], locations: [], ...more };
}

/** A message on a page of its own, with what the page says and a way to tell it something. */
function shown(...parts: Part[]) {
  const content = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  const posted: FromView[] = [];
  const connection: Connection = new Connection(
    { postMessage: (each) => posted.push(each), getState: () => undefined, setState: () => undefined },
    () => feed.at,
    (told) => {
      if (told.type === "notices")
        for (const notice of told.notices) feed.dispatch({ type: "notice", ...notice });
      else if (told.type === "opened") feed.dispatch(told);
    },
  );
  const feed: ChatFeed = new ChatFeed(connection, { changed: () => draw(), failed: () => undefined });
  const actions = {
    settings: () => ({ sendKey: "enter", whenBusy: "queue", reasoning: "folded" }),
    parts: () => own,
  };
  const own = partActions(connection, feed);
  const answer = message("a1", { role: "assistant", content, parts });
  const view = new MessageView(answer, actions as never);
  const root = view.element;
  document.body.replaceChildren(root);
  const draw = (): void => {
    const row = rowsOf(feed.state).find(({ key }) => key === "a1");
    if (row?.kind === "message") view.update(row);
  };
  const tell = (data: ToView): void => void window.dispatchEvent(new MessageEvent("message", { data }));
  tell(given([answer]));
  const body = root.querySelector<HTMLElement>(".parts");
  if (body === null) throw new Error("There is no message.");
  const heads = (): HTMLButtonElement[] => [...body.querySelectorAll<HTMLButtonElement>(".fold-head")];
  return { root, posted, tell, body, heads };
}

function opened(...output: OutputItem[]) {
  const found = shown(call("c1", { output }));
  found.heads()[0]?.click();
  return found;
}

function lastRequest(posted: readonly FromView[]): Extract<FromView, { type: "request" }> {
  const found = posted.findLast((each) => each.type === "request");
  if (found === undefined) throw new Error("Nothing was asked.");
  return found;
}

describe("a tool call", () => {
  test("is one line between the texts, with its state and its time, and opens with what went in and came out", () => {
    const edit = call("c1", {
      title: "Edit auth.py",
      kind: "edit",
      state: "failed",
      input: { path: "auth.py", new: null },
      error: "No such file.",
      locations: [{ uri: "file:///app/auth.py", line: 11 }],
      output: [{ type: "text", text: "1 replacement" }],
      startedAt: "2025-03-01T09:30:01.000Z",
      endedAt: "2025-03-01T09:30:02.250Z",
    });
    const { body, heads, posted } = shown({ type: "text", text: "Look:" }, edit, {
      type: "text",
      text: "Done.",
    });
    expect([...body.children].map(({ className }) => className)).toEqual(["body", "fold call", "body"]);
    const [head] = heads();
    expect(head?.textContent).toBe("Edit auth.pyFailed · 1.3 s");
    expect(head?.getAttribute("aria-expanded")).toBe("false");
    expect(body.querySelector(".fold-body")).toBeNull();
    head?.click();
    expect(head?.getAttribute("aria-expanded")).toBe("true");
    expect(body.querySelector(".input pre")?.textContent).toBe('{\n  "path": "auth.py",\n  "new": null\n}');
    expect(body.querySelector(".terminal code")?.textContent).toBe("1 replacement");
    expect(body.querySelector(".call-error")?.textContent).toBe("No such file.");
    body.querySelector<HTMLButtonElement>(".places button")?.click();
    expect(posted.at(-1)).toEqual({ type: "file", uri: "file:///app/auth.py", line: 11 });
    head?.click();
    expect(body.querySelector<HTMLElement>(".fold-body")?.hidden).toBe(true);
  });

  test("that runs shows what comes while it is open, and stays open when it changes", () => {
    const chat = shown();
    const started = turn("t1", { messageId: "a1" });
    chat.tell({
      type: "notices",
      notices: [{ method: "chat/turnStarted", params: { sessionId: "s1", turn: started } }],
    });
    const own = { sessionId: "s1", turnId: "t1", messageId: "a1", index: 0 };
    const part = (value: Part): void =>
      chat.tell({
        type: "notices",
        notices: [{ method: "chat/part", params: { ...own, seq: 1, part: value } }],
      });
    const out = (text: string, offset: number): void => {
      const params = { ...own, kind: "toolOutput", toolCallId: "c1", text, offset, savedOffset: 0 };
      chat.tell({ type: "notices", notices: [{ method: "chat/delta", params }] });
    };
    chat.tell(given([message("a1", { role: "assistant", content: "", status: "streaming", turnId: "t1" })]));
    part(call("c1", { state: "running", output: [{ type: "terminal", command: "ls" }] }));
    const code = (): string | undefined => chat.root.querySelector(".terminal code")?.textContent;
    expect(chat.root.querySelector(".state")?.textContent).toBe("Working…");
    chat.root.querySelector<HTMLButtonElement>(".fold-head")?.click();
    out("a\n", 0);
    out("b\n", 2);
    expect(code()).toBe("a\nb\n");
    part(call("c1", { output: [{ type: "terminal", command: "ls", text: "a\nb\nc\n", exitCode: 0 }] }));
    expect(code()).toBe("a\nb\nc\n");
    expect(chat.root.querySelector(".fold-head")?.getAttribute("aria-expanded")).toBe("true");
    expect(chat.root.querySelector(".terminal-about")?.textContent).toBe("$ ls · exit code 0");
  });

  test("of a subagent stands under its call, and a circle of them hangs nothing", () => {
    const { body } = shown(
      call("p"),
      call("other"),
      call("k", { parentToolCallId: "p" }),
      call("k2", { parentToolCallId: "k" }),
      call("self", { parentToolCallId: "self" }),
      call("early", { parentToolCallId: "late" }),
      call("late", { parentToolCallId: "early" }),
    );
    const rows = [...body.querySelectorAll<HTMLElement>(".call")];
    const told = rows.map(
      (row) => `${row.querySelector(".fold-title")?.textContent ?? ""}${row.dataset["depth"] ?? ""}`,
    );
    expect(told).toEqual(["p0", "k1", "k22", "other0", "self0", "early0", "late1"]);
  });

  test("of a diff shows both sides in colour and opens as a comparison", () => {
    const { body, posted } = opened({
      type: "diff",
      uri: "file:///app/a.py",
      oldText: "a\nb\n",
      newText: "a\nc\n",
    });
    expect(body.querySelector("code.diff")?.textContent).toBe(" a\n-b\n+c\n");
    expect(body.querySelector(".hljs-deletion")?.textContent).toBe("-b\n");
    expect(body.querySelector(".hljs-addition")?.textContent).toBe("+c\n");
    const button = [...body.querySelectorAll("button")].find(
      ({ textContent }) => textContent === "Open diff",
    );
    button?.click();
    const asked = {
      type: "diff",
      at: "s1",
      uri: "file:///app/a.py",
      before: { text: "a\nb\n" },
      after: { text: "a\nc\n" },
    };
    expect(posted.at(-1)).toEqual(asked);
    expect(isFromView(posted.at(-1))).toBe(true);
    expect(isFromView({ ...asked, before: { text: 1 } })).toBe(false);
    expect(isFromView({ ...asked, after: undefined })).toBe(false);
  });

  test("of a long output shows its end, and all of it when one asks", async () => {
    const blob = { sha256: SHA, size: 12, head: "first", tail: "last\n" };
    const { body, posted, tell } = opened({ type: "terminal", blob });
    expect(body.querySelector(".terminal code")?.textContent).toBe("last\n");
    expect(body.querySelector(".terminal-above")?.textContent).toBe("The end of 12 bytesShow all");
    body.querySelector<HTMLButtonElement>(".terminal-above button")?.click();
    const first = lastRequest(posted);
    expect(first).toMatchObject({ method: "blob/get", params: { sha256: SHA, offset: 0, limit: 12 } });
    tell({ type: "reply", id: first.id, result: { data: btoa("first\n"), size: 12, next: 6 } });
    await vi.waitFor(() => expect(lastRequest(posted).params).toMatchObject({ offset: 6, limit: 6 }));
    tell({ type: "reply", id: lastRequest(posted).id, result: { data: btoa(" last\n"), size: 12 } });
    await vi.waitFor(() => expect(body.querySelector(".terminal code")?.textContent).toBe("first\n last\n"));
    expect(body.querySelector<HTMLElement>(".terminal-above")?.hidden).toBe(true);
  });

  test("of a picture shows it from its bytes, with name and size, and no other kind of bytes", async () => {
    vi.stubGlobal(
      "URL",
      Object.assign(URL, { createObjectURL: () => "blob:made", revokeObjectURL: () => undefined }),
    );
    const blob = { sha256: SHA, size: 3, head: "", tail: "" };
    const picture = { type: "image", mimeType: "image/png", name: "plot.png", blob };
    const { body, posted, tell } = opened(picture, { ...picture, mimeType: "image/svg+xml", name: "x.svg" });
    expect(posted.filter(({ type }) => type === "request").length).toBe(1);
    tell({ type: "reply", id: lastRequest(posted).id, result: { data: btoa("abc"), size: 3 } });
    await vi.waitFor(() => expect(body.querySelectorAll("img").length).toBe(1));
    expect(body.querySelector("img")?.getAttribute("src")).toBe("blob:made");
    expect(body.querySelector("img")?.alt).toBe("plot.png");
    expect([...body.querySelectorAll(".media")].map((line) => line.textContent)).toEqual([
      "plot.pngimage/png · 3 bytes",
      "x.svgimage/svg+xml · 3 bytes",
    ]);
  });
});

describe("other parts", () => {
  test("a plan says in words what is done, and ticks itself", () => {
    const entry = (content: string, status: string) => ({ content, status, priority: "high" });
    const plan = {
      type: "plan",
      entries: [entry("a", "completed"), entry("b", "inProgress"), entry("c", "pending")],
    };
    const { body } = shown(plan as Part);
    expect([...body.querySelectorAll(".step")].map(({ textContent }) => textContent)).toEqual([
      "Done: a",
      "In progress: b",
      "To do: c",
    ]);
    expect(body.querySelector(".plan")?.getAttribute("aria-label")).toBe("Plan, 1 of 3 done");
  });

  test("a summary is one folded line; what a vendor wants back is nothing; what is not known is a line", () => {
    const { body, heads } = shown(
      { type: "compaction", text: "**Earlier**" },
      { type: "providerBlock", provider: "x", data: {} },
      { type: "hologram<b>" } as never,
    );
    expect(body.children.length).toBe(2);
    expect(heads()[0]?.textContent).toBe("Summary of earlier turns");
    heads()[0]?.click();
    expect(body.querySelector("strong")?.textContent).toBe("Earlier");
    expect(body.textContent).toContain("Part of a kind that is not known here: hologram<b>");
  });

  test("parts that were left out are asked for, the newest first, and come in above", async () => {
    const { body, posted, tell } = shown({ type: "omitted", count: 250 }, call("c250"));
    const button = body.querySelector<HTMLButtonElement>(".more button");
    expect(button?.textContent).toBe("Load earlier steps (250)");
    button?.click();
    const { id, method, params } = lastRequest(posted);
    expect([method, params]).toEqual(["message/parts", { messageId: "a1", from: 150, limit: 100 }]);
    const parts = Array.from({ length: 100 }, (_, at) => call(`c${at + 150}`));
    tell({ type: "reply", id, result: { parts, next: 250 } });
    await vi.waitFor(() => expect(body.querySelectorAll(".call").length).toBe(101));
    expect(body.querySelector(".more button")?.textContent).toBe("Load earlier steps (150)");
    expect(body.querySelector(".call .fold-title")?.textContent).toBe("c150");
  });

  test("of ten thousand the newest stand on the page, and more when one asks", () => {
    const parts = Array.from({ length: 10_000 }, (_, at) => call(`c${at}`));
    const { body } = shown(...parts);
    expect(body.children.length).toBe(101);
    expect(body.querySelector(".fold-body")).toBeNull();
    body.querySelector<HTMLButtonElement>(".more button")?.click();
    expect(body.querySelectorAll(".call").length).toBe(300);
    expect(body.querySelector(".more")?.textContent).toBe("Show earlier steps (9,700)");
  });

  test("only the last text grows, and texts with nothing to be seen between them are one", () => {
    const text = (words: string): Part => ({ type: "text", text: words });
    const parts: Part[] = [text("a"), { type: "reasoning", text: "hm" }, text("b"), call("c1"), text("c")];
    const found = segmentsOf(message("m", { role: "assistant", parts }), true);
    expect(found.map((each) => (each.kind === "text" ? [each.text, each.isLive] : each.key))).toEqual([
      ["ab", false],
      "toolCall 3",
      ["c", true],
    ]);
  });
});

describe("what an agent says", () => {
  const golden = readdirSync(GOLDEN).filter((name) => name.startsWith("chat.part."));

  test.each(golden)("is drawn, folded and opened: %s", (name) => {
    const { part } = JSON.parse(readFileSync(path.join(GOLDEN, name), "utf8")) as PartNotice;
    const { body, heads } = shown({ type: "text", text: "before" }, part);
    expect(body.children.length).toBe(part.type === "providerBlock" ? 1 : 2);
    for (const head of heads()) head.click();
    expect(body.textContent).not.toMatch(/undefined|\[object|NaN/u);
    expect(body.textContent).not.toContain("not known here");
  });

  test("runs nothing, loads nothing and leads nowhere but to the web and to files of this machine", () => {
    const evil = '<img src=x onerror="alert(1)"><script>alert(1)</script><a href="javascript:alert(1)">x</a>';
    const uris = [
      "javascript:alert(1)",
      "JaVaScRiPt:alert(1)",
      " javascript:x",
      "data:text/html,x",
      "command:x",
      "vscode://x",
    ];
    const output: OutputItem[] = [
      { type: "text", text: evil },
      { type: "terminal", text: `\x1b[31m${evil}`, command: evil, cwd: evil, signal: evil },
      { type: "diff", uri: evil, oldText: evil, newText: `${evil}${evil}` },
      { type: "resource", uri: evil, text: evil, mimeType: evil },
      { type: evil },
      { type: "image", name: evil, mimeType: evil },
      ...uris.map((uri): OutputItem => ({ type: "resourceLink", uri, name: evil })),
      { type: "resourceLink", uri: "file://server/share/x" },
      { type: "resourceLink", uri: "file:////server/share/x" },
      { type: "resourceLink", uri: "https://example.org/a" },
    ];
    const hostile = call(evil, {
      title: evil,
      name: evil,
      kind: evil,
      state: evil,
      error: evil,
      input: { [evil]: evil },
      output,
      locations: uris.map((uri) => ({ uri })),
    });
    const plan = { type: "plan", entries: [{ content: evil, status: evil, priority: evil }] } as Part;
    const { body, heads } = shown(
      hostile,
      call("own", { kind: "constructor", state: "toString" }),
      plan,
      { type: "compaction", text: evil },
      { type: "file", name: evil, mimeType: evil, size: 1, sha256: evil },
      { type: evil } as never,
    );
    for (const head of heads()) head.click();
    expect(body.querySelector("img, script, iframe, object, form, link, style")).toBeNull();
    const links = [...body.querySelectorAll("a")].map((link) => link.getAttribute("href"));
    expect(links).toEqual(["https://example.org/a"]);
    expect(body.querySelector(".places button, .media button")).toBeNull();
    for (const element of body.querySelectorAll("*"))
      expect(element.getAttributeNames().filter((name) => name.startsWith("on"))).toEqual([]);
    expect(body.querySelector(".fold-title")?.textContent).toBe(evil);
  });
});

describe("words of parts", () => {
  test.each([
    ["file:///app/a.py", "file"],
    ["https://example.org", "web"],
    ["file://host/share", undefined],
    ["file:////host/share", undefined],
    ["file:///%2Fhost/share", undefined],
    ["mailto:a@example.org", undefined],
    ["javascript:x", undefined],
  ])("an address leads where it may: %s", (uri, place) => expect(placeOf(uri)).toBe(place));

  test.each([
    ["", ""],
    ["2025-03-01T09:30:00.250Z", "250 ms"],
    ["2025-03-01T09:30:12.300Z", "12.3 s"],
    ["2025-03-01T09:33:05.000Z", "3 min 5 s"],
    ["2025-03-01T11:33:05.000Z", "2 h 3 min"],
    ["2025-03-01T09:29:00.000Z", ""],
  ])("a call took its time: until %s", (endedAt, words) =>
    expect(callDuration(call("c", { startedAt: "2025-03-01T09:30:00.000Z", endedAt }))).toBe(words),
  );

  test("sizes are in the units of people", () =>
    expect([0, 999, 2048, 52_428_800, 3e9, NaN].map(byteSize)).toEqual([
      "0 bytes",
      "999 bytes",
      "2.0 kB",
      "52 MB",
      "3.0 GB",
      "",
    ]));
});

test("a diff has all lines of both sides in order, and leaves out what is far from a change", () => {
  let seed = 3;
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let round = 0; round < 200; round++) {
    const [old, now] = [0, 1].map(() => Array.from({ length: random(7) }, () => "abc"[random(3)] ?? ""));
    const lines = lineDiff(old?.join("\n") ?? "", now?.join("\n") ?? "");
    const side = (kind: string): string[] =>
      lines.filter((line) => line.kind === "same" || line.kind === kind).map((line) => line.text);
    if (lines.some(({ kind }) => kind === "gap")) continue;
    expect(side("removed")).toEqual(old);
    expect(side("added")).toEqual(now);
  }
  const long = Array.from({ length: 50 }, (_, line) => `${line}`);
  const far = lineDiff(long.join("\n"), long.with(25, "x").join("\n"));
  expect(far.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    "gap ",
    "same 22",
    "same 23",
    "same 24",
    "removed 25",
    "added x",
    "same 26",
    "same 27",
    "same 28",
    "gap ",
  ]);
});
