// Formats Lua as `stylua` does, by its npm package: `node stylua.mjs [--check] FOLDER-OF-NODE-MODULES FILE…`.
// The options are those of editor-clients/neovim/stylua.toml. Prints the files that are not formatted.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const words = process.argv.slice(2);
const check = words[0] === "--check" && Boolean(words.shift());
const [modules, ...files] = words;
const stylua = createRequire(join(modules, "anchor.cjs"))("@johnnymorganz/stylua");

function format(code) {
  const config = stylua.Config.new();
  config.syntax = stylua.LuaVersion.LuaJIT;
  config.column_width = 110;
  config.indent_type = stylua.IndentType.Spaces;
  config.indent_width = 2;
  return stylua.formatCode(code, config, undefined, stylua.OutputVerification.Full);
}

let changed = 0;
for (const file of files) {
  const code = readFileSync(file, "utf8");
  const formatted = format(code);
  if (formatted !== code) {
    changed += 1;
    console.log(file);
    if (!check) writeFileSync(file, formatted);
  }
}
process.exitCode = check && changed ? 1 : 0;
