/** Moves through the list of messages: to one that was found, from one to the next, to the last question. */
import type { ChatState } from "../core/chat";
import type { Message } from "../protocol";
import type { MessageView } from "./message_view";
import { rowsOf, type ChatRow } from "./rows";
import type { VirtualList } from "./virtual_list";

const FOUND_MS = 2_500;
/** A row that is not there after so many is not made at all. */
const FRAMES = 30;

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

  /** Brings a message into view, wherever it is; whether it is there. */
  async show(messageId: string): Promise<boolean> {
    const { list, draw, lookAround } = this.sources;
    draw();
    if (!list.reveal(messageId)) {
      if (!(await lookAround(messageId))) return false;
      draw();
      if (!list.reveal(messageId)) return false;
    }
    // the row is made when the list has scrolled
    for (let tries = 0; tries < FRAMES && list.element(messageId) === undefined; tries++)
      await new Promise((resolve) => requestAnimationFrame(resolve));
    return list.element(messageId) !== undefined;
  }

  /** The last message that is in view, at least with its beginning. */
  lastSeen(): Message | undefined {
    const { list, state } = this.sources;
    const { messages } = state();
    if (list.isAtEnd) return messages.at(-1);
    const bottom = list.bottom;
    return messages.findLast(({ id }) => {
      const element = list.element(id);
      return element !== undefined && element.getBoundingClientRect().top < bottom;
    });
  }

  /** Shows a message and marks it for a moment. */
  async reveal(messageId: string): Promise<void> {
    const { list } = this.sources;
    if (!(await this.show(messageId))) return;
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
