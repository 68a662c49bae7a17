/** What the list of a chat shows, in order: messages, then what waits, then what was not sent yet. */
import type { ChatState, Live, Outgoing } from "../core/chat";
import type { Message, QueuedMessage } from "../protocol";

export type ChatRow =
  | {
      readonly key: string;
      readonly kind: "message";
      readonly message: Message;
      readonly live: Live | undefined;
      /** The end of the history: what can be continued or retried. */
      readonly isLast: boolean;
      /** Whether the session takes messages. */
      readonly isOpen: boolean;
    }
  | { readonly key: string; readonly kind: "queued"; readonly queued: QueuedMessage }
  | {
      readonly key: string;
      readonly kind: "outgoing";
      readonly outgoing: Outgoing;
      /** Whether it waits for the server to come back. */
      readonly isAway: boolean;
    };

export function rowsOf(state: ChatState): ChatRow[] {
  const { messages, live } = state;
  const lastAt = messages.findLastIndex(({ role }) => role !== "event");
  const isOpen = state.session?.status === "active" && state.session.trashedAt === undefined;
  const rows = messages.map((message, index): ChatRow => ({
    key: message.id,
    kind: "message",
    message,
    live: live?.messageId === message.id ? live : undefined,
    isLast: index === lastAt,
    isOpen,
  }));
  // a message joins the history under the id that it has in the queue
  const queued = state.queued.filter((each) => !messages.some(({ id }) => id === each.userMessageId));
  return [
    ...rows,
    ...queued.map((each): ChatRow => ({ key: `queued ${each.turnId}`, kind: "queued", queued: each })),
    ...state.outbox.map((each): ChatRow => ({
      key: `outgoing ${each.key}`,
      kind: "outgoing",
      outgoing: each,
      isAway: state.away !== undefined,
    })),
  ];
}

/** Whether two rows look the same. */
export function isSame(one: ChatRow | undefined, other: ChatRow): boolean {
  if (one?.kind !== other.kind) return false;
  if (one.kind === "message" && other.kind === "message")
    return (
      one.message === other.message &&
      one.live?.savedOffset === other.live?.savedOffset &&
      one.live?.retry === other.live?.retry &&
      (one.live === undefined) === (other.live === undefined) &&
      one.isLast === other.isLast &&
      one.isOpen === other.isOpen
    );
  if (one.kind === "queued" && other.kind === "queued") return one.queued.turnId === other.queued.turnId;
  return (
    one.kind === "outgoing" &&
    other.kind === "outgoing" &&
    one.outgoing === other.outgoing &&
    one.isAway === other.isAway
  );
}

/** A first guess of a row's height. */
export function estimatedHeight(row: ChatRow, width: number): number {
  if (row.kind === "message" && row.message.role === "event") return 36;
  const text =
    row.kind === "message"
      ? row.message.content
      : row.kind === "queued"
        ? row.queued.text
        : row.outgoing.text;
  const others =
    row.kind === "message"
      ? row.message.parts.filter(({ type }) => type !== "text" && type !== "reasoning")
      : [];
  const perLine = Math.max(20, (width - 48) / 7);
  let lines = 0;
  // long texts are guessed from their beginning: counting all of them would cost more than it brings
  const looked = text.slice(0, 4_000);
  for (const line of looked.split("\n")) lines += Math.max(1, Math.ceil(line.length / perLine));
  return (
    64 +
    Math.min(others.length, 100) * 28 +
    lines * 20 * Math.max(1, text.length / Math.max(1, looked.length))
  );
}
