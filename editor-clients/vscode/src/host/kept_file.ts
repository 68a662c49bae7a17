/** A file beside the workspace's state: what the server has not got yet survives the end of everything. */
import * as fs from "node:fs";
import * as path from "node:path";
import type { KeptMessage, Shown } from "../core/bridge";
import type { Prompt } from "../core/prompt";
import type { Session, WhenBusy } from "../protocol";

/** A message on its way, with all that is needed to send it without a page. */
export interface Waiting extends Omit<KeptMessage, "problem"> {
  /** Why the server refused it. */
  problem?: string;
  readonly at: string;
  readonly title: string;
  readonly task: string;
  readonly whenBusy: WhenBusy;
  /** The message that it is set beside: an edit. */
  readonly beside?: string;
  /** Set if the chat showed something else when it came: the person is asked where it goes. */
  readonly isStray: boolean;
  readonly isGone: boolean;
  /** Not for the disk. */
  readonly isPrivate: boolean;
}

export interface Last {
  readonly shown: Shown;
  readonly session?: Session;
}

interface Kept {
  readonly messages: readonly Waiting[];
  readonly prompts: Readonly<Record<string, Prompt>>;
  /** By session and message. */
  readonly edits: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Where one read in which session. */
  readonly scrolls: Readonly<Record<string, string>>;
  readonly last?: Last;
  /** Of the process that has the window. */
  readonly pid?: number;
}

const NOTHING: Kept = { messages: [], prompts: {}, edits: {}, scrolls: {} };

export class KeptFile {
  private kept: Kept = NOTHING;
  private written = JSON.stringify(NOTHING);

  /** file: absent where the window has no place of its own on disk. */
  constructor(private readonly file: string | undefined) {
    if (file === undefined) return;
    try {
      this.written = fs.readFileSync(file, "utf8");
      this.kept = { ...NOTHING, ...(JSON.parse(this.written) as Partial<Kept>) };
    } catch {
      // there is none yet, or it is no longer whole: nothing can be said of it
    }
    this.change({ pid: process.pid });
  }

  get(): Kept {
    return this.kept;
  }

  /** On disk, or as good as, when it returns: what is kept here is kept nowhere else. */
  change(more: Partial<Kept>): void {
    this.kept = { ...this.kept, ...more };
    const text = JSON.stringify(this.kept);
    if (this.file === undefined || text === this.written) return;
    this.written = text;
    fs.mkdirSync(path.dirname(this.file), { recursive: true });
    const beside = `${this.file}.new`;
    fs.writeFileSync(beside, text, { mode: 0o600 });
    fs.renameSync(beside, this.file);
  }
}
