/** First contact: offers to install the server, and says in the empty list of sessions that nobody answers yet. */
import * as vscode from "vscode";
import { hasModel } from "../core/model_choices";
import type { Parts } from "./commands";

const OFFERED = "installWasOffered";
const INSTALL = "Install It";

export function registerWelcome(parts: Parts): void {
  const { context, server, keys } = parts;
  const welcome = new Welcome(parts);
  context.subscriptions.push(
    server.onDidChangeState((state) => {
      if (state.kind === "failed" && state.fix === "install") void offerInstall(parts);
      welcome.look();
    }),
    keys.onDidTake(() => welcome.look()),
    // somebody who starts Ollama comes back then
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused && welcome.isNobody) welcome.look();
    }),
  );
}

/** Once: whoever says no finds it in the view. */
async function offerInstall({ context }: Parts): Promise<void> {
  if (context.globalState.get<boolean>(OFFERED) === true) return;
  await context.globalState.update(OFFERED, true);
  const told = "Threadkeep needs its server: one local process, in a Python environment of its own.";
  if ((await vscode.window.showInformationMessage(told, INSTALL)) === INSTALL)
    await vscode.commands.executeCommand("threadkeep.installServer");
}

class Welcome {
  /** Whether it is known that only the offline model answers. */
  isNobody = false;
  private looks = 0;

  constructor(private readonly parts: Parts) {}

  look(): void {
    const look = ++this.looks;
    this.hasSomebody().then(
      (has) => {
        if (look === this.looks) this.become(!has);
      },
      (error: unknown) => this.parts.log.info(`Models could not be listed: ${String(error)}`),
    );
  }

  /** What is known decides; only where that is nobody, all are asked. */
  private async hasSomebody(): Promise<boolean> {
    const { server } = this.parts;
    if (server.state.kind !== "running") return true;
    for (const refresh of [false, true]) {
      const { models } = await server.ask("model/list", { refresh });
      const { providers } = await server.ask("provider/list", {});
      if (hasModel(providers, models)) return true;
    }
    return false;
  }

  private become(isNobody: boolean): void {
    this.isNobody = isNobody;
    void vscode.commands.executeCommand("setContext", "threadkeep.noModel", isNobody);
  }
}
