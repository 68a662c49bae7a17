/** What stands in open boxes of messages that are edited and not sent again yet: by session and message. */
import type { KeptFile } from "./kept_file";

/** Long enough to take several keys in one go. */
const PAUSE_MS = 150;

export type MessageEdits = Readonly<Record<string, string>>;

export class Edits {
  private readonly held: Map<string, MessageEdits>;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly file: KeptFile,
    private readonly isPrivate: (sessionId: string) => boolean,
  ) {
    this.held = new Map(Object.entries(file.get().edits));
  }

  of(sessionId: string): MessageEdits {
    return this.held.get(sessionId) ?? {};
  }

  /** text: absent once the box is closed. */
  set(sessionId: string, messageId: string, text: string | undefined): void {
    const others = Object.entries(this.of(sessionId)).filter(([id]) => id !== messageId);
    const all = text === undefined ? others : [...others, [messageId, text] as const];
    if (all.length === 0) this.held.delete(sessionId);
    else this.held.set(sessionId, Object.fromEntries(all));
    this.timer ??= setTimeout(() => this.write(), PAUSE_MS);
  }

  /** The session is gone. */
  forget(sessionId: string): void {
    if (this.held.delete(sessionId)) this.write();
  }

  write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const all = [...this.held].filter(([sessionId]) => !this.isPrivate(sessionId));
    this.file.change({ edits: Object.fromEntries(all) });
  }
}
