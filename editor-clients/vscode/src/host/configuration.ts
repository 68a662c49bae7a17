/** Reads the extension's settings; what decides about programs, keys and data comes from the user or the machine only. */
import * as vscode from "vscode";
import type { ViewSettings } from "../core/bridge";
import type { Grouping } from "../core/groups";
import type { Wish } from "../core/lookup";
import { serverSettings, type ServerSetting } from "../core/settings";

export const SECTION = "threadkeep";

/** A trusted workspace may choose among what the user has configured; all else is the user's. */
const OVERRIDABLE: readonly ServerSetting[] = ["defaultModel", "defaultAgent"];

export function wish(): Wish {
  const command = ofUser("server.command");
  const python = ofUser("server.python");
  return {
    command: Array.isArray(command) ? command.filter((word): word is string => typeof word === "string") : [],
    python: typeof python === "string" ? python : "",
  };
}

export function initializationOptions(): Record<string, unknown> {
  const settings = serverSettings((name) => (OVERRIDABLE.includes(name) ? ofAnybody(name) : ofUser(name)));
  return { ...settings, trustedWorkspace: vscode.workspace.isTrusted };
}

export function viewSettings(): ViewSettings {
  const chat = vscode.workspace.getConfiguration(`${SECTION}.chat`);
  return {
    sendKey: chat.get("sendKey", "enter"),
    whenBusy: chat.get("whenBusy", "queue"),
    reasoning: chat.get("reasoning", "folded"),
  };
}

export function followsBranch(): boolean {
  return vscode.workspace.getConfiguration(SECTION).get("chat.followBranch", true);
}

export function grouping(): Grouping {
  return vscode.workspace.getConfiguration(SECTION).get("sessions.groupBy", "task");
}

/** Where it is set already, so that it holds; else for the user. */
export async function setGrouping(value: Grouping): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SECTION);
  const isOfWorkspace = configuration.inspect("sessions.groupBy")?.workspaceValue !== undefined;
  const { Global, Workspace } = vscode.ConfigurationTarget;
  await configuration.update("sessions.groupBy", value, isOfWorkspace ? Workspace : Global);
}

function ofUser(name: string): unknown {
  return vscode.workspace.getConfiguration(SECTION).inspect(name)?.globalValue;
}

function ofAnybody(name: string): unknown {
  const configuration = vscode.workspace.getConfiguration(SECTION);
  const told = configuration.inspect(name);
  const isSet = (told?.globalValue ?? told?.workspaceValue ?? told?.workspaceFolderValue) !== undefined;
  return isSet ? configuration.get(name) : undefined;
}
