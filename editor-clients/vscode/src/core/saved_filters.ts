/** Filters that a person saved by name: read from the settings, checked, and made ready to be written there. */
import { filterText, NO_FILTER, type Chosen } from "./filters";

/** What VS Code's settings hold, unread. */
export type Stored = Readonly<Record<string, unknown>>;

export interface SavedFilter {
  readonly name: string;
  /** Whose settings it stands in; the workspace's hide the user's of the same name, as with every setting. */
  readonly origin: "user" | "workspace";
  /** The filter; undefined if it cannot be used. */
  readonly chosen?: Chosen;
  /** What is wrong with it, a sentence each; empty if nothing is. */
  readonly problems: readonly string[];
}

export const STATUSES: readonly Chosen["status"][number][] = ["active", "paused", "ended"];

type Check = (value: unknown) => string | undefined;

/** What a member must be; undefined: it is. */
const MEMBERS: Readonly<Record<keyof Chosen, Check>> = {
  status: (value) =>
    Array.isArray(value) && value.every((each) => (STATUSES as readonly unknown[]).includes(each))
      ? undefined
      : `must be a list of ${STATUSES.map(quoted).join(", ")}`,
  isFavourite: truth,
  needsAttention: truth,
  archived: truth,
  trashed: truth,
  agent: words,
  tag: (value) =>
    typeof value === "string" && value.trim().startsWith("#") ? "is written without #" : words(value),
  title: words,
};
export const MEMBER_NAMES: readonly string[] = Object.keys(MEMBERS);

/** All that are saved, by name, those with problems too; of two with one name the workspace's. */
export function savedFilters(user: unknown, workspace: unknown): SavedFilter[] {
  const found = new Map<string, SavedFilter>();
  for (const [name, value] of Object.entries(isTable(user) ? user : {}))
    found.set(name, { name, origin: "user", ...readFilter(value) });
  for (const [name, value] of Object.entries(isTable(workspace) ? workspace : {}))
    found.set(name, { name, origin: "workspace", ...readFilter(value) });
  return [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
}

/** One filter of the settings: either it can be used, or there are problems to tell. */
export function readFilter(value: unknown): { chosen?: Chosen; problems: string[] } {
  if (!isTable(value)) return { problems: ["It must be an object, such as { “isFavourite”: true }."] };
  const problems: string[] = [];
  const read: Record<string, unknown> = { ...NO_FILTER };
  for (const [name, member] of Object.entries(value)) {
    if (!isMember(name)) {
      problems.push(`${quoted(name)} is not known; a filter may have ${MEMBER_NAMES.join(", ")}.`);
      continue;
    }
    const wrong = MEMBERS[name](member);
    if (wrong !== undefined) problems.push(`${quoted(name)} ${wrong}.`);
    else read[name] = cleaned(member);
  }
  const chosen = read as unknown as Chosen;
  if (problems.length === 0 && filterText(chosen) === "") problems.push("It leaves nothing out.");
  return problems.length === 0 ? { chosen, problems } : { problems };
}

/** The filter as it is written into the settings: only what it asks for. */
export function writtenFilter(chosen: Chosen): Stored {
  return Object.fromEntries(
    Object.entries(chosen).filter(
      ([name, value]) =>
        isMember(name) &&
        value !== undefined &&
        value !== false &&
        !(Array.isArray(value) && value.length === 0),
    ),
  );
}

/** Why the setting as a whole cannot be read; undefined if it can, or nobody has set it. */
export function settingProblem(stored: unknown): string | undefined {
  return stored === undefined || stored === null || isTable(stored)
    ? undefined
    : "The setting threadkeep.savedFilters must be an object of filters by name: correct it first.";
}

/** The setting with this filter in it; undefined takes it out. Throws when the setting is no object: nothing of it is lost. */
export function withFilter(stored: unknown, name: string, filter: unknown): Stored {
  const problem = settingProblem(stored);
  if (problem !== undefined) throw new Error(problem);
  const others = Object.entries(isTable(stored) ? stored : {}).filter(([each]) => each !== name);
  return Object.fromEntries(filter === undefined ? others : [...others, [name, filter]]);
}

/** Why a new filter cannot have this name; undefined if it can. */
export function nameProblem(name: string, saved: readonly SavedFilter[]): string | undefined {
  if (name.trim() === "") return "A filter needs a name.";
  const other = saved.find((each) => each.name === name.trim());
  return other?.origin === "workspace"
    ? "The workspace's settings have a filter of this name, which would hide yours: choose another name."
    : undefined;
}

/** What a list says beside the name. */
export function filterLine({ chosen, origin, problems }: SavedFilter): string {
  const what = chosen === undefined ? problems.join(" ") : filterText(chosen);
  return origin === "workspace" ? `${what} · workspace` : what;
}

function isMember(name: string): name is keyof Chosen {
  return Object.hasOwn(MEMBERS, name);
}

function isTable(value: unknown): value is Stored {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function cleaned(member: unknown): unknown {
  if (typeof member === "string") return member.trim();
  return Array.isArray(member) ? [...new Set<unknown>(member)] : member;
}

function truth(value: unknown): string | undefined {
  return typeof value === "boolean" ? undefined : "must be true or false";
}

function words(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? undefined : "must be a text that is not empty";
}

function quoted(name: string): string {
  return `“${name}”`;
}
