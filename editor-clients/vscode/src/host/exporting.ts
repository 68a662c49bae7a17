/** Takes sessions out into files, and in from them. */
import * as vscode from "vscode";
import { plural } from "../core/format";
import { exportChoices } from "../core/export_choices";
import type { Session } from "../protocol";
import { command, targets, target, type Parts } from "./commands";

interface Format extends vscode.QuickPickItem {
  readonly format: string;
  /** Without its dot. */
  readonly ending: string;
}

export function registerExporting(parts: Parts): void {
  command(parts, "exportSession", async (node?: never, nodes?: never) => {
    const chosen = targets(parts, node, nodes);
    const session = chosen[0] ?? (await target(parts, node));
    if (session === undefined) return;
    const choices = parts.server.ask("format/list", {}).then(({ exporters }) => exportChoices(exporters));
    const picked = await vscode.window.showQuickPick<Format>(choices, {
      placeHolder: `Export “${session.title}” as`,
    });
    if (picked !== undefined) await exportTo(parts, session, picked);
  });
  command(parts, "copyChat", async (node?: never) => {
    const session = await target(parts, node);
    if (session === undefined) return;
    const params = { sessionId: session.id, format: "markdown", overwrite: false, redact: false } as const;
    const { content } = await parts.server.ask("session/export", params);
    await vscode.env.clipboard.writeText(content ?? "");
    vscode.window.setStatusBarMessage("The chat was copied as Markdown.", 3_000);
  });
  command(parts, "importSessions", () => importSessions(parts));
}

async function exportTo(parts: Parts, session: Session, { format, ending, label }: Format): Promise<void> {
  const name =
    session.title
      .replace(/[^\p{L}\p{N} ._-]+/gu, " ")
      .trim()
      .slice(0, 60) || "session";
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const saveLabel = "Export";
  const chosen = await vscode.window.showSaveDialog({
    saveLabel,
    filters: { [label]: [ending] },
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, `${name}.${ending}`) }),
  });
  if (chosen === undefined) return;
  const params = { sessionId: session.id, format, redact: false };
  // the dialog has asked already whether a file that is there shall be replaced
  if (chosen.scheme === "file")
    await parts.server.ask("session/export", { ...params, path: chosen.fsPath, overwrite: true });
  else {
    const { content } = await parts.server.ask("session/export", { ...params, overwrite: false });
    await vscode.workspace.fs.writeFile(chosen, new TextEncoder().encode(content ?? ""));
  }
  const answer = await vscode.window.showInformationMessage(
    `Exported to ${vscode.workspace.asRelativePath(chosen)}.`,
    "Open",
  );
  if (answer === "Open") await vscode.commands.executeCommand("vscode.open", chosen);
}

async function importSessions(parts: Parts): Promise<void> {
  const [file] = (await vscode.window.showOpenDialog({ openLabel: "Import", canSelectMany: false })) ?? [];
  if (file === undefined) return;
  const content =
    file.scheme === "file" ? undefined : new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
  const source = content === undefined ? { path: file.fsPath } : { content };
  const params = { ...source, from: "auto", onConflict: "skip", dryRun: false } as const;
  const result = await parts.server.ask("session/import", params);
  parts.sessions.reload();
  const { imported, skipped, problems } = result;
  const told = `${plural(imported, "session")} imported${skipped > 0 ? `, ${skipped} ${skipped === 1 ? "was" : "were"} there already` : ""}.`;
  if (problems.length === 0) return void vscode.window.showInformationMessage(told);
  for (const { file: name, line, message } of problems)
    parts.log.warn([name, line, message].filter((part) => part !== undefined).join(": "));
  const answer = await vscode.window.showWarningMessage(
    `${told} ${plural(problems.length, "problem")}: ${problems[0]?.message ?? ""}`,
    "Show the Log",
  );
  if (answer === "Show the Log") parts.log.show();
}
