/** Reads the extension's settings; what decides about programs, keys and data comes from the user or the machine only. */
import * as vscode from "vscode";
import type { ViewSettings } from "../core/bridge";
import type { Grouping } from "../core/groups";
import type { Wish } from "../core/lookup";
import * as saved from "../core/saved_filters";
import { OVERRIDABLE_SETTINGS } from "../core/server_settings";
import { serverSettings } from "../core/settings";

export const SECTION = "threadkeep";
export const SAVED_FILTERS = "savedFilters";

export function wish(): Wish {
  const command = ofUser("server.command");
  const python = ofUser("server.python");
  return {
    command: Array.isArray(command) ? command.filter((word): word is string => typeof word === "string") : [],
    python: typeof python === "string" ? python : "",
  };
}

export function initializationOptions(): Record<string, unknown> {
  const settings = serverSettings((name) =>
    OVERRIDABLE_SETTINGS.has(name) ? ofAnybody(name) : ofUser(name),
  );
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

export function tellsOfAnswers(): boolean {
  return vscode.workspace.getConfiguration(SECTION).get("chat.notice", true);
}

export function grouping(): Grouping {
  return vscode.workspace.getConfiguration(SECTION).get("sessions.groupBy", "task");
}

/** The user's own: a model costs something, so that no folder chooses it. */
export async function setDefaultModel(model: string): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SECTION);
  await configuration.update("defaultModel", model, vscode.ConfigurationTarget.Global);
}

/** Where it is set already, so that it holds; else for the user. */
export async function setGrouping(value: Grouping): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SECTION);
  const isOfWorkspace = configuration.inspect("sessions.groupBy")?.workspaceValue !== undefined;
  const { Global, Workspace } = vscode.ConfigurationTarget;
  await configuration.update("sessions.groupBy", value, isOfWorkspace ? Workspace : Global);
}

/** Those of the user and of the workspace, each whole: VS Code would mix the members of two with one name. */
export function savedFilters(): saved.SavedFilter[] {
  return saved.savedFilters(storedFilters("user"), storedFilters("workspace"));
}

/** Why the setting as a whole cannot be read; undefined if it can. */
export function savedFiltersProblem(): string | undefined {
  return saved.settingProblem(storedFilters("user")) ?? saved.settingProblem(storedFilters("workspace"));
}

/** A filter as it stands in the settings. */
export function storedFilter(origin: saved.SavedFilter["origin"], name: string): unknown {
  const stored = storedFilters(origin);
  return Object.entries(stored ?? {}).find(([each]) => each === name)?.[1];
}

/** Writes it where it belongs; undefined takes it out. */
export async function changeSavedFilter(
  origin: saved.SavedFilter["origin"],
  name: string,
  filter: unknown,
): Promise<void> {
  const { Global, Workspace } = vscode.ConfigurationTarget;
  const changed = saved.withFilter(storedFilters(origin), name, filter);
  const value = Object.keys(changed).length === 0 ? undefined : changed;
  const configuration = vscode.workspace.getConfiguration(SECTION);
  await configuration.update(SAVED_FILTERS, value, origin === "user" ? Global : Workspace);
}

function storedFilters(origin: saved.SavedFilter["origin"]): unknown {
  const told = vscode.workspace.getConfiguration(SECTION).inspect<unknown>(SAVED_FILTERS);
  return origin === "user" ? told?.globalValue : told?.workspaceValue;
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
