/** Keys that a person entered: in VS Code's secret storage, and given to each server that starts. */
import * as vscode from "vscode";
import type { Redactor } from "../core/redacting";

const PREFIX = "key of ";
const NAMES = "providersWithKeys";

export interface Key {
  readonly provider: string;
  readonly key: string;
}

export class Keys implements vscode.Disposable {
  private readonly taken = new vscode.EventEmitter<void>();
  /** The server of this window took a key, or lost one. */
  readonly onDidTake = this.taken.event;

  constructor(
    private readonly secrets: vscode.SecretStorage,
    /** Which providers have one: the storage does not tell. Names only. */
    private readonly memory: vscode.Memento,
    private readonly redactor: Redactor,
  ) {}

  dispose(): void {
    this.taken.dispose();
  }

  /** To be called once the server has the key. */
  wasTaken(): void {
    this.taken.fire();
  }

  /** All that are kept. */
  async all(): Promise<Key[]> {
    const kept = await Promise.all(
      this.names().map(async (provider) => ({ provider, key: await this.of(provider) })),
    );
    return kept.flatMap(({ provider, key }) => (key === undefined ? [] : [{ provider, key }]));
  }

  has(provider: string): boolean {
    return this.names().includes(provider);
  }

  /** From now on this key is in no log; it is kept only by `keep`. */
  hide(key: string): void {
    this.redactor.hide(key);
  }

  async keep(provider: string, key: string): Promise<void> {
    this.hide(key);
    await this.secrets.store(PREFIX + provider, key);
    await this.remember(provider, true);
  }

  async forget(provider: string): Promise<void> {
    await this.secrets.delete(PREFIX + provider);
    await this.remember(provider, false);
  }

  /** Called when this or another window kept or removed a key. */
  onDidChange(changed: (provider: string, key: string | undefined) => Promise<void>): vscode.Disposable {
    return this.secrets.onDidChange(({ key: name }) => {
      if (name.startsWith(PREFIX)) void this.changed(name.slice(PREFIX.length), changed);
    });
  }

  private async changed(
    provider: string,
    tell: (provider: string, key: string | undefined) => Promise<void>,
  ): Promise<void> {
    const key = await this.of(provider);
    await this.remember(provider, key !== undefined);
    await tell(provider, key);
  }

  /** The one that is kept for a provider. */
  async of(provider: string): Promise<string | undefined> {
    const key = await this.secrets.get(PREFIX + provider);
    if (key !== undefined) this.hide(key);
    return key;
  }

  private names(): readonly string[] {
    return this.memory.get<readonly string[]>(NAMES) ?? [];
  }

  private async remember(provider: string, isKept: boolean): Promise<void> {
    const others = this.names().filter((name) => name !== provider);
    if (isKept === this.has(provider)) return;
    await this.memory.update(NAMES, isKept ? [...others, provider] : others);
  }
}
