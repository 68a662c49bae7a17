/** Commands that make, open, change and remove sessions. */
import * as vscode from "vscode";
import { NO_FILTER, tagChanges, tagsOf } from "../core/filters";
import { shortened } from "../core/format";
import type { BulkChange, Session } from "../protocol";
import { changeAll } from "./bulk";
import { repositoryParam } from "./chat_hub";
import { command, markable, pickSession, someTargets, target, targets, type Parts } from "./commands";
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
    const marked = await markable(parts, node);
    if (marked === undefined) return;
    const { sessions, begin } = marked;
    const agent = await pickAgent(parts, sessions[0]);
    if (agent === undefined) return;
    for (const { id } of await begin())
      await parts.server.ask("session/switchAgent", { sessionId: id, agent });
  });
  command(parts, "setModel", async (node?: never) => {
    // without a session, the list tells what there is to choose from, and what is wrong
    const isOfNone = targets(parts, node).length === 0 && parts.hub.active?.shown === undefined;
    const marked = isOfNone ? undefined : await markable(parts, node);
    const model = await chooseModel(parts, marked?.sessions[0]);
    if (model === undefined) return;
    for (const { id } of (await marked?.begin()) ?? (await someTargets(parts, node)))
      await parts.server.ask("session/setModel", { sessionId: id, model });
  });
}

/** Titles may be long, and a question is one line. */
function named(session: Session | undefined): string {
  return `“${shortened(session?.title ?? "", 80)}”`;
}

async function isEndingMeant(sessions: readonly Session[]): Promise<boolean> {
  const [first] = sessions;
  const what = sessions.length === 1 ? named(first) : `${sessions.length} sessions`;
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
      const marked = await markable(parts, node, nodes);
      if (marked !== undefined) await changeAll(parts, await marked.begin(), { isFavourite });
    };
  };
  command(parts, "markFavourite", favourite(true));
  command(parts, "unmarkFavourite", favourite(false));
  command(parts, "renameSession", async (node?: never) => {
    const marked = await markable(parts, node);
    if (marked === undefined) return;
    const { sessions, begin } = marked;
    const prompt = "Title (empty: the default one)";
    const text = await vscode.window.showInputBox({ prompt, value: sessions[0]?.title ?? "" });
    if (text === undefined || (sessions.length === 0 && text.trim() === "")) return;
    const title = text.trim() === "" ? null : text.trim();
    for (const { id } of await begin()) await parts.server.ask("session/update", { sessionId: id, title });
  });
  command(parts, "tagSession", async (node?: never, nodes?: never) => {
    const marked = await markable(parts, node, nodes);
    if (marked === undefined) return;
    const { sessions, begin } = marked;
    if (sessions.length > 1) return tagAll(parts, sessions);
    const prompt = "Tags, with spaces or commas between them";
    const text = await vscode.window.showInputBox({ prompt, value: sessions[0]?.tags.join(", ") ?? "" });
    if (text === undefined || (sessions.length === 0 && text.trim() === "")) return;
    const tags = tagsOf(text);
    for (const { id } of await begin()) await parts.server.ask("session/update", { sessionId: id, tags });
  });
  command(parts, "noteSession", async (node?: never) => {
    const marked = await markable(parts, node);
    if (marked === undefined) return;
    const { sessions, begin } = marked;
    const text = await vscode.window.showInputBox({
      title: "Note on the Session",
      prompt: "Your own words about it. Empty: no note.",
      value: sessions[0]?.note ?? "",
    });
    if (text === undefined || (sessions.length === 0 && text.trim() === "")) return;
    const note = text.trim() === "" ? null : text;
    for (const { id } of await begin()) await parts.server.ask("session/update", { sessionId: id, note });
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
    const question = `Erase ${sessions.length === 1 ? named(sessions[0]) : `${sessions.length} sessions`} for good?`;
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
  const what = sessions.length === 1 ? `${named(sessions[0])} was` : `${sessions.length} sessions were`;
  const answer = await vscode.window.showInformationMessage(`${what} ${done}.`, "Undo");
  if (answer !== "Undo") return;
  await changeAll(parts, sessions, back);
  parts.sessions.reload();
}
