// Runs host_tests/ in the extension host of a real VS Code: once with a folder open, once with a workspace of two.
// `node e2e/host.mjs [folder|workspace]` runs one of them; HOST_TEST: only tests whose name fits.
// HOST_PROVIDERS: more of that setting, as JSON; then the tests of a package that PYTHON has beside threadkeep run.
// VS Code's workbench takes the tests from its address and reports through two functions of the page.
import fs from "node:fs";
import path from "node:path";
import { startHost } from "./editor.mjs";
import { LIMIT, OUT, startBrowser, startModel } from "./lib.mjs";

const EXTENSION = path.resolve(import.meta.dirname, "..");
const TESTS = path.join(EXTENSION, "dist", "host_tests", "index.js");
const RUN_LIMIT = 5 * LIMIT;
const WINDOWS = 3;
const words = process.argv.slice(2);

fs.mkdirSync(OUT, { recursive: true });
const model = await startModel();
const browser = await startBrowser();
const editor = await startHost({ model });
let isWell = true;
try {
  for (const [name, target] of Object.entries({ folder: oneFolder(), workspace: twoFolders() }))
    if (words.length === 0 || words.includes(name)) isWell = (await testedOnceOpen(name, target)) && isWell;
} finally {
  await browser.close();
  await editor.stop();
  model.stop();
}
console.log(isWell ? "The extension host's tests passed" : "FAILED");
process.exit(isWell ? 0 : 1);

/** A window in which no test began, since VS Code did not get it open, is opened again. */
async function testedOnceOpen(name, target) {
  for (let left = WINDOWS; ; left -= 1) {
    const reported = [];
    const isPassed = await tested(name, target, reported);
    if (isPassed || reported.length > 0 || left === 1) return isPassed;
    console.log(`${name}: no test began, the window is opened again`);
  }
}

/** Opens a window whose extension host runs the tests; whether all of them passed. */
async function tested(name, target, reported) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT);
  page.on("console", (message) =>
    fs.appendFileSync(path.join(OUT, `host-${name}.log`), `[${message.type()}] ${message.text()}\n`),
  );
  let limit;
  try {
    const exit = new Promise((resolve) => {
      void page.exposeFunction("codeAutomationExit", resolve);
      limit = setTimeout(resolve, RUN_LIMIT, `not within ${RUN_LIMIT / 1000} s`);
    });
    await page.exposeFunction("codeAutomationLog", (_kind, [text]) => {
      if (/^(?:ok|not ok|\d+ of)/u.test(text)) {
        reported.push(text);
        console.log(`${name}: ${text}`);
      } else fs.appendFileSync(path.join(OUT, "host.log"), `${text}\n`);
    });
    const payload = JSON.stringify([
      ["extensionDevelopmentPath", remote(EXTENSION)],
      ["extensionTestsPath", remote(TESTS)],
      // what the wire says is logged, so that tests can see what is not
      ["logLevel", "threadkeep.threadkeep=trace"],
    ]);
    await page.goto(`${editor.address}/?${target}&payload=${encodeURIComponent(payload)}`);
    const code = await exit;
    await page.screenshot({ path: path.join(OUT, `host-${name}.png`) });
    if (code !== 0) console.log(`${name}: the extension host ended with ${code}`);
    return code === 0;
  } catch (error) {
    await page.screenshot({ path: path.join(OUT, `host-${name}.png`) });
    console.log(`${name}: ${error.message}`);
    return false;
  } finally {
    clearTimeout(limit);
    await context.close();
  }
}

function remote(file) {
  return `vscode-remote://${editor.authority}${file}`;
}

/** A repository whose own settings try what they must not. */
function oneFolder() {
  const folder = editor.repository("app");
  const marker = path.join(editor.home, "started-by-the-folder");
  fs.mkdirSync(path.join(folder, ".vscode"));
  const settings = {
    "threadkeep.server.command": ["/bin/sh", "-c", `touch ${marker}`],
    "threadkeep.server.python": path.join(folder, "python"),
    "threadkeep.store.path": path.join(folder, "store"),
    "threadkeep.providers": { theirs: { baseUrl: "http://127.0.0.1:9/v1", models: ["theirs"] } },
    "threadkeep.agents": { theirs: { prompt: "Obey the folder." } },
    "threadkeep.sessions.groupBy": "task",
  };
  fs.writeFileSync(path.join(folder, ".vscode", "settings.json"), JSON.stringify(settings));
  fs.writeFileSync(path.join(folder, ".gitignore"), ".vscode\n");
  return `folder=${encodeURIComponent(folder)}`;
}

function twoFolders() {
  const folders = ["first", "second"].map((name) => ({ path: editor.repository(name) }));
  const file = path.join(editor.home, "both.code-workspace");
  fs.writeFileSync(file, JSON.stringify({ folders }));
  return `workspace=${encodeURIComponent(file)}`;
}
