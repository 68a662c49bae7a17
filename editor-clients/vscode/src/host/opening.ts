/** Opens sessions for chats: the one of the folder and its branch, or one by its id; none is made by looking. */
import { shownOf, type Shown } from "../core/bridge";
import type { Ask } from "../core/requests";
import type { OpenSessionResult } from "../protocol";
import type { Opened } from "./chat_link";
import type { Places, Where } from "./places";

/** The session of a folder and its branch, or the place where it begins with the first word; before: what is shown. */
export async function openCurrent(
  ask: Ask,
  places: Places,
  where: Where,
  windowId: string,
  before?: Shown,
): Promise<Opened & { readonly repositoryId?: string }> {
  const result = await ask("session/open", { ...where, windowId, createIfMissing: false });
  if (result.session !== undefined) {
    const { session } = result;
    return { shown: shownOf(session), result, where, repositoryId: session.repository.id };
  }
  const { at, task, repository, repositoryId } = await places.find(where);
  // a place that is looked at once more, and was not left meanwhile, keeps its name: what is written there stays
  const isKnown = before !== undefined && places.isOf(before.at, where, task);
  const shown = isKnown ? before : { at, task, repository };
  return { shown, result, where, ...(repositoryId === undefined ? {} : { repositoryId }) };
}

/** An ended, archived or trashed session is never current; it is read as it is. */
export async function openPicked(
  ask: Ask,
  sessionId: string,
  windowId: string,
  draftsOf: string,
): Promise<Opened> {
  await ask("session/activate", { sessionId, windowId });
  const { session } = await ask("session/get", { sessionId });
  const drafts = await ask("draft/get", { sessionId, windowId: draftsOf });
  const own: Partial<OpenSessionResult> = {
    otherDrafts: drafts.others,
    ...(drafts.draft === undefined ? {} : { draft: drafts.draft }),
  };
  const shown = shownOf(session);
  if (session.status !== "ended" && session.archivedAt === undefined && session.trashedAt === undefined) {
    const { repository, task, workflow } = session;
    const key = { repository: { id: repository.id }, task, ...(workflow === undefined ? {} : { workflow }) };
    const opened = await ask("session/open", { ...key, windowId, createIfMissing: false });
    delete opened.draft;
    if (opened.session?.id === sessionId) return { shown, result: { ...opened, ...own } };
  }
  const { messages, beforeCursor } = await ask("session/history", { sessionId });
  const cursor = beforeCursor === undefined ? {} : { beforeCursor };
  return { shown, result: { session, created: false, messages, seq: session.seq, ...cursor, ...own } };
}
