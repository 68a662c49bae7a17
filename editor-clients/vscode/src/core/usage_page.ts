/** The page of tokens and costs: Markdown that reads well as it is, too. */
import type { SummarizeUsageResult, UsageGroup, UsageRow } from "../protocol";
import { cost, count } from "./format";

export function usagePage(groupBy: UsageGroup, { rows, total, count: all }: SummarizeUsageResult): string {
  const head = [groupBy, "answers", "in", "out", "cost"];
  const table = [head, ...rows.map(cells), cells({ ...total, label: "all" })];
  const widths = head.map((_, column) => Math.max(3, ...table.map((line) => line[column]?.length ?? 0)));
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  const [first = "", ...others] = table.map((line) => row(line, widths));
  const rest = all > rows.length ? `\n${count(all - rows.length)} more are in the sum only.\n` : "";
  return `# Tokens by ${groupBy}\n\n${[first, row(rule, widths), ...others].join("\n")}\n${rest}`;
}

function cells({ label, answers, usage }: UsageRow): string[] {
  const text = label.replace(/[\\|`*_[\]<>#]/gu, "\\$&").replace(/\s+/gu, " ");
  const sum = usage.cost === undefined ? "" : cost(usage.cost);
  return [text || "not told", String(answers), count(usage.inputTokens), count(usage.outputTokens), sum];
}

function row(line: readonly string[], widths: readonly number[]): string {
  const padded = line.map((cell, column) => {
    const width = widths[column] ?? 0;
    return column === 0 ? cell.padEnd(width) : cell.padStart(width);
  });
  return `| ${padded.join(" | ")} |`;
}
