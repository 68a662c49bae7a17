/** Keeps what must be seen by nobody out of logs. */

const MASK = "•••";
/** Shorter ones would hide ordinary words; no provider's key is so short. */
const SHORTEST = 6;

export class Redactor {
  private readonly hidden = new Set<string>();

  hide(secret: string): void {
    if (secret.length < SHORTEST) return;
    this.hidden.add(secret);
    // as it stands in JSON
    this.hidden.add(JSON.stringify(secret).slice(1, -1));
  }

  redacted(text: string): string {
    let shown = text;
    for (const secret of this.hidden) shown = shown.replaceAll(secret, MASK);
    return shown;
  }
}

/** Keys that stand in the settings of providers. */
export function keysIn(settings: Readonly<Record<string, unknown>>): string[] {
  const providers = Object.values((settings["providers"] ?? {}) as Record<string, unknown>);
  const keys = providers.map((each) => (each as { apiKey?: unknown } | null)?.apiKey);
  return keys.filter((key): key is string => typeof key === "string");
}
