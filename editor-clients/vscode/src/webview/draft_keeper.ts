/** Hands what stands in the field to the extension, which keeps it, and puts back what was kept. */
import { FIRST } from "../core/bridge";
import { isBlank, NO_PROMPT, type Prompt } from "../core/prompt";
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
  private told = JSON.stringify(NO_PROMPT);

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
    const told = JSON.stringify(prompt);
    if (told === this.told && replaces.length === 0) return;
    this.told = told;
    connection.post({ type: "prompt", at: at(), prompt, ...(replaces.length === 0 ? {} : { replaces }) });
  }

  scrolled(): void {
    this.timer ??= window.setTimeout(() => this.changed(), SCROLL_PAUSE_MS);
  }

  /** The field was emptied by sending, which the extension knows of. */
  sent(): void {
    this.told = JSON.stringify(this.prompt());
  }

  /** Another session is shown; before: what was shown until now, whose prompt the extension has. */
  begin(before: string, prompt: Prompt): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
    const { composer } = this.sources;
    const typed = composer.prompt;
    this.told = JSON.stringify(prompt);
    // typed while the page waited for its session: it goes to what was kept of that
    const isAdded = before === FIRST && !isBlank(typed);
    composer.prompt = isAdded ? joined(prompt, typed) : prompt;
  }

  /** Tells what was added while the session was being opened. */
  settle(): void {
    this.changed();
  }

  /** The same session's field in another view of this window was changed. */
  follow(prompt: Prompt): void {
    this.told = JSON.stringify(prompt);
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

/** Both, one below the other. */
function joined(kept: Prompt, typed: Prompt): Prompt {
  if (isBlank(kept)) return { ...kept, ...typed };
  const isBelow = kept.text !== "" && typed.text !== "" && kept.text !== typed.text;
  const text = isBelow ? `${kept.text}\n${typed.text}` : kept.text || typed.text;
  const known = new Set(kept.attachments.map(({ attachment }) => JSON.stringify(attachment)));
  const added = typed.attachments.filter(({ attachment }) => !known.has(JSON.stringify(attachment)));
  return { ...kept, text, cursor: text.length, attachments: [...kept.attachments, ...added] };
}
