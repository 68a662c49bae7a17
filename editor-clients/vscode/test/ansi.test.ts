// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { ansiRuns } from "../src/core/ansi";
import { coloured, newest } from "../src/webview/terminal_text";

const text = (source: string): string =>
  ansiRuns(source)
    .map((run) => run.text)
    .join("");

describe("a terminal's output", () => {
  test.each([
    ["\x1b[31mred\x1b[0m plain", [{ text: "red", foreground: 1 }, { text: " plain" }]],
    [
      "\x1b[1;4;97;44mx\x1b[22;24;39;49my",
      [{ text: "x", isBold: true, isUnderlined: true, foreground: 15, background: 4 }, { text: "y" }],
    ],
    ["\x1b[38;5;196mx", [{ text: "x", foreground: [255, 0, 0] }]],
    ["\x1b[38;5;9;48;5;244mx", [{ text: "x", foreground: 9, background: [128, 128, 128] }]],
    ["\x1b[38;2;1;2;3mx", [{ text: "x", foreground: [1, 2, 3] }]],
    ["\x1b[38:2::1:2:3;1mx", [{ text: "x", foreground: [1, 2, 3], isBold: true }]],
    ["\x1b[38;2;999;2;3mx", [{ text: "x" }]],
    ["\x1b[38;5;256mx", [{ text: "x" }]],
    ["\x1b[mx\x1b[;1my", [{ text: "x" }, { text: "y", isBold: true }]],
  ])("has its colours, bold and underlined text: %j", (source, runs) => {
    const plain = { isBold: false, isUnderlined: false };
    expect(ansiRuns(source)).toEqual(runs.map((run) => ({ ...plain, ...run })));
  });

  test.each([
    ["\x1b[2J\x1b[1;1Hx", "x"],
    ["\x1b]0;title\x07x", "x"],
    ["\x1b]8;;https://example.org\x1b\\name\x1b]8;;\x1b\\", "name"],
    ["\x1bP1$r\x1b\\x\x1b(By\x1b7z", "xyz"],
    ["a\x00\x08b\x7f", "ab"],
    ["10 %\r20 %\r\ndone\r\n", "10 %\n20 %\ndone\n"],
    ["\x1b]never ended\nstays", "never ended\nstays"],
    ["cut \x1b[38;5", "cut "],
  ])("is read without what else a terminal understands: %j", (source, shown) => {
    expect(text(source)).toBe(shown);
  });

  test("never becomes markup, whatever comes: only spans, with no attribute but a colour and its class", () => {
    const pieces = [
      "\x1b[",
      "\x1b]",
      "\x9b",
      "m",
      ";",
      ":",
      "38",
      "48",
      "5",
      "2",
      "31",
      "999999999999",
      "-1",
      "NaN",
      "\x1b\\",
      "\x07",
      "<img src=x onerror=alert(1)>",
      "</span><script>",
      "\"'&",
      "url(https://example.org)",
      "expression(1)",
      "\n",
      "\r",
      "x",
      "é😀",
    ];
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 3_000; round++) {
      const source = Array.from({ length: 1 + random(14) }, () => pieces[random(pieces.length)]).join("");
      const frame = document.createElement("code");
      frame.append(coloured(source));
      expect(frame.textContent).toBe(text(source));
      // eslint-disable-next-line no-control-regex -- that none is left is what is tested
      expect(frame.textContent).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/u);
      for (const element of frame.querySelectorAll("*")) {
        expect(element.tagName).toBe("SPAN");
        expect(element.getAttributeNames().filter((name) => name !== "class" && name !== "style")).toEqual(
          [],
        );
        expect(element.className).toMatch(/^(?:ansi-(?:bold|underline|(?:fg|bg)-\d+) ?)*$/u);
        expect(element.getAttribute("style") ?? "").toMatch(
          /^(?:(?:background-)?color: rgb\([\d, ]+\);? ?)*$/u,
        );
      }
    }
  });

  test("is shown from its end", () => {
    const lines = Array.from({ length: 100 }, (_, line) => `${line}\n`).join("");
    expect(newest(lines).split("\n").slice(0, 1)).toEqual(["60"]);
    expect(newest("short")).toBe("short");
    expect(newest("x".repeat(100_000)).length).toBe(16_000);
  });

  test("of megabytes of sequences is read in one pass", () => {
    expect(text("\x1b]".repeat(20_000) + "x")).toBe("x");
    expect(text("\x1b[31m".repeat(200_000) + "x")).toBe("x");
  });
});
