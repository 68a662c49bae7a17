/** Opens a session at a message: from a search hit, or from a link outside of the editor. */
import * as vscode from "vscode";
import { wireError } from "../core/failures";
import { readLink, writtenLink } from "../core/session_links";
import { command, showFailure, target, type Parts } from "./commands";
import { showSession } from "./session_commands";

const THAT_BRANCH = "Show That Branch";

export function registerLinks(parts: Parts): void {
  command(parts, "copyLink", async (node?: never, messageId?: string) => {
    const session = await target(parts, node);
    if (session === undefined) return;
    const message = typeof messageId === "string" ? { messageId } : {};
    const link = writtenLink(vscode.env.uriScheme, { sessionId: session.id, ...message });
    await vscode.env.clipboard.writeText(link);
    vscode.window.setStatusBarMessage("The link was copied.", 3_000);
  });
  const handleUri = (uri: vscode.Uri): void =>
    void openLink(parts, uri).catch((error: unknown) => showFailure(parts.log, error));
  parts.context.subscriptions.push(vscode.window.registerUriHandler({ handleUri }));
}

/** An editor that was started by the link has no server yet: it is waited for. */
export async function openLink(parts: Parts, { path, query }: vscode.Uri): Promise<void> {
  const link = readLink(path, query);
  if (link === undefined) throw new Error("The link names no session: copy it again.");
  await running(parts);
  await openAt(parts, link.sessionId, link.messageId);
}

/** Shows a session, and the message even where another branch of the chat is the visible one. */
export async function openAt(parts: Parts, sessionId: string, messageId?: string): Promise<void> {
  if (messageId !== undefined && !(await isVisible(parts, sessionId, messageId))) {
    const told = "What you look for stands on another branch of this chat.";
    if ((await vscode.window.showInformationMessage(told, THAT_BRANCH)) !== THAT_BRANCH)
      return showSession(parts, sessionId);
    await parts.server.ask("chat/selectBranch", { sessionId, messageId });
  }
  await showSession(parts, sessionId, messageId);
}

async function isVisible({ server }: Parts, sessionId: string, messageId: string): Promise<boolean> {
  try {
    await server.ask("session/history", { sessionId, around: messageId, limit: 1 });
    return true;
  } catch (error) {
    if (wireError(error).data?.kind === "messageNotFound") return false;
    throw error;
  }
}

async function running({ server }: Parts): Promise<void> {
  const isOver = (): boolean => ["running", "failed"].includes(server.state.kind);
  if (isOver()) return;
  await new Promise<void>((resolve) => {
    const following = server.onDidChangeState(() => {
      if (!isOver()) return;
      following.dispose();
      resolve();
    });
  });
}
