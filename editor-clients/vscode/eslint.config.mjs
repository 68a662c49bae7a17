import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** What core/ and the web view must not import: they are run and tested without VS Code. */
const withoutHost = {
  "no-restricted-imports": [
    "error",
    { paths: ["vscode"], patterns: ["**/host/*", "node:*", "vscode-languageclient*"] },
  ],
};

export default defineConfig(
  globalIgnores(["dist/", "bundled/", "src/protocol.ts"]),
  js.configs.recommended,
  {
    files: ["**/*.ts", "**/*.mts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      // an arrow that only hands on a call reads well
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // timers, events and setText take functions that give something
      "@typescript-eslint/no-invalid-void-type": "off",
      "@typescript-eslint/no-meaningless-void-operator": "off",
      // open enums and what comes from outside are looked at, whatever the types promise
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { string: true } }],
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  { files: ["src/core/**", "src/webview/**"], rules: withoutHost },
  {
    files: ["e2e/assistant/*.js"],
    languageOptions: { sourceType: "commonjs", globals: { require: "readonly", exports: "writable" } },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: {
      globals: Object.fromEntries(
        [
          "process",
          "console",
          "setTimeout",
          "clearTimeout",
          "fetch",
          "URL",
          "document",
          "window",
          "indexedDB",
          "WheelEvent",
          "DataTransfer",
          "DragEvent",
          "getComputedStyle",
          "performance",
          "CSS",
          "ClipboardEvent",
          "File",
        ].map((name) => [name, "readonly"]),
      ),
    },
  },
);
