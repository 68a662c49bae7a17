// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { commandLink, html, type Html } from "../src/core/html";
import { statusPage } from "../src/core/status_page";
import { isUsageGroup, usagePage } from "../src/core/usage_page";
import type { ServerStatus, StoreInfo, UsageRow } from "../src/protocol";

const HOSTILE = '<img src=x onerror=1> & "quoted"';

function drawn({ html: text }: Html): HTMLElement {
  const element = document.createElement("main");
  element.innerHTML = text;
  return element;
}

function cells(page: HTMLElement): string[][] {
  const lines = [...page.querySelectorAll("table tr")];
  return lines.map((line) => [...line.querySelectorAll("th, td")].map((cell) => cell.textContent ?? ""));
}

function row(label: string, answers: number, inputTokens: number, cost?: number): UsageRow {
  const usage = { inputTokens, outputTokens: 7, cachedTokens: 0, reasoningTokens: 0 };
  return { key: label, label, sessions: 1, answers, usage: cost === undefined ? usage : { ...usage, cost } };
}

test("a text that is put into a page stays a text", () => {
  const page = drawn(
    html`<p title="${HOSTILE}">${HOSTILE}</p>
      ${[html`<b>${1}</b>`]}`,
  );
  expect([page.querySelector("p")?.title, page.querySelector("p")?.textContent]).toEqual([HOSTILE, HOSTILE]);
  expect([page.querySelectorAll("img").length, page.querySelector("b")?.textContent]).toEqual([0, "1"]);
});

test("a link runs a command with what it was given", () => {
  const link = drawn(commandLink("by <model>", "showUsage", 'a"b')).querySelector("a");
  expect([link?.textContent, link?.getAttribute("href")]).toEqual([
    "by <model>",
    "command:threadkeep.showUsage?%5B%22a%5C%22b%22%5D",
  ]);
});

test("tokens stand in a table with their sum, and the other ways to sum up are links", () => {
  const rows = [row("work:large", 12, 12_345, 0.5), row(HOSTILE, 1, 10)];
  const page = drawn(usagePage("model", { rows, total: row("", 13, 12_355, 0.5), count: 2 }));
  expect(cells(page)).toEqual([
    ["model", "answers", "in", "out", "cost", ""],
    ["work:large", "12", "12.3k", "7", "$0.50", ""],
    [HOSTILE, "1", "10", "7", "", ""],
    ["all", "13", "12.4k", "7", "$0.50", ""],
  ]);
  expect([...page.querySelectorAll("meter")].map((each) => each.getAttribute("value"))).toEqual(["100", "0"]);
  expect(page.querySelector("nav [aria-current]")?.textContent).toBe("model");
  const links = [...page.querySelectorAll("nav a")].map((link) => link.textContent);
  expect(links).toEqual(["day", "agent", "branch", "repository", "session"]);
});

test("rows that are left out, answers of nobody and no answers at all are told", () => {
  const some = drawn(usagePage("agent", { rows: [row("", 1, 1)], total: row("", 4, 4), count: 1_001 }));
  expect(cells(some)[1]?.[0]).toBe("not told");
  expect(some.textContent).toContain("1k more rows are in the sum only.");
  const none = drawn(usagePage("day", { rows: [], total: row("", 0, 0), count: 0 }));
  expect([
    none.querySelectorAll("table").length,
    none.textContent?.includes("No answer was given yet."),
  ]).toEqual([0, true]);
});

test("only what can be summed up by is taken from a link", () => {
  expect(["day", "task", "days", undefined, { day: 1 }].map(isUsageGroup)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

const status: ServerStatus = {
  version: "1.0",
  protocolVersion: 1,
  pid: 4711,
  python: "3.13",
  store: "/home/me/store",
  runningTurns: 0,
  settings: [
    { name: "defaultModel", value: HOSTILE, source: "environment" },
    { name: "retries", value: 2, source: "default" },
    { name: "semantic.model", source: "default" },
  ],
  problems: [],
};
const store: StoreInfo = {
  path: "/home/me/store",
  schemaVersion: 3,
  engine: "SQLite 3.54",
  sessions: 1_200,
  messages: 2,
  repositories: 1,
  bytes: 2_048,
};

test("the status names the process, and each setting with where it came from", () => {
  const page = drawn(statusPage(status, store));
  const names = [...page.querySelectorAll("dt")].map((each) => each.textContent);
  const values = [...page.querySelectorAll("dd")].map((each) => each.textContent);
  expect(values[names.indexOf("Process")]).toBe("4711");
  expect(values[names.indexOf("Sessions")]).toBe("1,200");
  expect(values[names.indexOf("Its size")]).toBe("2 KiB");
  expect(cells(page)).toEqual([
    ["setting", "value", "from"],
    ["defaultModel", HOSTILE, "environment"],
    ["retries", "2", "default"],
    ["semantic.model", "not set", "default"],
  ]);
  expect(page.querySelectorAll(".problems, img").length).toBe(0);
});

test("problems stand before everything else of the status", () => {
  const page = drawn(statusPage({ ...status, problems: [HOSTILE] }, store));
  expect(page.querySelector(".problems li")?.textContent).toBe(HOSTILE);
  const problems = page.querySelector(".problems");
  expect(problems?.compareDocumentPosition(page.querySelector("dl") as Node)).toBe(4);
});
