/** Commands about the server and its store: state, health, backup, clean-up, use of tokens. */
import * as vscode from "vscode";
import { count, plural } from "../core/format";
import { statusPage } from "../core/status_page";
import { isUsageGroup, usagePage } from "../core/usage_page";
import type { CleanUpResult, UsageGroup } from "../protocol";
import { command, type Parts } from "./commands";
import { Pages } from "./pages";

export function registerStoreCommands(parts: Parts): void {
  const { server } = parts;
  const pages = new Pages(parts);
  command(parts, "showServerStatus", async () => {
    const [status, info] = [await server.ask("server/status", {}), await server.ask("store/info", {})];
    pages.show("Threadkeep's Status", statusPage(status, info));
  });
  command(parts, "checkStore", () => checkStore(parts));
  command(parts, "backUpStore", async () => {
    const { path, bytes } = await server.ask("store/backup", {});
    const told = `The store was copied to ${path} (${count(Math.ceil(bytes / 1024))} KiB).`;
    const answer = await vscode.window.showInformationMessage(told, "Copy the Path");
    if (answer !== undefined) await vscode.env.clipboard.writeText(path);
  });
  command(parts, "cleanUpStore", () => cleanUp(parts));
  command(parts, "showUsage", (groupBy?: unknown) =>
    showUsage(parts, pages, isUsageGroup(groupBy) ? groupBy : "day"),
  );
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
  const prompt = "How long must nothing have happened in a session, of any repository, to go to the trash?";
  const validateInput = (text: string): string | undefined =>
    /^0*[1-9]\d{0,5}[hd]$/u.test(text.trim()) ? undefined : "A number of days or hours, such as 90d or 12h";
  const told = await vscode.window.showInputBox({
    title: "Clean Up Old Sessions",
    prompt,
    value: "90d",
    validateInput,
  });
  const olderThan = told?.trim();
  if (olderThan === undefined) return;
  const preview = await parts.server.ask("store/cleanup", { olderThan, dryRun: true });
  if (preview.count === 0) {
    const but = preview.kept === 0 ? "" : ", except favourites, tagged and busy ones";
    return void vscode.window.showInformationMessage(`No session is that old${but}.`);
  }
  const answer = await vscode.window.showWarningMessage(
    `Move ${plural(preview.count, "session")} to the trash?`,
    { modal: true, detail: cleanUpDetail(preview) },
    "Move to the Trash",
  );
  if (answer === undefined) return;
  const done = await parts.server.ask("store/cleanup", { olderThan, dryRun: false });
  parts.sessions.reload();
  const moved = `${plural(done.count, "session")} moved to the trash.`;
  const shown = await vscode.window.showInformationMessage(moved, "Show the Trash");
  if (shown !== undefined) await vscode.commands.executeCommand("threadkeep.showTrash");
}

function cleanUpDetail({ count: all, sample, kept }: CleanUpResult): string {
  const lines = sample.map(({ title, repository, task }) => `• ${title} (${repository.name}, ${task})`);
  if (all > sample.length) lines.push(`… and ${count(all - sample.length)} more`);
  const staying = kept === 0 ? "" : `: ${count(kept)} of this age`;
  return `${lines.join("\n")}\n\nFavourites, tagged sessions and those with a running answer stay${staying}.`;
}

async function showUsage({ server }: Parts, pages: Pages, groupBy: UsageGroup): Promise<void> {
  const utcOffsetMinutes = -new Date().getTimezoneOffset();
  // without a filter: what was spent in archived sessions was spent as well
  const summary = await server.ask("usage/summary", { groupBy, utcOffsetMinutes, limit: 200 });
  pages.show("Use of Tokens", usagePage(groupBy, summary));
}
