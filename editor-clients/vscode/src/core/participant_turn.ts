/** One question of another chat, asked in a session: its answer is handed on piece by piece. */
import type { Attachment, Delta, TurnCompleted } from "../protocol";
import type { Ask } from "./requests";

export interface TurnNotices {
  /** Calls back for every delta and end; gives the way to stop that. */
  listen(on: { delta(delta: Delta): void; completed(end: TurnCompleted): void }): () => void;
}

export interface TurnOptions {
  readonly ask: Ask;
  readonly notices: TurnNotices;
  readonly write: (text: string) => void;
  /** Calls back when the person stops the answer; gives the way to stop listening. */
  readonly onStop: (stop: () => void) => () => void;
}

/** Sends and waits for the end; what came is written as it comes. Rejects when the server refuses. */
export async function runTurn(
  sessionId: string,
  text: string,
  attachments: readonly Attachment[],
  { ask, notices, write, onStop }: TurnOptions,
): Promise<TurnCompleted> {
  let messageId: string | undefined;
  let written = 0;
  const early: Delta[] = [];
  let end: ((completed: TurnCompleted) => void) | undefined;
  const ended = new Promise<TurnCompleted>((resolve) => (end = resolve));
  const put = (delta: Delta): void => {
    if (delta.messageId !== messageId || delta.kind !== "text" || delta.offset > written) return;
    const added = delta.text.slice(written - delta.offset);
    written += added.length;
    if (added !== "") write(added);
  };
  const ends: TurnCompleted[] = [];
  const stopListening = notices.listen({
    delta: (delta) => (messageId === undefined ? void early.push(delta) : put(delta)),
    completed: (completed) => {
      if (messageId === undefined) ends.push(completed);
      else if (completed.message.id === messageId) end?.(completed);
    },
  });
  let stopWaiting: (() => void) | undefined;
  try {
    const sent = await ask("chat/send", {
      sessionId,
      text,
      attachments: [...attachments],
      whenBusy: "queue",
    });
    messageId = sent.assistantMessageId;
    stopWaiting = onStop(
      () => void ask("chat/cancel", { sessionId, turnId: sent.turnId }).catch(() => undefined),
    );
    early.forEach(put);
    ends.filter(({ message }) => message.id === messageId).forEach((completed) => end?.(completed));
    const completed = await ended;
    if (completed.message.content.length > written) write(completed.message.content.slice(written));
    return completed;
  } finally {
    stopWaiting?.();
    stopListening();
  }
}
