/** The server's process: started, spoken to, and started again when it ends by itself. */
import * as path from "node:path";
import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  State,
  TransportKind,
  type LanguageClientOptions,
  type ServerOptions,
} from "vscode-languageclient/node";
import { afterCrash, NO_RESTARTS } from "../core/backoff";
import { handshake, type Server as Known } from "../core/handshake";
import type { Command } from "../core/lookup";
import type { Ask, Method, Params, Result } from "../core/requests";
import { takingOver } from "../core/taking_over";
import type { Key } from "./keys";
import { NOTIFICATION_NAMES, type Notifications } from "../protocol";

export type ServerState =
  | { readonly kind: "stopped" }
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly server: Known; readonly command: Command }
  | { readonly kind: "waiting"; readonly untilMs: number }
  | { readonly kind: "failed"; readonly reason: string; readonly fix: Fix };
export type Fix = "install" | "updateServer" | "updateExtension" | "restart" | "settings" | "none";

export type Notice = {
  [M in keyof Notifications]: { readonly method: M; readonly params: Notifications[M] };
}[keyof Notifications];

/** Tells how to start the server, or why that cannot be. */
export type Locate = () => Promise<
  { readonly command: Command } | { readonly reason: string; readonly fix: Fix }
>;

interface Options {
  readonly locate: Locate;
  readonly initializationOptions: () => Record<string, unknown>;
  readonly output: vscode.LogOutputChannel;
  readonly trace: vscode.LogOutputChannel;
  /** What each server that starts is told before anybody asks it: keys that the person entered. */
  readonly keys: () => Promise<readonly Key[]>;
}

export class Server implements vscode.Disposable {
  private readonly stateChanged = new vscode.EventEmitter<ServerState>();
  private readonly noticed = new vscode.EventEmitter<Notice>();
  readonly onDidChangeState = this.stateChanged.event;
  readonly onNotice = this.noticed.event;
  private current: ServerState = { kind: "stopped" };
  private client: LanguageClient | undefined;
  private restarts = NO_RESTARTS;
  private timer: NodeJS.Timeout | undefined;
  /** Counts starts, so that what an earlier process says late is not taken for the present one's. */
  private generation = 0;

  constructor(private readonly options: Options) {}

  get state(): ServerState {
    return this.current;
  }

  /** Whether the running server has a method. */
  has(method: string): boolean {
    return this.current.kind === "running" && this.current.server.capability.methods.includes(method);
  }

  /** Asks the server; the person is asked before a window that does not react is taken over. */
  readonly ask: Ask = takingOver(
    (method, params) => this.send(method, params),
    async (question, detail) => {
      const taken = "Take Over";
      return (await vscode.window.showWarningMessage(question, { modal: true, detail }, taken)) === taken;
    },
  );

  private async send<M extends Method>(method: M, params: Params<M>): Promise<Result<M>> {
    if (this.client === undefined || this.current.kind !== "running")
      throw new Error("The Threadkeep server is not running.");
    if (!this.has(method))
      throw new Error(`This server does not know ${method} yet: update it (Threadkeep: Install the Server).`);
    return this.client.sendRequest<Result<M>>(method, params);
  }

  /** Starts the server unless it runs or is about to. */
  async start(): Promise<void> {
    if (["running", "starting", "waiting"].includes(this.current.kind)) return;
    await this.launch();
  }

  /** Ends it, if it runs, and starts it again at once. */
  async restart(): Promise<void> {
    this.restarts = NO_RESTARTS;
    await this.end();
    await this.launch();
  }

  /** Tells the server that settings changed. */
  async configure(): Promise<void> {
    if (this.current.kind !== "running") return;
    const settings = { threadkeep: this.options.initializationOptions() };
    await this.client?.sendNotification("workspace/didChangeConfiguration", { settings });
  }

  async dispose(): Promise<void> {
    await this.end();
    this.stateChanged.dispose();
    this.noticed.dispose();
  }

  private become(state: ServerState): void {
    this.current = state;
    this.stateChanged.fire(state);
  }

  private async end(): Promise<void> {
    clearTimeout(this.timer);
    this.generation += 1;
    const { client } = this;
    this.client = undefined;
    if (this.current.kind !== "stopped") this.become({ kind: "stopped" });
    if (client !== undefined) await stopped(client, this.options.output);
  }

  private async launch(): Promise<void> {
    const generation = ++this.generation;
    const isOld = (): boolean => generation !== this.generation;
    this.become({ kind: "starting" });
    const located = await this.options.locate();
    if (isOld()) return;
    if (!("command" in located)) return this.become({ kind: "failed", ...located });
    const { command } = located;
    this.options.output.info(`Starting ${command.program} ${command.args.join(" ")} (${command.source})`);
    const startedAt = Date.now();
    const client = this.newClient(command, () => this.ended(generation, startedAt));
    for (const method of NOTIFICATION_NAMES)
      client.onNotification(method, (params: unknown) => {
        if (!isOld()) this.noticed.fire({ method, params } as Notice);
      });
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      if (!isOld()) this.ended(generation, startedAt, error);
      return;
    }
    if (isOld()) return void stopped(client, this.options.output);
    const shaken = handshake(client.initializeResult);
    if (!shaken.ok) {
      await this.end();
      return this.become({ kind: "failed", reason: shaken.reason, fix: shaken.fix });
    }
    if (shaken.server.capability.methods.includes("provider/setKey")) await this.giveKeys(client);
    if (isOld()) return;
    this.options.output.info(`Server ${shaken.server.version} is ready`);
    this.become({ kind: "running", server: shaken.server, command });
  }

  private async giveKeys(client: LanguageClient): Promise<void> {
    for (const { provider, key } of await this.options.keys())
      try {
        await client.sendRequest("provider/setKey", { provider, key, keep: "window" });
      } catch (error) {
        this.options.output.warn(`The key of ${provider} was not taken: ${String(error)}`);
      }
  }

  private ended(generation: number, startedAt: number, error?: unknown): void {
    if (generation !== this.generation) return;
    const why = error instanceof Error ? error.message : "The server ended by itself.";
    this.options.output.error(why);
    const { client } = this;
    this.generation += 1;
    this.client = undefined;
    const { restarts, waitMs } = afterCrash(this.restarts, Date.now() - startedAt);
    this.restarts = restarts;
    // once the client has seen the end as well: until then it would say good-bye to nobody, and log that
    if (client !== undefined) setImmediate(() => void stopped(client, this.options.output));
    if (waitMs === undefined)
      return this.become({
        kind: "failed",
        reason: `The Threadkeep server ended ${restarts.failures} times in a row. The log tells more.`,
        fix: "restart",
      });
    this.become({ kind: "waiting", untilMs: Date.now() + waitMs });
    const waiting = this.generation;
    this.timer = setTimeout(() => {
      if (waiting === this.generation) void this.launch();
    }, waitMs);
  }

  private newClient(command: Command, onEnd: () => void): LanguageClient {
    const run = {
      command: command.program,
      args: [...command.args],
      transport: TransportKind.stdio,
      // never the opened folder
      options: { cwd: path.dirname(command.program) },
    };
    const serverOptions: ServerOptions = { run, debug: run };
    const clientOptions: LanguageClientOptions = {
      // open files, saved or not, are what attachments are read from
      documentSelector: [{ scheme: "file" }],
      initializationOptions: this.options.initializationOptions(),
      outputChannel: this.options.output,
      traceOutputChannel: this.options.trace,
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          onEnd();
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
    };
    return new LanguageClient("threadkeep", "Threadkeep", serverOptions, clientOptions);
  }
}

async function stopped(client: LanguageClient, output: vscode.LogOutputChannel): Promise<void> {
  try {
    if (client.state === State.Running) await client.stop(5_000);
    await client.dispose(5_000);
  } catch (error) {
    output.debug(`While stopping: ${String(error)}`);
  }
}
