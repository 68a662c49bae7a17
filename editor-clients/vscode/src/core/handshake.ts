/** Whether the server that answered is one that this extension can talk to. */
import { PROTOCOL_VERSION, type ThreadkeepCapability } from "../protocol";

export interface Server {
  readonly version: string;
  readonly capability: ThreadkeepCapability;
}

export type Handshake =
  | { readonly ok: true; readonly server: Server }
  | {
      readonly ok: false;
      readonly reason: string;
      readonly fix: "updateServer" | "updateExtension" | "none";
    };

interface InitializeResult {
  readonly serverInfo?: { readonly name: string; readonly version?: string };
  readonly capabilities: { readonly experimental?: unknown };
}

export function handshake(result: InitializeResult | undefined): Handshake {
  const experimental = result?.capabilities.experimental as
    { readonly threadkeep?: ThreadkeepCapability } | undefined;
  const capability = experimental?.threadkeep;
  const name = result?.serverInfo?.name ?? "The program";
  if (capability === undefined)
    return {
      ok: false,
      reason: `${name} is no Threadkeep server. Check threadkeep.server.command.`,
      fix: "none",
    };
  const version = result?.serverInfo?.version ?? "unknown";
  if (capability.protocolVersion < PROTOCOL_VERSION)
    return {
      ok: false,
      reason: `The Threadkeep server ${version} is too old for this extension (protocol ${capability.protocolVersion}, ${PROTOCOL_VERSION} is needed). Update the server.`,
      fix: "updateServer",
    };
  if (capability.protocolVersion > PROTOCOL_VERSION)
    return {
      ok: false,
      reason: `The Threadkeep server ${version} is newer than this extension (protocol ${capability.protocolVersion}, this one knows ${PROTOCOL_VERSION}). Update the extension.`,
      fix: "updateExtension",
    };
  return { ok: true, server: { version, capability } };
}
