// Runs the scenarios: `node e2e/run.mjs [WORD…]` runs those whose name has one of the words.
// The one after a scenario that failed has a fresh profile.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { cleanedUp } from "./care.mjs";
import { startEditor } from "./editor.mjs";
import { findScenarios } from "./find_scenarios.mjs";
import { LIMIT, OUT, plan, startBrowser, startModel, until } from "./lib.mjs";
import { firstContact } from "./first_contact.mjs";
import { longChat } from "./long_chat.mjs";
import { movedFolder } from "./moved_folder.mjs";
import { moreScenarios } from "./more_scenarios.mjs";
import { scenarios } from "./scenarios.mjs";
import { seams } from "./seams.mjs";
import { shownScenarios } from "./shown_scenarios.mjs";
import { nativeChat } from "./native_chat.mjs";
import { notTrusted } from "./trust.mjs";
import { Window } from "./window.mjs";

const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const vsix = process.env.VSIX ?? path.resolve(import.meta.dirname, "../threadkeep.vsix");
const started = Date.now();
const words = process.argv.slice(2);

fs.mkdirSync(OUT, { recursive: true });
const model = await startModel();
const browser = await startBrowser();
let editor = await startEditor({ vsix, model });
const failures = [];
let count = 0;
try {
  tell("the editor is up");
  for (const [name, play] of Object.entries({
    ...scenarios,
    ...moreScenarios,
    ...shownScenarios,
    ...findScenarios,
  })) {
    if (words.length > 0 && !words.some((word) => name.includes(word))) continue;
    count += 1;
    const error = await attempt(name, play);
    if (error !== undefined) failures.push(`${name}: ${error.stack}`);
    tell(`${error === undefined ? "ok    " : "FAILED"} ${name}`);
    if (error !== undefined) {
      // what it left behind must not fail the next one
      await editor.stop();
      editor = await startEditor({ vsix, model });
    }
  }
  for (const [name, play] of Object.entries(seams({ vsix, model, browser }))) await once(name, play);
  await once("ten thousand messages and a fast answer", () => longChat(browser));
  await once("a missing server is explained and installed", installed);
  await once("four actions lead from an empty profile to the first answer of a provider with a key", () =>
    firstContact({ vsix, model, browser }),
  );
  await once("a folder that was renamed brings its sessions along", () =>
    movedFolder({ vsix, model, browser }),
  );
  await once("a folder that is not trusted chooses nothing, and chats work", () =>
    notTrusted({ vsix, model, browser }),
  );
  await once("old sessions are cleaned up after a look, and tokens are summed up", () =>
    cleanedUp({ vsix, model, browser }),
  );
  await once("VS Code's own chat asks in the same session", () => nativeChat({ vsix, model, browser }));
} finally {
  await browser.close();
  await editor.stop();
  model.stop();
}
for (const failure of failures) console.log(`\n${failure}`);
console.log(`\n${count - failures.length} of ${count} scenarios passed`);
process.exit(failures.length === 0 && count > 0 ? 0 : 1);

/** A scenario that brings its own surroundings. */
async function once(name, play) {
  if (words.length > 0 && !words.some((word) => name.includes(word))) return;
  count += 1;
  const error = await play().then(
    () => undefined,
    (reason) => reason,
  );
  if (error !== undefined) failures.push(`${name}: ${error.stack}`);
  tell(`${error === undefined ? "ok    " : "FAILED"} ${name}`);
}

async function installed() {
  const bare = await startEditor({ vsix, model, hasServer: false });
  try {
    const window = await Window.openWithoutServer(browser, bare, bare.folder("bare"));
    await window.chat.getByText("The Threadkeep server is not installed yet.").waitFor();
    await window.shot("missing");
    await window.chat.getByRole("button", { name: "Install the server" }).click();
    await window.field.waitFor({ timeout: 10 * LIMIT });
    await window.send(plan("Are you there?", { texts: ["Installed and well."] }));
    await window.lastAnswer.getByText("Installed and well.").waitFor();
    await window.close();
  } finally {
    await bare.stop();
  }
}

async function attempt(name, play) {
  const slug = name.replace(/[^a-z]+/gu, "-").slice(0, 40);
  const folder = editor.folder(slug);
  editor.forgetChoices();
  const windows = [];
  try {
    const open = async () => {
      const window = await Window.open(browser, editor, folder);
      windows.push(window);
      return window;
    };
    const window = await open();
    await play(worldOf(window, folder, open));
    return undefined;
  } catch (error) {
    for (const [index, window] of windows.entries())
      await window.shot(`failed-${slug}-${index}`).catch(() => undefined);
    return error;
  } finally {
    for (const window of windows) await window.close();
  }
}

function worldOf(window, folder, open) {
  return {
    window,
    folder,
    open,
    shot: (name) => window.shot(name),
    store: path.join(editor.home, "store"),
    /** Whether the server's store holds a text; what is new lies in the file beside it. */
    inStore: (text) =>
      fs
        .readdirSync(path.join(editor.home, "store"))
        .filter((name) => name.includes("sqlite") || name.includes(".db"))
        .some((name) => fs.readFileSync(path.join(editor.home, "store", name)).includes(text)),
    /** The processes that extensions run in. */
    extensionHosts: () => editor.processes("--type=extensionHost"),
    /** Chooses a colour theme, and waits until the chat has it; kind: how the page's class calls it. */
    async theme(name, kind) {
      await window.command("Color Theme", "Preferences");
      await window.page.locator(".quick-input-widget input[type=text]").fill(name);
      await window.pick(name);
      await window.chat.locator(`body.vscode-${kind}`).waitFor({ timeout: LIMIT });
    },
    /** Serious and critical faults that axe finds in the chat. */
    async faults() {
      const root = window.chat.locator("html");
      await root.evaluate((_, source) => void (window.axe ?? (0, eval)(source)), axe);
      await until("axe is there", () => root.evaluate(() => typeof window.axe === "object"));
      // the chat itself has no background: what lies behind it decides about contrast
      await root.evaluate((html) => {
        html.style.background = "var(--vscode-sideBar-background)";
      });
      const { violations } = await root.evaluate(() =>
        window.axe.run(document, { resultTypes: ["violations"] }),
      );
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(
          ({ id, nodes }) =>
            `${id}: ${nodes.map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ""}`).join(" | ")}`,
        );
    },
  };
}

function tell(what) {
  console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${what}`);
}
