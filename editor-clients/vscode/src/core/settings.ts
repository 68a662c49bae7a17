/** VS Code settings as the server takes them. */
import { SERVER_SETTINGS, type ServerSetting } from "./server_settings";

/** A setting as VS Code inspects it: only what somebody has set, so that the server's own defaults and files hold. */
export type Read = (name: ServerSetting) => unknown;

/** `initializationOptions`: dotted names become tables; what nobody has set is left out. */
export function serverSettings(read: Read): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const name of SERVER_SETTINGS) {
    const value = read(name);
    if (value === undefined || value === null || value === "") continue;
    const [head = name, tail] = name.split(".");
    settings[head] =
      tail === undefined ? value : { ...(settings[head] as object | undefined), [tail]: value };
  }
  return settings;
}
