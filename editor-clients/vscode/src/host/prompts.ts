/** What stands in the fields of this window's chats, one prompt a session: kept by the server, or here until it can be. */
import { draftOf, isBlank, isSameWords, NO_PROMPT, otherDrafts, promptOf } from "../core/prompt";
import type { OtherDraft, Prompt } from "../core/prompt";
import type { Ask } from "../core/requests";
import type { Draft } from "../protocol";
import type { KeptFile } from "./kept_file";

/** Long enough to take several keys in one go, short enough that little is lost when everything is killed. */
const PAUSE_MS = 150;
const MAX_SCROLLS = 50;

export interface PromptServices {
  readonly ask: Ask;
  readonly windowId: string;
  readonly isRunning: () => boolean;
  /** The session that `at` names; for a prompt with words it is made if there is none yet. */
  readonly sessionOf: (at: string, isNeeded: boolean) => Promise<string | undefined>;
  readonly isPrivate: (at: string) => boolean;
}

interface Held {
  readonly prompt: Prompt;
  /** Whether the server has it. */
  readonly isSaved: boolean;
  readonly replaces: readonly string[];
}

export class Prompts {
  private readonly held = new Map<string, Held>();
  private timer: NodeJS.Timeout | undefined;
  private saving: Promise<void> = Promise.resolve();

  constructor(
    private readonly file: KeptFile,
    private readonly services: PromptServices,
  ) {
    for (const [at, prompt] of Object.entries(file.get().prompts))
      this.held.set(at, { prompt, isSaved: false, replaces: [] });
  }

  get(at: string): Prompt {
    return this.held.get(at)?.prompt ?? NO_PROMPT;
  }

  /** The field was changed. */
  set(at: string, prompt: Prompt, replaces: readonly string[] = []): void {
    const before = this.held.get(at);
    this.held.set(at, { prompt, isSaved: false, replaces: [...(before?.replaces ?? []), ...replaces] });
    this.timer ??= setTimeout(() => void this.save(), PAUSE_MS);
  }

  /** The field was emptied by sending; the server takes the draft away with that, and another one stays. */
  sent(at: string): void {
    this.set(at, NO_PROMPT);
  }

  /** What is written in one place belongs to another one from now on. */
  rename(from: string, at: string): void {
    const held = this.held.get(from);
    if (held === undefined || from === at) return;
    this.held.delete(from);
    if (!isBlank(held.prompt) || !this.held.has(at)) this.held.set(at, { ...held, isSaved: false });
  }

  /** What goes into the field of a session that was just read, and which drafts are offered beside it. */
  opened(
    at: string,
    draft: Draft | undefined,
    others: readonly Draft[] | undefined,
  ): { readonly prompt: Prompt; readonly others: readonly OtherDraft[] } {
    const held = this.held.get(at);
    const kept = promptOf(draft);
    const offered = otherDrafts(others).filter(({ prompt }) => !isBlank(prompt));
    if (held === undefined || held.isSaved) {
      // what the page calls its attachments is better than what can be made of the draft
      const isKnown = held !== undefined && isSameWords(held.prompt, kept);
      const scroll = kept.scroll ?? held?.prompt.scroll ?? this.file.get().scrolls[at];
      const prompt = { ...(isKnown ? held.prompt : kept), ...(scroll === undefined ? {} : { scroll }) };
      this.held.set(at, { prompt, isSaved: true, replaces: [] });
      return { prompt, others: offered.filter((each) => !isSameWords(each.prompt, prompt)) };
    }
    // typed since: newer than anything that the server has
    const { prompt } = held;
    const isOwn = draft?.windowId === this.services.windowId;
    const older = isOwn || draft === undefined || isBlank(kept) ? [] : otherDrafts([draft]);
    return { prompt, others: [...older, ...offered].filter((each) => !isSameWords(each.prompt, prompt)) };
  }

  /** Puts all on the server that it has not got, and what it cannot get now into the file. */
  save(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.saving = this.saving.then(() => this.saveAll());
    return this.saving;
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.write();
  }

  private async saveAll(): Promise<void> {
    for (const [at, held] of this.held) {
      if (held.isSaved || !this.services.isRunning()) continue;
      try {
        await this.saveOne(at, held);
      } catch {
        // refused or no answer: it stays unsaved, and is tried again with the next change and the next start
      }
    }
    this.write();
  }

  private async saveOne(at: string, held: Held): Promise<void> {
    const { ask, windowId, sessionOf } = this.services;
    const isNothing = isBlank(held.prompt);
    const sessionId = await sessionOf(at, !isNothing);
    if (sessionId === undefined) {
      if (isNothing && this.held.get(at) === held) this.held.delete(at);
      return;
    }
    const more = held.replaces.length === 0 ? {} : { replaces: [...held.replaces] };
    await ask("draft/set", { sessionId, windowId, ...draftOf(held.prompt), ...more });
    const now = this.held.get(at);
    if (now === held) this.held.set(at, { ...held, isSaved: true, replaces: [] });
    // what was typed meanwhile need not replace again what was replaced
    else if (now !== undefined)
      this.held.set(at, { ...now, replaces: now.replaces.slice(held.replaces.length) });
  }

  private write(): void {
    const held = [...this.held].filter(([at]) => !this.services.isPrivate(at));
    const unsaved = held.filter(([, { isSaved }]) => !isSaved);
    // the server keeps no place without words
    const read = held.flatMap(([at, { prompt }]) =>
      prompt.scroll === undefined ? [] : [[at, prompt.scroll]],
    );
    this.file.change({
      prompts: Object.fromEntries(unsaved.map(([at, { prompt }]) => [at, prompt])),
      scrolls: Object.fromEntries(read.slice(-MAX_SCROLLS)) as Record<string, string>,
    });
  }
}
