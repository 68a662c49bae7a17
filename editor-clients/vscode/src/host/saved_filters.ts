/** Commands that save the filter of the tree by name, and use, show and delete what was saved. */
import * as vscode from "vscode";
import { filterText, NO_FILTER } from "../core/filters";
import { filterLine, nameProblem, writtenFilter, type SavedFilter } from "../core/saved_filters";
import { command, showFailure, type Parts } from "./commands";
import {
  changeSavedFilter,
  SAVED_FILTERS,
  savedFilters,
  savedFiltersProblem,
  SECTION,
  storedFilter,
} from "./configuration";

interface Item extends vscode.QuickPickItem {
  /** Undefined: no filter. */
  readonly saved?: SavedFilter;
}

const DELETE: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon("trash"),
  tooltip: "Delete This Saved Filter",
};

export function registerSavedFilters(parts: Parts): void {
  const { sessions } = parts;
  command(parts, "saveFilter", () => save(parts));
  command(parts, "useSavedFilter", async () => {
    const problem = savedFiltersProblem();
    if (problem !== undefined) void vscode.window.showWarningMessage(problem);
    const chosen = await choose(parts);
    if (chosen === undefined) return;
    const { saved } = chosen;
    if (saved === undefined) sessions.setFilter(NO_FILTER);
    else if (saved.chosen === undefined) await tellProblems(saved);
    else sessions.setFilter(saved.chosen, saved.name);
  });
}

async function save({ sessions }: Parts): Promise<void> {
  const chosen = sessions.filter;
  if (filterText(chosen) === "") {
    const start = "Filter the Sessions…";
    const answer = await vscode.window.showInformationMessage("There is no filter to save yet.", start);
    if (answer === start) await vscode.commands.executeCommand("threadkeep.filterSessions");
    return;
  }
  const typed = await vscode.window.showInputBox({
    prompt: `A name for the filter: ${filterText(chosen)}`,
    value: sessions.filterName ?? "",
    validateInput: (name) => nameProblem(name, savedFilters()),
  });
  if (typed === undefined) return;
  const name = typed.trim();
  const problem = nameProblem(name, savedFilters());
  if (problem !== undefined) throw new Error(problem);
  const before = savedFilters().find((each) => each.name === name);
  if (before !== undefined) {
    const question = `Replace the saved filter “${name}”?`;
    const options = { modal: true, detail: `Until now: ${filterLine(before)}` };
    if ((await vscode.window.showWarningMessage(question, options, "Replace")) !== "Replace") return;
  }
  await changeSavedFilter("user", name, writtenFilter(chosen));
  sessions.setFilter(chosen, name);
}

/** What was chosen in the list; undefined: nothing. */
async function choose(parts: Parts): Promise<Item | undefined> {
  const picker = vscode.window.createQuickPick<Item>();
  picker.placeholder = "Show which sessions?";
  picker.matchOnDescription = true;
  const fill = (): void => {
    picker.items = items(parts);
  };
  fill();
  const inUse = picker.items.find(({ saved }) => saved?.name === parts.sessions.filterName);
  if (inUse !== undefined) picker.activeItems = [inUse];
  picker.onDidTriggerItemButton(({ item }) => {
    if (item.saved === undefined) return;
    // the list stays open for the next one: a failure is told beside it
    remove(item.saved).catch((error: unknown) => showFailure(parts.log, error));
  });
  const following = vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(`${SECTION}.${SAVED_FILTERS}`)) fill();
  });
  const chosen = await new Promise<Item | undefined>((resolve) => {
    picker.onDidAccept(() => resolve(picker.selectedItems[0]));
    picker.onDidHide(() => resolve(undefined));
    picker.show();
  });
  following.dispose();
  picker.dispose();
  return chosen;
}

function items({ sessions }: Parts): Item[] {
  const saved = savedFilters().map((each): Item => {
    const icon =
      each.chosen === undefined ? "warning" : each.name === sessions.filterName ? "check" : "filter";
    return {
      label: each.name,
      description: filterLine(each),
      iconPath: new vscode.ThemeIcon(icon),
      buttons: [DELETE],
      saved: each,
    };
  });
  const none = {
    label: "No filter",
    description: "all sessions",
    iconPath: new vscode.ThemeIcon("clear-all"),
  };
  return [none, ...saved];
}

async function remove({ name, origin }: SavedFilter): Promise<void> {
  const before = storedFilter(origin, name);
  await changeSavedFilter(origin, name, undefined);
  const answer = await vscode.window.showInformationMessage(
    `The saved filter “${name}” was deleted.`,
    "Undo",
  );
  if (answer !== "Undo") return;
  if (storedFilter(origin, name) !== undefined)
    throw new Error(`There is a new saved filter “${name}”, which stays.`);
  await changeSavedFilter(origin, name, before);
}

async function tellProblems({ name, problems }: SavedFilter): Promise<void> {
  const open = "Open the Setting";
  const text = `The saved filter “${name}” cannot be used. ${problems.join(" ")}`;
  if ((await vscode.window.showWarningMessage(text, open)) === open)
    await vscode.commands.executeCommand("workbench.action.openSettings", `${SECTION}.${SAVED_FILTERS}`);
}
