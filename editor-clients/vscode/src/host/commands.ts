/** Helpers that commands share: what they act on, and how a failure is told. */
import * as vscode from "vscode";
import { isCancelled, nextStep, oneLine, wireError } from "../core/failures";
import type { Session } from "../protocol";
import type { ChatHub } from "./chat_hub";
import { isPlace } from "./places";
import type { ChatPanels, ChatView } from "./chat_views";
import type { Keys } from "./keys";
import type { Server } from "./server";
import type { Node, SessionsView } from "./sessions_view";

export interface Parts {
  readonly context: vscode.ExtensionContext;
  readonly server: Server;
  readonly keys: Keys;
  readonly hub: ChatHub;
  readonly view: ChatView;
  readonly panels: ChatPanels;
  readonly sessions: SessionsView;
  readonly log: vscode.LogOutputChannel;
}

/** Registers a command whose failures are shown, with the way to the log. */
export function command(parts: Parts, name: string, act: (...args: never[]) => unknown): void {
  const run = async (...args: never[]): Promise<unknown> => {
    try {
      return await act(...args);
    } catch (error) {
      if (!isCancelled(error)) await showFailure(parts.log, error);
      return undefined;
    }
  };
  parts.context.subscriptions.push(vscode.commands.registerCommand(`threadkeep.${name}`, run));
}

const SHOW_LOG = "Show the Log";

/** On one line, with the way on where there is one. */
export async function showFailure(log: vscode.LogOutputChannel, error: unknown): Promise<void> {
  const told = wireError(error);
  log.error(told.message);
  const step = nextStep(told);
  const buttons = [...(step === undefined ? [] : [step.label]), SHOW_LOG];
  const pressed = await vscode.window.showErrorMessage(oneLine(told.message), ...buttons);
  if (pressed === SHOW_LOG) log.show();
  else if (step !== undefined && pressed === step.label)
    await vscode.commands.executeCommand(`threadkeep.${step.command}`, step.argument);
}

/** The sessions that a command means: those of the tree, or the one of the chat. */
export function targets(parts: Parts, node?: unknown, nodes?: unknown): Session[] {
  const many = Array.isArray(nodes) ? (nodes as Node[]) : [];
  const chosen = many.flatMap((each) => (each.kind === "session" ? [each.session] : []));
  if (chosen.length > 0) return chosen;
  const one = node as Node | undefined;
  if (one?.kind === "session") return [one.session];
  const shown = parts.hub.active?.session;
  return shown === undefined ? [] : [shown];
}

/** The same, but asks when there are none. */
export async function someTargets(parts: Parts, node?: unknown, nodes?: unknown): Promise<Session[]> {
  const found = targets(parts, node, nodes);
  if (found.length > 0) return found;
  const picked = await pickSession(parts, "Which session?");
  return picked === undefined ? [] : [picked];
}

/** The one session that a command means; asks when none is open. */
export async function target(parts: Parts, node?: unknown): Promise<Session | undefined> {
  const [session] = targets(parts, node);
  return session ?? pickSession(parts, "Which session?");
}

/** What is to be named or marked: sessions, or a place where one begins with that, once it is known with what. */
export interface Markable {
  /** Empty for a place. */
  readonly sessions: readonly Session[];
  readonly begin: () => Promise<readonly Session[]>;
}

/** A place in a command's arguments. */
export interface PlaceNode {
  readonly kind: "place";
  readonly at: string;
}

/** Undefined if the person was asked and chose nothing. */
export async function markable(parts: Parts, node?: unknown, nodes?: unknown): Promise<Markable | undefined> {
  const named =
    (node as Partial<PlaceNode> | undefined)?.kind === "place" ? (node as PlaceNode).at : undefined;
  const found = named === undefined ? targets(parts, node, nodes) : [];
  if (found.length > 0) return { sessions: found, begin: () => Promise.resolve(found) };
  const at = named ?? parts.hub.active?.shown?.at;
  if (at !== undefined && isPlace(at) && parts.server.state.kind === "running") {
    const begin = async (): Promise<readonly Session[]> => {
      const session = await parts.hub.beginAt(at);
      return session === undefined ? [] : [session];
    };
    return { sessions: [], begin };
  }
  const picked = await someTargets(parts, node, nodes);
  return picked.length === 0 ? undefined : { sessions: picked, begin: () => Promise.resolve(picked) };
}

interface SessionItem extends vscode.QuickPickItem {
  readonly session: Session;
}

export async function pickSession(parts: Parts, placeHolder: string): Promise<Session | undefined> {
  const items = parts.server.ask("session/list", { limit: 200 }).then(({ sessions }) =>
    sessions.map((session): SessionItem => ({
      session,
      label: session.title,
      description: `${session.repository.name} · ${session.task}`,
      detail: session.lastMessage?.preview ?? "",
    })),
  );
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder,
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.session;
}
