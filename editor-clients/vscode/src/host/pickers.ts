/** Asks which agent shall answer. */
import * as vscode from "vscode";
import type { Session } from "../protocol";
import type { Parts } from "./commands";

interface Item extends vscode.QuickPickItem {
  readonly value?: string;
}

/** The name of an agent, or undefined if nothing was chosen; session: absent where none has begun yet. */
export async function pickAgent(parts: Parts, session: Session | undefined): Promise<string | undefined> {
  const where = session === undefined ? {} : { repository: session.repository.id };
  const items = parts.server.ask("agent/list", where).then(({ agents }) =>
    agents.map((agent): Item => {
      const isBroken = agent.problems.length > 0;
      const origin = agent.source === "builtin" ? "" : agent.source;
      return {
        label: `${isBroken ? "$(warning)" : agent.name === session?.agent ? "$(check)" : "$(person)"} ${agent.name}`,
        description: [origin, agent.model ?? ""].filter((part) => part !== "").join(" · "),
        detail: isBroken ? agent.problems.join("; ") : agent.description,
        ...(isBroken ? {} : { value: agent.name }),
      };
    }),
  );
  return picked(items, session === undefined ? "Who answers?" : `Who answers in “${session.title}”?`);
}

async function picked(items: Promise<Item[]>, placeHolder: string): Promise<string | undefined> {
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder,
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return chosen?.value;
}
