/** What *Choose a Model* lists: what runs here, what has a key, and who could be given one. */
import type { Model, Provider } from "../protocol";
import { count } from "./format";

export type Act =
  | { readonly kind: "model"; readonly model: string }
  | { readonly kind: "key"; readonly provider: Provider }
  | { readonly kind: "start"; readonly provider: Provider };

export interface Choice {
  readonly icon: string;
  readonly label: string;
  readonly description: string;
  readonly act: Act;
  /** Whom *Test it* asks. */
  readonly provider: Provider;
}

export interface Group {
  readonly title: string;
  readonly choices: readonly Choice[];
}

const OFFLINE = "offline";

export function labelOf({ label, name }: Provider): string {
  return label ?? name;
}

/** current: the model in use, `provider:model`. Groups without a line are left out. */
export function modelChoices(
  providers: readonly Provider[],
  models: readonly Model[],
  current: string | undefined,
  byDefault: string,
): Group[] {
  const real = providers.filter(({ kind }) => kind !== OFFLINE);
  const listed = (provider: Provider): Choice[] =>
    models
      .filter((model) => model.provider === provider.name && model.available)
      .map((model) => modelChoice(model, provider, current ?? byDefault, byDefault));
  const local = real.filter((provider) => provider.local === true);
  const others = real.filter((provider) => provider.local !== true);
  const silent = local.filter(
    (provider) => provider.reachable !== undefined && listed(provider).length === 0,
  );
  const groups: Group[] = [
    { title: "On this machine", choices: local.flatMap(listed) },
    { title: "With a key", choices: others.filter(isReady).flatMap(listed) },
    { title: "Enter a key", choices: others.filter((provider) => !isReady(provider)).map(keyChoice) },
    { title: "Not there yet", choices: silent.map(absent) },
    { title: "Without a model", choices: providers.filter(({ kind }) => kind === OFFLINE).flatMap(listed) },
  ];
  return groups.filter(({ choices }) => choices.length > 0);
}

/** Whether somebody can answer but the offline model. */
export function hasModel(providers: readonly Provider[], models: readonly Model[]): boolean {
  const real = new Set(providers.filter(({ kind }) => kind !== OFFLINE).map(({ name }) => name));
  return models.some(({ provider, available }) => available && real.has(provider));
}

/** Providers that a key can be given to, those without one first. */
export function keyTakers(providers: readonly Provider[]): Provider[] {
  const takers = providers.filter(({ kind, local }) => kind !== OFFLINE && local !== true);
  return [...takers.filter((each) => !isReady(each)), ...takers.filter(isReady)];
}

function isReady({ keyPresent, needsKey = true }: Provider): boolean {
  return keyPresent || !needsKey;
}

function modelChoice(model: Model, provider: Provider, chosen: string, byDefault: string): Choice {
  const details = [
    provider.kind === OFFLINE ? "" : labelOf(provider),
    model.contextWindow === undefined ? "" : `${count(model.contextWindow)} tokens`,
    model.id === byDefault ? "default" : "",
  ];
  return {
    icon: model.id === chosen ? "check" : "sparkle",
    label: provider.kind === OFFLINE ? labelOf(provider) : model.name,
    description: details.filter((part) => part !== "").join(" · "),
    act: { kind: "model", model: model.id },
    provider,
  };
}

function keyChoice(provider: Provider): Choice {
  return {
    icon: "key",
    label: `Enter a key for ${labelOf(provider)}…`,
    description: provider.keyPage === undefined ? "" : `from ${hostOf(provider.keyPage)}`,
    act: { kind: "key", provider },
    provider,
  };
}

function absent(provider: Provider): Choice {
  const why = provider.reachable === true ? "answers, and has no model yet" : "does not run";
  return {
    icon: "circle-slash",
    label: labelOf(provider),
    description: why,
    act: { kind: "start", provider },
    provider,
  };
}

/** The site of an address, for people. */
export function hostOf(address: string): string {
  return /^https?:\/\/(?:www\.)?([^/]+)/u.exec(address)?.[1] ?? address;
}
