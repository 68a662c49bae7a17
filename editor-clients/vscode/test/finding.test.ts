// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { countOf, findingAt, foundIn, nearest, numberOf } from "../src/core/finding";
import type { Hit } from "../src/protocol";
import { nodesOf } from "../src/webview/dom";
import { rangesOf } from "../src/webview/highlights";
import { rendered } from "../src/webview/markdown";

const hit = (messageId: string | undefined, seq: number, count: number): Hit =>
  ({
    messageId,
    seq,
    ranges: Array.from({ length: count }, (_, at) => ({ start: at, end: at + 1 })),
    field: "content",
  }) as unknown as Hit;

describe("findings", () => {
  const found = foundIn([
    hit("c", 9, 2),
    hit(undefined, 0, 1),
    hit("a", 1, 1),
    hit("b", 5, 3),
    hit("b", 5, 1),
  ]);

  test("are counted, in the order of the chat, however they came; those of a title are none", () => {
    expect(found.map(({ messageId, count }) => [messageId, count])).toEqual([
      ["a", 1],
      ["b", 4],
      ["c", 2],
    ]);
    expect(countOf(found)).toBe(7);
    expect([0, 1, 4, 5, 6].map((at) => findingAt(found, at))).toEqual([
      { messageId: "a", nth: 0 },
      { messageId: "b", nth: 0 },
      { messageId: "b", nth: 3 },
      { messageId: "c", nth: 0 },
      { messageId: "c", nth: 1 },
    ]);
    expect(findingAt(found, 7)).toBeUndefined();
  });

  test("of another branch are not among them", () =>
    expect(
      foundIn([hit("a", 1, 1), hit("b", 2, 1)], new Set(["b"])).map(({ messageId }) => messageId),
    ).toEqual(["b"]));

  test("begin with the one nearest to what is in view", () => {
    expect([0, 1, 4, 5, 100].map((seq) => nearest(found, seq))).toEqual([0, 0, 0, 4, 6]);
    expect(nearest([], 3)).toBe(0);
  });

  test("stay the same one when more are found", () => {
    const more = foundIn([hit("0", 0, 5), hit("a", 1, 1), hit("b", 5, 2)]);
    expect(numberOf(more, { messageId: "b", nth: 1 })).toBe(7);
    expect(numberOf(more, { messageId: "b", nth: 3 })).toBe(7);
    expect(numberOf(more, { messageId: "c", nth: 0 })).toBeUndefined();
  });
});

describe("a text on the page", () => {
  const ranges = (markdown: string, text: string): string[] => {
    const element = document.createElement("div");
    element.className = "body";
    element.append(nodesOf(rendered(markdown)));
    document.body.replaceChildren(element);
    return rangesOf(element, text).map(String);
  };

  test("is found in any case, and over formatted words", () => {
    expect(ranges("The **quick** brown fox. THE QUICK one.", "the quick")).toEqual([
      "The quick",
      "THE QUICK",
    ]);
    expect(ranges("```js\nlet a = b;\n```\n", "a = b")).toEqual(["a = b"]);
  });

  test("is not found from one paragraph into the next, nor in what buttons say", () => {
    expect(ranges("one\n\ntwo", "onetwo")).toEqual([]);
    expect(ranges("```python\nx\n```\n", "python")).toEqual([]);
    expect(ranges("x", "")).toEqual([]);
  });
});
