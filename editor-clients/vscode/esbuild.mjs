// Bundles the extension and the chat page into dist/. `--watch` keeps going, `--production` makes it small,
// `--host-tests` adds the tests that run in an extension host.
import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import * as esbuild from "esbuild";

const isProduction = process.argv.includes("--production");
const require = createRequire(import.meta.url);

const shared = {
  bundle: true,
  minify: isProduction,
  sourcemap: !isProduction,
  legalComments: "none",
  logLevel: "warning",
};
const options = [
  {
    ...shared,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["vscode"],
  },
  {
    ...shared,
    entryPoints: { chat: "src/webview/main.ts" },
    outdir: "dist/webview",
    platform: "browser",
    format: "iife",
    target: "es2023",
    define: { "process.env.NODE_ENV": JSON.stringify(isProduction ? "production" : "development") },
  },
  {
    ...shared,
    entryPoints: { chat: "media/chat.css" },
    outdir: "dist/webview",
    loader: { ".ttf": "copy" },
    assetNames: "[name]",
  },
];

/** Only for the tests: what runs inside an extension host. */
const hostTests = {
  ...shared,
  entryPoints: ["host_tests/index.ts"],
  outfile: "dist/host_tests/index.js",
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
};
if (process.argv.includes("--host-tests")) options.push(hostTests);

await mkdir("dist/webview", { recursive: true });
const licence = path.join(path.dirname(require.resolve("@vscode/codicons/package.json")), "LICENSE");
await copyFile(licence, "dist/webview/codicons-licence.txt");
if (process.argv.includes("--watch")) {
  const contexts = await Promise.all(options.map((each) => esbuild.context(each)));
  await Promise.all(contexts.map((context) => context.watch()));
} else await Promise.all(options.map((each) => esbuild.build(each)));
