"""What the tests of the VS Code extension need: its packages and a real VS Code, installed once into the user's cache."""

import contextlib
import functools
import hashlib
import shutil
import sys
from pathlib import Path

from tests.support.installed import cache, installing, program, run

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "editor-clients" / "vscode"
CODE_SERVER = "4.100.3"
"""It carries VS Code 1.100, the oldest that the extension promises to work with, and runs on Node 20."""
NATIVE = ("node-pty", "@vscode/spdlog", "native-watchdog", "kerberos", "@parcel/watcher")
NOT_COPIED = ("node_modules", "dist", "bundled", "*.vsix")
OLDEST_NODE = 20


@functools.cache
def packages() -> Path:
    """The extension's packages, exactly those of its lock file."""
    version = int(run([program("node"), "-p", "process.versions.node.split('.')[0]"], cwd=ROOT, limit=60))
    assert version >= OLDEST_NODE, f"Node {OLDEST_NODE} or later is needed, not {version}"
    lock = (EXTENSION / "package-lock.json").read_bytes()
    folder = cache() / f"vscode-packages-{hashlib.sha256(lock).hexdigest()[:16]}-node{version}"
    with installing(folder) as is_needed:
        if is_needed:
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(EXTENSION / name, folder / name)
            run([program("npm"), "ci"], cwd=folder, limit=900)
            # npm may leave the scripts of packages alone; this one puts esbuild's own program in place
            run([program("npm"), "rebuild", "esbuild"], cwd=folder, limit=300)
    return folder / "node_modules"


@functools.cache
def code_server() -> Path:
    """The entry of a VS Code that is served to a browser."""
    folder = cache() / f"code-server-{CODE_SERVER}"
    inner = folder / "node_modules" / "code-server"
    with installing(folder) as is_needed:
        if is_needed:
            npm = program("npm")
            (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
            # Its packages fetch things at install that npm does not have: scripts are off, and the native
            # modules are built one by one. ripgrep is the system's.
            run([npm, "install", "--ignore-scripts", f"code-server@{CODE_SERVER}"], cwd=folder, limit=900)
            run([npm, "rebuild", "argon2"], cwd=folder, limit=600)
            editor = inner / "lib" / "vscode"
            run([npm, "install", "--omit=dev", "--ignore-scripts"], cwd=editor, limit=900)
            for module in NATIVE:
                if (editor / "node_modules" / module).is_dir():
                    # the terminal's module fails in a step after it was built; whether it was is seen when it is used
                    with contextlib.suppress(AssertionError):
                        run([npm, "rebuild", module], cwd=editor, limit=600)
            ripgrep = editor / "node_modules" / "@vscode" / "ripgrep" / "bin"
            ripgrep.mkdir(parents=True, exist_ok=True)
            (ripgrep / "rg").unlink(missing_ok=True)
            (ripgrep / "rg").symlink_to(program("rg"))
            run([npm, "install", "--omit=dev", "--ignore-scripts"], cwd=editor / "extensions", limit=900)
            told = run([program("node"), inner / "out/node/entry.js", "--version"], cwd=folder, limit=120)
            assert CODE_SERVER in told
    return inner / "out" / "node" / "entry.js"


def working_copy(folder: Path) -> Path:
    """A copy of the extension's sources that uses the cached packages: the checkout stays as it is."""
    copy = folder / "editor-clients" / "vscode"
    shutil.copytree(EXTENSION, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
    shutil.copy(ROOT / "editor-clients" / "settings.schema.json", copy.parent)
    golden = folder / "tests" / "golden"
    golden.mkdir(parents=True)
    for message in (ROOT / "tests" / "golden").glob("chat.part.*.json"):
        shutil.copy(message, golden)
    (copy / "node_modules").symlink_to(packages(), target_is_directory=True)
    return copy


def node_tool(copy: Path, name: str) -> list[str | Path]:
    """The command of a tool among the packages."""
    return [program("node"), copy / "node_modules" / ".bin" / name]


def package(copy: Path) -> Path:
    """Builds the vsix, with the server's wheel in it."""
    env = {"PYTHON": sys.executable, "THREADKEEP_ROOT": str(ROOT)}
    run([program("npm"), "run", "package"], cwd=copy, limit=600, env=env)
    return copy / "threadkeep.vsix"
