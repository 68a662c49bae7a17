/** One change of many sessions. */
import { isRunning } from "../core/groups";
import type { BulkChange, Session } from "../protocol";
import type { Parts } from "./commands";

/** The most sessions that one request may name. */
const MOST = 1_000;

/** Changes all that were selected; how many became different. Answers that run are stopped before the trash. */
export async function changeAll(
  { server }: Parts,
  sessions: readonly Session[],
  change: BulkChange,
): Promise<number> {
  const busy = change.delete === true ? sessions.filter(isRunning) : [];
  for (const { id } of busy) await server.ask("session/delete", { sessionId: id });
  const ids = sessions.filter((session) => !busy.includes(session)).map(({ id }) => id);
  let changed = busy.length;
  for (let start = 0; start < ids.length; start += MOST) {
    const filter = {
      ids: ids.slice(start, start + MOST),
      archived: "include",
      trashed: "include",
    } as const;
    const { count } = await server.ask("session/bulkUpdate", { filter, change, dryRun: false });
    changed += count;
    // an answer that began meanwhile kept its session: it is stopped, as those before it
    if (change.delete === true && count < filter.ids.length)
      for (const sessionId of filter.ids) await server.ask("session/delete", { sessionId });
  }
  return changed;
}
