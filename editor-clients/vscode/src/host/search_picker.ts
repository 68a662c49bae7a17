/** Searches in all that was said, while one types. */
import * as vscode from "vscode";
import { isCancelled, wireError } from "../core/failures";
import { searchLine, type SearchLine } from "../core/search";
import { command, type Parts } from "./commands";
import { openAt } from "./session_links";

const PAUSE_MS = 200;
const LIMIT = 60;

type Item = vscode.QuickPickItem & Partial<SearchLine>;

export function registerSearch(parts: Parts): void {
  command(parts, "searchSessions", (text?: unknown) => search(parts, typeof text === "string" ? text : ""));
}

async function search(parts: Parts, text: string): Promise<void> {
  const picker = vscode.window.createQuickPick<Item>();
  picker.placeholder = 'Search in all sessions: words, "phrases", prefix*';
  picker.matchOnDetail = true;
  picker.matchOnDescription = true;
  picker.value = text;
  let asked = 0;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const asking = ++asked;
    const query = picker.value.trim();
    if (query === "") {
      picker.items = [];
      picker.busy = false;
      return;
    }
    picker.busy = true;
    const items = await found(parts, query);
    if (asking !== asked) return;
    picker.busy = false;
    picker.items = items;
  };
  picker.onDidChangeValue(() => {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), PAUSE_MS);
  });
  const chosen = await new Promise<Item | undefined>((resolve) => {
    picker.onDidAccept(() => resolve(picker.selectedItems[0]));
    picker.onDidHide(() => resolve(undefined));
    picker.show();
    void look();
  });
  clearTimeout(timer);
  asked += 1;
  picker.dispose();
  if (chosen?.sessionId !== undefined) await openAt(parts, chosen.sessionId, chosen.messageId);
}

async function found(parts: Parts, query: string): Promise<Item[]> {
  try {
    if (!parts.server.has("session/search")) return await byTitle(parts, query);
    const params = { query, filter: {}, mode: "text", sort: "rank", limit: LIMIT } as const;
    const { hits } = await parts.server.ask("session/search", params);
    // the list filters by what was typed once more, which knows no prefixes and accents: every hit stays
    return hits.map((hit) => ({ ...searchLine(hit), alwaysShow: true }));
  } catch (error) {
    return isCancelled(error) ? [] : [{ label: wireError(error).message, alwaysShow: true }];
  }
}

async function byTitle(parts: Parts, title: string): Promise<Item[]> {
  const { sessions } = await parts.server.ask("session/list", { filter: { title }, limit: LIMIT });
  return sessions.map((session) => ({
    label: session.title,
    description: `${session.repository.name} · ${session.task}`,
    sessionId: session.id,
    alwaysShow: true,
  }));
}
