"""Reads what the docstrings of a module say about its classes, their members and its aliases."""

import ast
import inspect
from collections.abc import Iterable
from types import ModuleType

from threadkeep.values import Value


class Docs(Value):
    """A docstring and those of what is inside, each as one paragraph."""

    text: str = ""
    """The docstring; empty without one."""
    inside: dict[str, "Docs"]
    """Classes and assignments in the order of the source, by name."""

    def of(self, name: str) -> str:
        """The docstring of something inside; empty without one."""
        return self.inside[name].text if name in self.inside else ""


def read_docs(module: ModuleType) -> Docs:
    """The docstrings of a module. Without its source there are none, and that is no error."""
    try:
        source = inspect.getsource(module)
    except (OSError, TypeError):
        return Docs(inside={})
    return _read(ast.parse(source))


def _read(node: ast.Module | ast.ClassDef) -> Docs:
    inside: dict[str, Docs] = {}
    name = ""
    for statement in node.body:
        if isinstance(statement, ast.ClassDef):
            inside[statement.name] = _read(statement)
            name = ""
        elif isinstance(statement, ast.Expr):
            if name and isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str):
                inside[name] = Docs(text=_paragraph(statement.value.value), inside={})
            name = ""
        else:
            name = _assigned_name(statement)
            if name:
                inside[name] = Docs(inside={})
    return Docs(text=_paragraph(ast.get_docstring(node) or ""), inside=inside)


def _assigned_name(statement: ast.stmt) -> str:
    targets: Iterable[ast.expr] = ()
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    elif isinstance(statement, ast.Assign):
        targets = statement.targets
    return next((target.id for target in targets if isinstance(target, ast.Name)), "")


def _paragraph(text: str) -> str:
    return " ".join(text.split())
