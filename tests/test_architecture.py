"""The house keeps its shape: sizes here, import directions in pyproject.toml."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp

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


PUT_TOGETHER = {"__main__", "bootstrap", "usecases.application", "adapters.store.doctor.doctor"}
"""Modules whose job is to name others."""
APART = re.compile(
    r"\b(since|apart|loaded|imported|knows no|know no|knowing no|without methods|as many as)\b"
)


def test_a_module_that_only_one_other_of_its_package_imports_says_why_it_is_apart() -> None:
    graph = grimp.build_graph("threadkeep")
    unexplained: list[str] = []
    for module, tree in parsed():
        dotted = module.removeprefix("server/").removesuffix(".py").replace("/", ".")
        importers = graph.find_modules_that_directly_import(dotted) if dotted in graph.modules else set()
        importer = min(importers, default="")
        is_one_ofs = len(importers) == 1 and importer.rpartition(".")[0] == dotted.rpartition(".")[0]
        says_why = APART.search((ast.get_docstring(tree) or "").partition("\n\n")[0])
        if is_one_ofs and importer.removeprefix("threadkeep.") not in PUT_TOGETHER and not says_why:
            unexplained.append(f"{dotted}, imported by {importer}")
    assert unexplained == []


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
