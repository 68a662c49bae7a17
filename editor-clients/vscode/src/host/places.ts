/** Where a session begins with the first word: a folder and its branch, until something is to be kept there. */
import { randomUUID } from "node:crypto";
import type { Ask } from "../core/requests";
import type { OpenSessionResult, RepositoryRef } from "../protocol";

export interface Place {
  readonly at: string;
  readonly task: string;
  /** For people. */
  readonly repository: string;
  readonly repositoryId?: string;
}

export interface Where {
  readonly repository?: RepositoryRef;
}

interface Key extends Where {
  readonly task: string;
  /** Two visits of a branch are two places: what began in the first may be gone since. */
  readonly visit: string;
}

const PREFIX = "new ";

export function isPlace(at: string): boolean {
  return at.startsWith(PREFIX);
}

export class Places {
  private readonly begun = new Map<string, Promise<OpenSessionResult>>();
  private readonly became = new Map<string, string>();

  constructor(
    private readonly ask: Ask,
    private readonly windowId: string,
  ) {}

  /** What is checked out there; nothing is made. */
  async find(where: Where): Promise<Place> {
    const { repository } = where;
    const isFolder = typeof repository === "string";
    const told =
      repository === undefined
        ? undefined
        : await this.ask("repository/resolve", isFolder ? { uri: repository } : { repository });
    const task = told?.checkout?.task ?? "default";
    const named = typeof repository === "object" ? (repository as { name?: string }).name : undefined;
    const lastPart = isFolder ? decodeURIComponent(repository.split("/").at(-1) ?? "") : undefined;
    const key: Key = { ...where, task, visit: randomUUID() };
    return {
      at: `${PREFIX}${JSON.stringify(key)}`,
      task,
      repository: told?.repository?.name ?? named ?? lastPart ?? "none",
      ...(told?.repository === undefined ? {} : { repositoryId: told.repository.id }),
    };
  }

  /** The session that began in a place, or that it names. */
  sessionOf(at: string): string | undefined {
    return isPlace(at) ? this.became.get(at) : at;
  }

  /** Whether a place is a task of a folder of this window. */
  isOf(at: string, where: Where, task: string): boolean {
    if (!isPlace(at)) return false;
    const key = JSON.parse(at.slice(PREFIX.length)) as Key;
    return key.task === task && JSON.stringify(key.repository) === JSON.stringify(where.repository);
  }

  /** Another window made the session of a place. */
  settle(at: string, sessionId: string): void {
    this.became.set(at, sessionId);
  }

  /** Makes the session of a place, once; another window may have made it meanwhile. */
  begin(at: string): Promise<OpenSessionResult> {
    const known = this.begun.get(at);
    if (known !== undefined) return known;
    const { repository, task } = JSON.parse(at.slice(PREFIX.length)) as Key;
    const where = repository === undefined ? { task } : { repository, task };
    const begun = this.ask("session/open", { ...where, windowId: this.windowId });
    this.begun.set(at, begun);
    begun.then(
      ({ session }) => session !== undefined && this.became.set(at, session.id),
      () => this.begun.delete(at),
    );
    return begun;
  }
}
