/** Commands about the server and its store: state, health, backup, clean-up, use of tokens. */
import * as vscode from "vscode";
import { cost, count, plural } from "../core/format";
import type { ServerStatus, UsageGroup } from "../protocol";
import { command, type Parts } from "./commands";

export function registerStoreCommands(parts: Parts): void {
  const { server } = parts;
  command(parts, "showServerStatus", async () => {
    const [status, info] = [await server.ask("server/status", {}), await server.ask("store/info", {})];
    await showText(statusText(status, { ...info }));
  });
  command(parts, "checkStore", () => checkStore(parts));
  command(parts, "backUpStore", async () => {
    const { path, bytes } = await server.ask("store/backup", {});
    const told = `The store was copied to ${path} (${count(Math.ceil(bytes / 1024))} KiB).`;
    const answer = await vscode.window.showInformationMessage(told, "Copy the Path");
    if (answer !== undefined) await vscode.env.clipboard.writeText(path);
  });
  command(parts, "cleanUpStore", () => cleanUp(parts));
  command(parts, "showUsage", () => showUsage(parts));
}

async function checkStore({ server }: Parts): Promise<void> {
  const found = await server.ask("store/doctor", {});
  if (found.isHealthy) return void vscode.window.showInformationMessage("The store is healthy.");
  const told = found.problems.map(({ message }) => `• ${message}`).join("\n");
  const question = {
    modal: true,
    detail: `${told}\n\nA repair makes a backup first and deletes nothing that can be read.`,
  };
  const answer = await vscode.window.showWarningMessage(
    `${plural(found.problems.length, "problem")} found in the store.`,
    question,
    "Repair",
  );
  if (answer !== "Repair") return;
  const repaired = await server.ask("store/doctor", { repair: true });
  const result = repaired.isHealthy
    ? "The store is healthy again."
    : "Some problems are left; the log tells more.";
  void vscode.window.showInformationMessage(`${result} Backup: ${repaired.backup ?? "none was needed"}`);
}

async function cleanUp(parts: Parts): Promise<void> {
  const prompt = "Move sessions to the trash in which nothing has happened for so long (90d, 12h)";
  const validateInput = (text: string): string | undefined =>
    /^\d+[hd]$/u.test(text.trim()) ? undefined : "A number and d or h, such as 90d";
  const olderThan = (await vscode.window.showInputBox({ prompt, value: "90d", validateInput }))?.trim();
  if (olderThan === undefined) return;
  const preview = await parts.server.ask("store/cleanup", { olderThan, dryRun: true });
  if (preview.count === 0) return void vscode.window.showInformationMessage("No session is that old.");
  const detail = `${preview.sample.map(({ title }) => `• ${title}`).join("\n")}\n\nFavourites and tagged sessions stay.`;
  const answer = await vscode.window.showWarningMessage(
    `Move ${plural(preview.count, "session")} to the trash?`,
    { modal: true, detail },
    "Move to the Trash",
  );
  if (answer === undefined) return;
  const done = await parts.server.ask("store/cleanup", { olderThan, dryRun: false });
  parts.sessions.reload();
  void vscode.window.showInformationMessage(`${plural(done.count, "session")} moved to the trash.`);
}

async function showUsage({ server }: Parts): Promise<void> {
  const by = [
    "day",
    "model",
    "agent",
    "task",
    "repository",
    "session",
  ] as const satisfies readonly UsageGroup[];
  const picked = await vscode.window.showQuickPick(
    by.map((label) => ({ label })),
    { placeHolder: "Sum up tokens by" },
  );
  if (picked === undefined) return;
  const groupBy = picked.label;
  const utcOffsetMinutes = -new Date().getTimezoneOffset();
  const { rows, total } = await server.ask("usage/summary", {
    groupBy,
    filter: {},
    utcOffsetMinutes,
    limit: 200,
  });
  const cell = (text: string): string => text.replace(/[\\|`*_[\]<>#]/gu, "\\$&").replace(/\s+/gu, " ");
  const row = (label: string, { answers, usage }: (typeof rows)[number]): string =>
    `| ${cell(label)} | ${answers} | ${count(usage.inputTokens)} | ${count(usage.outputTokens)} | ${usage.cost === undefined ? "" : cost(usage.cost)} |`;
  const head = `| ${groupBy} | answers | in | out | cost |\n|---|--:|--:|--:|--:|`;
  const lines = rows.map((each) => row(each.label, each));
  await showText(`# Tokens by ${groupBy}\n\n${[head, ...lines, row("all", total)].join("\n")}\n`);
}

function statusText(status: ServerStatus, info: Readonly<Record<string, unknown>>): string {
  const settings = status.settings.map(
    ({ name, value, source }) => `- ${name} = ${JSON.stringify(value) ?? "not set"} (${source})`,
  );
  const problems = status.problems.map((problem) => `- ${problem}`);
  const facts = [
    `Threadkeep ${status.version}, protocol ${status.protocolVersion}, Python ${status.python}, process ${status.pid}`,
    `Store: ${status.store}`,
    `Log: ${status.log ?? "none"}`,
    ...Object.entries(info)
      .filter(([name]) => name !== "path")
      .map(([name, value]) => `${name}: ${String(value)}`),
  ];
  const list = facts.map((fact) => `- ${fact}`);
  const trouble = problems.length === 0 ? [] : ["", "## Problems", "", ...problems];
  return ["# Threadkeep", "", ...list, ...trouble, "", "## Settings", "", ...settings, ""].join("\n");
}

async function showText(content: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ content, language: "markdown" });
  await vscode.window.showTextDocument(document);
}
