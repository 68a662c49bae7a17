/** Asks which agent or model shall answer. */
import * as vscode from "vscode";
import { count } from "../core/format";
import type { Session } from "../protocol";
import type { Parts } from "./commands";

interface Item extends vscode.QuickPickItem {
  readonly value?: string;
}

/** The name of an agent, or undefined if nothing was chosen. */
export async function pickAgent(parts: Parts, session: Session): Promise<string | undefined> {
  const items = parts.server.ask("agent/list", { repository: session.repository.id }).then(({ agents }) =>
    agents.map((agent): Item => {
      const isBroken = agent.problems.length > 0;
      const origin = agent.source === "builtin" ? "" : agent.source;
      return {
        label: `${isBroken ? "$(warning)" : agent.name === session.agent ? "$(check)" : "$(person)"} ${agent.name}`,
        description: [origin, agent.model ?? ""].filter((part) => part !== "").join(" · "),
        detail: isBroken ? agent.problems.join("; ") : agent.description,
        ...(isBroken ? {} : { value: agent.name }),
      };
    }),
  );
  return picked(items, `Who answers in “${session.title}”?`);
}

/** `provider:model`, or undefined if nothing was chosen. */
export async function pickModel(parts: Parts, session: Session): Promise<string | undefined> {
  const current = session.model === undefined ? undefined : `${session.provider ?? ""}:${session.model}`;
  const items = parts.server.ask("model/list", {}).then(({ models, default: byDefault }) => {
    const item = (model: (typeof models)[number]): Item => ({
      label: `${model.id === (current ?? byDefault) ? "$(check)" : "$(sparkle)"} ${model.name}`,
      description: [
        model.provider,
        model.contextWindow === undefined ? "" : `${count(model.contextWindow)} tokens`,
        model.id === byDefault ? "default" : "",
      ]
        .filter((part) => part !== "")
        .join(" · "),
      value: model.id,
    });
    const separator = (label: string): Item => ({ label, kind: vscode.QuickPickItemKind.Separator });
    const ready = models.filter((model) => model.available).map(item);
    const others = models.filter((model) => !model.available).map(item);
    return [
      separator("Ready"),
      ...ready,
      ...(others.length > 0 ? [separator("No key found"), ...others] : []),
    ];
  });
  return picked(items, `Which model answers in “${session.title}”?`);
}

async function picked(items: Promise<Item[]>, placeHolder: string): Promise<string | undefined> {
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder,
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return chosen?.value;
}
