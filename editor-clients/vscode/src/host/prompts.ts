/** What stands in the fields of this window's chats, one prompt a session: kept by the server, or here until it can be. */
import { FIRST } from "../core/bridge";
import { draftOf, isBlank, isSameWords, joined, NO_PROMPT, otherDrafts, promptOf } from "../core/prompt";
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
  /** Which change of all prompts it was: what was read from the server before it says nothing against it. */
  readonly edit: number;
  /** Written before one could see what stands there: both stay. */
  readonly isAdded?: boolean;
}

export class Prompts {
  private readonly held = new Map<string, Held>();
  private timer: NodeJS.Timeout | undefined;
  private edits = 0;
  private saving: Promise<void> = Promise.resolve();

  constructor(
    private readonly file: KeptFile,
    private readonly services: PromptServices,
  ) {
    for (const [at, prompt] of Object.entries(file.get().prompts))
      this.held.set(at, { prompt, isSaved: false, replaces: [], edit: 0 });
  }

  /** The newest change: given to `opened` with what was read from the server after it. */
  get mark(): number {
    return this.edits;
  }

  get(at: string): Prompt {
    return this.held.get(at)?.prompt ?? NO_PROMPT;
  }

  /** The field was changed. */
  set(at: string, prompt: Prompt, replaces: readonly string[] = []): void {
    const before = this.held.get(at);
    const all = [...(before?.replaces ?? []), ...replaces];
    this.held.set(at, { prompt, isSaved: false, replaces: all, edit: ++this.edits });
    this.timer ??= setTimeout(() => void this.save(), PAUSE_MS);
  }

  /** Only the cursor or the list moved: words that were sent or changed in another view meanwhile do not come back. */
  moved(at: string, prompt: Prompt): void {
    if (isSameWords(this.get(at), prompt)) this.set(at, prompt);
  }

  /** The field was emptied by sending; the server takes the draft away with that, and another one stays. */
  sent(at: string): void {
    this.set(at, NO_PROMPT);
    // whatever ends now, what was sent does not stand in the field again
    this.write();
  }

  /** Puts something to what stands in a field that is not shown. */
  add(at: string, { text, attachments }: Prompt): void {
    this.set(at, joined(this.get(at), { text, attachments }));
    void this.save();
  }

  /** What is written in one place belongs to another one from now on. */
  rename(from: string, at: string): void {
    const held = this.held.get(from);
    if (held === undefined || from === at) return;
    this.held.delete(from);
    const there = this.held.get(at);
    if (there === undefined) this.held.set(at, { ...held, isSaved: false, isAdded: from.startsWith(FIRST) });
    else if (!isBlank(held.prompt)) {
      const prompt = joined(there.prompt, held.prompt);
      this.held.set(at, { ...held, prompt, isSaved: false, replaces: [...there.replaces, ...held.replaces] });
    }
  }

  /** What goes into the field of a session that was just read, and which drafts are offered beside it; since: the mark before it was read. */
  opened(
    at: string,
    draft: Draft | undefined,
    others: readonly Draft[] | undefined,
    since = this.edits,
  ): { readonly prompt: Prompt; readonly others: readonly OtherDraft[] } {
    const held = this.held.get(at);
    const kept = promptOf(draft);
    const offered = otherDrafts(others).filter(({ prompt }) => !isBlank(prompt));
    if (held === undefined || (held.isSaved && held.edit <= since)) {
      // what the page calls its attachments is better than what can be made of the draft
      const isKnown = held !== undefined && isSameWords(held.prompt, kept);
      const scroll = kept.scroll ?? held?.prompt.scroll ?? this.file.get().scrolls[at];
      const prompt = { ...(isKnown ? held.prompt : kept), ...(scroll === undefined ? {} : { scroll }) };
      this.held.set(at, { prompt, isSaved: true, replaces: [], edit: held?.edit ?? 0 });
      return { prompt, others: offered.filter((each) => !isSameWords(each.prompt, prompt)) };
    }
    // typed since: newer than anything that the server has
    const isOwn = draft?.windowId === this.services.windowId;
    const prompt = isOwn && held.isAdded === true ? joined(kept, held.prompt) : held.prompt;
    this.held.set(at, { ...held, prompt, isAdded: false });
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

  private async saveOne(at: string, { prompt }: Held): Promise<void> {
    const { ask, windowId, sessionOf } = this.services;
    const sessionId = await sessionOf(at, !isBlank(prompt));
    // the session may have begun with that: its prompt has its name now, and may have been sent meanwhile
    const name = this.held.has(at) ? at : (sessionId ?? at);
    const held = this.held.get(name);
    if (held === undefined || held.isSaved) return;
    if (sessionId === undefined) {
      if (isBlank(held.prompt)) this.held.delete(name);
      return;
    }
    const more = held.replaces.length === 0 ? {} : { replaces: [...held.replaces] };
    await ask("draft/set", { sessionId, windowId, ...draftOf(held.prompt), ...more });
    const now = this.held.get(name);
    if (now === held) this.held.set(name, { ...held, isSaved: true, replaces: [] });
    // what was typed meanwhile need not replace again what was replaced
    else if (now !== undefined)
      this.held.set(name, { ...now, replaces: now.replaces.slice(held.replaces.length) });
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
