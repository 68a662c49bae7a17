/** Keeps what was typed and where one read: in the page's own state at once, on the server after a pause. */
import type { OpenSessionResult, Session } from "../protocol";
import type { Connection } from "./connection";
import type { ChatRow } from "./rows";
import type { VirtualList } from "./virtual_list";

const PAUSE_MS = 300;
const SCROLL_PAUSE_MS = 900;

interface Kept {
  readonly sessionId?: string | undefined;
  readonly windowId?: string | undefined;
  readonly draft?: string | undefined;
}

export interface DraftSources {
  readonly connection: Connection;
  readonly list: VirtualList<ChatRow>;
  readonly text: () => string;
  /** The shown session, once it is there. */
  readonly session: () => Session | undefined;
}

export class DraftKeeper {
  private timer: number | undefined;
  private saved = "";

  constructor(private readonly sources: DraftSources) {}

  /** A page that was made for one session remembers which, so that the workbench can bring it back. */
  remember(sessionId: string, windowId: string): void {
    this.keep({ sessionId, windowId });
  }

  /** The text for the field of a session that was just opened; isFirst: nothing was shown before it. */
  begin({ session, draft }: OpenSessionResult, isFirst: boolean): string {
    const kept = this.kept();
    const isOwn = isFirst && kept.sessionId === session?.id && (kept.draft ?? "") !== "";
    const text = (isOwn ? kept.draft : draft?.text) ?? "";
    this.saved = draft?.text ?? "";
    this.keep({ sessionId: session?.id, draft: text });
    return text;
  }

  typed(): void {
    this.keep({ draft: this.sources.text() });
    this.soon(PAUSE_MS);
  }

  scrolled(): void {
    this.soon(SCROLL_PAUSE_MS);
  }

  save(): void {
    window.clearTimeout(this.timer);
    const { list, connection, session } = this.sources;
    if (session() === undefined) return;
    const text = this.sources.text();
    const anchor = list.isAtEnd ? undefined : list.anchor();
    const scroll = anchor === undefined ? undefined : `${anchor.key} ${Math.round(anchor.within)}`;
    const mark = `${text}\n${scroll ?? ""}`;
    this.keep({ draft: text });
    if (mark === this.saved) return;
    this.saved = mark;
    connection.ask("draft/set", scroll === undefined ? { text } : { text, scroll }).catch(() => {
      this.saved = "";
    });
  }

  /** Puts the list where it stood when `save` was called. */
  restoreScroll(mark: string | undefined): void {
    const { list } = this.sources;
    const [key, within] = mark?.split(" ") ?? [];
    if (key === undefined || !list.restore(key, Number(within) || 0)) list.toEnd();
  }

  private soon(pause: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.save(), pause);
  }

  private kept(): Kept {
    return this.sources.connection.page.getState() ?? {};
  }

  private keep(more: Kept): void {
    this.sources.connection.page.setState({ ...this.kept(), ...more });
  }
}
