/** A person gives a provider its key: asked for, tried at once, and kept once the provider took it. */
import * as vscode from "vscode";
import { hostOf, keyTakers, labelOf } from "../core/model_choices";
import type { Provider, ProviderTestResult } from "../protocol";
import { command, type Parts } from "./commands";

const ANOTHER = "Enter Another Key";
const KEEP = "Keep It Anyway";

export function registerKeys(parts: Parts): void {
  const { context, keys, server, hub } = parts;
  command(parts, "enterKey", async (name?: unknown) => {
    const provider = await takerOf(parts, name, "Enter a key for whom?");
    if (provider === undefined) return;
    if (await enterKey(parts, provider))
      void vscode.window.showInformationMessage(`${labelOf(provider)} takes the key, and can be asked now.`);
  });
  command(parts, "testProvider", async (name?: unknown) => {
    const provider = await takerOf(parts, name, "Test which provider?", { withLocal: true });
    if (provider !== undefined) await tellTest(provider, await tested(parts, provider));
  });
  // another window entered or removed it
  context.subscriptions.push(
    keys,
    keys.onDidTake(() => hub.forgetDefaults()),
    keys.onDidChange(async (provider, key) => {
      if (!server.has("provider/setKey")) return;
      const params = { provider, keep: "window" } as const;
      try {
        await server.ask("provider/setKey", key === undefined ? params : { ...params, key });
        keys.wasTaken();
      } catch (error) {
        parts.log.warn(`The key of ${provider} could not be given to the server: ${String(error)}`);
      }
    }),
  );
}

/** Whether the provider has a key now that it takes, or that the person keeps all the same. */
export async function enterKey(parts: Parts, provider: Provider): Promise<boolean> {
  const { keys, server } = parts;
  const params = { provider: provider.name, keep: "window" } as const;
  const give = async (key: string | undefined): Promise<void> => {
    await server.ask("provider/setKey", key === undefined ? params : { ...params, key });
    keys.wasTaken();
  };
  const before = await keys.of(provider.name);
  for (;;) {
    const key = await askForKey(provider, before !== undefined);
    if (key === undefined) return false;
    if (key === "") {
      await keys.forget(provider.name);
      await give(undefined);
      void vscode.window.showInformationMessage(`The key of ${labelOf(provider)} was removed.`);
      return false;
    }
    keys.hide(key);
    await give(key);
    const result = await tested(parts, provider);
    if (result.ok) {
      await keys.keep(provider.name, key);
      return true;
    }
    // while the person reads why, the key before it answers
    await give(before);
    const answer = await vscode.window.showWarningMessage(testLine(provider, result), ANOTHER, KEEP);
    if (answer === KEEP) {
      await give(key);
      await keys.keep(provider.name, key);
      return true;
    }
    if (answer !== ANOTHER) return false;
  }
}

export async function tested({ server }: Parts, provider: Provider): Promise<ProviderTestResult> {
  const title = `Asking ${labelOf(provider)} for its models…`;
  const options = { location: vscode.ProgressLocation.Window, title };
  return vscode.window.withProgress(options, () => server.ask("provider/test", { provider: provider.name }));
}

/** How a test ended, on one line. */
export function testLine(provider: Provider, { ok, models, message }: ProviderTestResult): string {
  if (!ok) return message ?? `${labelOf(provider)} gives no models.`;
  const some = models.slice(0, 3).join(", ");
  return `${labelOf(provider)} answers: ${some}${models.length > 3 ? ` and ${models.length - 3} more` : ""}.`;
}

async function tellTest(provider: Provider, result: ProviderTestResult): Promise<void> {
  const told = testLine(provider, result);
  if (result.ok) return void vscode.window.showInformationMessage(told);
  const enter = provider.local === true ? [] : [ANOTHER];
  const answer = await vscode.window.showWarningMessage(told, ...enter);
  if (answer === ANOTHER) await vscode.commands.executeCommand("threadkeep.enterKey", provider.name);
}

/** The provider of a name; without one the person is asked. */
async function takerOf(
  { server }: Parts,
  name: unknown,
  placeHolder: string,
  { withLocal = false } = {},
): Promise<Provider | undefined> {
  const asked = server
    .ask("provider/list", {})
    .then(({ providers }) => [
      ...keyTakers(providers),
      ...(withLocal ? providers.filter(({ local, kind }) => local === true && kind !== "offline") : []),
    ]);
  if (typeof name === "string") return (await asked).find((provider) => provider.name === name);
  const items = asked.then((providers) =>
    providers.map((provider) => ({
      label: `$(${provider.local === true ? "vm" : "key"}) ${labelOf(provider)}`,
      description: provider.keySource ?? (provider.local === true ? "on this machine" : "no key yet"),
      provider,
    })),
  );
  return (await vscode.window.showQuickPick(items, { placeHolder }))?.provider;
}

/** What was entered, without the space that was copied along; empty: the stored key shall go. */
async function askForKey(provider: Provider, isKept: boolean): Promise<string | undefined> {
  const { keyPage } = provider;
  const input = vscode.window.createInputBox();
  input.title = `The key of ${labelOf(provider)}`;
  input.password = true;
  input.ignoreFocusOut = true;
  input.placeholder = isKept ? "Empty: the key is removed" : "Paste it here";
  const where = keyPage === undefined ? "" : ` You get one at ${hostOf(keyPage)}.`;
  input.prompt = `It stays in VS Code's secret storage.${where}`;
  const page = { iconPath: new vscode.ThemeIcon("link-external"), tooltip: `Open ${hostOf(keyPage ?? "")}` };
  if (keyPage !== undefined) input.buttons = [page];
  input.onDidTriggerButton(() => void vscode.env.openExternal(vscode.Uri.parse(keyPage ?? "", true)));
  const entered = await new Promise<string | undefined>((resolve) => {
    input.onDidAccept(() => {
      const key = input.value.trim();
      if (key !== "" || isKept) resolve(key);
      else input.validationMessage = "A key is needed; Esc leaves.";
    });
    input.onDidHide(() => resolve(undefined));
    input.show();
  });
  input.dispose();
  return entered;
}
