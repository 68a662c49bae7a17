/** Where chats are shown: the view in the side bar, and editors beside the code. */
import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { Shown } from "../core/bridge";
import type { Session } from "../protocol";
import type { ChatHub } from "./chat_hub";
import type { ChatLink } from "./chat_link";
import { chatPage, webviewOptions } from "./chat_page";

export const CHAT_VIEW = "threadkeep.chat";
export const CHAT_PANEL = "threadkeep.chatPanel";

export class ChatView implements vscode.WebviewViewProvider {
  private view: vscode.WebviewView | undefined;
  private unseen = 0;

  constructor(
    private readonly hub: ChatHub,
    private readonly extension: vscode.Uri,
  ) {}

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    view.webview.options = webviewOptions(this.extension);
    const link = this.hub.connect(view.webview);
    this.setUnseen(this.unseen);
    view.onDidChangeVisibility(() => {
      link.setVisible(view.visible);
      if (view.visible) this.hub.setActive(link);
    });
    view.onDidDispose(() => {
      this.view = undefined;
      this.hub.disconnect(link);
    });
    view.webview.html = chatPage(view.webview, this.extension);
  }

  /** Shows the view and gives its link, once it is there. */
  async show({ preserveFocus = false } = {}): Promise<ChatLink | undefined> {
    if (this.view === undefined) await vscode.commands.executeCommand(`${CHAT_VIEW}.focus`);
    else this.view.show(preserveFocus);
    return this.hub.main;
  }

  /** How many sessions have answers that nobody has seen: told also while the view is hidden. */
  setUnseen(value: number): void {
    this.unseen = value;
    const tooltip = `${value} ${value === 1 ? "session has" : "sessions have"} an answer that you have not seen`;
    if (this.view !== undefined) this.view.badge = value === 0 ? undefined : { value, tooltip };
  }

  /** What the badge says. */
  get badge(): number {
    return this.view?.badge?.value ?? 0;
  }

  /** What the view's title says beside its name. */
  describe(shown: Shown | undefined): void {
    if (this.view === undefined) return;
    if (shown === undefined) delete this.view.description;
    else {
      const isOneOfSeveral = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
      this.view.description = isOneOfSeveral ? `${shown.repository} · ${shown.task}` : shown.task;
    }
  }
}

interface PanelState {
  readonly sessionId: string;
  readonly windowId: string;
}

export class ChatPanels implements vscode.WebviewPanelSerializer {
  private readonly panels = new Map<string, vscode.WebviewPanel>();

  constructor(
    private readonly hub: ChatHub,
    private readonly extension: vscode.Uri,
  ) {}

  /** Shows a session in an editor; one that is open already comes forward. */
  open(session: Session): void {
    const known = this.panels.get(session.id);
    if (known !== undefined) return known.reveal();
    // the page has its own find: VS Code's would see the rows that are drawn, and no others
    const options = webviewOptions(this.extension);
    const panel = vscode.window.createWebviewPanel(
      CHAT_PANEL,
      session.title,
      vscode.ViewColumn.Active,
      options,
    );
    this.connect(panel, { sessionId: session.id, windowId: randomUUID() });
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const { sessionId, windowId } = (state ?? {}) as Partial<PanelState>;
    if (typeof sessionId !== "string") {
      panel.dispose();
      return Promise.resolve();
    }
    panel.webview.options = webviewOptions(this.extension);
    this.connect(panel, { sessionId, windowId: typeof windowId === "string" ? windowId : randomUUID() });
    return Promise.resolve();
  }

  /** Titles follow their sessions. */
  renamed(session: Session): void {
    const panel = this.panels.get(session.id);
    if (panel !== undefined && panel.title !== session.title) panel.title = session.title;
  }

  private connect(panel: vscode.WebviewPanel, state: PanelState): void {
    this.panels.set(state.sessionId, panel);
    panel.iconPath = vscode.Uri.joinPath(this.extension, "media", "activity.svg");
    const link = this.hub.connect(panel.webview, state);
    panel.onDidChangeViewState(() => {
      link.setVisible(panel.visible);
      if (panel.active) this.hub.setActive(link);
    });
    panel.onDidDispose(() => {
      this.panels.delete(state.sessionId);
      this.hub.disconnect(link);
    });
    panel.webview.html = chatPage(panel.webview, this.extension).replace(
      '<div id="app">',
      `<div id="app" data-session="${encodeURIComponent(state.sessionId)}" data-window="${encodeURIComponent(state.windowId)}">`,
    );
  }
}
