/** Numbers and times as people read them. */
import type { Usage } from "../protocol";

/** `950`, `1.2k`, `3.4M`. */
export function count(value: number): string {
  if (value < 1000) return String(value);
  if (value < 999_950) return `${trimmed(value / 1000)}k`;
  return `${trimmed(value / 1_000_000)}M`;
}

/** `1 message`, `2 messages`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** The token and cost line; empty while nothing was reported. */
export function usageLine(usage: Usage): string {
  if (usage.inputTokens === 0 && usage.outputTokens === 0) return "";
  const parts = [`${count(usage.inputTokens)} in`, `${count(usage.outputTokens)} out`];
  if (usage.cost !== undefined) parts.push(cost(usage.cost));
  return parts.join(" · ");
}

/** The same with every figure, for a tooltip. */
export function usageDetail(usage: Usage): string {
  const rows = [
    `Input: ${usage.inputTokens.toLocaleString("en")} tokens, ${usage.cachedTokens.toLocaleString("en")} of them cached`,
    `Output: ${usage.outputTokens.toLocaleString("en")} tokens, ${usage.reasoningTokens.toLocaleString("en")} of them reasoning`,
    usage.cost === undefined ? "Cost: not known" : `Cost: ${cost(usage.cost)}`,
  ];
  return rows.join("\n");
}

/** US dollars, with as many digits as a small sum needs. */
export function cost(dollars: number): string {
  if (dollars === 0) return "$0";
  return dollars < 0.01 ? `$${dollars.toPrecision(2)}` : `$${dollars.toFixed(2)}`;
}

/** `now`, `5 min`, `3 h`, `2 d`, then the date. */
export function ago(at: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(at)) / 60_000);
  if (Number.isNaN(minutes)) return "";
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 60 * 24) return `${Math.floor(minutes / 60)} h`;
  if (minutes < 60 * 24 * 14) return `${Math.floor(minutes / 60 / 24)} d`;
  return at.slice(0, 10);
}

/** One line of at most so many characters. */
export function shortened(text: string, length: number): string {
  const line = text.replace(/\s+/gu, " ").trim();
  const characters = Array.from(line);
  return characters.length <= length ? line : `${characters.slice(0, length - 1).join("")}…`;
}

function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0$/u, "");
}
