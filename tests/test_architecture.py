"""The house keeps its shape: sizes here, import directions in pyproject.toml."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "server" / "threadkeep"
GENERATED = {PACKAGE / "protocol" / "names.py"}
MODULES = sorted(set(PACKAGE.rglob("*.py")) - GENERATED)
MAX_LINES = 400
MAX_FUNCTION_LINES = 60
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parsed() -> Iterator[tuple[str, ast.Module]]:
    return ((name(path), ast.parse(path.read_text(encoding="utf-8"))) for path in MODULES)


def test_files_stay_readable_in_one_sitting_or_say_in_their_first_line_why_they_are_long() -> None:
    long = {name(path): count for path in MODULES if (count := _lines(path)) > MAX_LINES}
    unexplained = {
        path: count
        for path, count in long.items()
        if "; long, since " not in (ROOT / path).read_text(encoding="utf-8").partition("\n")[0]
    }
    assert unexplained == {}


def test_functions_stay_short() -> None:
    long = {
        f"{module}:{node.name}": length
        for module, tree in parsed()
        for node in ast.walk(tree)
        if isinstance(node, FUNCTIONS)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
        and not any(isinstance(inner, FUNCTIONS) for inner in node.body)
    }
    assert long == {}


def test_modules_say_their_one_job_in_a_sentence() -> None:
    first_lines = {module: (ast.get_docstring(tree) or "").partition("\n")[0] for module, tree in parsed()}
    assert [module for module, line in first_lines.items() if not line.rstrip().endswith((".", ":"))] == []


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_imports_point_inwards() -> None:
    checked = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_only_the_composition_root_names_concrete_adapters() -> None:
    users = {
        name(path)
        for path in MODULES
        if "threadkeep.adapters" in path.read_text(encoding="utf-8") and "adapters" not in path.parts
    }
    assert users == {"server/threadkeep/bootstrap.py"}


def test_nothing_sits_at_the_top_that_was_not_put_there() -> None:
    visible = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert visible - {"build", "dist"} == {"README.md", "editor-clients", "pyproject.toml", "server", "tests"}
