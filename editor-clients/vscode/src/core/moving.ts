/** Sessions that are dropped on another task, or sent there. */
import type { Session } from "../protocol";
import { plural } from "./format";
import type { Params } from "./requests";

/** Where sessions are kept. */
export interface Place {
  readonly repository: string;
  readonly task: string;
}

/** The changes that bring sessions to a place; those that are there already need none. */
export function moves(sessions: readonly Session[], { repository, task }: Place): Params<"session/update">[] {
  return sessions
    .filter((session) => session.task !== task || session.repository.id !== repository)
    .map((session) => ({
      sessionId: session.id,
      task,
      ...(session.repository.id === repository ? {} : { repository: { id: repository } }),
    }));
}

/** How it is told: what moved, and why the rest did not. */
export function moved(count: number, task: string, refusals: readonly string[]): string {
  const done = `${plural(count, "session")} moved to ${task}.`;
  if (refusals.length === 0) return done;
  const stayed = `${plural(refusals.length, "session")} stayed: ${refusals[0] ?? ""}`;
  return count === 0 ? stayed : `${done} ${stayed}`;
}
