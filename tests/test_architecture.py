"""The house keeps its shape: sizes here, import directions in pyproject.toml."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "server" / "threadkeep"
GENERATED = {PACKAGE / "protocol" / "names.py"}
MODULES = sorted(set(PACKAGE.rglob("*.py")) - GENERATED)
MAX_LINES = 400
MAX_FUNCTION_LINES = 60


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_file_stays_readable_in_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_function_stays_short(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    long = {
        node.name: (node.end_lineno or 0) - node.lineno + 1
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION_LINES
        and not any(isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) for inner in node.body)
    }
    assert long == {}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_says_its_one_job_in_a_sentence(path):
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert docstring.splitlines()[0].rstrip().endswith((".", ":"))


def test_imports_point_inwards():
    checked = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_only_the_composition_root_names_concrete_adapters():
    users = {
        name(path)
        for path in MODULES
        if "threadkeep.adapters" in path.read_text(encoding="utf-8") and "adapters" not in path.parts
    }
    assert users == {"server/threadkeep/bootstrap.py"}


def test_nothing_sits_at_the_top_that_was_not_put_there():
    visible = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert visible - {"build", "dist"} == {"README.md", "editor-clients", "pyproject.toml", "server", "tests"}
