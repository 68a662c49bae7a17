import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { VIEW_COMMANDS } from "../src/core/bridge";
import { MEMBER_NAMES, readFilter, STATUSES } from "../src/core/saved_filters";
import { OVERRIDABLE_SETTINGS, SERVER_SETTINGS } from "../src/core/server_settings";
import { NOTIFICATION_NAMES, REQUEST_NAMES } from "../src/protocol";

interface Property {
  readonly scope: string;
  readonly description?: string;
  readonly markdownDescription?: string;
  readonly additionalProperties?: { readonly properties?: Readonly<Record<string, Member>> };
}
interface MenuEntry {
  readonly command: string;
  readonly when?: string;
  readonly group?: string;
}
interface Member {
  readonly description?: string;
  readonly items?: { readonly enum?: readonly string[] };
}
interface Manifest {
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] };
  };
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string }[];
    readonly menus: Readonly<Record<string, readonly MenuEntry[]>>;
    readonly keybindings: readonly { readonly command: string }[];
    readonly configuration: readonly { readonly properties: Readonly<Record<string, Property>> }[];
  };
}

const root = path.resolve(__dirname, "..");
const read = (name: string): string => readFileSync(path.join(root, name), "utf8");
const manifest = JSON.parse(read("package.json")) as Manifest;
const { commands, menus, keybindings } = manifest.contributes;
const properties = Object.assign(
  {},
  ...manifest.contributes.configuration.map((section) => section.properties),
) as Readonly<Record<string, Property>>;
const declared = new Set(commands.map(({ command }) => command));

const sources = [
  "attaching",
  "chat_commands",
  "code_actions",
  "entering_keys",
  "exporting",
  "list_commands",
  "moving",
  "saved_filters",
  "search_picker",
  "server_commands",
  "session_commands",
  "session_links",
  "store_commands",
];
const registered = new Set(
  sources.flatMap((name) =>
    [...read(`src/host/${name}.ts`).matchAll(/command\(\s*parts,\s*"(\w+)"/gu)].map(
      ([, each]) => `threadkeep.${each ?? ""}`,
    ),
  ),
);

test("every command that is declared is registered, and the other way round", () => {
  expect([...declared].sort()).toEqual([...registered].sort());
});

test("menus, keys and the chat's buttons name commands that there are", () => {
  const named = [...Object.values(menus).flat(), ...keybindings].map(({ command }) => command);
  expect(
    [...named, ...VIEW_COMMANDS.map((name) => `threadkeep.${name}`)].filter(
      (command) => !declared.has(command),
    ),
  ).toEqual([]);
});

test("a line of the tree has two buttons at most, so that its title keeps its width", () => {
  const inline = (menus["view/item/context"] ?? []).filter(({ group }) => group?.startsWith("inline"));
  const fits = (item: string, when = ""): boolean => {
    const [, pattern = ""] = /viewItem =~ \/(.*)\/$/u.exec(when) ?? [];
    return new RegExp(pattern, "u").test(item);
  };
  const shelves = ["", " archived", " trashed", " archived trashed"];
  const items = ["active", "active running", "active unfinished", "paused", "ended"].flatMap((state) =>
    ["favourite", "ordinary"].flatMap((mark) => shelves.map((shelf) => `session ${state} ${mark}${shelf}`)),
  );
  const buttons = items.map((item) => inline.filter(({ when }) => fits(item, when)).length);
  expect(Math.max(...buttons)).toBe(2);
  expect(Math.min(...buttons)).toBe(1);
});

test("every setting is described, and every setting of the server is there", () => {
  expect(
    Object.entries(properties).filter(
      ([, each]) => (each.description ?? each.markdownDescription ?? "") === "",
    ),
  ).toEqual([]);
  const schema = JSON.parse(read("../settings.schema.json")) as { properties: Record<string, unknown> };
  const known = SERVER_SETTINGS.map((name) => name.split(".")[0]);
  const needed = Object.keys(schema.properties).filter((name) => name !== "trustedWorkspace");
  expect(needed.filter((name) => !known.includes(name))).toEqual([]);
  expect(SERVER_SETTINGS.filter((name) => !(`threadkeep.${name}` in properties))).toEqual([]);
});

test("a workspace cannot choose programs, keys or where sessions lie", () => {
  const restricted = ["server.command", "server.python", "providers", "agents", "store.path"].map(
    (name) => `threadkeep.${name}`,
  );
  expect(restricted.map((name) => properties[name]?.scope)).toEqual(restricted.map(() => "machine"));
  const listed = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
  expect(restricted.filter((name) => !listed.includes(name))).toEqual([]);
});

test("what a trusted workspace may choose waits for trust, and is no more than the model and the agent", () => {
  const chosen = [...OVERRIDABLE_SETTINGS];
  expect(chosen).toEqual(["defaultModel", "defaultAgent"]);
  expect(chosen.map((name) => properties[`threadkeep.${name}`]?.scope)).toEqual(
    chosen.map(() => "machine-overridable"),
  );
  const listed = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
  expect(chosen.filter((name) => !listed.includes(`threadkeep.${name}`))).toEqual([]);
});

test("a saved filter is described as it is read, and a folder's own wait for trust", () => {
  const setting = properties["threadkeep.savedFilters"];
  const members = setting?.additionalProperties?.properties ?? {};
  expect(Object.keys(members).sort()).toEqual([...MEMBER_NAMES].sort());
  expect(members["status"]?.items?.enum).toEqual(STATUSES);
  expect(Object.values(members).filter(({ description }) => (description ?? "") === "")).toEqual([]);
  const [, example = ""] = /`(\{.*\})`/u.exec(setting?.markdownDescription ?? "") ?? [];
  const filters = Object.values(JSON.parse(example) as Record<string, unknown>);
  expect(filters.map((filter) => readFilter(filter).problems)).toEqual([[], []]);
  const listed = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
  expect(listed).toContain("threadkeep.savedFilters");
});

test("the oldest VS Code that is promised is the one whose types are used", () => {
  expect(manifest.engines.vscode).toBe(`^${manifest.devDependencies["@types/vscode"] ?? ""}`);
});

test("every request that is made is one of the protocol", () => {
  const files = [
    "chat_hub",
    "chat_commands",
    "entering_keys",
    "exporting",
    "model_picker",
    "bulk",
    "hints",
    "moving",
    "pickers",
    "search_picker",
    "session_commands",
    "session_links",
    "sessions_view",
    "store_commands",
  ];
  const asked = files.flatMap((name) =>
    [
      ...read(`src/host/${name}.ts`).matchAll(
        /"((?:session|chat|message|store|server|usage|agent|model|provider|repository|task)\/\w+)"/gu,
      ),
    ].map(([, each]) => each),
  );
  const known = new Set<string | undefined>([...REQUEST_NAMES, ...NOTIFICATION_NAMES]);
  expect(asked.filter((method) => !known.has(method))).toEqual([]);
});
