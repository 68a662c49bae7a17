/** What stands in a field while its session begins, is opened again, or is sent: the order of messages played one by one. */
import { describe, expect, test, vi } from "vitest";
import { FIRST } from "../src/core/bridge";
import type { NamedAttachment } from "../src/core/bridge";
import { NO_PROMPT, type Prompt } from "../src/core/prompt";
import type { Ask } from "../src/core/requests";
import { Edits } from "../src/host/edits";
import { KeptFile } from "../src/host/kept_file";
import { openCurrent } from "../src/host/opening";
import { Places } from "../src/host/places";
import { Prompts } from "../src/host/prompts";
import { session } from "./support";

const PLACE = "new {}";
const CSV: NamedAttachment = {
  key: "k",
  name: "my data.csv",
  attachment: { type: "text", text: "a,b\n", languageId: "plaintext" },
};
const WITH_FILE: Prompt = { text: "", attachments: [CSV] };

/** A window whose session begins when it is let; what the server was told. */
function world(): {
  prompts: Prompts;
  file: KeptFile;
  told: { text: string; attachments?: unknown }[];
  begins: () => void;
  stored: () => void;
} {
  const told: { text: string; attachments?: unknown }[] = [];
  const stores: (() => void)[] = [];
  let begins = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begins = resolve));
  const ask = (_method: string, params: { text: string }): Promise<unknown> => {
    told.push(params);
    return new Promise<void>((resolve) => stores.push(resolve));
  };
  const file = new KeptFile(undefined);
  const prompts = new Prompts(file, {
    ask: ask as Ask,
    windowId: "w",
    isRunning: () => true,
    isPrivate: () => false,
    sessionOf: async (at, isNeeded) => {
      if (at !== PLACE) return at;
      if (!isNeeded) return undefined;
      await begun;
      prompts.rename(PLACE, "s1");
      return "s1";
    },
  });
  return { prompts, file, told, begins, stored: () => stores.shift()?.() };
}

describe("a file that was sent", () => {
  test("is not kept as a draft by what began to be stored before it was sent", async () => {
    const { prompts, told, begins, stored } = world();
    prompts.set(PLACE, WITH_FILE);
    const saved = prompts.save();
    await Promise.resolve();
    prompts.sent(PLACE);
    begins();
    await vi.waitFor(() => expect(told.length).toBe(1));
    expect(told).toEqual([{ sessionId: "s1", windowId: "w", text: "" }]);
    stored();
    await saved;
    expect(prompts.get("s1")).toEqual(NO_PROMPT);
  });

  test("is not brought back by a draft that was read before it was sent", async () => {
    const { prompts, told, stored } = world();
    const since = prompts.mark;
    prompts.set("s1", WITH_FILE);
    prompts.sent("s1");
    const saved = prompts.save();
    await vi.waitFor(() => expect(told.length).toBe(1));
    stored();
    await saved;
    const draft = { text: "", attachments: [CSV.attachment], windowId: "w" };
    expect(prompts.opened("s1", draft, [], since).prompt).toEqual(NO_PROMPT);
    expect(prompts.get("s1")).toEqual(NO_PROMPT);
    // what another window of the person wrote later is taken
    const later = { ...draft, text: "later", attachments: [] };
    expect(prompts.opened("s1", later, [], prompts.mark).prompt.text).toBe("later");
  });

  test("is not brought back by a view that only tells where its list stands", () => {
    const { prompts } = world();
    prompts.set("s1", WITH_FILE);
    prompts.sent("s1");
    prompts.moved("s1", { ...WITH_FILE, scroll: "m1 4" });
    expect(prompts.get("s1")).toEqual(NO_PROMPT);
    prompts.moved("s1", { ...NO_PROMPT, scroll: "m1 4" });
    expect(prompts.get("s1").scroll).toBe("m1 4");
    prompts.dispose();
  });

  test("is not in the kept file any more when everything ends at once", async () => {
    const { prompts, file, begins, stored } = world();
    prompts.set("s1", WITH_FILE);
    prompts.dispose();
    expect(file.get().prompts["s1"]).toEqual(WITH_FILE);
    prompts.sent("s1");
    expect(file.get().prompts["s1"]).toEqual(NO_PROMPT);
    begins();
    stored();
    await Promise.resolve();
    prompts.dispose();
  });
});

test("words typed before anything was shown are put to what stands there, and both stay", () => {
  const { prompts } = world();
  prompts.set(`${FIRST} w`, { text: "typed", attachments: [] });
  prompts.rename(`${FIRST} w`, "s1");
  expect(prompts.opened("s1", { text: "kept", windowId: "w" }, []).prompt.text).toBe("kept\ntyped");
  prompts.set(`${FIRST} w`, { text: "more", attachments: [] });
  prompts.rename(`${FIRST} w`, "s1");
  expect(prompts.get("s1").text).toBe("kept\ntyped\nmore");
  prompts.dispose();
});

test("a place that is looked at once more keeps its name, and another folder or branch has another", async () => {
  let task = "main";
  const ask = (method: string): Promise<unknown> =>
    Promise.resolve(
      method === "session/open"
        ? { created: false, messages: [], seq: 0 }
        : { checkout: { task }, repository: { id: "r", name: "app" } },
    );
  const places = new Places(ask as Ask, "w");
  const open = async (repository: string, before?: Awaited<ReturnType<typeof openCurrent>>["shown"]) =>
    (await openCurrent(ask as Ask, places, { repository }, "w", before)).shown;
  const first = await open("file:///one/app");
  expect(await open("file:///one/app", first)).toEqual(first);
  expect((await open("file:///two/app", first)).at).not.toBe(first.at);
  expect((await open("file:///one/app")).at).not.toBe(first.at);
  task = "other";
  expect((await open("file:///one/app", first)).at).not.toBe(first.at);
  // a session that was opened by its id is what no place has become
  expect(places.isOf(session().id, { repository: "file:///one/app" }, "main")).toBe(false);
});

test("open boxes of messages are kept by session and message, for the disk unless it is private", () => {
  const file = new KeptFile(undefined);
  const edits = new Edits(file, (at) => at === "secret");
  edits.set("s1", "m1", "half a thought");
  edits.set("s1", "m2", "another");
  edits.set("s1", "m2", undefined);
  edits.set("secret", "m3", "mine");
  edits.write();
  expect(file.get().edits).toEqual({ s1: { m1: "half a thought" } });
  expect(edits.of("secret")).toEqual({ m3: "mine" });
  expect(new Edits(file, () => false).of("s1")).toEqual({ m1: "half a thought" });
  edits.forget("s1");
  expect(file.get().edits).toEqual({});
});
