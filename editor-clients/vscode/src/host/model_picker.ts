/** *Choose a Model*: a list of who can answer and of who could, in which a key is entered and tried. */
import * as vscode from "vscode";
import { shortened } from "../core/format";
import { labelOf, modelChoices, type Choice } from "../core/model_choices";
import type { Provider, Session } from "../protocol";
import type { Parts } from "./commands";
import { enterKey, tested, testLine } from "./entering_keys";
import { setDefaultModel } from "./configuration";

interface Line extends vscode.QuickPickItem {
  readonly choice?: Choice;
}

const button = (icon: string, tooltip: string): vscode.QuickInputButton => ({
  iconPath: new vscode.ThemeIcon(icon),
  tooltip,
});
const TEST = button("beaker", "Test It");
const KEY = button("key", "Change the Key…");
const DEFAULT = button("pin", "Use It in New Sessions");

/** `provider:model`, or undefined if nothing was chosen. session: in which it is to answer, if there is one yet. */
export async function chooseModel(parts: Parts, session: Session | undefined): Promise<string | undefined> {
  for (;;) {
    const choice = await chosen(parts, session);
    if (choice === undefined) return undefined;
    const { act, provider } = choice;
    if (act.kind === "model") return act.model;
    if (act.kind === "key")
      return (await enterKey(parts, provider)) ? firstModel(parts, provider) : undefined;
    if (!(await isTriedAgain(parts, provider))) return undefined;
  }
}

/** A provider that just got its key answers with its first model. */
async function firstModel({ server }: Parts, provider: Provider): Promise<string | undefined> {
  const { models } = await server.ask("model/list", { refresh: false });
  const model = models.find((each) => each.provider === provider.name);
  if (model !== undefined)
    void vscode.window.showInformationMessage(`${labelOf(provider)} answers now, with ${model.name}.`);
  return model?.id;
}

async function isTriedAgain(parts: Parts, provider: Provider): Promise<boolean> {
  const again = "Look Again";
  const told =
    provider.reachable === true
      ? testLine(provider, await tested(parts, provider))
      : `${labelOf(provider)} does not run on this machine: start it, then look again.`;
  return (await vscode.window.showInformationMessage(told, again)) === again;
}

async function chosen(parts: Parts, session: Session | undefined): Promise<Choice | undefined> {
  const picker = vscode.window.createQuickPick<Line>();
  picker.title =
    session === undefined ? "Choose a model" : `Choose a model for “${shortened(session.title, 40)}”`;
  picker.placeholder = "Who answers?";
  picker.matchOnDescription = true;
  let isOver = false;
  const fill = async (refresh: boolean): Promise<void> => {
    const read = await lines(parts, session, refresh);
    if (isOver) return;
    const before = picker.activeItems[0]?.label;
    picker.items = read;
    const active =
      read.find(({ label }) => label === before) ?? read.find(({ choice }) => choice?.icon === "check");
    if (active !== undefined) picker.activeItems = [active];
  };
  const accepted = new Promise<Choice | undefined>((resolve, reject) => {
    picker.onDidAccept(() => resolve(picker.selectedItems[0]?.choice));
    picker.onDidHide(() => resolve(undefined));
    picker.onDidTriggerItemButton(({ item, button: pressed }) => {
      if (item.choice === undefined) return;
      const { choice } = item;
      if (pressed === KEY) resolve({ ...choice, act: { kind: "key", provider: choice.provider } });
      else pressedOn(parts, picker, choice, pressed).catch(reject);
    });
    picker.busy = true;
    picker.show();
    // what is known is shown at once; who runs and what is there is asked meanwhile
    fill(false)
      .then(() => fill(true))
      .then(() => (picker.busy = false), reject);
  });
  try {
    return await accepted;
  } finally {
    isOver = true;
    picker.dispose();
  }
}

/** The list stays open: what came of it stands above it. */
async function pressedOn(
  parts: Parts,
  picker: vscode.QuickPick<Line>,
  { act, provider }: Choice,
  pressed: vscode.QuickInputButton,
): Promise<void> {
  if (pressed === TEST) {
    picker.title = `Asking ${labelOf(provider)}…`;
    picker.title = testLine(provider, await tested(parts, provider));
  } else if (pressed === DEFAULT && act.kind === "model") {
    await setDefaultModel(act.model);
    picker.title = `New sessions begin with ${act.model}.`;
  }
}

async function lines(
  { server, keys }: Parts,
  session: Session | undefined,
  refresh: boolean,
): Promise<Line[]> {
  const { models, default: byDefault } = await server.ask("model/list", { refresh });
  const { providers } = await server.ask("provider/list", {});
  const current = session?.model === undefined ? undefined : `${session.provider ?? ""}:${session.model}`;
  return modelChoices(providers, models, current, byDefault).flatMap(({ title, choices }): Line[] => [
    { label: title, kind: vscode.QuickPickItemKind.Separator },
    ...choices.map((choice) => ({
      label: `$(${choice.icon}) ${choice.label}`,
      description: choice.description,
      buttons: buttonsOf(choice, keys.has(choice.provider.name)),
      choice,
    })),
  ]);
}

function buttonsOf({ act, provider }: Choice, hasOwnKey: boolean): vscode.QuickInputButton[] {
  if (provider.kind === "offline" || act.kind === "key") return [];
  const own = hasOwnKey ? [KEY] : [];
  return act.kind === "model" ? [DEFAULT, ...own, TEST] : [TEST];
}
