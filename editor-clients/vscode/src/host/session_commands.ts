/** Commands that make, open, change and remove sessions. */
import * as vscode from "vscode";
import { NO_FILTER, tagChanges, tagsOf } from "../core/filters";
import type { BulkChange, Session } from "../protocol";
import { changeAll } from "./bulk";
import { repositoryParam } from "./chat_hub";
import { command, pickSession, someTargets, target, targets, type Parts } from "./commands";
import { chooseModel } from "./model_picker";
import { pickAgent } from "./pickers";

export function registerSessionCommands(parts: Parts): void {
  registerOpening(parts);
  registerStates(parts);
  registerMarks(parts);
  registerTrash(parts);
}

/** Shows a session in the chat view. */
export async function showSession(
  parts: Parts,
  sessionId: string | undefined,
  messageId?: string,
): Promise<void> {
  const link = await parts.view.show();
  await link?.open(sessionId);
  if (messageId === undefined) link?.focus();
  else link?.reveal(messageId);
}

async function newSession(
  parts: Parts,
  more: { isPrivate?: boolean; agent?: string } = {},
): Promise<Session> {
  const { windowId } = parts.hub;
  const params = { ...repositoryParam(parts.context.workspaceState), ...more, windowId };
  const { session } = await parts.server.ask("session/create", params);
  await showSession(parts, session.id);
  return session;
}

function registerOpening(parts: Parts): void {
  command(parts, "newSession", () => newSession(parts));
  command(parts, "newPrivateSession", () => newSession(parts, { isPrivate: true }));
  command(parts, "openCurrentSession", () => showSession(parts, undefined));
  command(parts, "openSession", async (node?: never) => {
    const session =
      node === undefined ? await pickSession(parts, "Open which session?") : await target(parts, node);
    if (session !== undefined) await showSession(parts, session.id);
  });
  command(parts, "openInEditor", async (node?: never) => {
    const session = await target(parts, node);
    if (session !== undefined) parts.panels.open(session);
  });
  command(parts, "forkSession", async (node?: never, messageId?: string) => {
    const session = await target(parts, node);
    if (session === undefined) return;
    const params = { sessionId: session.id, windowId: parts.hub.windowId };
    const isMessage = typeof messageId === "string";
    const fork = await parts.server.ask("session/fork", isMessage ? { ...params, messageId } : params);
    await showSession(parts, fork.session.id);
  });
}

function registerStates(parts: Parts): void {
  const change = (method: "session/pause" | "session/resume") => {
    return async (node?: never, nodes?: never): Promise<void> => {
      for (const session of await someTargets(parts, node, nodes))
        await parts.server.ask(method, { sessionId: session.id });
    };
  };
  command(parts, "pauseSession", change("session/pause"));
  command(parts, "resumeSession", change("session/resume"));
  command(parts, "unarchiveSession", async (node?: never, nodes?: never) => {
    await changeAll(parts, await someTargets(parts, node, nodes), { archive: false });
  });
  command(parts, "archiveSession", async (node?: never, nodes?: never) => {
    const sessions = await someTargets(parts, node, nodes);
    await changeAll(parts, sessions, { archive: true });
    await offerUndo(parts, sessions, "archived", { archive: false });
  });
  command(parts, "endSession", async (node?: never, nodes?: never) => {
    const sessions = await someTargets(parts, node, nodes);
    if (sessions.length === 0 || !(await isEndingMeant(sessions))) return;
    for (const session of sessions) await parts.server.ask("session/end", { sessionId: session.id });
  });
  command(parts, "clearChat", async (node?: never) => {
    const session = await target(parts, node);
    if (session !== undefined) await parts.server.ask("session/clear", { sessionId: session.id });
  });
  command(parts, "switchAgent", async (node?: never) => {
    const session = await target(parts, node);
    if (session === undefined) return;
    const agent = await pickAgent(parts, session);
    if (agent !== undefined) await parts.server.ask("session/switchAgent", { sessionId: session.id, agent });
  });
  command(parts, "setModel", async (node?: never) => {
    const [shown] = targets(parts, node);
    const model = await chooseModel(parts, shown);
    if (model === undefined) return;
    const session = shown ?? (await target(parts, node));
    if (session !== undefined) await parts.server.ask("session/setModel", { sessionId: session.id, model });
  });
}

async function isEndingMeant(sessions: readonly Session[]): Promise<boolean> {
  const [first] = sessions;
  const what = sessions.length === 1 ? `“${first?.title ?? ""}”` : `${sessions.length} sessions`;
  const answer = await vscode.window.showWarningMessage(
    `End ${what}?`,
    { modal: true, detail: "An ended session stays readable and can be forked, but takes no more messages." },
    "End",
  );
  return answer === "End";
}

function registerMarks(parts: Parts): void {
  const favourite = (isFavourite: boolean) => {
    return async (node?: never, nodes?: never): Promise<void> => {
      await changeAll(parts, await someTargets(parts, node, nodes), { isFavourite });
    };
  };
  command(parts, "markFavourite", favourite(true));
  command(parts, "unmarkFavourite", favourite(false));
  command(parts, "renameSession", async (node?: never) => {
    const session = await target(parts, node);
    if (session === undefined) return;
    const prompt = "Title (empty: the default one)";
    const title = await vscode.window.showInputBox({ prompt, value: session.title });
    if (title === undefined) return;
    await parts.server.ask("session/update", {
      sessionId: session.id,
      title: title.trim() === "" ? null : title.trim(),
    });
  });
  command(parts, "tagSession", async (node?: never, nodes?: never) => {
    const sessions = await someTargets(parts, node, nodes);
    const [session] = sessions;
    if (session === undefined) return;
    if (sessions.length > 1) return tagAll(parts, sessions);
    const prompt = "Tags, with spaces or commas between them";
    const text = await vscode.window.showInputBox({ prompt, value: session.tags.join(", ") });
    if (text !== undefined)
      await parts.server.ask("session/update", { sessionId: session.id, tags: tagsOf(text) });
  });
  command(parts, "noteSession", async (node?: never) => {
    const session = await target(parts, node);
    if (session === undefined) return;
    const note = await vscode.window.showInputBox({
      title: "Note on the Session",
      prompt: "Your own words about it. Empty: no note.",
      value: session.note ?? "",
    });
    if (note === undefined) return;
    await parts.server.ask("session/update", {
      sessionId: session.id,
      note: note.trim() === "" ? null : note,
    });
  });
}

async function tagAll(parts: Parts, sessions: readonly Session[]): Promise<void> {
  const prompt = `Tags to add to ${sessions.length} sessions; -tag takes one away`;
  const text = await vscode.window.showInputBox({ prompt, placeHolder: "review -later" });
  const { addTags, removeTags } = tagChanges(text ?? "");
  if (addTags.length + removeTags.length > 0) await changeAll(parts, sessions, { addTags, removeTags });
}

function registerTrash(parts: Parts): void {
  command(parts, "deleteSession", async (node?: never, nodes?: never) => {
    const sessions = await someTargets(parts, node, nodes);
    await changeAll(parts, sessions, { delete: true });
    const shown = parts.hub.main?.session?.id;
    if (sessions.some((session) => session.id === shown)) await parts.hub.main?.open(undefined);
    parts.sessions.reload();
    await offerUndo(parts, sessions, "moved to the trash", { delete: false });
  });
  command(parts, "restoreSession", async (node?: never, nodes?: never) => {
    await changeAll(parts, await someTargets(parts, node, nodes), { delete: false });
    parts.sessions.reload();
  });
  command(parts, "purgeSession", async (node?: never, nodes?: never) => {
    const sessions = await someTargets(parts, node, nodes);
    const detail = "Their text is erased from the store. This cannot be undone.";
    const question = `Erase ${sessions.length === 1 ? `“${sessions[0]?.title ?? ""}”` : `${sessions.length} sessions`} for good?`;
    const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, "Erase");
    if (answer !== "Erase") return;
    for (const session of sessions) await parts.server.ask("session/purge", { sessionId: session.id });
    parts.sessions.reload();
  });
  command(parts, "showTrash", () => parts.sessions.setFilter({ ...NO_FILTER, trashed: true }));
}

async function offerUndo(
  parts: Parts,
  sessions: readonly Session[],
  done: string,
  back: BulkChange,
): Promise<void> {
  if (sessions.length === 0) return;
  const what =
    sessions.length === 1 ? `“${sessions[0]?.title ?? ""}” was` : `${sessions.length} sessions were`;
  const answer = await vscode.window.showInformationMessage(`${what} ${done}.`, "Undo");
  if (answer !== "Undo") return;
  await changeAll(parts, sessions, back);
  parts.sessions.reload();
}
