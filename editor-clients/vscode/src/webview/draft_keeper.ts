/** Hands what stands in the field to the extension, which keeps it, and puts back what was kept. */
import { FIRST } from "../core/bridge";
import { isBlank, isSameWords, joined, NO_PROMPT, type Prompt } from "../core/prompt";
import type { Composer } from "./composer";
import type { Connection } from "./connection";
import type { ChatRow } from "./rows";
import type { VirtualList } from "./virtual_list";

const SCROLL_PAUSE_MS = 300;

export interface DraftSources {
  readonly connection: Connection;
  readonly list: VirtualList<ChatRow>;
  readonly composer: Composer;
  /** What is shown. */
  readonly at: () => string;
}

export class DraftKeeper {
  private timer: number | undefined;
  /** What the extension knows. */
  private told: Prompt = NO_PROMPT;
  /** Whether something was written or sent since the field was filled. */
  private isTouched = false;

  constructor(private readonly sources: DraftSources) {}

  /** A page that was made for one session remembers which, so that the workbench can bring it back. */
  remember(sessionId: string, windowId: string): void {
    this.sources.connection.page.setState({ sessionId, windowId });
  }

  /** The field changed; replaces: windows whose drafts are settled with it. */
  changed(replaces: readonly string[] = []): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
    const { connection, at } = this.sources;
    const prompt = this.prompt();
    if (JSON.stringify(prompt) === JSON.stringify(this.told) && replaces.length === 0) return;
    const isMoved = replaces.length === 0 && isSameWords(prompt, this.told);
    this.told = prompt;
    if (!isMoved) this.isTouched = true;
    const more = isMoved ? { isMoved } : replaces.length === 0 ? {} : { replaces };
    connection.post({ type: "prompt", at: at(), prompt, ...more });
  }

  scrolled(): void {
    this.timer ??= window.setTimeout(() => this.changed(), SCROLL_PAUSE_MS);
  }

  /** The field was emptied by sending, which the extension knows of. */
  sent(): void {
    this.told = this.prompt();
    this.isTouched = true;
  }

  /** Another session is shown; before: what was shown until now, whose prompt the extension has. */
  begin(before: string, prompt: Prompt): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
    const { composer } = this.sources;
    const typed = composer.prompt;
    this.told = prompt;
    this.isTouched = false;
    // typed while the page waited for its session: it goes to what was kept of that
    const isAdded = before === FIRST && !isBlank(typed);
    composer.prompt = isAdded ? joined(prompt, typed) : prompt;
  }

  /** What is shown is a session now: what was written or sent here meanwhile is newer than what was kept of it. */
  become(prompt: Prompt): void {
    if (!this.isTouched) this.follow(prompt);
  }

  /** The same session's field in another view of this window was changed. */
  follow(prompt: Prompt): void {
    this.told = prompt;
    this.sources.composer.prompt = prompt;
  }

  /** Puts the list where it stood. */
  restoreScroll(mark: string | undefined): void {
    const { list } = this.sources;
    const [key, within] = mark?.split(" ") ?? [];
    if (key === undefined || !list.restore(key, Number(within) || 0)) list.toEnd();
  }

  private prompt(): Prompt {
    const { list, composer } = this.sources;
    const anchor = list.isAtEnd ? undefined : list.anchor();
    const scroll = anchor && `${anchor.key} ${Math.round(anchor.within)}`;
    return { ...composer.prompt, ...(scroll === undefined ? {} : { scroll }) };
  }
}
