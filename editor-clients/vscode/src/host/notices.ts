/** Tells that an answer has ended while no chat with it is in view: once a turn, and with a badge until it was seen. */
import * as vscode from "vscode";
import { canContinue } from "../core/continuing";
import { noticeWords } from "../core/notice_words";
import type { TurnCompleted } from "../protocol";
import type { Parts } from "./commands";
import { tellsOfAnswers } from "./configuration";
import { showSession } from "./session_commands";

const MAX_KNOWN = 200;
const CONTINUE = "Continue";

export class Notices implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable[];
  /** Turns that were begun here and have not ended. */
  private readonly asked = new Set<string>();
  /** Those that ended before it was known that they were begun here. */
  private readonly early = new Map<string, TurnCompleted>();
  private readonly unseen = new Set<string>();

  constructor(private readonly parts: Parts) {
    const { server, hub } = parts;
    this.subscriptions = [
      hub.onDidAsk((turnId) => this.begun(turnId)),
      hub.onDidSee(() => this.see()),
      server.onNotice((notice) => {
        if (notice.method === "chat/turnCompleted") this.ended(notice.params);
      }),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private begun(turnId: string): void {
    const ended = this.early.get(turnId);
    this.early.delete(turnId);
    if (ended === undefined) this.asked.add(turnId);
    else void this.tell(ended);
  }

  private ended(completed: TurnCompleted): void {
    const { id } = completed.turn;
    if (this.asked.delete(id)) void this.tell(completed);
    else {
      this.early.set(id, completed);
      const [oldest] = this.early.keys();
      if (this.early.size > MAX_KNOWN && oldest !== undefined) this.early.delete(oldest);
    }
  }

  private async tell(completed: TurnCompleted): Promise<void> {
    const { sessionId, message } = completed;
    const { hub, server, log } = this.parts;
    if (hub.isInView(sessionId)) return;
    try {
      const { session } = await server.ask("session/get", { sessionId });
      const words = noticeWords(session.title, completed);
      if (words === undefined) return;
      this.unseen.add(sessionId);
      this.see();
      if (!tellsOfAnswers() || hub.isInView(sessionId)) return;
      const shown = "Show It";
      const show = completed.turn.status === "completed" ? "showInformationMessage" : "showWarningMessage";
      const more = canContinue(session, [message]) ? [CONTINUE] : [];
      const pressed = await vscode.window[show](words, shown, ...more);
      if (pressed === CONTINUE) await server.ask("chat/continue", { sessionId, messageId: message.id });
      if (pressed !== undefined) await showSession(this.parts, sessionId, message.id);
    } catch (error) {
      log.warn(`An answer that ended could not be told of: ${String(error)}`);
    }
  }

  /** What came into view was seen. */
  private see(): void {
    for (const sessionId of this.unseen)
      if (this.parts.hub.isInView(sessionId)) this.unseen.delete(sessionId);
    this.parts.view.setUnseen(this.unseen.size);
  }
}
