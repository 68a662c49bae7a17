"""Docstrings under attributes are found in the source of a module."""

import importlib.util
from pathlib import Path
from types import ModuleType

from threadkeep.protocol.catalog import Docs, read_docs

SOURCE = '''
"""The module."""

Name = str | int
"""An alias
on two lines."""

OTHER = 1


class Thing:
    """A thing."""

    size: int
    """How large."""
    bare: int
    made: int = 0
    """Has a default."""

    def method(self):
        """Not a member."""
        "not a docstring either"
'''


def load(folder: Path, source: str) -> ModuleType:
    path = folder / "documented_module.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("documented_module", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_docstrings_are_found_by_the_name_above_them(tmp_path: Path) -> None:
    docs = read_docs(load(tmp_path, SOURCE))
    thing = docs.inside["Thing"]
    assert docs.text == "The module."
    assert docs.of("Name") == "An alias on two lines."
    assert docs.of("OTHER") == docs.of("absent") == ""
    assert list(docs.inside) == ["Name", "OTHER", "Thing"]
    assert thing.text == "A thing."
    assert {name: thing.of(name) for name in thing.inside} == {
        "size": "How large.",
        "bare": "",
        "made": "Has a default.",
    }


def test_a_module_without_its_source_has_no_docs() -> None:
    assert read_docs(ModuleType("sourceless")) == Docs(inside={})
