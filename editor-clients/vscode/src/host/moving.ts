/** Moves sessions to another task: dropped on it in the tree, or sent there by a command. */
import * as vscode from "vscode";
import { wireError } from "../core/failures";
import { moved, moves, type Place } from "../core/moving";
import type { Session } from "../protocol";
import { command, showFailure, someTargets, type Parts } from "./commands";
import type { Server } from "./server";
import type { Node } from "./sessions_view";

/** VS Code's form: the view's id in lower case. */
const DRAGGED = "application/vnd.code.tree.threadkeep.sessions";

export class SessionDragging implements vscode.TreeDragAndDropController<Node> {
  readonly dragMimeTypes = [DRAGGED];
  readonly dropMimeTypes = [DRAGGED];

  constructor(
    private readonly server: Server,
    private readonly log: vscode.LogOutputChannel,
    /** The task that a line of the tree belongs to, where the tree shows tasks. */
    private readonly placeOf: (node: Node | undefined) => Place | undefined,
  ) {}

  handleDrag(source: readonly Node[], data: vscode.DataTransfer): void {
    const sessions = source.flatMap((node) => (node.kind === "session" ? [node.session] : []));
    if (sessions.length > 0) data.set(DRAGGED, new vscode.DataTransferItem(sessions));
  }

  async handleDrop(target: Node | undefined, data: vscode.DataTransfer): Promise<void> {
    const sessions = (data.get(DRAGGED)?.value ?? []) as readonly Session[];
    if (sessions.length === 0) return;
    const place = this.placeOf(target);
    try {
      if (place === undefined) await tellWhere();
      else await move(this.server, sessions, place);
    } catch (error) {
      await showFailure(this.log, error);
    }
  }
}

async function tellWhere(): Promise<void> {
  const group = "Group by Task";
  const told = "Sessions are moved by dropping them on a task.";
  if ((await vscode.window.showInformationMessage(told, group)) === group)
    await vscode.commands.executeCommand("threadkeep.groupByTask");
}

async function move(server: Server, sessions: readonly Session[], place: Place): Promise<void> {
  const wanted = moves(sessions, place);
  if (wanted.length === 0) return;
  const done: string[] = [];
  const refusals: string[] = [];
  for (const params of wanted)
    try {
      await server.ask("session/update", params);
      done.push(params.sessionId);
    } catch (error) {
      refusals.push(wireError(error).message);
    }
  const told = moved(done.length, place.task, refusals);
  if (done.length === 0) return void vscode.window.showWarningMessage(told);
  if ((await vscode.window.showInformationMessage(told, "Undo")) !== "Undo") return;
  for (const session of sessions.filter(({ id }) => done.includes(id))) {
    const { id, task, repository } = session;
    await server.ask("session/update", { sessionId: id, task, repository: { id: repository.id } });
  }
}

export function registerMoving(parts: Parts): void {
  command(parts, "moveSession", async (node?: never, nodes?: never) => {
    const sessions = await someTargets(parts, node, nodes);
    const [first] = sessions;
    if (first === undefined) return;
    const task = await askForTask(parts, first);
    const repository = first.repository.id;
    if (task !== undefined) await move(parts.server, sessions, { repository, task });
  });
}

interface Item extends vscode.QuickPickItem {
  readonly task?: string;
}

async function askForTask({ server }: Parts, session: Session): Promise<string | undefined> {
  const items = server
    .ask("task/list", { repository: { id: session.repository.id }, limit: 200 })
    .then(({ tasks }): Item[] => [
      ...tasks
        .filter(({ task }) => task !== session.task)
        .map(({ task, sessionCount, isCheckedOut }) => ({
          label: `$(git-branch) ${task}`,
          description: `${sessionCount === 1 ? "1 session" : `${sessionCount} sessions`}${isCheckedOut ? " · checked out" : ""}`,
          task,
        })),
      { label: "$(edit) Another task…", alwaysShow: true },
    ]);
  const picked = await vscode.window.showQuickPick(items, { placeHolder: "Move to which task?" });
  if (picked === undefined || picked.task !== undefined) return picked?.task;
  const typed = await vscode.window.showInputBox({
    prompt: "The task: a branch, or any other name",
    validateInput: (text) => (text.trim() === "" ? "A name is needed" : undefined),
  });
  return typed?.trim() === "" ? undefined : typed?.trim();
}
