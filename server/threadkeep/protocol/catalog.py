"""Lists the protocol's classes and named types with their docs, and tells which of them clients send; apart, since it knows the sources and no form that is generated."""

import ast
import functools
import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any, get_args, get_type_hints

from threadkeep.protocol import types
from threadkeep.protocol.methods import REQUESTS
from threadkeep.protocol.types.common import JsonObject
from threadkeep.values import Value, evolve, is_value_class
from threadkeep.values.hints import is_literal, is_union


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


class Named(Value):
    """A class or a named type of the protocol."""

    name: str
    """As in Python, and in every generated file."""
    topic: str
    """The file of `types` that it stands in."""
    hint: Any
    """The class, or what the name stands for."""
    docs: Docs
    """Its docstring and those of its members."""


@functools.cache
def named_types() -> dict[str, Named]:
    """All of them by name: topic by topic, in the order of the source."""
    found: dict[str, Named] = {}
    for info in pkgutil.iter_modules(types.__path__):
        module = importlib.import_module(f"{types.__name__}.{info.name}")
        docs = read_docs(module)
        for name in docs.inside or vars(module):
            hint = getattr(module, name)
            if _is_named_type(hint):
                text = docs.inside.get(name, Docs(inside={}))
                found[name] = Named(name=name, topic=info.name, hint=hint, docs=text)
    return {name: _with_inherited(named, found) for name, named in found.items()}


@functools.cache
def classes_sent_by_clients() -> frozenset[type]:
    """Classes that stand in the params of a request, at any depth, and those that these inherit from."""
    return frozenset(cls for method in REQUESTS.values() for cls in _classes_in(method.params))


def _with_inherited(named: Named, found: Mapping[str, Named]) -> Named:
    """The same with the docstrings of the members that its class inherits."""
    bases = [found[base.__name__] for base in getattr(named.hint, "__mro__", ()) if base.__name__ in found]
    inside = {name: docs for base in reversed(bases) for name, docs in base.docs.inside.items()}
    return evolve(named, docs=evolve(named.docs, inside=inside))


def _is_named_type(hint: Any) -> bool:
    if isinstance(hint, type):
        return is_value_class(hint) and hint.__module__.startswith(types.__name__)
    return is_literal(hint) or is_union(hint) or bool(hint == JsonObject)


def _classes_in(hint: Any) -> Iterator[type]:
    if is_value_class(hint):
        yield from filter(_is_named_type, hint.__mro__)
        for member in get_type_hints(hint).values():
            yield from _classes_in(member)
    elif not is_literal(hint):
        for argument in get_args(hint):
            yield from _classes_in(argument)
