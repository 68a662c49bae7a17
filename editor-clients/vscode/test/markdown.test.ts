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

test("a fence's language is its first word", () => {
  expect(["ts src/a.ts", "ts:src/a.ts", "C++", "", "  python"].map(languageOf)).toEqual([
    "ts",
    "ts",
    "c++",
    "",
    "python",
  ]);
});
