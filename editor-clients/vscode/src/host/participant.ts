/** `@threadkeep` in VS Code's own chat: another door to the same session. */
import * as vscode from "vscode";
import { failureHeading, STOPPED } from "../core/failures";
import { runTurn, type TurnNotices } from "../core/participant_turn";
import type { Attachment } from "../protocol";
import type { Parts } from "./commands";

const ID = "threadkeep.chat";

/** Gives nothing where the chat API is missing. */
export function registerParticipant(parts: Parts): vscode.ChatParticipant | undefined {
  if (typeof vscode.chat?.createChatParticipant !== "function") return undefined;
  const participant = vscode.chat.createChatParticipant(ID, async (request, _context, stream, token) => {
    await parts.server.start();
    const { session } = await parts.hub.openCurrent();
    if (session === undefined) throw new Error("No session could be opened.");
    stream.progress(`Asking in “${session.title}”`);
    const { turn } = await runTurn(session.id, request.prompt, attachmentsOf(request.references), {
      ask: parts.server.ask,
      notices: noticesOf(parts),
      write: (text) => stream.markdown(text),
      onStop: (stop) => {
        const listening = token.onCancellationRequested(stop);
        return () => void listening.dispose();
      },
    });
    const stopped = turn.status === "completed" ? STOPPED[turn.stopReason ?? ""] : undefined;
    if (stopped !== undefined) stream.markdown(`\n\n*${stopped}*`);
    stream.button({ command: "threadkeep.openCurrentSession", title: "Open in Threadkeep" });
    return turn.error === undefined
      ? {}
      : { errorDetails: { message: `${failureHeading(turn.error)}: ${turn.error.message}` } };
  });
  participant.iconPath = new vscode.ThemeIcon("comment-discussion");
  parts.context.subscriptions.push(participant);
  return participant;
}

function noticesOf({ server }: Parts): TurnNotices {
  return {
    listen: (on) => {
      const listening = server.onNotice((notice) => {
        if (notice.method === "chat/delta") on.delta(notice.params);
        else if (notice.method === "chat/turnCompleted") on.completed(notice.params);
      });
      return () => void listening.dispose();
    },
  };
}

function attachmentsOf(references: readonly vscode.ChatPromptReference[]): Attachment[] {
  return references.flatMap(({ value }): Attachment[] => {
    if (typeof value === "string") return [{ type: "text", text: value }];
    if (value instanceof vscode.Uri) return [{ type: "file", uri: value.toString() }];
    if (!(value instanceof vscode.Location)) return [];
    const { start, end } = value.range;
    const range = {
      start: { line: start.line, character: start.character },
      end: { line: end.line, character: end.character },
    };
    return [{ type: "range", uri: value.uri.toString(), range }];
  });
}
