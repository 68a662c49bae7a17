/** Why there is no server to ask, and what helps. */
import type { Absence } from "../core/bridge";
import type { Fix, Server } from "./server";

const FIXES: Readonly<Record<Fix, readonly { label: string; command: string }[]>> = {
  install: [
    { label: "Install the server", command: "threadkeep.installServer" },
    { label: "Choose the command", command: "threadkeep.openServerSettings" },
  ],
  updateServer: [{ label: "Install the server", command: "threadkeep.installServer" }],
  updateExtension: [],
  restart: [
    { label: "Start it again", command: "threadkeep.restartServer" },
    { label: "Show the log", command: "threadkeep.showOutput" },
  ],
  settings: [{ label: "Open the settings", command: "threadkeep.openServerSettings" }],
  none: [{ label: "Show the log", command: "threadkeep.showOutput" }],
};

export function absence(server: Server): Absence | undefined {
  const { state } = server;
  switch (state.kind) {
    case "running":
      return undefined;
    case "failed":
      return { reason: state.reason, actions: FIXES[state.fix] };
    case "waiting":
      return {
        reason: "The server ended by itself. It is started again in a moment.",
        actions: FIXES.restart,
      };
    case "stopped":
      return { reason: "The server is stopped.", actions: FIXES.restart };
    case "starting":
      return { reason: "The server is starting…", actions: [] };
  }
}
