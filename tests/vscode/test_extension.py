"""The VS Code extension: its sources are sound, its package installs, and people can work with it in a real VS Code."""

import json
import re
import sys
import zipfile
from pathlib import Path

import pytest

from tests.vscode.extension import (
    EXTENSION,
    ROOT,
    code_server,
    node_tool,
    package,
    program,
    run,
    working_copy,
)

MAX_BYTES = 2_500_000
"""Of the package: the server that comes with it, and what draws math and diagrams."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2000)]


def test_no_committed_file_names_where_packages_are_fetched() -> None:
    lock = json.loads((EXTENSION / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []


def test_the_sources_are_sound(tmp_path: Path) -> None:
    copy = working_copy(tmp_path)
    run([*node_tool(copy, "prettier"), "--check", "."], cwd=copy, limit=300)
    run([*node_tool(copy, "tsc"), "-p", "."], cwd=copy, limit=300)
    run([*node_tool(copy, "eslint"), ".", "--max-warnings", "0"], cwd=copy, limit=600)
    run([*node_tool(copy, "vitest"), "run"], cwd=copy, limit=600)


def test_it_works_inside_the_extension_host(tmp_path: Path) -> None:
    copy = working_copy(tmp_path)
    run([program("node"), "esbuild.mjs", "--host-tests"], cwd=copy, limit=300)
    told = run([program("node"), "e2e/host.mjs"], cwd=copy, limit=1200, env=surroundings(tmp_path))
    print(told)
    assert "The extension host's tests passed" in told


@pytest.mark.timeout(3000)
def test_people_can_work_with_it_in_a_real_vs_code(tmp_path: Path) -> None:
    copy = working_copy(tmp_path)
    vsix = package(copy)
    assert vsix.stat().st_size < MAX_BYTES
    names = zipfile.ZipFile(vsix).namelist()
    assert [name for name in names if re.search(r"node_modules|/src/|/test/|/e2e/|\.map$", name)] == []
    assert [name for name in names if name.startswith("extension/bundled/threadkeep-")] != []
    env = {**surroundings(tmp_path), "VSIX": str(vsix)}
    told = run([program("node"), "e2e/run.mjs"], cwd=copy, limit=2400, env=env)
    print(told)  # which scenario failed stands in it
    assert "scenarios passed" in told


def surroundings(folder: Path) -> dict[str, str]:
    """What a run in a real VS Code is told: the programs, and where its pictures go."""
    return {
        "CODE_SERVER": str(code_server()),
        "CHROMIUM": program("chromium", "chromium-browser", "google-chrome"),
        "PYTHON": sys.executable,
        "BARE_PYTHON": str(Path(sys.base_prefix) / "bin"),
        "THREADKEEP_ROOT": str(ROOT),
        "OUT": str(folder / "pictures"),
    }
