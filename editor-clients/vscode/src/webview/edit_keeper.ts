/** Hands what stands in open boxes of messages to the extension, which keeps it, and knows what was kept. */
import type { Message } from "../protocol";
import type { Connection } from "./connection";

export class EditKeeper {
  private at: string | undefined;
  private texts = new Map<string, string>();

  constructor(private readonly connection: Connection) {}

  /** A session is shown; kept: what stood in its boxes when it was shown last. */
  begin(at: string | undefined, kept: Readonly<Record<string, string>>): void {
    if (at === this.at) return;
    this.at = at;
    this.texts = new Map(Object.entries(kept));
  }

  of(messageId: string): string | undefined {
    return this.texts.get(messageId);
  }

  /** text: absent once the box is closed. */
  set({ id: messageId, sessionId: at }: Message, text: string | undefined): void {
    if (text === undefined) this.texts.delete(messageId);
    else this.texts.set(messageId, text);
    this.connection.post({ type: "edit", at, messageId, ...(text === undefined ? {} : { text }) });
  }
}
