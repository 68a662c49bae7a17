/** Finds, installs, starts and explains the server. */
import * as vscode from "vscode";
import { findPython, findServer } from "../core/lookup";
import { wireError } from "../core/failures";
import { wish } from "./configuration";
import { command, type Parts } from "./commands";
import { bundledWheel, installedServer, installServer, noteUse } from "./install";
import { thisMachine } from "./machine";
import type { Locate } from "./server";

/** How this window finds its server; an installed one that is older than the wheel is brought up to date. */
export function locator(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Locate {
  return async () => {
    const wheel = bundledWheel(context.extensionPath);
    const storage = context.globalStorageUri.fsPath;
    let installed = installedServer(storage, wheel?.version);
    const asked = wish();
    if (
      asked.command.length === 0 &&
      wheel !== undefined &&
      installed !== undefined &&
      installed.version !== wheel.version
    ) {
      log.info(`Updating the server from ${installed.version} to ${wheel.version}`);
      try {
        installed = await install(context, log);
      } catch (error) {
        log.error(`The update failed; ${installed.version} is used: ${wireError(error).message}`);
      }
    }
    const lookup = await findServer(asked, installed, thisMachine(openedFolders()));
    if (lookup.found) {
      if (lookup.command.source === "installed") noteUse(lookup.command.program, storage);
      return { command: lookup.command };
    }
    log.warn(lookup.reason);
    const canInstall = lookup.canInstall && wheel !== undefined;
    return { reason: lookup.reason, fix: canInstall ? "install" : "settings" };
  };
}

function openedFolders(): string[] {
  return (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === "file")
    .map(({ uri }) => uri.fsPath);
}

async function install(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  { isForced = false } = {},
): ReturnType<typeof installServer> {
  const wheel = bundledWheel(context.extensionPath);
  if (wheel === undefined)
    throw new Error(
      "This build of the extension brings no server. Install threadkeep with pip, or set threadkeep.server.command.",
    );
  const python = await findPython(wish(), thisMachine(openedFolders()));
  if (!python.found) throw new Error(python.reason);
  const options = { location: vscode.ProgressLocation.Notification, title: "Threadkeep" };
  return vscode.window.withProgress(options, async (progress) =>
    installServer(
      python,
      wheel,
      context.globalStorageUri.fsPath,
      (message) => {
        log.info(message);
        progress.report({ message });
      },
      { isForced },
    ),
  );
}

export function registerServerCommands(parts: Parts): void {
  const { context, server, log } = parts;
  command(parts, "restartServer", () => server.restart());
  command(parts, "showOutput", () => log.show());
  command(parts, "openServerSettings", () =>
    vscode.commands.executeCommand("workbench.action.openSettings", "@ext:threadkeep.threadkeep server"),
  );
  command(parts, "openSettings", () =>
    vscode.commands.executeCommand("workbench.action.openSettings", "@ext:threadkeep.threadkeep"),
  );
  command(parts, "openWalkthrough", async () => {
    const id = "threadkeep.threadkeep#threadkeep.start";
    await vscode.commands.executeCommand("workbench.action.openWalkthrough", id, false);
    // VS Code ticks a step only when something changes while it knows the walkthrough
    const isRunning = server.state.kind === "running";
    await vscode.commands.executeCommand("setContext", "threadkeep.walkthroughRunning", isRunning);
  });
  command(parts, "installServer", async () => {
    await install(context, log, { isForced: true });
    await server.restart();
    if (server.state.kind !== "running") return;
    vscode.window.setStatusBarMessage("The Threadkeep server is installed.", 5_000);
    await vscode.commands.executeCommand("threadkeep.focusChat");
  });
}
