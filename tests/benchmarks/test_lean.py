"""What is measured runs without the extras and tools that happen to be installed beside it."""

import subprocess
import sys
from pathlib import Path

from tests.benchmarks.distributions import needed_by, optional_names
from tests.benchmarks.processes import LEAN


def run_lean(names: str, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", str(LEAN), names, program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_developers_tools_are_optional_and_dependencies_are_not() -> None:
    names = set(optional_names())
    assert {"pytest", "hypothesis", "psutil"} <= names
    assert not names & {
        "threadkeep",
        "pygls",
        "lsprotocol",
        "attr",
        "attrs",
        "cattrs",
        "tinydb",
        "apsw",
        "httpx2",
    }


def test_what_a_dependency_needs_is_needed() -> None:
    assert {"pygls", "lsprotocol", "cattrs"} <= needed_by(["pygls>=2"])
    assert needed_by(["none-of-this-name; python_version < '3'", "colour; extra == 'all'"]) == frozenset()
    assert needed_by(["a-distribution-that-nobody-has"]) == {"a-distribution-that-nobody-has"}


def test_a_script_runs_as_ever_and_finds_no_optional_package(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "from importlib.util import find_spec\n"
        "import attrs\n"
        "print(__name__, sys.argv[1:], find_spec('pytest'))\n"
        "import pytest\n",
        encoding="utf-8",
    )
    ended = run_lean("psutil,pytest", str(script), "one", "two")
    assert ended.stdout == "__main__ ['one', 'two'] None\n"
    assert "ModuleNotFoundError: import of pytest halted" in ended.stderr
    assert ended.returncode == 1


def test_a_module_runs_as_with_m() -> None:
    ended = run_lean(",".join(optional_names()), "threadkeep", "--version")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("threadkeep ")
