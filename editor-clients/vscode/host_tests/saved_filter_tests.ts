/** Filters that are saved by name: in the settings, in the list, and above the tree. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { run, until, withPerson, type Tests } from "./world";

type Item = vscode.QuickPickItem;

/** The person at a list with buttons, which the tests cannot click. */
class List {
  placeholder = "";
  matchOnDescription = false;
  items: readonly Item[] = [];
  activeItems: readonly Item[] = [];
  selectedItems: readonly Item[] = [];
  private readonly accepted = new vscode.EventEmitter<void>();
  private readonly hidden = new vscode.EventEmitter<void>();
  private readonly pressed = new vscode.EventEmitter<vscode.QuickPickItemButtonEvent<Item>>();
  readonly onDidAccept = this.accepted.event;
  readonly onDidHide = this.hidden.event;
  readonly onDidTriggerItemButton = this.pressed.event;

  show(): void {
    // it is asked for by `shown`
  }

  dispose(): void {
    for (const each of [this.accepted, this.hidden, this.pressed]) each.dispose();
  }

  get lines(): string[] {
    return this.items.map(({ label, description }) => `${label} | ${description ?? ""}`);
  }

  accept(label: string): void {
    this.selectedItems = [this.item(label)];
    this.accepted.fire();
  }

  press(label: string): void {
    const item = this.item(label);
    const [button] = item.buttons ?? [];
    assert.ok(button, `${label} has a button`);
    this.pressed.fire({ item, button });
  }

  hide(): void {
    this.hidden.fire();
  }

  private item(label: string): Item {
    const item = this.items.find((each) => each.label === label);
    assert.ok(item, `${label} is in the list ${this.lines.join()}`);
    return item;
  }
}

const stored = (): unknown =>
  vscode.workspace.getConfiguration("threadkeep").inspect("savedFilters")?.globalValue;

/** Opens the list, does something with it, and waits for the command's end. */
async function withList(act: (list: List) => unknown): Promise<void> {
  const list = new List();
  const { createQuickPick } = vscode.window;
  Object.assign(vscode.window, { createQuickPick: () => list });
  try {
    const running = run("useSavedFilter");
    await until("the list is filled", () => list.items.length > 0);
    await act(list);
    await running;
  } finally {
    Object.assign(vscode.window, { createQuickPick });
  }
}

export const savedFilterTests: Tests = {
  async "a filter is saved by name, used, replaced, refused when wrong, and deleted"({ sessions, context }) {
    const settings = vscode.workspace.getConfiguration("threadkeep");
    await withPerson(async (person) => {
      await run("clearFilter");
      await run("saveFilter");
      assert.deepEqual(person.told, ["information: There is no filter to save yet."]);

      person.picks = ["Only paused"];
      await run("filterSessions");
      person.types = " Waiting ";
      await run("saveFilter");
      assert.deepEqual(stored(), { Waiting: { status: ["paused"] } });
      assert.equal(sessions.description, "Waiting: paused");

      person.picks = ["Favourites"];
      await run("filterSessions");
      assert.equal(sessions.description, "favourites");
      await run("saveFilter");
      assert.equal(
        person.told.at(-1),
        "warning: Replace the saved filter “Waiting”?\nUntil now: paused",
        "nothing is replaced unasked",
      );
      assert.deepEqual(stored(), { Waiting: { status: ["paused"] } });
      person.presses = "Replace";
      await run("saveFilter");
      assert.deepEqual(stored(), { Waiting: { isFavourite: true } });
      person.presses = undefined;

      await withList((list) => list.accept("No filter"));
      assert.equal(sessions.description, "");
      const filters = { Waiting: { status: ["paused"] }, Wrong: { colour: "red" } };
      await settings.update("savedFilters", filters, vscode.ConfigurationTarget.Global);
      await withList((list) => {
        assert.equal(list.lines[1], "Waiting | paused");
        list.accept("Waiting");
      });
      assert.deepEqual(sessions.filter.status, ["paused"]);
      assert.equal(context.workspaceState.get("sessions.filterName"), "Waiting", "a reload finds it again");
      assert.equal(sessions.description, "Waiting: paused");

      await withList((list) => list.accept("Wrong"));
      assert.match(
        person.told.at(-1) ?? "",
        /^warning: The saved filter “Wrong” cannot be used\. “colour” is not/u,
      );
      assert.equal(sessions.description, "Waiting: paused", "a wrong filter changes nothing");

      await settings.update(
        "savedFilters",
        { ...filters, Waiting: { status: ["ended"] } },
        vscode.ConfigurationTarget.Global,
      );
      await until("the filter in use follows the settings", () => sessions.description === "Waiting: ended");

      await withList(async (list) => {
        list.press("Wrong");
        await until("it is gone from the list", () => list.lines.length === 2);
        person.presses = "Undo";
        list.press("Waiting");
        await until("it was told", () => person.told.at(-1)?.includes("“Waiting” was deleted"));
        await until("Undo brought it back", () => list.lines.includes("Waiting | ended"));
        person.presses = undefined;
        list.press("Waiting");
        await until("all are gone", () => list.lines.length === 1);
        list.hide();
      });
      await until("the setting is as if never set", () => stored() === undefined);
      await until("the name is gone, the filter stays", () => sessions.description === "ended");
      assert.deepEqual(sessions.filter.status, ["ended"]);
      await run("clearFilter");
    });
  },

  async "a filter saved in the folder is offered as such, not hidden by one's own, and deleted there"() {
    const settings = vscode.workspace.getConfiguration("threadkeep");
    const { Workspace } = vscode.ConfigurationTarget;
    await settings.update("savedFilters", { Team: { tag: "ours" } }, Workspace);
    await withPerson(async (person) => {
      person.picks = ["Favourites"];
      await run("filterSessions");
      person.types = "Team";
      await run("saveFilter");
      assert.match(person.told.at(-1) ?? "", /^error: The workspace's settings have a filter of this name/u);
      assert.equal(stored(), undefined);
      await withList(async (list) => {
        assert.deepEqual(list.lines, ["No filter | all sessions", "Team | #ours · workspace"]);
        list.press("Team");
        await until("it is gone", () => list.lines.length === 1);
        list.hide();
      });
      await run("clearFilter");
    });
    const told = vscode.workspace.getConfiguration("threadkeep").inspect("savedFilters");
    assert.equal(told?.workspaceValue, undefined);
  },
};
