/** The status bar item: the task, its state, and whether an answer is being written. */
import * as vscode from "vscode";
import { isRunning } from "../core/groups";
import type { Session } from "../protocol";
import type { ServerState } from "./server";

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    "threadkeep.status",
    vscode.StatusBarAlignment.Right,
    90,
  );

  constructor() {
    this.item.name = "Threadkeep";
    this.item.command = "threadkeep.showMenu";
    this.show({ kind: "stopped" }, undefined);
    this.item.show();
  }

  dispose(): void {
    this.item.dispose();
  }

  /** What it says, and what it says when one points at it. */
  get shown(): { readonly text: string; readonly tooltip: string } {
    const { text, tooltip } = this.item;
    return { text, tooltip: typeof tooltip === "string" ? tooltip : "" };
  }

  /** task: of the place that is shown where no session is yet. */
  show(state: ServerState, session: Session | undefined, task?: string): void {
    const { icon, text, tooltip, isBad } = told(state, session, task);
    this.item.text = `$(${icon}) ${text}`;
    this.item.tooltip = tooltip;
    this.item.accessibilityInformation = { label: `Threadkeep: ${tooltip}` };
    this.item.backgroundColor = isBad ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
  }
}

interface Told {
  readonly icon: string;
  readonly text: string;
  readonly tooltip: string;
  readonly isBad?: boolean;
}

function told(state: ServerState, session: Session | undefined, task: string | undefined): Told {
  switch (state.kind) {
    case "starting":
      return { icon: "loading~spin", text: "Threadkeep", tooltip: "The server is starting" };
    case "waiting":
      return {
        icon: "loading~spin",
        text: "Threadkeep",
        tooltip: "The server ended; it is started again",
        isBad: true,
      };
    case "failed":
      return { icon: "warning", text: "Threadkeep", tooltip: state.reason, isBad: true };
    case "stopped":
      return { icon: "circle-slash", text: "Threadkeep", tooltip: "The server is stopped" };
    case "running":
      return session === undefined
        ? task === undefined
          ? { icon: "comment-discussion", text: "Threadkeep", tooltip: "No session is open" }
          : { icon: "comment-discussion", text: task, tooltip: `${task} · no session yet` }
        : ofSession(session);
  }
}

function ofSession(session: Session): Told {
  const { title, task, agent, status, activity } = session;
  const shown = (icon: string, word: string): Told => ({
    icon,
    text: status === "active" && word === "ready" ? task : `${task}: ${word}`,
    tooltip: `${title} · ${task} · ${agent} · ${word}`,
  });
  if (isRunning(session)) return shown("sync~spin", activity === "queued" ? "waiting" : "answering");
  if (status === "paused") return shown("debug-pause", "paused");
  if (status === "ended") return shown("lock", "ended");
  if (activity === "interrupted") return shown("debug-disconnect", "interrupted");
  if (activity === "failed") return shown("error", "failed");
  return shown("comment-discussion", "ready");
}
