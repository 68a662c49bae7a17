/** Moves through the list of messages: to one that was found, from one to the next, to the last question. */
import type { ChatState } from "../core/chat";
import type { MessageView } from "./message_view";
import { rowsOf, type ChatRow } from "./rows";
import type { VirtualList } from "./virtual_list";

const FOUND_MS = 2_500;

export interface NavigationSources {
  readonly list: VirtualList<ChatRow>;
  readonly views: ReadonlyMap<string, MessageView>;
  readonly state: () => ChatState;
  readonly draw: () => void;
  /** Reads the messages around one that is not shown; whether they are now. */
  readonly lookAround: (messageId: string) => Promise<boolean>;
  readonly toField: () => void;
}

export class Navigation {
  constructor(private readonly sources: NavigationSources) {}

  /** Shows a message, wherever it is, and marks it for a moment. */
  async reveal(messageId: string): Promise<void> {
    const { list, draw, lookAround } = this.sources;
    draw();
    if (!list.reveal(messageId)) {
      if (!(await lookAround(messageId))) return;
      draw();
      if (!list.reveal(messageId)) return;
    }
    window.setTimeout(() => {
      const element = list.element(messageId);
      element?.focus({ preventScroll: true });
      element?.classList.add("found");
      window.setTimeout(() => element?.classList.remove("found"), FOUND_MS);
    }, 120);
  }

  editLast(): void {
    const { list, views, state } = this.sources;
    const message = state().messages.findLast(({ role }) => role === "user");
    if (message === undefined) return;
    list.reveal(message.id, "auto");
    window.setTimeout(() => views.get(message.id)?.beginEdit(), 60);
  }

  /** From message to message, and past the last one to the field. */
  moveFocus(step: 1 | -1): void {
    const { list, state, toField } = this.sources;
    const rows = rowsOf(state());
    const active = document.activeElement;
    const at = rows.findIndex(({ key }) => list.element(key)?.contains(active) === true);
    const next = at < 0 ? (step < 0 ? rows.length - 1 : rows.length) : at + step;
    const row = rows[next];
    if (next >= rows.length) return toField();
    if (row === undefined) return;
    list.reveal(row.key, "auto");
    // at once where it can be: a key that is pressed again goes on from there
    const element = list.element(row.key);
    if (element === undefined) window.setTimeout(() => list.element(row.key)?.focus(), 30);
    else element.focus({ preventScroll: true });
  }
}
