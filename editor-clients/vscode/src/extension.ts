/** Puts the parts of the extension together. */
import * as vscode from "vscode";
import { keysIn, Redactor } from "./core/redacting";
import { registerAttachingCommands } from "./host/attaching";
import { registerChatCommands, registerMenu } from "./host/chat_commands";
import { ChatHub } from "./host/chat_hub";
import { CHAT_PANEL, CHAT_VIEW, ChatPanels, ChatView } from "./host/chat_views";
import { CodeActions } from "./host/code_actions";
import type { Parts } from "./host/commands";
import { grouping, initializationOptions, SAVED_FILTERS, SECTION } from "./host/configuration";
import { registerKeys } from "./host/entering_keys";
import { registerExporting } from "./host/exporting";
import { registerHints } from "./host/hints";
import { Keys } from "./host/keys";
import { registerListCommands } from "./host/list_commands";
import { registerMoving } from "./host/moving";
import { Notices } from "./host/notices";
import { registerParticipant } from "./host/participant";
import { quiet } from "./host/quiet_log";
import { registerSavedFilters } from "./host/saved_filters";
import { registerSearch } from "./host/search_picker";
import { Server } from "./host/server";
import { locator, registerServerCommands } from "./host/server_commands";
import { registerSessionCommands } from "./host/session_commands";
import { registerLinks } from "./host/session_links";
import { SessionsView } from "./host/sessions_view";
import { StatusBar } from "./host/status_bar";
import { registerStoreCommands } from "./host/store_commands";
import { registerWelcome } from "./host/welcome";

/** What tests in an extension host look into; nobody else gets it. */
export interface Inside extends Parts {
  readonly bar: StatusBar;
  readonly participant: vscode.ChatParticipant | undefined;
  readonly code: CodeActions;
}

export async function activate(context: vscode.ExtensionContext): Promise<Inside | undefined> {
  const redactor = new Redactor();
  const keys = new Keys(context.secrets, context.globalState, redactor);
  const log = quiet(vscode.window.createOutputChannel("Threadkeep", { log: true }), redactor);
  const trace = quiet(vscode.window.createOutputChannel("Threadkeep Trace", { log: true }), redactor);
  const server = new Server({
    locate: locator(context, log),
    initializationOptions: () => {
      const options = initializationOptions();
      for (const key of keysIn(options)) redactor.hide(key);
      return options;
    },
    output: log,
    trace,
    keys: () => keys.all(),
  });
  const hub = new ChatHub(server, context.workspaceState, context.storageUri, log);
  const view = new ChatView(hub, context.extensionUri);
  const panels = new ChatPanels(hub, context.extensionUri);
  const sessions = new SessionsView(server, context.workspaceState, log);
  const parts: Parts = { context, server, keys, hub, view, panels, sessions, log };
  context.subscriptions.push(
    log,
    trace,
    hub,
    sessions,
    vscode.window.registerWebviewViewProvider(CHAT_VIEW, view),
    vscode.window.registerWebviewPanelSerializer(CHAT_PANEL, panels),
  );
  registerServerCommands(parts);
  registerSessionCommands(parts);
  registerListCommands(parts);
  registerSavedFilters(parts);
  const code = new CodeActions(parts);
  registerChatCommands(parts, code);
  registerMenu(parts);
  registerAttachingCommands(parts);
  registerSearch(parts);
  registerExporting(parts);
  registerStoreCommands(parts);
  registerHints(parts);
  registerKeys(parts);
  registerMoving(parts);
  registerWelcome(parts);
  registerLinks(parts);
  const participant = registerParticipant(parts);
  const bar = new StatusBar();
  follow(parts, bar);
  running = { server, hub };
  await server.start();
  return context.extensionMode === vscode.ExtensionMode.Test
    ? { ...parts, bar, participant, code }
    : undefined;
}

let running: Pick<Parts, "server" | "hub"> | undefined;

/** VS Code waits for this: the server stores what is under way before it goes. */
export async function deactivate(): Promise<void> {
  await running?.hub.end();
  await running?.server.dispose();
  running = undefined;
}

function follow(parts: Parts, bar: StatusBar): void {
  const { context, server, hub, view, panels, sessions } = parts;
  const show = (): void => {
    const session = hub.active?.session;
    bar.show(server.state, session, hub.active?.shown?.task);
    view.describe(hub.main?.shown);
    sessions.setCurrent(session?.id);
    void vscode.commands.executeCommand("setContext", "threadkeep.running", server.state.kind === "running");
    void vscode.commands.executeCommand("setContext", "threadkeep.sessionStatus", session?.status ?? "none");
  };
  context.subscriptions.push(
    bar,
    new Notices(parts),
    server.onDidChangeState(show),
    hub.onDidChangeActive(show),
    server.onNotice((notice) => {
      if (notice.method === "session/changed") panels.renamed(notice.params.session);
      if (notice.method === "store/warning") void vscode.window.showWarningMessage(notice.params.message);
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`${SECTION}.sessions.groupBy`)) sessions.setGrouping(grouping());
      if (event.affectsConfiguration(`${SECTION}.${SAVED_FILTERS}`)) sessions.savedFiltersChanged();
      if (!event.affectsConfiguration(SECTION)) return;
      hub.settingsChanged();
      hub.forgetDefaults();
      const isStart = ["server", "store"].some((name) => event.affectsConfiguration(`${SECTION}.${name}`));
      void (isStart ? server.restart() : server.configure());
    }),
    // trust is told when the server starts, and only then
    vscode.workspace.onDidGrantWorkspaceTrust(() => void server.restart()),
    vscode.workspace.onDidChangeWorkspaceFolders(() => {
      sessions.reload();
      hub.foldersChanged();
    }),
  );
  show();
}
