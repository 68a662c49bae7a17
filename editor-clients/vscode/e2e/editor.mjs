// A real VS Code: code-server on a profile of its own; or VS Code's own server, whose workbench runs tests in its extension host.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { KEY, OUT, pause, PYTHON, until } from "./lib.mjs";

const KEYS = ["OPENAI_API_KEY", "OPENROUTER_API_KEY", "GEMINI_API_KEY", "ANTHROPIC_API_KEY"];
const FILE = 'def greet(name):\n    return "Hello " + name\n';

/** code-server with the extension in it, on a fresh profile. */
export async function startEditor({
  vsix,
  more = [],
  model,
  hasServer = true,
  asksForTrust = false,
  providers = withKey(model),
}) {
  const profile = newProfile({ hasServer, asksForTrust, providers });
  const { env, folders } = profile;
  const entry = process.env.CODE_SERVER;
  const own = [...folders, "--config", profile.at("config.yaml")];
  const extensions = [vsix, ...more].flatMap((file) => ["--install-extension", file]);
  const installed = spawnSync(process.execPath, [entry, ...own, ...extensions], {
    env,
    encoding: "utf8",
    timeout: 180_000,
  });
  if (installed.status !== 0)
    throw new Error(`The extension could not be installed: ${installed.stdout}${installed.stderr}`);
  const port = await freePort();
  const flags = [
    "--bind-addr",
    `127.0.0.1:${port}`,
    "--auth",
    "none",
    "--disable-telemetry",
    "--disable-update-check",
    ...(asksForTrust ? [] : ["--disable-workspace-trust"]),
    "--disable-getting-started-override",
  ];
  return {
    ...(await started(profile, [entry, ...own, ...flags], port, "healthz")),
    /** What a scenario chose, say a theme, is not there for the next one. */
    forgetChoices: () => writeUserSettings(profile.at, asksForTrust),
  };
}

/** VS Code's own server: only that takes tests for its extension host. */
export async function startHost({ model }) {
  const providers = withKey(model);
  const more = JSON.parse(process.env.HOST_PROVIDERS ?? "{}");
  Object.assign(providers["threadkeep.providers"], { second: withoutKey(model), ...more });
  const profile = newProfile({ hasServer: true, providers });
  const port = await freePort();
  const main = path.resolve(path.dirname(process.env.CODE_SERVER), "../../lib/vscode/out/server-main.js");
  const flags = [
    "--host",
    "127.0.0.1",
    "--port",
    String(port),
    "--without-connection-token",
    "--accept-server-license-terms",
    "--enable-smoke-test-driver",
    "--disable-workspace-trust",
    "--telemetry-level",
    "off",
  ];
  return started(profile, [main, ...profile.folders, ...flags], port, "version");
}

async function started({ home, at, env }, command, port, health) {
  const log = fs.openSync(path.join(OUT, "code-server.log"), "a");
  const child = spawn(process.execPath, command, { env, stdio: ["ignore", log, log] });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const address = `http://127.0.0.1:${port}`;
  await until("the editor answers", async () => {
    try {
      return (await fetch(`${address}/${health}`)).ok;
    } catch {
      return false;
    }
  });
  return {
    home,
    address,
    authority: `127.0.0.1:${port}`,
    /** A folder to open, with one file in it. */
    folder(name) {
      const folder = at("folders", name);
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(path.join(folder, "greet.py"), FILE);
      return folder;
    },
    /** The same as a git repository on the branch `main`, its files committed. */
    repository(name) {
      const folder = this.folder(name);
      const git = (...args) =>
        execFileSync("git", ["-c", "user.name=Tests", "-c", "user.email=tests@example.org", ...args], {
          cwd: folder,
          stdio: "ignore",
        });
      git("init", "-q", "-b", "main");
      git("add", ".");
      git("commit", "-q", "-m", `The start of ${name}`); // two that begin alike would be one repository
      return folder;
    },
    /** Ids of the processes of this editor, and of no other one, that have a word in their command line; Linux only. */
    processes(word) {
      return fs
        .readdirSync("/proc")
        .filter((name) => /^\d+$/u.test(name))
        .filter(
          (pid) => told(pid, "cmdline").includes(word) && told(pid, "environ").includes(`HOME=${home}\0`),
        )
        .map(Number);
    },
    async stop() {
      child.kill("SIGTERM");
      await Promise.race([exited, pause(15_000)]);
      child.kill("SIGKILL");
      await exited;
      if (process.env.KEEP !== "1")
        fs.rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 });
    },
  };
}

/** A process that ends meanwhile, or is another person's, tells nothing. */
function told(pid, name) {
  try {
    return fs.readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

/** A home of its own, with settings, so that nothing of the person who runs this is read or changed. */
function newProfile({ hasServer, asksForTrust = false, providers }) {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "threadkeep-vscode-"));
  const at = (...names) => path.join(home, ...names);
  for (const folder of ["user/User", "user/Machine", "folders"])
    fs.mkdirSync(at(folder), { recursive: true });
  fs.writeFileSync(at("config.yaml"), "auth: none\n");
  writeUserSettings(at, asksForTrust);
  fs.writeFileSync(
    at("user/Machine/settings.json"),
    JSON.stringify({ ...machineSettings(at("store"), hasServer), ...providers }),
  );
  const env = {
    ...process.env,
    ...Object.fromEntries(KEYS.map((name) => [name, ""])),
    HOME: home,
    EXTENSIONS_GALLERY: '{"serviceUrl":"http://127.0.0.1:9/none"}',
  };
  // a machine on which nobody has installed the server: a Python, and nothing beside it
  if (!hasServer) env.PATH = `${process.env.BARE_PYTHON ?? "/usr/local/bin"}:/usr/bin:/bin`;
  for (const name of ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"]) delete env[name];
  const folders = ["--user-data-dir", at("user"), "--extensions-dir", at("extensions")];
  return { home, at, env, folders };
}

function writeUserSettings(at, asksForTrust) {
  fs.writeFileSync(at("user/User/settings.json"), JSON.stringify(userSettings(asksForTrust)));
}

function userSettings(asksForTrust) {
  return {
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Default Dark Modern",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.tips.enabled": false,
    "security.workspace.trust.enabled": asksForTrust,
    // a folder is opened in restricted mode, with a banner that says so
    "security.workspace.trust.startupPrompt": "never",
    "security.workspace.trust.banner": "always",
    "telemetry.telemetryLevel": "off",
    "extensions.autoCheckUpdates": false,
    "extensions.autoUpdate": false,
    "chat.disableAIFeatures": true,
    "chat.commandCenter.enabled": false,
    "git.openRepositoryInParentFolders": "never",
    "window.menuBarVisibility": "compact",
  };
}

/** Settings of the machine are read from here, as those of the user would be in a local window. */
function machineSettings(store, hasServer) {
  return {
    ...(hasServer ? { "threadkeep.server.command": [PYTHON, "-P", "-m", "threadkeep"] } : {}),
    "threadkeep.store.path": store,
    "threadkeep.titles": "first-message",
  };
}

/** Settings of a person who has a key: the tests' provider answers. */
function withKey(model) {
  return {
    "threadkeep.defaultModel": "work:test",
    "threadkeep.providers": {
      work: { kind: "openai", baseUrl: model.url, apiKey: KEY, models: ["test"] },
    },
  };
}

/** A provider that is not of this machine, and wants a key: the tests' one, by the way of a proxy. */
export function withoutKey(model) {
  return {
    kind: "openai",
    baseUrl: "http://api.models.example/v1",
    proxy: model.address,
    apiKeyEnv: "A_KEY_THAT_IS_NOT_SET",
    models: ["first"],
  };
}

async function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
