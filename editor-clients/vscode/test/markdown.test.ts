// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { languageOf, rendered } from "../src/webview/markdown";
import { MarkdownBody } from "../src/webview/markdown_body";

const TEXT = [
  "# Title\n\nSome *text* with a [link](https://example.com).\n\n",
  "- one\n- two\n\n  more of two\n\n",
  "```python\ndef f():\n    return 1\n```\n\n",
  "| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted\n\nThe end.",
].join("");

function body(): { body: MarkdownBody; element: HTMLElement } {
  const element = document.createElement("div");
  return { body: new MarkdownBody(element), element };
}

function whole(text: string): string {
  const { body: view, element } = body();
  view.update(text, false);
  return element.innerHTML;
}

describe("a message cannot run anything", () => {
  test.each([
    '<img src=x onerror="alert(1)">',
    "<script>alert(1)</script>",
    "<svg onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JAVASCRIPT:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    '![x](https://example.com/x.png"onerror="alert(1))',
    '```x" onclick="alert(1)\ncode\n```',
    '```html\n<img src=x onerror="alert(1)">\n```',
    '[x](https://example.com "a\\" onclick=\\"alert(1)")',
    "<a href='command:x'>x</a>",
    "[x](command:x)",
  ])("%s", (text) => {
    const { body: view, element } = body();
    for (const isLive of [true, false]) {
      view.update(text, isLive);
      const elements = [...element.querySelectorAll("*")];
      expect(
        elements.filter(({ tagName }) => /^(?:IMG|SCRIPT|SVG|IFRAME|STYLE|OBJECT|FORM)$/iu.test(tagName)),
      ).toEqual([]);
      expect(
        elements.flatMap((each) => each.getAttributeNames()).filter((name) => /^on|^style$|^src/u.test(name)),
      ).toEqual([]);
      const leading = [...element.querySelectorAll("a")].map((link) => link.getAttribute("href"));
      expect(leading.filter((href) => !/^(?:#|https?:|mailto:)/u.test(href ?? ""))).toEqual([]);
    }
  });

  test("no image is loaded; it is told what it would be", () => {
    expect(rendered("![a cat](https://example.com/cat.png)")).toContain("[image: a cat]");
    expect(rendered("![a cat](https://example.com/cat.png)")).not.toContain("<img");
  });
});

describe("text that grows", () => {
  test.each([1, 3, 7, 50])("in steps of %i ends as the whole would", (step) => {
    const { body: view, element } = body();
    for (let end = step; end < TEXT.length; end += step) view.update(TEXT.slice(0, end), true);
    view.update(TEXT, true);
    view.update(TEXT, false);
    expect(element.innerHTML).toBe(whole(TEXT));
  });

  test("keeps the blocks that are finished", () => {
    const { body: view, element } = body();
    view.update("First.\n\nSecond", true);
    const first = element.firstElementChild;
    view.update("First.\n\nSecond one.\n\nThird", true);
    view.update("First.\n\nSecond one.\n\nThird.", false);
    expect(element.firstElementChild).toBe(first);
    expect(element.textContent?.replaceAll("\n", " ").trim()).toBe("First. Second one. Third.");
  });

  test("keeps the frame of a code block that is not closed yet", () => {
    const { body: view, element } = body();
    view.update("```js\nlet a", true);
    const code = element.querySelector("code");
    view.update("```js\nlet a = 1;\nlet b", true);
    expect(element.querySelector("code")).toBe(code);
    expect(code?.textContent).toBe("let a = 1;\nlet b");
    view.update("```js\nlet a = 1;\nlet b = 2;\n```\n", false);
    expect(element.querySelectorAll(".hljs-keyword").length).toBe(2);
  });

  test("resolves links that are defined later once it is whole", () => {
    const text = "See [it][1].\n\nMore.\n\n[1]: https://example.com\n";
    const { body: view, element } = body();
    for (let end = 1; end <= text.length; end++) view.update(text.slice(0, end), true);
    view.update(text, false);
    expect(element.querySelector("a")?.getAttribute("href")).toBe("https://example.com");
  });

  test("that turns out to be another is drawn anew", () => {
    const { body: view, element } = body();
    view.update("One.\n\nTwo", true);
    view.update("Another.", true);
    expect(element.textContent?.trim()).toBe("Another.");
  });
});

describe("task lists", () => {
  test("show what is done and what is to do, and say it", () => {
    const { body: view, element } = body();
    view.update("- [ ] write\n- [x] test\n  - [X] again\n- [link](https://example.com)\n- []\n", false);
    const items = [...element.querySelectorAll("li")];
    expect(items.map((item) => item.className)).toEqual(["task", "task", "task", "", ""]);
    const marks = [...element.querySelectorAll(".task-mark")];
    expect(marks.map((mark) => mark.getAttribute("aria-label"))).toEqual(["To do:", "Done:", "Done:"]);
    expect(items[0]?.textContent.trim()).toBe("write");
  });
});

describe("math", () => {
  const math = (text: string): (string | null)[][] => {
    const { body: view, element } = body();
    view.update(text, false);
    return [...element.querySelectorAll(".math")].map((each) => [
      each.getAttribute("data-math"),
      each.textContent,
    ]);
  };

  test.each([
    ["$x^2$", [["inline", "x^2"]]],
    [
      "so $a_1 * b_1$ and $c$.",
      [
        ["inline", "a_1 * b_1"],
        ["inline", "c"],
      ],
    ],
    ["\\(a < b\\)", [["inline", "a < b"]]],
    ["$$x$$", [["display", "x"]]],
    ["text\n$$\nx\n\ny\n$$\nmore", [["display", "x\n\ny"]]],
    ["\\[\n\\frac{a}{b}\n\\]", [["display", "\\frac{a}{b}"]]],
    ["- item\n\n  $$\n  x\n  $$\n", [["display", "x"]]],
    ["```math\n\\alpha\n```", [["display", "\\alpha"]]],
    ["$\\text{costs \\$5}$", [["inline", "\\text{costs \\$5}"]]],
  ])("%j is math", (text, found) => expect(math(text)).toEqual(found));

  test.each([
    "costs $5 and $6",
    "$HOME:$PATH",
    "US$5, A$6",
    "$ 5 $",
    "`$x$`",
    "```sh\necho $A $B\n```",
    "\\$x$",
    "from $1,000 to $2,000.",
    "$$",
    "$$ never closed",
    "\\[not closed",
    "\\[a link\\](https://example.com)",
  ])("%j is none", (text) => expect(math(text)).toEqual([]));

  test("stands as its source, with nothing of it as markup", () => {
    const { body: view, element } = body();
    view.update("$<img src=x onerror=alert(1)>$", false);
    expect(element.querySelector("img")).toBeNull();
    expect(element.textContent.trim()).toBe("<img src=x onerror=alert(1)>");
  });
});

describe("what a block of code offers", () => {
  const offered = (text: string, isLive = false): (string | null)[] => {
    const { body: view, element } = body();
    view.update(text, isLive);
    return [...element.querySelectorAll("button[data-code]")].map((each) => each.getAttribute("data-code"));
  };

  test("is a change of the file only where all of it is there", () => {
    expect(offered("```ts a.ts\nlet a;\n```\n")).toEqual(["copy", "insert", "apply"]);
    expect(offered("```ts a.ts\nlet a;\n```")).toEqual(["copy", "insert", "apply"]);
    expect(offered("- a\n\n  ```ts\n  let a;\n  ```\n")).toEqual(["copy", "insert", "apply"]);
    expect(offered("> ```ts\n> let a;\n> ```\n")).toEqual(["copy", "insert", "apply"]);
    expect(offered("````md\n```\nx\n```\n````\n")).toEqual(["copy", "insert", "apply"]);
    for (const isLive of [true, false])
      for (const text of [
        "```ts a.ts\nlet a;\n",
        "```ts a.ts\n",
        "- a\n\n  ```ts\n  let a;\n",
        "````md\n```\nx\n```\n",
      ])
        expect(offered(text, isLive), text).toEqual(["copy", "insert"]);
  });

  test("is no change of a file for a diff or a diagram", () => {
    expect(offered("```diff\n+a\n```\n")).toEqual(["copy", "insert"]);
    expect(offered("```mermaid\nflowchart LR\n```\n")).toEqual(["copy", "insert"]);
  });
});

test("a fence's language is its first word", () => {
  expect(["ts src/a.ts", "ts:src/a.ts", "C++", "", "  python"].map(languageOf)).toEqual([
    "ts",
    "ts",
    "c++",
    "",
    "python",
  ]);
});
