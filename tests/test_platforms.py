"""The page on platforms names tests that exist, and says how each row is known."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "server" / "docs" / "platforms.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| what |")
]


def test_there_are_rows() -> None:
    assert ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_row_says_for_each_system_how_it_is_known_and_by_which_tests(row: list[str]) -> None:
    _, *systems, held_by = row
    assert [cell for cell in systems if not re.match(r"(native|stand-in|read|-)\b|-$", cell)] == []
    assert len(systems) == 3
    if any(cell.startswith(("native", "stand-in")) for cell in systems):
        assert re.search(r"`test_\w+`|`[^`]+`", held_by)


def test_every_test_that_is_named_exists() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert sorted(name for name in named if f"def {name}(" not in sources) == []


OF_ONE_SYSTEM = {
    *("fcntl", "grp", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"),
    *("_winapi", "msvcrt", "winreg", "winsound"),
}


def imported_when_it_is_loaded(body: list[ast.stmt]) -> Iterator[str]:
    """Names of modules that a module imports by itself, on every system."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.ClassDef | ast.With):
            yield from imported_when_it_is_loaded(node.body)
        elif isinstance(node, ast.If) and "sys.platform" not in ast.unparse(node.test):
            yield from imported_when_it_is_loaded([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            yield from imported_when_it_is_loaded([] if node.handlers else [*node.body, *node.finalbody])


def test_no_module_of_one_system_is_imported_where_the_others_load_it() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in (ROOT / "server" / "threadkeep").rglob("*.py")
        for name in imported_when_it_is_loaded(ast.parse(path.read_text(encoding="utf-8")).body)
        if name.partition(".")[0] in OF_ONE_SYSTEM
    }
    assert found == set()


def test_such_an_import_is_noticed() -> None:
    text = (
        "import os\nif os.name == 'posix':\n    import fcntl\nif sys.platform == 'win32':\n    import msvcrt"
    )
    assert set(imported_when_it_is_loaded(ast.parse(text).body)) == {"os", "fcntl"}
