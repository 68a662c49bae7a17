/** Offers to bring along what a renamed folder or branch left behind. */
import * as os from "node:os";
import * as vscode from "vscode";
import { BRING, brought, NEVER, NOT_NOW, offers, ofFolder, type Offer } from "../core/hints";
import type { RepositoryEntry, RepositoryHint } from "../protocol";
import { chosenFolder, repositoryParam } from "./chat_hub";
import { showFailure, type Parts } from "./commands";

const PAGE = 200;

export function registerHints(parts: Parts): void {
  const hints = new Hints(parts);
  parts.context.subscriptions.push(
    parts.server.onNotice((notice) => {
      if (notice.method === "repository/hint") hints.offer(notice.params.hint);
      if (notice.method === "task/changed") hints.look();
    }),
    parts.server.onDidChangeState(({ kind }) => {
      if (kind === "running") hints.look();
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(() => hints.look()),
  );
}

class Hints {
  /** Each question once a window, whatever the answer; "Not Now" lasts until the next window. */
  private readonly asked = new Set<string>();
  /** One question after another. */
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly parts: Parts) {}

  offer(hint: RepositoryHint): void {
    this.ask(offers(hint, pathOf));
  }

  /** Asks for what belongs to the open folder and its branch; makes no session. */
  look(): void {
    this.found().then(
      (found) => this.ask(found),
      (error: unknown) => this.parts.log.info(`Renamed folders could not be looked for: ${String(error)}`),
    );
  }

  private async found(): Promise<Offer[]> {
    const { context, server } = this.parts;
    const where = repositoryParam(context.workspaceState);
    const { hint, session } = await server.ask("session/open", {
      ...where,
      createIfMissing: false,
      limit: 1,
    });
    if (hint !== undefined) return offers(hint, pathOf);
    return session === undefined ? this.movedHere() : [];
  }

  /** A folder that was never seen: is it one that is gone from elsewhere? */
  private async movedHere(): Promise<Offer[]> {
    const { context, server } = this.parts;
    const folder = chosenFolder(context.workspaceState)?.uri;
    if (folder?.scheme !== "file") return [];
    const uri = folder.toString();
    const { repository, hint } = await server.ask("repository/resolve", { uri });
    if (repository !== undefined || hint === undefined) return [];
    const alike = new Set(hint.repositories.map(({ id }) => id));
    const gone = (await this.orphans()).filter((entry) => alike.has(entry.repository.id));
    return gone
      .filter(({ sessionCount, archivedCount }) => sessionCount + archivedCount > 0)
      .map((entry) => ofFolder(entry, uri, pathOf));
  }

  private async orphans(): Promise<RepositoryEntry[]> {
    const entries: RepositoryEntry[] = [];
    let cursor: string | undefined;
    do {
      const params = { isOrphan: true, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
      const page = await this.parts.server.ask("repository/list", params);
      entries.push(...page.repositories);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return entries;
  }

  private ask(found: readonly Offer[]): void {
    for (const offer of found.filter(({ key }) => !this.asked.has(key))) {
      this.asked.add(offer.key);
      this.last = this.last
        .then(() => this.answered(offer))
        .catch((error: unknown) => void showFailure(this.parts.log, error));
    }
  }

  private async answered(offer: Offer): Promise<void> {
    const { server, sessions, hub } = this.parts;
    const answer = await vscode.window.showInformationMessage(offer.question, BRING, NOT_NOW, NEVER);
    if (answer === NEVER) await server.ask("repository/dismiss", offer.never);
    if (answer !== BRING) return;
    const { method, params } = offer.yes;
    if (method === "task/relocate") await server.ask(method, params);
    else await server.ask(method, params);
    sessions.reload();
    // a chat in which something was said already stays on the screen
    const { main } = hub;
    if ((main?.session?.messageCount ?? 0) === 0) await main?.open(undefined);
    void vscode.window.showInformationMessage(brought(offer.count));
  }
}

function pathOf(uri: string): string {
  const { fsPath } = vscode.Uri.parse(uri);
  const home = os.homedir();
  return fsPath.startsWith(`${home}/`) ? `~${fsPath.slice(home.length)}` : fsPath;
}
