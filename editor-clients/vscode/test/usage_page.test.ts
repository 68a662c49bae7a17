import { expect, test } from "vitest";
import { usagePage } from "../src/core/usage_page";
import type { UsageRow } from "../src/protocol";

function row(label: string, answers: number, inputTokens: number, cost?: number): UsageRow {
  const usage = { inputTokens, outputTokens: 7, cachedTokens: 0, reasoningTokens: 0 };
  return { key: label, label, sessions: 1, answers, usage: cost === undefined ? usage : { ...usage, cost } };
}

test("the table of tokens stands in columns, and is Markdown", () => {
  const rows = [row("work:large", 12, 12_345, 0.5), row("a|b", 1, 10)];
  expect(usagePage("model", { rows, total: row("", 13, 12_355, 0.5), count: 2 }).split("\n")).toEqual([
    "# Tokens by model",
    "",
    "| model      | answers |    in | out |  cost |",
    "| ---------- | ------: | ----: | --: | ----: |",
    "| work:large |      12 | 12.3k |   7 | $0.50 |",
    "| a\\|b       |       1 |    10 |   7 |       |",
    "| all        |      13 | 12.4k |   7 | $0.50 |",
    "",
  ]);
});

test("rows that are left out and answers of nobody are told", () => {
  const page = usagePage("agent", { rows: [row("", 1, 1)], total: row("", 4, 4), count: 1_001 });
  expect(page).toContain("| not told |       1 |");
  expect(page).toContain("\n1k more are in the sum only.\n");
});
