/** The filter of the session tree: what a person chose, as the server takes it and as people read it. */
import type { SessionFilter } from "../protocol";

export interface Chosen {
  readonly status: readonly ("active" | "paused" | "ended")[];
  readonly isFavourite: boolean;
  readonly needsAttention: boolean;
  readonly archived: boolean;
  readonly trashed: boolean;
  readonly agent?: string;
  readonly tag?: string;
  readonly title?: string;
}

export const NO_FILTER: Chosen = {
  status: [],
  isFavourite: false,
  needsAttention: false,
  archived: false,
  trashed: false,
};

/** repository: an id or URI, or undefined for all. */
export function sessionFilter(chosen: Chosen, repository: string | undefined): SessionFilter {
  return {
    ...(repository === undefined ? {} : { repository }),
    ...(chosen.status.length === 0 ? {} : { status: [...chosen.status] }),
    ...(chosen.isFavourite ? { isFavourite: true } : {}),
    ...(chosen.needsAttention ? { activity: ["interrupted", "failed"] } : {}),
    ...(chosen.agent === undefined ? {} : { agent: chosen.agent }),
    ...(chosen.tag === undefined ? {} : { tags: [chosen.tag] }),
    ...(chosen.title === undefined ? {} : { title: chosen.title }),
    archived: chosen.archived ? "only" : chosen.trashed ? "include" : "exclude",
    trashed: chosen.trashed ? "only" : "exclude",
  };
}

/** What stands above the tree; empty without a filter. */
export function filterText(chosen: Chosen): string {
  const parts = [
    chosen.trashed ? "trash" : "",
    chosen.archived ? "archived" : "",
    ...chosen.status,
    chosen.needsAttention ? "interrupted or failed" : "",
    chosen.isFavourite ? "favourites" : "",
    chosen.agent === undefined ? "" : `agent ${chosen.agent}`,
    chosen.tag === undefined ? "" : `#${chosen.tag}`,
    chosen.title === undefined ? "" : `“${chosen.title}”`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** Words with commas or spaces between them as tags: trimmed, without `#`, each once. */
export function tagsOf(text: string): string[] {
  const words = text.split(/[,\s]+/u).map((word) => word.replace(/^#+/u, ""));
  return [...new Set(words.filter((word) => word !== ""))];
}

/** The same as changes of many sessions: a `-` before a tag takes it away. */
export function tagChanges(text: string): { addTags: string[]; removeTags: string[] } {
  const words = text.split(/[,\s]+/u);
  const taken = words.filter((word) => word.startsWith("-")).map((word) => word.slice(1));
  const added = words.filter((word) => !word.startsWith("-"));
  return { addTags: tagsOf(added.join(" ")), removeTags: tagsOf(taken.join(" ")) };
}
