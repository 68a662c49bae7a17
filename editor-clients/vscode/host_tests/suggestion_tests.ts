/** Code of an answer as a change of a file: what is shown, what is written, and what never is. */
import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Inside } from "../src/extension";
import { firstFolder, run, until, withPerson, type Tests } from "./world";

const CART = `export interface Item {
  price: number;
}

export function total(items: Item[]): number {
  return items.reduce((sum, item) => sum + item.price, 0);
}

export function discount(items: Item[]): number {
  return total(items) * 0.9;
}
`;
const DISCOUNT = "export function discount(items: Item[]): number {\n  return total(items) * 0.8;\n}\n";
const CHANGED = CART.replace("0.9", "0.8");
const BOM = "\uFEFF";

export const suggestionTests: Tests = {
  async "a block that is one function changes that function and keeps the rest"(inside) {
    await withFile("src/cart.ts", CART, async (file) => {
      await suggested(inside, DISCOUNT, "ts src/cart.ts");
      assert.equal(await right(), CHANGED);
      await run("acceptChange");
      assert.equal(await fs.readFile(file, "utf8"), CHANGED);
    });
  },

  async "a file that is named and not there is created where it is named, whatever file is open"(inside) {
    const file = at("shop/tax.py");
    await shown(at("greet.py"));
    const before = await fs.readFile(at("greet.py"), "utf8");
    await suggested(inside, "RATE = 0.19\n", "python shop/tax.py");
    assert.equal(await isThere(file), false, "nothing is written before it is accepted");
    await run("acceptChange");
    assert.equal(await fs.readFile(file, "utf8"), "RATE = 0.19\n");
    assert.equal(await fs.readFile(at("greet.py"), "utf8"), before);
    await fs.rm(at("shop"), { recursive: true });
  },

  async "what changed on disk meanwhile stays, and is shown with the change"(inside) {
    await withFile("src/cart.ts", CART, async (file) => {
      await suggested(inside, DISCOUNT, "ts src/cart.ts");
      await fs.writeFile(file, `export const VAT = 0.19;\n${CART}`);
      await withPerson(async ({ told }) => {
        await run("acceptChange");
        assert.deepEqual(told, ["information: src/cart.ts changed meanwhile; both changes are in it."]);
      });
      assert.equal(await fs.readFile(file, "utf8"), `export const VAT = 0.19;\n${CHANGED}`);
    });
  },

  async "while one looks at it, the suggestion follows the file"(inside) {
    await withFile("src/cart.ts", CART, async (file) => {
      await suggested(inside, DISCOUNT, "ts src/cart.ts");
      const edit = new vscode.WorkspaceEdit();
      edit.insert(vscode.Uri.file(file), new vscode.Position(0, 0), "// mine\n");
      await vscode.workspace.applyEdit(edit);
      await until("the new line is on both sides", async () => (await right()) === `// mine\n${CHANGED}`);
    });
  },

  async "a change of the same lines is asked about, and nothing is written"(inside) {
    await withFile("src/cart.ts", CART, async (file) => {
      await suggested(inside, DISCOUNT, "ts src/cart.ts");
      const theirs = CART.replace("0.9", "0.5");
      await fs.writeFile(file, theirs);
      await withPerson(async (person) => {
        await run("acceptChange");
        assert.match(person.told[0] ?? "", /^warning: src\/cart\.ts changed meanwhile, where/u);
        assert.equal(await fs.readFile(file, "utf8"), theirs);
        person.presses = "Compare Again";
        await run("acceptChange");
        await until("it is compared with what is there now", async () => (await right()) === CHANGED);
        assert.equal(await fs.readFile(file, "utf8"), theirs);
        await run("acceptChange");
      });
      assert.equal(await fs.readFile(file, "utf8"), CHANGED);
    });
  },

  async "a change on disk that VS Code did not take for one is asked about beside the comparison"(inside) {
    await withFile("src/cart.ts", CART, async (file) => {
      await shown(file);
      await suggested(inside, DISCOUNT, "ts src/cart.ts");
      const compared = modified()?.toString();
      const theirs = CART.replace("0.9", "0.5");
      // as large and as old as before
      const { atime, mtime } = await fs.stat(file);
      await fs.writeFile(`${file}.new`, theirs);
      await fs.utimes(`${file}.new`, atime, mtime);
      await fs.rename(`${file}.new`, file);
      await withPerson(async (person) => {
        const isInView: boolean[] = [];
        person.take({
          showWarningMessage: (text: string) => {
            person.told.push(text);
            isInView.push(modified()?.toString() === compared);
            return Promise.resolve(undefined);
          },
        });
        await run("acceptChange");
        assert.match(person.told[0] ?? "", /^src\/cart\.ts changed meanwhile, where/u);
        assert.deepEqual(isInView, [true]);
      });
      assert.equal(await fs.readFile(file, "utf8"), theirs);
    });
  },

  async "a file with unsaved words keeps them, and is not saved behind one's back"(inside) {
    const files = vscode.workspace.getConfiguration("files");
    await files.update("autoSave", "off", vscode.ConfigurationTarget.Global);
    await withFile("src/unsaved.ts", CART, async (file) => {
      const editor = await shown(file);
      await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), "// unsaved\n"));
      await suggested(inside, DISCOUNT, "ts src/unsaved.ts");
      await run("acceptChange");
      const document = documentAt(file);
      assert.equal(document.getText(), `// unsaved\n${CHANGED}`);
      assert.equal(document.isDirty, true);
      assert.equal(await fs.readFile(file, "utf8"), CART);
    });
    await files.update("autoSave", undefined, vscode.ConfigurationTarget.Global);
  },

  async "line ends and the mark at the beginning of a file stay"(inside) {
    const windows = (text: string): string => BOM + text.replaceAll("\n", "\r\n");
    await withFile("src/cart.ts", windows(CART), async (file) => {
      await suggested(inside, DISCOUNT, "ts src/cart.ts");
      await run("acceptChange");
      assert.equal(await fs.readFile(file, "utf8"), windows(CHANGED));
    });
  },

  async "a file that was never saved is changed in its editor"(inside) {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    const document = await vscode.workspace.openTextDocument({ language: "typescript", content: CART });
    await vscode.window.showTextDocument(document);
    await suggested(inside, DISCOUNT, "ts");
    await run("acceptChange");
    assert.equal(document.getText(), CHANGED);
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  },

  async "a cell of a notebook is changed like a file"(inside) {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    const cell = new vscode.NotebookCellData(
      vscode.NotebookCellKind.Code,
      "def one():\n    return 1\n\n\ndef two():\n    return 2",
      "python",
    );
    const notebook = await vscode.workspace.openNotebookDocument(
      "jupyter-notebook",
      new vscode.NotebookData([cell]),
    );
    await vscode.window.showNotebookDocument(notebook);
    const { document } = notebook.cellAt(0);
    await until("the cell is edited", async () => {
      await vscode.commands.executeCommand("notebook.cell.edit");
      return vscode.window.activeTextEditor?.document === document;
    });
    await suggested(inside, "def two():\n    return 3\n", "python");
    await run("acceptChange");
    assert.equal(document.getText(), "def one():\n    return 1\n\n\ndef two():\n    return 3");
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  },

  async "a diff is not put into a file as if it were code"(inside) {
    await withFile("src/cart.ts", CART, async (file) => {
      await shown(file);
      await withPerson(async ({ told }) => {
        await inside.code.run("apply", "--- a\n+++ b\n", "diff src/cart.ts");
        assert.deepEqual(told, ["information: A diff is no code of a file. Copy it, and apply it with git."]);
      });
      assert.equal(modified(), undefined);
    });
  },

  async "a read-only file is not changed, and is told"(inside) {
    await withFile("src/cart.ts", CART, async (file) => {
      await fs.chmod(file, 0o444);
      await suggested(inside, DISCOUNT, "ts src/cart.ts");
      await withPerson(async ({ told }) => {
        await run("acceptChange");
        assert.match(told[0] ?? "", /^error: src\/cart\.ts is read-only\. Make it writable/u);
      });
      assert.equal(documentAt(file).getText(), CART);
      assert.equal(await fs.readFile(file, "utf8"), CART);
    });
  },

  async "a file that somebody made meanwhile is not written over"(inside) {
    await suggested(inside, "ours = 1\n", "python shop/tax.py");
    await fs.mkdir(at("shop"));
    await fs.writeFile(at("shop/tax.py"), "theirs = 1\n");
    await withPerson(async ({ told }) => {
      await run("acceptChange");
      assert.match(told[0] ?? "", /^warning: shop\/tax\.py changed meanwhile/u);
    });
    assert.equal(await fs.readFile(at("shop/tax.py"), "utf8"), "theirs = 1\n");
    await fs.rm(at("shop"), { recursive: true });
  },

  async "a file that went meanwhile is not made again without a question"(inside) {
    await withFile("src/cart.ts", CART, async (file) => {
      await suggested(inside, DISCOUNT, "ts src/cart.ts");
      await fs.rm(file);
      await withPerson(async (person) => {
        await run("acceptChange");
        assert.deepEqual(person.told, ["warning: src/cart.ts is gone meanwhile."]);
        assert.equal(await isThere(file), false);
        person.presses = "Create It Again";
        await run("acceptChange");
      });
      assert.equal(await fs.readFile(file, "utf8"), CHANGED);
    });
  },

  async "nothing outside of the folder is changed or made, and no other file instead"(inside) {
    const outside = await fs.mkdtemp(path.join(path.dirname(firstFolder().uri.fsPath), "outside-"));
    await fs.writeFile(path.join(outside, "there.py"), "theirs = 1\n");
    await fs.symlink(outside, at("way"));
    await fs.symlink(path.join(outside, "not-yet.py"), at("nowhere.py"));
    await shown(at("greet.py"));
    const before = await fs.readFile(at("greet.py"), "utf8");
    const names = [
      "../up.py",
      "a/../../up.py",
      path.join(outside, "there.py"),
      "way/there.py",
      "way/new.py",
      "nowhere.py",
      "~/x.py",
      ".git/hooks/pre-commit",
    ];
    for (const name of names) {
      await assert.rejects(
        inside.code.run("apply", "ours = 1\n", `python ${name}`),
        /is outside of the opened folder\. Nothing was changed\./u,
        name,
      );
    }
    assert.deepEqual(await fs.readdir(outside), ["there.py"]);
    assert.equal(await fs.readFile(path.join(outside, "there.py"), "utf8"), "theirs = 1\n");
    assert.equal(await fs.readFile(at("greet.py"), "utf8"), before);
    for (const name of ["way", "nowhere.py"]) await fs.rm(at(name));
    await fs.rm(outside, { recursive: true });
  },

  async "by its whole path a file of the folder is found too"(inside) {
    await withFile("src/cart.ts", CART, async (file) => {
      await suggested(inside, DISCOUNT, `ts ${file}`);
      await run("acceptChange");
      assert.equal(await fs.readFile(file, "utf8"), CHANGED);
    });
  },

  async "code that the file does not have is asked about: at the cursor, at the end, or as a new file"(
    inside,
  ) {
    await withFile("src/cart.ts", CART, async (file) => {
      await shown(file);
      const code = "export function tax() {\n  return 0;\n}\n";
      await withPerson(async (person) => {
        await inside.code.run("apply", code, "ts");
        assert.deepEqual(person.asked, ["Where does this code belong in src/cart.ts?"]);
        assert.equal(await right(), undefined, "Esc changes nothing");
        person.picks = ["at the end"];
        await suggested(inside, code, "ts");
        assert.equal(await right(), `${CART}\n${code}`);
        person.picks = ["new file"];
        await shown(file);
        await inside.code.run("apply", "x = 1\n", "python");
        assert.equal(vscode.window.activeTextEditor?.document.getText(), "x = 1\n");
      });
      await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    });
  },

  async "a second suggestion is one for the file, not for the first suggestion"(inside) {
    await withFile("src/cart.ts", CART, async (file) => {
      await shown(file);
      await suggested(inside, DISCOUNT, "ts");
      await suggested(inside, DISCOUNT.replace("0.8", "0.7"), "ts");
      await run("acceptChange");
      assert.equal(await fs.readFile(file, "utf8"), CART.replace("0.9", "0.7"));
    });
  },
};

function at(name: string): string {
  return path.join(firstFolder().uri.fsPath, name);
}

/** With a file that is there for one test. */
async function withFile(name: string, text: string, act: (file: string) => Promise<void>): Promise<void> {
  const file = at(name);
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  await fs.mkdir(path.dirname(file), { recursive: true });
  await fs.writeFile(file, text);
  try {
    await act(file);
  } finally {
    for (const document of vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty)) {
      await vscode.window.showTextDocument(document);
      await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    }
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await fs.rm(path.dirname(file), { recursive: true, force: true });
  }
}

async function shown(file: string): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(vscode.Uri.file(file), { preview: false });
}

/** Does what the button *Show as a change* does, and waits for the comparison. */
async function suggested({ code }: Inside, block: string, info: string): Promise<void> {
  const before = modified()?.toString();
  await code.run("apply", block, info);
  await until("the change is shown", () => {
    const now = modified()?.toString();
    return now !== undefined && now !== before;
  });
}

function modified(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputTextDiff ? input.modified : undefined;
}

/** What the right side of the comparison shows. */
async function right(): Promise<string | undefined> {
  const uri = modified();
  return uri && (await vscode.workspace.openTextDocument(uri)).getText();
}

function documentAt(file: string): vscode.TextDocument {
  const found = vscode.workspace.textDocuments.find(({ uri }) => uri.fsPath === file);
  assert.ok(found, `${file} is open`);
  return found;
}

async function isThere(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
