/** The tree of sessions: lists what the server has, and follows its changes. */
import * as vscode from "vscode";
import { filterText, NO_FILTER, sessionFilter, type Chosen } from "../core/filters";
import { badge, grouped, line, type Group, type Grouping } from "../core/groups";
import type { Place } from "../core/moving";
import type { Session } from "../protocol";
import { repositoryParam } from "./chat_hub";
import { grouping, savedFilters } from "./configuration";
import { SessionDragging } from "./moving";
import type { Notice, Server } from "./server";

export const SESSIONS_VIEW = "threadkeep.sessions";
const PAGE = 100;
const REFRESH_MS = 150;
const FILTER_KEY = "sessions.filter";
const NAME_KEY = "sessions.filterName";

export type Node =
  | { readonly kind: "group"; readonly group: Group }
  | { readonly kind: "session"; readonly session: Session }
  | { readonly kind: "more" };

export class SessionsView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly tree: vscode.TreeView<Node>;
  private readonly subscriptions: { dispose(): unknown }[];
  private sessions = new Map<string, Session>();
  private cursor: string | undefined;
  private pages = 1;
  private chosen: Chosen;
  private chosenName: string | undefined;
  private scope: "repository" | "all";
  private grouping: Grouping = grouping();
  private loading: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private current: string | undefined;

  constructor(
    private readonly server: Server,
    private readonly memory: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.scope = memory.get<"repository" | "all">("sessions.scope") ?? "repository";
    this.chosen = { ...NO_FILTER, ...memory.get<Partial<Chosen>>(FILTER_KEY) };
    this.chosenName = memory.get<string>(NAME_KEY);
    this.followSaved();
    const dragAndDropController = new SessionDragging(server, log, (node) => this.placeOf(node));
    const options = {
      treeDataProvider: this,
      showCollapseAll: true,
      canSelectMany: true,
      dragAndDropController,
    };
    this.tree = vscode.window.createTreeView(SESSIONS_VIEW, options);
    this.subscriptions = [
      this.tree,
      this.changed,
      server.onNotice((notice) => this.noticed(notice)),
      server.onDidChangeState(() => this.reload()),
    ];
    this.describe();
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  get filter(): Chosen {
    return this.chosen;
  }

  /** The name under which it is saved, if it was chosen by that. */
  get filterName(): string | undefined {
    return this.chosenName;
  }

  /** What stands beside the view's title. */
  get description(): string {
    return this.tree.description ?? "";
  }

  /** How many sessions its badge counts. */
  get badge(): number {
    return this.tree.badge?.value ?? 0;
  }

  get selection(): readonly Session[] {
    return this.tree.selection.flatMap((node) => (node.kind === "session" ? [node.session] : []));
  }

  find(sessionId: string): Session | undefined {
    return this.sessions.get(sessionId);
  }

  /** name: under which it is saved. */
  setFilter(chosen: Chosen, name?: string): void {
    this.chosen = chosen;
    this.chosenName = name;
    // a look into the trash is over with the window
    void this.memory.update(FILTER_KEY, { ...chosen, trashed: false });
    void this.memory.update(NAME_KEY, chosen.trashed ? undefined : name);
    this.reload();
  }

  /** The settings hold other saved filters than before. */
  savedFiltersChanged(): void {
    this.followSaved();
    this.setFilter(this.chosen, this.chosenName);
  }

  setGrouping(value: Grouping): void {
    if (value === this.grouping) return;
    this.grouping = value;
    this.changed.fire();
  }

  async setScope(scope: "repository" | "all"): Promise<void> {
    this.scope = scope;
    await this.memory.update("sessions.scope", scope);
    this.reload();
  }

  showMore(): void {
    this.pages += 1;
    this.refreshSoon();
  }

  /** Marks the session that the chat shows. */
  setCurrent(sessionId: string | undefined): void {
    if (sessionId === this.current) return;
    this.current = sessionId;
    this.changed.fire();
  }

  /** Reads the first page again. */
  reload(): void {
    this.pages = 1;
    this.describe();
    this.refreshSoon();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node?.kind === "group") return node.group.sessions.map((session) => ({ kind: "session", session }));
    if (node !== undefined || this.server.state.kind !== "running") return [];
    await (this.loading ??= this.load());
    const groups = grouped([...this.sessions.values()], this.grouping, this.scope);
    const nodes: Node[] =
      this.grouping === "flat"
        ? groups.flatMap(({ sessions }) => sessions.map((session): Node => ({ kind: "session", session })))
        : groups.map((group): Node => ({ kind: "group", group }));
    return this.cursor === undefined ? nodes : [...nodes, { kind: "more" }];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (node.kind === "session") return this.sessionItem(node.session);
    if (node.kind === "more") {
      const item = new vscode.TreeItem("Show more…");
      item.command = { command: "threadkeep.showMoreSessions", title: "Show more sessions" };
      item.iconPath = new vscode.ThemeIcon("ellipsis");
      return item;
    }
    const item = new vscode.TreeItem(node.group.label, vscode.TreeItemCollapsibleState.Expanded);
    item.id = `${this.grouping}/${this.scope}/${node.group.id}`;
    item.description = String(node.group.sessions.length);
    item.contextValue = "group";
    item.iconPath = new vscode.ThemeIcon(this.grouping === "task" ? "git-branch" : "list-filter");
    return item;
  }

  private sessionItem(session: Session): vscode.TreeItem {
    const shown = line(session, Date.now());
    const item = new vscode.TreeItem(shown.label);
    item.id = session.id;
    item.description = shown.description;
    item.contextValue = shown.contextValue;
    const color = shown.color === undefined ? undefined : new vscode.ThemeColor(shown.color);
    item.iconPath = new vscode.ThemeIcon(
      session.id === this.current && shown.icon === "comment-discussion" ? "comment-unresolved" : shown.icon,
      color,
    );
    item.tooltip = tooltip(session);
    item.accessibilityInformation = { label: shown.accessibleName };
    item.command = {
      command: "threadkeep.openSession",
      title: "Open",
      arguments: [{ kind: "session", session }],
    };
    return item;
  }

  /** The task that a line belongs to, where the tree shows tasks. */
  placeOf(node: Node | undefined): Place | undefined {
    if (this.grouping !== "task" || node === undefined || node.kind === "more") return undefined;
    if (node.kind === "group") return node.group.place;
    return { repository: node.session.repository.id, task: node.session.task };
  }

  private async load(): Promise<void> {
    const repository = this.scope === "all" ? {} : repositoryParam(this.memory);
    const filter = { ...sessionFilter(this.chosen, undefined), ...repository };
    const sessions = new Map<string, Session>();
    let cursor: string | undefined;
    try {
      for (let page = 0; page < this.pages; page++) {
        const params = { filter, sort: { by: "updatedAt" as const }, limit: PAGE };
        const result = await this.server.ask(
          "session/list",
          cursor === undefined ? params : { ...params, cursor },
        );
        for (const session of result.sessions) sessions.set(session.id, session);
        cursor = result.nextCursor;
        if (cursor === undefined) break;
      }
      this.sessions = sessions;
      this.cursor = cursor;
      this.tree.badge = badge(sessions.values());
      this.tree.message =
        sessions.size === 0 && filterText(this.chosen) !== "" ? "No session matches the filter." : undefined;
    } catch (error) {
      this.log.warn(`The sessions could not be listed: ${String(error)}`);
    }
  }

  private noticed(notice: Notice): void {
    if (notice.method === "session/removed") {
      if (this.sessions.delete(notice.params.sessionId)) this.refreshSoon();
    } else if (notice.method === "session/changed") {
      const known = this.sessions.get(notice.params.session.id);
      if (known !== undefined && isSameLine(known, notice.params.session)) return;
      this.refreshSoon();
    }
  }

  /** Several changes in a row are one reading. */
  private refreshSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.loading = undefined;
      this.changed.fire();
      // nobody asks for the lines of a list that is hidden, but its badge is seen
      if (!this.tree.visible && this.server.state.kind === "running") void (this.loading ??= this.load());
    }, REFRESH_MS);
  }

  /** The saved filter in use is what its name stands for now; one that is gone or wrong stays, without a name. */
  private followSaved(): void {
    if (this.chosenName === undefined) return;
    const saved = savedFilters().find(({ name }) => name === this.chosenName);
    if (saved?.chosen !== undefined) {
      this.chosen = saved.chosen;
      return;
    }
    this.log.info(
      `The saved filter “${this.chosenName}” is in use no more: ${saved?.problems.join(" ") ?? "deleted"}`,
    );
    this.chosenName = undefined;
    void this.memory.update(NAME_KEY, undefined);
  }

  private describe(): void {
    const scope = this.scope === "all" ? "all repositories" : "";
    const text = filterText(this.chosen);
    const filter = this.chosenName === undefined ? text : `${this.chosenName}: ${text}`;
    this.tree.description = [scope, filter].filter((part) => part !== "").join(" · ");
    const set = (name: string, holds: boolean): void =>
      void vscode.commands.executeCommand("setContext", `threadkeep.${name}`, holds);
    set("allRepositories", this.scope === "all");
    set("filtered", filterText(this.chosen) !== "");
    set("trashShown", this.chosen.trashed);
  }
}

function isSameLine(one: Session, other: Session): boolean {
  return (
    one.revision === other.revision &&
    one.activity === other.activity &&
    one.messageCount === other.messageCount
  );
}

/** Titles and previews are other people's text: they are shown as text, never read as Markdown. */
function tooltip(session: Session): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendText(session.title);
  text.appendMarkdown("\n\n");
  text.appendText(`${session.repository.name} · ${session.task} · ${session.agent}`);
  if (session.lastMessage !== undefined) {
    text.appendMarkdown("\n\n");
    text.appendText(session.lastMessage.preview);
  }
  if (session.note !== undefined) {
    text.appendMarkdown("\n\n");
    text.appendText(`Note: ${session.note}`);
  }
  return text;
}
