import { expect, test } from "vitest";
import { hasModel, hostOf, keyTakers, labelOf, modelChoices } from "../src/core/model_choices";
import { keysIn, Redactor } from "../src/core/redacting";
import type { Model, Provider } from "../src/protocol";

const provider = (name: string, more: Partial<Provider> = {}): Provider => ({
  name,
  kind: "openai",
  keyPresent: false,
  local: false,
  needsKey: true,
  ...more,
});
const model = (id: string, more: Partial<Model> = {}): Model => {
  const [of = "", name = ""] = id.split(":");
  return { id, provider: of, name, available: true, ...more };
};
const offline = provider("offline", {
  kind: "offline",
  label: "Offline: asks no model",
  keyPresent: true,
  needsKey: false,
});
const openai = provider("openai", { label: "OpenAI", keyPage: "https://platform.openai.com/api-keys" });
const anthropic = provider("anthropic", { label: "Anthropic", keyPresent: true });
const ollama = provider("ollama", { label: "Ollama", local: true, needsKey: false, reachable: true });
const lmstudio = provider("lmstudio", { label: "LM Studio", local: true, needsKey: false, reachable: false });
const offlineModel = model("offline:offline");

function told(groups: ReturnType<typeof modelChoices>): string[] {
  return groups.flatMap(({ title, choices }) => [
    `${title}:`,
    ...choices.map(({ icon, label, description }) => `${icon} ${label} | ${description}`),
  ]);
}

test("what runs here comes first, then what has a key, then who could be given one", () => {
  const models = [
    model("ollama:llama3", { contextWindow: 8_000 }),
    model("openai:gpt", { available: false }),
    model("anthropic:claude"),
    offlineModel,
  ];
  const groups = modelChoices(
    [openai, anthropic, ollama, lmstudio, offline],
    models,
    undefined,
    "anthropic:claude",
  );
  expect(told(groups)).toEqual([
    "On this machine:",
    "sparkle llama3 | Ollama · 8k tokens",
    "With a key:",
    "check claude | Anthropic · default",
    "Enter a key:",
    "key Enter a key for OpenAI… | from platform.openai.com",
    "Not there yet:",
    "circle-slash LM Studio | does not run",
    "Without a model:",
    "sparkle Offline: asks no model | ",
  ]);
});

test("the session's model is marked before the default one", () => {
  const groups = modelChoices(
    [anthropic],
    [model("anthropic:a"), model("anthropic:b")],
    "anthropic:b",
    "anthropic:a",
  );
  expect(told(groups).slice(1)).toEqual(["sparkle a | Anthropic · default", "check b | Anthropic"]);
});

test("a provider here that answers without a model is told, one at which nobody looked is not", () => {
  const unknown = provider("mine", { local: true, needsKey: false });
  expect(told(modelChoices([ollama, unknown], [], undefined, ""))).toEqual([
    "Not there yet:",
    "circle-slash Ollama | answers, and has no model yet",
  ]);
});

test("a provider of the settings without a key is asked for one, by its name", () => {
  const [group] = modelChoices([provider("work")], [model("work:x", { available: false })], undefined, "");
  expect(group?.choices.map(({ label, act }) => [label, act.kind])).toEqual([
    ["Enter a key for work…", "key"],
  ]);
  expect(labelOf(provider("work"))).toBe("work");
});

test("the offline model is no model, nor is one without a key", () => {
  const all = [offline, openai, ollama];
  expect(hasModel(all, [offlineModel, model("openai:gpt", { available: false })])).toBe(false);
  expect(hasModel(all, [offlineModel, model("ollama:llama3")])).toBe(true);
});

test("keys are for those elsewhere, those without one first", () => {
  expect(keyTakers([offline, anthropic, ollama, openai]).map(({ name }) => name)).toEqual([
    "openai",
    "anthropic",
  ]);
});

test("the site of an address is what people know it by", () => {
  expect([hostOf("https://www.example.com/keys?x"), hostOf("example")]).toEqual(["example.com", "example"]);
});

test("a key is taken out of what is logged, also as it stands in JSON", () => {
  const redactor = new Redactor();
  redactor.hide('sk-"quoted"\\key');
  redactor.hide("sk-plain-1234");
  redactor.hide("short");
  expect(redactor.redacted("a sk-plain-1234 b sk-plain-1234, a short word")).toBe(
    "a ••• b •••, a short word",
  );
  expect(redactor.redacted(JSON.stringify({ key: 'sk-"quoted"\\key' }))).toBe('{"key":"•••"}');
});

test("keys of the settings are known, whatever else stands there", () => {
  const providers = { one: { apiKey: "sk-1" }, two: { apiKeyEnv: "TWO" }, three: null, four: { apiKey: 4 } };
  expect([keysIn({ providers }), keysIn({})]).toEqual([["sk-1"], []]);
});
