/** Runs in the extension host of a real VS Code: every test of the suite that fits the opened window. */
import * as vscode from "vscode";
import { chatTests } from "./chat_tests";
import { commandTests } from "./command_tests";
import { keptTests } from "./kept_tests";
import { keyTests } from "./key_tests";
import { linkTests } from "./link_tests";
import { listTests } from "./list_tests";
import { multiRootTests } from "./multi_root_tests";
import { pluginTests } from "./plugin_tests";
import { seamTests } from "./seam_tests";
import { savedFilterTests } from "./saved_filter_tests";
import { serverTests } from "./server_tests";
import { suggestionTests } from "./suggestion_tests";
import { inside, until, type Tests } from "./world";

const folderTests: Tests = {
  ...serverTests,
  ...chatTests,
  ...seamTests,
  ...keptTests,
  ...savedFilterTests,
  ...listTests,
  ...linkTests,
  ...keyTests,
  ...suggestionTests,
  ...commandTests,
};

/** VS Code calls this; it rejects if a test failed. */
export async function run(): Promise<void> {
  const isMultiRoot = vscode.workspace.workspaceFile !== undefined;
  const hasPlugins = process.env["HOST_PROVIDERS"] !== undefined;
  const all: Tests = isMultiRoot ? multiRootTests : hasPlugins ? pluginTests : folderTests;
  const wanted = new RegExp(process.env["HOST_TEST"] ?? "", "u");
  const tests = Object.entries(all).filter(([name]) => wanted.test(name));
  if (isMultiRoot) await foldersAreThere();
  const extension = await inside();
  const failed: string[] = [];
  for (const [name, test] of tests) {
    try {
      await test(extension);
      tell(`ok - ${name}`);
    } catch (error) {
      failed.push(name);
      tell(`not ok - ${name}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  tell(`${tests.length - failed.length} of ${tests.length} passed`);
  if (failed.length > 0) throw new Error(`Failed: ${failed.join("; ")}`);
}

/** VS Code may look for a workspace file before it can reach it, and reads it then only when it changes. */
async function foldersAreThere(): Promise<void> {
  let looks = 0;
  await until("the folders are there", async () => {
    if (vscode.workspace.workspaceFolders?.length === 2) return true;
    const file = vscode.workspace.workspaceFile;
    looks += 1;
    if (file !== undefined && looks % 20 === 0)
      await vscode.workspace.fs.writeFile(
        file,
        Buffer.concat([await vscode.workspace.fs.readFile(file), Buffer.from("\n")]),
      );
    return false;
  });
}

/** The workbench hands what is logged here to the run outside. */
function tell(text: string): void {
  // eslint-disable-next-line no-console -- the only way out of the extension host
  console.log(text);
}
