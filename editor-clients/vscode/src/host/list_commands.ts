/** Commands of the session tree itself: how it groups, filters and how far it looks. */
import * as vscode from "vscode";
import { NO_FILTER, tagsOf, type Chosen } from "../core/filters";
import type { Grouping } from "../core/groups";
import { command, type Parts } from "./commands";
import { setGrouping } from "./configuration";

export function registerListCommands(parts: Parts): void {
  const { sessions } = parts;
  const group = (value: Grouping) => async (): Promise<void> => {
    sessions.setGrouping(value);
    await setGrouping(value);
  };
  command(parts, "groupByTask", group("task"));
  command(parts, "groupByStatus", group("status"));
  command(parts, "groupFlat", group("flat"));
  command(parts, "refreshSessions", () => sessions.reload());
  command(parts, "showMoreSessions", () => sessions.showMore());
  command(parts, "showAllRepositories", () => sessions.setScope("all"));
  command(parts, "showThisRepository", () => sessions.setScope("repository"));
  command(parts, "clearFilter", () => sessions.setFilter(NO_FILTER));
  command(parts, "filterSessions", async () => {
    const chosen = await chooseFilter(parts, sessions.filter);
    if (chosen !== undefined) sessions.setFilter(chosen);
  });
  command(parts, "chooseFolder", async () => {
    const folder = await vscode.window.showWorkspaceFolderPick({
      placeHolder: "Whose sessions shall this window show?",
    });
    if (folder === undefined) return;
    await parts.hub.chooseFolder(folder);
    sessions.reload();
  });
}

interface Item extends vscode.QuickPickItem {
  readonly change: (chosen: Chosen) => Chosen | Promise<Chosen | undefined>;
}

async function chooseFilter(parts: Parts, before: Chosen): Promise<Chosen | undefined> {
  const toggled = (status: Chosen["status"][number]): Item => ({
    label: `Only ${status}`,
    picked: before.status.includes(status),
    change: (chosen) => ({ ...chosen, status: [...chosen.status, status] }),
  });
  const items: Item[] = [
    toggled("active"),
    toggled("paused"),
    toggled("ended"),
    {
      label: "Interrupted or failed",
      picked: before.needsAttention,
      change: (chosen) => ({ ...chosen, needsAttention: true }),
    },
    {
      label: "Favourites",
      picked: before.isFavourite,
      change: (chosen) => ({ ...chosen, isFavourite: true }),
    },
    { label: "Archived", picked: before.archived, change: (chosen) => ({ ...chosen, archived: true }) },
    { label: "In the trash", picked: before.trashed, change: (chosen) => ({ ...chosen, trashed: true }) },
    {
      label: "Title…",
      picked: before.title !== undefined,
      change: (chosen) => withTitle(chosen, before.title),
    },
    { label: "Tag…", picked: before.tag !== undefined, change: (chosen) => withTag(chosen, before.tag) },
    { label: "Agent…", picked: before.agent !== undefined, change: (chosen) => withAgent(parts, chosen) },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    canPickMany: true,
    placeHolder: "Show which sessions?",
  });
  if (picked === undefined) return undefined;
  let chosen: Chosen | undefined = NO_FILTER;
  for (const { change } of picked) {
    chosen = await change(chosen);
    if (chosen === undefined) return undefined;
  }
  return chosen;
}

async function withTitle(chosen: Chosen, before = ""): Promise<Chosen | undefined> {
  const title = await vscode.window.showInputBox({ prompt: "A part of the title", value: before });
  return title === undefined ? undefined : title.trim() === "" ? chosen : { ...chosen, title: title.trim() };
}

async function withTag(chosen: Chosen, before = ""): Promise<Chosen | undefined> {
  const text = await vscode.window.showInputBox({ prompt: "Tag", value: before });
  if (text === undefined) return undefined;
  const [tag] = tagsOf(text);
  return tag === undefined ? chosen : { ...chosen, tag };
}

async function withAgent(parts: Parts, chosen: Chosen): Promise<Chosen | undefined> {
  const names = parts.server.ask("agent/list", {}).then(({ agents }) => agents.map(({ name }) => name));
  const agent = await vscode.window.showQuickPick(names, { placeHolder: "Which agent?" });
  return agent === undefined ? undefined : { ...chosen, agent };
}
