// Builds the server's wheel into bundled/, from which the extension installs it. PYTHON names the Python to use.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

const python = process.env.PYTHON ?? (process.platform === "win32" ? "python" : "python3");
// Wheels pack each of their many small files alone. Unpacked inside, it is packed as one by the vsix: a seventh less to download.
const REPACK = `
import os, sys, zipfile
[wheel] = sys.argv[1:]
with zipfile.ZipFile(wheel) as packed, zipfile.ZipFile(wheel + ".new", "w", zipfile.ZIP_STORED) as plain:
    for entry in packed.infolist():
        content = packed.read(entry)
        entry.compress_type = zipfile.ZIP_STORED
        plain.writestr(entry, content)
os.replace(wheel + ".new", wheel)
`;
const root = process.env.THREADKEEP_ROOT ?? path.resolve(import.meta.dirname, "../..");
const folder = path.join(import.meta.dirname, "bundled");

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const pip = [
  "-m",
  "pip",
  "wheel",
  "--quiet",
  "--disable-pip-version-check",
  "--no-deps",
  "--wheel-dir",
  folder,
  root,
];
execFileSync(python, pip, { stdio: ["ignore", "inherit", "inherit"] });
const wheels = readdirSync(folder).filter((name) => /^threadkeep-.*-py3-none-any\.whl$/u.test(name));
if (wheels.length !== 1) throw new Error(`One wheel was expected in ${folder}, not ${wheels.length}.`);
execFileSync(python, ["-I", "-c", REPACK, path.join(folder, wheels[0])], {
  stdio: ["ignore", "inherit", "inherit"],
});
