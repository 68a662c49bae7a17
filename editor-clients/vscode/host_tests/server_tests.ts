/** Starting, settings and restarting, in the extension host. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import type { ServerState } from "../src/host/server";
import type { ServerStatus } from "../src/protocol";
import { chat, firstFolder, until, type Tests } from "./world";

const IN_FOLDER = ["server.command", "server.python", "store.path", "providers", "agents"];

export const serverTests: Tests = {
  async "the extension is active and its server runs"({ server, bar }) {
    assert.equal(vscode.extensions.getExtension("threadkeep.threadkeep")?.isActive, true);
    await until("the server runs", () => server.state.kind === "running");
    assert.match(bar.shown.text, /^\$\([a-z-]+\) (?:Threadkeep|main)$/u);
  },

  async "the opened folder chooses no program, no provider and no place"({ server }) {
    const configuration = vscode.workspace.getConfiguration("threadkeep", firstFolder().uri);
    for (const name of IN_FOLDER) {
      const told = configuration.inspect(name);
      assert.equal(told?.workspaceValue ?? told?.workspaceFolderValue, undefined, name);
    }
    assert.ok(server.state.kind === "running");
    assert.equal(server.state.command.source, "setting");
    assert.doesNotMatch(server.state.command.program, /sh$/u);
    assert.equal(existsSync(path.resolve(firstFolder().uri.fsPath, "../../started-by-the-folder")), false);
    const { models } = await server.ask("model/list", {});
    assert.deepEqual(
      models.filter(({ provider }) => provider === "theirs"),
      [],
    );
    const { agents } = await server.ask("agent/list", {});
    assert.deepEqual(
      agents.filter(({ name }) => name === "theirs"),
      [],
    );
    const status = await server.ask("server/status", {});
    assert.doesNotMatch(status.store, /folders/u);
  },

  async "a workspace sets what is its to set, and the server hears of it"({ server }) {
    const configuration = vscode.workspace.getConfiguration("threadkeep");
    await assert.rejects(
      async () => configuration.update("store.path", "/elsewhere", vscode.ConfigurationTarget.Workspace),
      /store\.path/u,
    );
    await configuration.update("defaultAgent", "reviewer", vscode.ConfigurationTarget.Workspace);
    const isReviewer = ({ settings }: ServerStatus): boolean =>
      settings.some(({ name, value }) => name.startsWith("default") && value === "reviewer");
    await until("the server has it", async () => isReviewer(await server.ask("server/status", {})));
    await configuration.update("defaultAgent", undefined, vscode.ConfigurationTarget.Workspace);
    await until("the server lost it", async () => !isReviewer(await server.ask("server/status", {})));
  },

  async "a server that is killed again and again comes back each time, with the same session"(inside) {
    const { server, bar } = inside;
    const before = await chat(inside);
    const states: ServerState["kind"][] = [];
    const following = server.onDidChangeState(({ kind }) => states.push(kind));
    for (let kill = 0; kill < 2; kill++) {
      states.length = 0;
      const { pid } = await server.ask("server/status", {});
      process.kill(pid, "SIGKILL");
      await until("the end is seen", () => states.includes("waiting"));
      await until("it runs again", () => server.state.kind === "running");
      assert.deepEqual(states, ["waiting", "starting", "running"]);
      assert.notEqual((await server.ask("server/status", {})).pid, pid);
      const session = await chat(inside, ({ id }) => id === before.id);
      assert.equal(session.id, before.id);
    }
    following.dispose();
    await until("the status bar shows the task", () => bar.shown.text.endsWith(" main"));
  },

  async "a command that is not there is named, and the server comes back with the right one"(inside) {
    const { server, bar } = inside;
    const configuration = vscode.workspace.getConfiguration("threadkeep");
    const command = configuration.inspect<string[]>("server.command")?.globalValue;
    assert.ok(command);
    const target = vscode.ConfigurationTarget.Global;
    await configuration.update("server.command", ["/nowhere/threadkeep"], target);
    await until(
      "it is told",
      () => server.state.kind === "failed" && server.state.reason.includes("/nowhere/"),
    );
    assert.match(bar.shown.text, /warning/u);
    assert.match(bar.shown.tooltip, /\/nowhere\/threadkeep/u);
    assert.equal(inside.hub.active?.session, undefined);
    assert.deepEqual(await inside.sessions.getChildren(), []);
    await configuration.update("server.command", command, target);
    await until("it runs again", () => server.state.kind === "running");
    await chat(inside);
  },
};
