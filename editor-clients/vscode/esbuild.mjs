// Bundles the extension and the chat page into dist/. `--watch` keeps going, `--production` makes it small,
// `--host-tests` adds the tests that run in an extension host.
import { copyFile, mkdir, readFile } from "node:fs/promises";
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
  // loaded by the page when something is to be drawn, and not before
  {
    ...shared,
    entryPoints: { math: "src/webview/drawing/math.ts", diagram: "src/webview/drawing/diagram.ts" },
    outdir: "dist/webview",
    platform: "browser",
    format: "iife",
    target: "es2023",
    sourcemap: false,
  },
  {
    ...shared,
    entryPoints: { math: "media/math.css" },
    outdir: "dist/webview",
    sourcemap: false,
    loader: { ".woff2": "copy" },
    assetNames: "[name]",
    plugins: [onlyWoff2()],
  },
  {
    ...shared,
    entryPoints: { chat: "media/chat.css" },
    outdir: "dist/webview",
    loader: { ".ttf": "copy" },
    assetNames: "[name]",
  },
];

/** Fonts in one format: what runs VS Code knows the smallest. */
function onlyWoff2() {
  return {
    name: "only-woff2",
    setup(build) {
      build.onLoad({ filter: /katex\.css$/ }, async ({ path: file }) => ({
        contents: (await readFile(file, "utf8")).replace(
          /, url\([^)]*\.(?:woff|ttf)\) format\("[^"]*"\)/gu,
          "",
        ),
        loader: "css",
      }));
    },
  };
}

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
const copied = {
  "@vscode/codicons/LICENSE": "codicons-licence.txt",
  "katex/LICENSE": "katex-licence.txt",
  "@mermaid-js/tiny/LICENSE": "mermaid-licence.txt",
  // it is one script already, which expects to stand alone
  "@mermaid-js/tiny/dist/mermaid.tiny.js": "mermaid.js",
};
for (const [from, name] of Object.entries(copied)) {
  const [, owner, file] = /^((?:@[^/]+\/)?[^/]+)\/(.*)$/u.exec(from);
  const folder = path.dirname(require.resolve(`${owner}/package.json`));
  await copyFile(path.join(folder, file), path.join("dist/webview", name));
}
if (process.argv.includes("--watch")) {
  const contexts = await Promise.all(options.map((each) => esbuild.context(each)));
  await Promise.all(contexts.map((context) => context.watch()));
} else await Promise.all(options.map((each) => esbuild.build(each)));
