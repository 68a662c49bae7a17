/** What a renamed folder or branch left behind, as questions that a person answers. */
import type { AlikeRepository, FormerTask, RepositoryHint } from "../protocol";
import { count, plural } from "./format";
import type { Params } from "./requests";

export const BRING = "Bring Them Along";
export const NOT_NOW = "Not Now";
export const NEVER = "Never";

/** One question. */
export interface Offer {
  /** The same for the same question. */
  readonly key: string;
  readonly question: string;
  /** Sessions that come along. */
  readonly count: number;
  readonly yes: Step;
  readonly never: Params<"repository/dismiss">;
}

export type Step =
  | { readonly method: "repository/relocate"; readonly params: Params<"repository/relocate"> }
  | { readonly method: "task/relocate"; readonly params: Params<"task/relocate"> };

/** A URI as people read it. */
type PathOf = (uri: string) => string;

/** A copy of a repository is no moved one: nothing is asked of it. */
export function offers(hint: RepositoryHint, pathOf: PathOf): Offer[] {
  const { id, roots } = hint.repository;
  const [here] = roots;
  const moved = hint.repositories.filter(({ kind }) => kind === "moved");
  return [
    ...(here === undefined ? [] : moved.map((other) => ofFolder(other, here.uri, pathOf, id))),
    ...hint.formerTasks.map((former) => ofBranch(former, hint)),
  ];
}

/** What is kept under a repository. */
type Kept = Pick<AlikeRepository, "repository" | "sessionCount" | "archivedCount">;

/** folder: where it is now; about: what the folder is taken for, absent for one that was never seen. */
export function ofFolder(other: Kept, folder: string, pathOf: PathOf, about?: string): Offer {
  const { id, name, roots } = other.repository;
  const [root] = roots;
  const from = root === undefined ? name : pathOf(root.uri);
  return {
    key: `repository ${id}`,
    question: `Was this folder moved from ${from}? ${kept(other)} kept there.`,
    count: total(other),
    yes: { method: "repository/relocate", params: { repository: { id }, uri: folder, merge: true } },
    never: { repository: about === undefined ? folder : { id: about }, other: id },
  };
}

function ofBranch(former: FormerTask, { repository, task = "" }: RepositoryHint): Offer {
  const again = former.branchExists ? ", as another branch is now" : "";
  const about = { id: repository.id };
  return {
    key: `task ${repository.id} ${former.task} ${task}`,
    question: `The branch ${task} was called ${former.task}${again}. ${kept(former)} kept there.`,
    count: total(former),
    yes: { method: "task/relocate", params: { repository: about, task: former.task, to: task } },
    never: { repository: about, task: former.task, to: task },
  };
}

type Counts = Pick<AlikeRepository, "sessionCount" | "archivedCount">;

function total({ sessionCount, archivedCount }: Counts): number {
  return sessionCount + archivedCount;
}

function kept(counts: Counts): string {
  const all = total(counts);
  const archived = counts.archivedCount === 0 ? "" : ` (${count(counts.archivedCount)} archived)`;
  return `${plural(all, "session")}${archived} ${all === 1 ? "is" : "are"}`;
}

/** What is said when they are there. */
export function brought(sessions: number): string {
  return `${plural(sessions, "session")} ${sessions === 1 ? "was" : "were"} brought along.`;
}
