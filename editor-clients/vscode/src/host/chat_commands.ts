/** Commands of the chat, and what its page asks for with its buttons. */
import * as vscode from "vscode";
import type { FromView, ViewCommand } from "../core/bridge";
import { canContinue } from "../core/continuing";
import { linkTarget } from "../core/links";
import { sibling } from "../core/siblings";
import type { Message, Session } from "../protocol";
import { CallDiffs } from "./call_diffs";
import type { ChatLink } from "./chat_link";
import { fileInWorkspace, type CodeActions } from "./code_actions";
import { command, pickSession, showFailure, target, targets, type Parts } from "./commands";
import { ofDropped } from "./attaching";

export function registerChatCommands(parts: Parts, code: CodeActions): void {
  const diffs = new CallDiffs(parts);
  parts.hub.onMessage((link, message) => handle(parts, code, diffs, link, message));
  command(parts, "findInChat", async () => {
    const { active } = parts.hub;
    if (active === undefined || active === parts.hub.main) await parts.view.show();
    (active ?? parts.hub.main)?.find();
  });
  command(parts, "focusChat", async () => (await parts.view.show())?.focus());
  command(parts, "stopAnswer", async (node?: never) => {
    const session = await target(parts, node);
    if (session === undefined) return;
    const { turn } = await parts.server.ask("chat/cancel", { sessionId: session.id });
    if (turn === undefined) void vscode.window.showInformationMessage("No answer is being written.");
  });
  command(parts, "continueAnswer", async (node?: never) => {
    const session = await target(parts, node);
    if (session !== undefined) await parts.server.ask("chat/continue", { sessionId: session.id });
  });
  command(parts, "retryAnswer", async (node?: never) => {
    const session = await target(parts, node);
    if (session !== undefined) await parts.server.ask("chat/retry", { sessionId: session.id });
  });
  command(parts, "copyLastAnswer", async () => {
    const session = await target(parts);
    const answer = session && (await lastAnswer(parts, session));
    if (answer === undefined) return void vscode.window.showInformationMessage("There is no answer yet.");
    await vscode.env.clipboard.writeText(answer.content);
  });
  command(parts, "showBranches", async (node?: never) => {
    const session = await target(parts, node);
    if (session !== undefined) await chooseBranch(parts, session);
  });
  command(parts, "noteMessage", (node?: never, messageId?: string) => noteMessage(parts, node, messageId));
  command(parts, "eraseMessage", (_node?: never, messageId?: string) => eraseMessage(parts, messageId));
  command(parts, "rewindChat", async (node?: never, messageId?: string) => {
    const [session] = targets(parts, node);
    if (session !== undefined && messageId !== undefined)
      await parts.server.ask("chat/rewind", { sessionId: session.id, messageId });
  });
}

async function handle(
  parts: Parts,
  code: CodeActions,
  diffs: CallDiffs,
  link: ChatLink,
  message: FromView,
): Promise<void> {
  parts.hub.setActive(link);
  const run = (name: string, ...rest: unknown[]): Thenable<unknown> =>
    vscode.commands.executeCommand(`threadkeep.${name}`, ...rest);
  switch (message.type) {
    case "command": {
      if (!link.isShown(message.at) && !IN_ANY_CASE.has(message.command)) return tellMoved();
      const { session, shown } = link;
      const place =
        MARKS.has(message.command) && shown !== undefined ? { kind: "place", at: shown.at } : undefined;
      const node = session === undefined ? place : { kind: "session", session };
      const isAboutSession = !IN_ANY_CASE.has(message.command) && message.command !== "attach";
      // a button of a session that just went, with its server: no other session is meant
      if (isAboutSession && node === undefined) return;
      await run(message.command, ...(isAboutSession ? [node, message.messageId] : []));
      return;
    }
    case "code":
      await guarded(parts, code.run(message.action, message.code, message.info));
      return;
    case "copy":
      await vscode.env.clipboard.writeText(message.text);
      return;
    case "link":
      await guarded(parts, follow(message.href));
      return;
    case "file":
      await guarded(parts, openFile(message.uri, message.line));
      return;
    case "diff": {
      const { session } = link;
      if (session === undefined || !link.isShown(message.at)) return tellMoved();
      await guarded(parts, diffs.show(session.id, message));
      return;
    }
    case "drop": {
      // before anything is shown, whatever comes first is meant
      const isMoved = (): boolean => link.shown !== undefined && !link.isShown(message.at);
      if (isMoved()) return tellMoved();
      const attachments = await ofDropped(message.uris);
      if (isMoved()) return tellMoved();
      link.attach(attachments);
      link.focus();
      return;
    }
    case "sibling":
      if (!link.isShown(message.at)) return tellMoved();
      await guarded(parts, showSibling(parts, link, message.messageId, message.step));
      return;
  }
}

/** What is about no session, or helps where none can be had. */
const IN_ANY_CASE = new Set<ViewCommand>([
  "newSession",
  "openCurrentSession",
  "searchSessions",
  "showMenu",
  "installServer",
  "restartServer",
  "showOutput",
  "openServerSettings",
]);

/** What a session begins with, where none is yet. */
const MARKS = new Set<ViewCommand>(["switchAgent", "setModel", "renameSession"]);

/** The chat went to another session between the click and now: nothing is done to that one. */
function tellMoved(): void {
  void vscode.window.showWarningMessage(
    "The chat shows another session now, and nothing was done. Look, and choose again.",
  );
}

async function guarded(parts: Parts, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    void showFailure(parts.log, error);
  }
}

async function follow(href: string): Promise<void> {
  const target = linkTarget(href);
  if (target.kind === "external") {
    // VS Code asks before it leaves for a site that is not trusted
    await vscode.env.openExternal(vscode.Uri.parse(target.url, true));
  } else if (target.kind === "file") {
    const uri = await fileInWorkspace(target.path);
    if (uri === undefined)
      return void vscode.window.showInformationMessage(`${target.path} is not in the open folder.`);
    const line = Math.max(0, (target.line ?? 1) - 1);
    const selection = new vscode.Range(line, 0, line, 0);
    await vscode.window.showTextDocument(uri, target.line === undefined ? {} : { selection });
  } else void vscode.window.showInformationMessage("This link leads nowhere that may be opened.");
}

/** A file that was attached; the button is the page's own, no message can make one. */
async function openFile(text: string, line: number | undefined): Promise<void> {
  const uri = vscode.Uri.parse(text, true);
  if (uri.scheme !== "file") throw new Error(`${text} is no file.`);
  try {
    await vscode.workspace.fs.stat(uri);
  } catch {
    return void vscode.window.showInformationMessage(
      `${vscode.workspace.asRelativePath(uri)} is not there any more.`,
    );
  }
  const selection = line === undefined ? undefined : new vscode.Range(line, 0, line, 0);
  await vscode.commands.executeCommand("vscode.open", uri, selection && { selection });
}

async function showSibling(parts: Parts, link: ChatLink, messageId: string, step: 1 | -1): Promise<void> {
  const { session } = link;
  if (session === undefined) return;
  const around = await messagesAround(parts, session, messageId);
  if (around === undefined) return;
  const found = await sibling(around.message, around.parent, step, (params) =>
    parts.server.ask("session/events", params),
  );
  if (found === undefined) await chooseBranch(parts, session);
  else await parts.server.ask("chat/selectBranch", { sessionId: session.id, messageId: found });
}

/** A message of the visible history and the one before it, wherever they are. */
async function messagesAround(
  parts: Parts,
  session: Session,
  messageId: string,
): Promise<{ message: Message; parent?: Message } | undefined> {
  let before: string | undefined;
  let above: Message[] = [];
  do {
    const params = { sessionId: session.id, limit: 200 };
    const page = await parts.server.ask(
      "session/history",
      before === undefined ? params : { ...params, before },
    );
    const messages: Message[] = [...page.messages, ...above.slice(0, 1)];
    const message = messages.find(({ id }) => id === messageId);
    const parent = messages.find(({ id }) => id === message?.parentId);
    if (
      message !== undefined &&
      (parent !== undefined || message.parentId === undefined || page.beforeCursor === undefined)
    )
      return parent === undefined ? { message } : { message, parent };
    above = page.messages;
    before = page.beforeCursor;
  } while (before !== undefined);
  return undefined;
}

async function chooseBranch(parts: Parts, session: Session): Promise<void> {
  const { branches } = await parts.server.ask("chat/branches", { sessionId: session.id });
  const items = branches.map((branch) => ({
    label: `${branch.isCurrent ? "$(check)" : "$(git-branch)"} ${branch.preview || "(empty)"}`,
    description: new Date(branch.at).toLocaleString(),
    branch,
  }));
  const picked = await vscode.window.showQuickPick(items, { placeHolder: "Show which branch of this chat?" });
  if (picked !== undefined)
    await parts.server.ask("chat/selectBranch", {
      sessionId: session.id,
      messageId: picked.branch.messageId,
    });
}

async function lastAnswer(parts: Parts, session: Session): Promise<Message | undefined> {
  const { messages } = await parts.server.ask("session/history", { sessionId: session.id, limit: 50 });
  return messages.findLast(({ role, content }) => role === "assistant" && content !== "");
}

async function noteMessage(parts: Parts, node: unknown, messageId: string | undefined): Promise<void> {
  const [session] = targets(parts, node);
  if (session === undefined || messageId === undefined) return;
  const around = await messagesAround(parts, session, messageId);
  const note = await vscode.window.showInputBox({
    title: "Note on the Message",
    prompt: "Your own words about it. Empty: no note.",
    value: around?.message.note ?? "",
  });
  if (note === undefined) return;
  await parts.server.ask("message/update", { messageId, note: note.trim() === "" ? null : note });
}

async function eraseMessage(parts: Parts, messageId: string | undefined): Promise<void> {
  if (messageId === undefined) return;
  const detail = "Its text, and that of its copies in forks, is gone for good. Backups made before keep it.";
  const answer = await vscode.window.showWarningMessage(
    "Erase this message?",
    { modal: true, detail },
    "Erase",
  );
  if (answer === "Erase") await parts.server.ask("message/erase", { messageId });
}

/** Without an answer of the server, nothing is offered that may be refused. */
async function isUnfinished({ server }: Parts, session: Session): Promise<boolean> {
  try {
    const { messages } = await server.ask("session/history", { sessionId: session.id, limit: 20 });
    return canContinue(session, messages);
  } catch {
    return false;
  }
}

/** The menu of the status bar and of the chat's title. */
export function registerMenu(parts: Parts): void {
  command(parts, "showMenu", async () => {
    const session = parts.hub.active?.session;
    const isRunning = session !== undefined && ["running", "queued"].includes(session.activity);
    const entry = (label: string, name: string): { label: string; name: string } => ({ label, name });
    const ofSession =
      session === undefined
        ? []
        : [
            ...(isRunning ? [entry("$(debug-stop) Stop the answer", "stopAnswer")] : []),
            ...((await isUnfinished(parts, session))
              ? [entry("$(debug-continue) Continue the answer", "continueAnswer")]
              : []),
            ...(session.status === "active" ? [entry("$(debug-pause) Pause", "pauseSession")] : []),
            ...(session.status === "paused" ? [entry("$(play) Resume", "resumeSession")] : []),
            ...(session.status === "ended"
              ? []
              : [
                  entry("$(person) Switch the agent…", "switchAgent"),
                  entry("$(sparkle) Set the model…", "setModel"),
                  entry("$(edit) Rename…", "renameSession"),
                ]),
            entry("$(tag) Tags…", "tagSession"),
            entry("$(repo-forked) Fork", "forkSession"),
            entry("$(git-branch) Branches…", "showBranches"),
            entry("$(export) Export…", "exportSession"),
            ...(session.status === "active" ? [entry("$(clear-all) Clear the chat", "clearChat")] : []),
            ...(session.status === "ended" ? [] : [entry("$(lock) End", "endSession")]),
          ];
    const general = [
      entry("$(comment-discussion) Open the chat", "focusChat"),
      entry("$(add) New session", "newSession"),
      entry("$(search) Search in all sessions…", "searchSessions"),
      entry("$(info) Server status", "showServerStatus"),
      entry("$(output) Log", "showOutput"),
    ];
    const picked = await vscode.window.showQuickPick([...ofSession, ...general], {
      placeHolder: session === undefined ? "Threadkeep" : `${session.title} · ${session.task}`,
    });
    if (picked !== undefined) await vscode.commands.executeCommand(`threadkeep.${picked.name}`);
  });
  command(parts, "pickSession", async () => {
    const session = await pickSession(parts, "Which session?");
    if (session !== undefined) await parts.hub.main?.open(session.id);
  });
}
