/** An output channel that no key is written to, whatever is logged: the wire with all its params, too. */
import type * as vscode from "vscode";
import type { Redactor } from "../core/redacting";

const WRITING = new Set<string | symbol>([
  "append",
  "appendLine",
  "replace",
  "trace",
  "debug",
  "info",
  "warn",
  "error",
]);

export function quiet(channel: vscode.LogOutputChannel, redactor: Redactor): vscode.LogOutputChannel {
  const clean = (value: unknown): unknown => {
    if (typeof value === "string") return redactor.redacted(value);
    if (value instanceof Error) return redactor.redacted(value.stack ?? value.message);
    return typeof value === "object" && value !== null ? redactor.redacted(JSON.stringify(value)) : value;
  };
  return new Proxy(channel, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      const method = member as (...args: unknown[]) => unknown;
      if (!WRITING.has(name)) return method.bind(target);
      return (...args: unknown[]) => method.apply(target, args.map(clean));
    },
  });
}
