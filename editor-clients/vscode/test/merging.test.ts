import { describe, expect, test } from "vitest";
import { merged } from "../src/core/merging";

const BASE = "one\ntwo\nthree\nfour\nfive\n";

describe("a file that changed while a change of it was looked at", () => {
  test("that did not change becomes what was suggested", () =>
    expect(merged(BASE, BASE, "one\nTWO\nthree\nfour\nfive\n")).toBe("one\nTWO\nthree\nfour\nfive\n"));

  test.each([
    ["a line above", `zero\n${BASE}`, "zero\none\ntwo\nthree\nFOUR\nfive\n"],
    ["a line below", `${BASE}six\n`, "one\ntwo\nthree\nFOUR\nfive\nsix\n"],
    ["a line right above", "one\ntwo\nthree\nhalf\nfour\nfive\n", "one\ntwo\nthree\nhalf\nFOUR\nfive\n"],
    ["lines that went", "two\nthree\nfour\nfive\n", "two\nthree\nFOUR\nfive\n"],
    ["the same change", "one\ntwo\nthree\nFOUR\nfive\n", "one\ntwo\nthree\nFOUR\nfive\n"],
  ])("keeps %s", (_, current, all) =>
    expect(merged(BASE, current, "one\ntwo\nthree\nFOUR\nfive\n")).toBe(all),
  );

  test.each([
    ["another change of the same line", "one\ntwo\nthree\n4\nfive\n", "one\ntwo\nthree\nFOUR\nfive\n"],
    ["two lines in one place", "one\nx\ntwo\nthree\nfour\nfive\n", "one\ny\ntwo\nthree\nfour\nfive\n"],
    ["a whole file that was emptied", "", "ONE\nTWO\nTHREE\nFOUR\nFIVE\n"],
    ["a new file that somebody made", "theirs\n", "ours\n"],
  ])("is not joined with %s", (what, current, suggested) =>
    expect(merged(what.startsWith("a new") ? "" : BASE, current, suggested)).toBeUndefined(),
  );

  test("keeps its line ends", () =>
    expect(merged("a\nb\nc\n", "a\r\nb\r\nc\r\nd\r\n", "A\nb\nc\n")).toBe("A\r\nb\r\nc\r\nd\r\n"));

  test("of any kind has every line of both sides, in the order of each", () => {
    // a small generator with a seed: every run sees the same texts
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    let joined = 0;
    for (let run = 0; run < 400; run++) {
      const base = Array.from({ length: 4 + random(12) }, () => `line ${random(5)}`);
      const side = (name: string): string[] =>
        base.flatMap((line, index) => {
          const what = random(9);
          if (what === 0) return [];
          if (what === 1) return [`${name} ${run} ${index}`];
          return what === 2 ? [line, `${name} new ${run} ${index}`] : [line];
        });
      const [ours, theirs] = [side("ours"), side("theirs")];
      const result = merged(base.join("\n"), ours.join("\n"), theirs.join("\n"));
      if (result === undefined) continue;
      joined += 1;
      const lines = result.split("\n");
      const own = (name: string, of: readonly string[]): string[] =>
        of.filter((each) => each.startsWith(name));
      expect(own("ours", lines)).toEqual(own("ours", ours));
      expect(own("theirs", lines)).toEqual(own("theirs", theirs));
    }
    expect(joined).toBeGreaterThan(20);
  });

  test("with very many changed lines does not take long", () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index}`);
    const other = lines.map((line) => `${line}!`);
    const start = performance.now();
    expect(merged(lines.join("\n"), ["new", ...lines].join("\n"), other.join("\n"))).toBe(
      ["new", ...other].join("\n"),
    );
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
