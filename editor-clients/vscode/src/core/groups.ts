/** The tree of sessions: which groups there are, and what each line says. */
import type { Session } from "../protocol";
import { ago, plural } from "./format";
import type { Place } from "./moving";

export type Grouping = "task" | "status" | "flat";

export interface Group {
  readonly id: string;
  readonly label: string;
  readonly sessions: readonly Session[];
  /** What the group stands for, where that is a task. */
  readonly place?: Place;
}

export interface Line {
  readonly label: string;
  readonly description: string;
  readonly icon: string;
  /** A theme colour, where the state deserves one. */
  readonly color?: string;
  /** What menus look at: `session active running favourite`. */
  readonly contextValue: string;
  readonly accessibleName: string;
}

const STATUS_GROUPS: readonly { id: string; label: string; holds: (session: Session) => boolean }[] = [
  { id: "trashed", label: "Trash", holds: (session) => session.trashedAt !== undefined },
  { id: "archived", label: "Archived", holds: (session) => session.archivedAt !== undefined },
  { id: "running", label: "Running", holds: (session) => isRunning(session) },
  {
    id: "attention",
    label: "Interrupted or failed",
    holds: isCutOff,
  },
  { id: "active", label: "Active", holds: (session) => session.status === "active" },
  { id: "paused", label: "Paused", holds: (session) => session.status === "paused" },
  { id: "ended", label: "Ended", holds: () => true },
];
const STATUS_ORDER = ["running", "attention", "active", "paused", "ended", "archived", "trashed"];

/** Whether its newest answer is known to have been cut off, so that it can be continued. */
export function isCutOff({ status, activity }: Session): boolean {
  return status === "active" && ["interrupted", "failed"].includes(activity);
}

export function isRunning(session: Session): boolean {
  return ["running", "stopping", "queued"].includes(session.activity);
}

/** The groups in the order they are shown; empty ones are left out. */
export function grouped(
  sessions: readonly Session[],
  grouping: Grouping,
  scope: "repository" | "all",
): Group[] {
  if (grouping === "flat") return [{ id: "all", label: "All", sessions }];
  const groups = new Map<string, Omit<Group, "id" | "sessions"> & { sessions: Session[] }>();
  for (const session of sessions) {
    const { id, ...more } = grouping === "task" ? taskGroup(session, scope) : statusGroup(session);
    const group = groups.get(id) ?? { ...more, sessions: [] };
    group.sessions.push(session);
    groups.set(id, group);
  }
  const entries = [...groups].map(([id, group]) => ({ id, ...group }));
  // tasks keep the order of their newest session, states the order of their urgency
  if (grouping === "status")
    entries.sort((one, other) => STATUS_ORDER.indexOf(one.id) - STATUS_ORDER.indexOf(other.id));
  return entries;
}

function taskGroup({ repository, task }: Session, scope: "repository" | "all"): Omit<Group, "sessions"> {
  const label = scope === "all" ? `${repository.name} · ${task}` : task;
  return { id: `${repository.id}\n${task}`, label, place: { repository: repository.id, task } };
}

function statusGroup(session: Session): Omit<Group, "sessions"> {
  const found = STATUS_GROUPS.find((group) => group.holds(session));
  return { id: found?.id ?? "ended", label: found?.label ?? "Ended" };
}

/** What the tree shows of a session. */
export function line(session: Session, now: number): Line {
  const state = stateOf(session);
  const details = [
    ago(session.lastActivityAt, now),
    session.agent === "assistant" ? "" : session.agent,
    session.messageCount === 0 ? "" : plural(session.messageCount, "message"),
    session.tags.map((tag) => `#${tag}`).join(" "),
  ].filter((part) => part !== "");
  const label = `${session.isFavourite ? "★ " : ""}${session.title}`;
  return {
    label,
    description: details.join(" · "),
    icon: state.icon,
    ...(state.color === undefined ? {} : { color: state.color }),
    contextValue: contextValue(session),
    accessibleName: [session.title, state.word, session.isFavourite ? "favourite" : "", ...details]
      .filter((part) => part !== "")
      .join(", "),
  };
}

function stateOf(session: Session): { word: string; icon: string; color?: string } {
  if (session.trashedAt !== undefined) return { word: "in the trash", icon: "trash" };
  if (session.archivedAt !== undefined) return { word: "archived", icon: "archive" };
  if (isRunning(session)) return { word: "running", icon: "sync~spin", color: "charts.blue" };
  if (session.status === "paused") return { word: "paused", icon: "debug-pause", color: "charts.yellow" };
  if (session.status === "ended") return { word: "ended", icon: "lock" };
  if (session.activity === "interrupted")
    return { word: "interrupted", icon: "debug-disconnect", color: "charts.orange" };
  if (session.activity === "failed") return { word: "failed", icon: "error", color: "charts.red" };
  if (session.isPrivate) return { word: "private", icon: "eye-closed" };
  return { word: "active", icon: "comment-discussion" };
}

function contextValue(session: Session): string {
  const words = ["session", session.status];
  if (isRunning(session)) words.push("running");
  if (isCutOff(session)) words.push("unfinished");
  words.push(session.isFavourite ? "favourite" : "ordinary");
  if (session.archivedAt !== undefined) words.push("archived");
  if (session.trashedAt !== undefined) words.push("trashed");
  return words.join(" ");
}

/** How many sessions deserve a look: they run, or were cut off. */
export function badge(
  sessions: Iterable<Session>,
): { readonly value: number; readonly tooltip: string } | undefined {
  let running = 0;
  let stopped = 0;
  for (const session of sessions) {
    if (session.trashedAt !== undefined || session.archivedAt !== undefined) continue;
    if (isRunning(session)) running += 1;
    else if (session.status === "active" && session.activity === "interrupted") stopped += 1;
  }
  if (running + stopped === 0) return undefined;
  const tooltip = [running > 0 ? `${running} running` : "", stopped > 0 ? `${stopped} interrupted` : ""];
  return { value: running + stopped, tooltip: tooltip.filter((part) => part !== "").join(", ") };
}
