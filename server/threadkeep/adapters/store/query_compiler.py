"""TinyDB queries as SQL conditions that let through at least what the query would match, or stumble over.

A condition is a superset: every row it lets through is checked with the query itself, so that the meaning
is always TinyDB's. A query that raises must go on raising, so rows it may raise on are let through too.
"""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any, Final

from tinydb.queries import QueryInstance

from threadkeep.adapters.store.layouts import Column, Path
from threadkeep.adapters.store.query_leaves import LEAVES, MAX_NODES, Place, column_equality, is_compilable
from threadkeep.adapters.store.sql_conditions import (
    ALWAYS,
    NEVER,
    UNKNOWN,
    Condition,
    Sql,
    combined,
    opposite,
)

_NOTHING: Final = Condition(NEVER, NEVER, is_exact=True)
_EVERYTHING: Final = Condition(ALWAYS, NEVER, is_exact=True)


def all_equal(values: Mapping[Path, str | int | None]) -> QueryInstance:
    """What `where(...) == value` for each path would make together with `&`, made at once."""

    def test(document: Mapping[str, Any]) -> bool:
        return all(_at(document, path) == value for path, value in values.items())

    return QueryInstance(test, ("and", frozenset([("==", path, value) for path, value in values.items()])))


def compile_query(query: object, columns: Mapping[Path, Column]) -> Condition:
    """The condition of any query; `columns` are the paths that the table keeps as columns."""
    tree = getattr(query, "_hash", None) if isinstance(query, QueryInstance) else None
    if tree is None:
        return UNKNOWN
    equalities = _equalities(tree, columns)
    if equalities is not None:
        return equalities
    return UNKNOWN if _size(tree) > MAX_NODES else _compile(tree, columns, is_wanted=True)


_ABSENT: Final = object()
_TEXT: Final = itemgetter(0)


def _at(document: Any, path: Path) -> object:
    try:
        for key in path:
            document = document[key]
    except (KeyError, TypeError):
        return _ABSENT
    return document


def _size(tree: object) -> int:
    if not (isinstance(tree, tuple) and tree and tree[0] in {"and", "or", "not"}):
        return 1
    children = tree[1] if isinstance(tree[1], frozenset) else (tree[1],)
    size = 1
    for child in children:
        size += _size(child)
        if size > MAX_NODES:
            break
    return size


def _compile(tree: tuple[Any, ...], columns: Mapping[Path, Column], *, is_wanted: bool) -> Condition:
    """`may_hold` of the result tells where the answer may be the wanted one: under a `not`, False."""
    match tree:
        case ():  # Query().noop()
            return _EVERYTHING if is_wanted else _NOTHING
        case ("and" | "or" as operator, frozenset()):
            children = [_compile(branch, columns, is_wanted=is_wanted) for branch in _flat(tree)]
            return combined(children, is_and=(operator == "and") is is_wanted)
        case ("not", tuple() as branch):
            return _compile(branch, columns, is_wanted=not is_wanted)
        case (str() as operator, tuple() as path, *operands) if operator in LEAVES and is_compilable(path):
            leaf = LEAVES[operator](Place(path, columns.get(path)), operands)
            return leaf if is_wanted else opposite(leaf)
    return UNKNOWN


def _equalities(tree: tuple[Any, ...], columns: Mapping[Path, Column]) -> Condition | None:
    """The same as `_compile`, in a fraction of its time, where columns are asked for values and nothing else."""
    if len(tree) != 2 or tree[0] != "and":
        return None
    branches = _flat(tree)
    if len(branches) > MAX_NODES:
        return None
    parts: list[tuple[str, tuple[Any, ...]]] = []
    is_exact = True
    for branch in branches:
        if not branch:  # Query().noop()
            continue
        column = columns.get(branch[1]) if len(branch) == 3 and branch[0] == "==" else None
        if column is None:
            return None
        wanted = branch[2]
        if wanted is None:
            is_exact = False  # what SQLite cannot hold is NULL too
            parts.append((f"{column.name} IS NULL", ()))
            continue
        equality = column_equality(column.name, wanted)
        if equality is None:
            return None
        parts.append(equality)
    if not parts:
        return None
    parts.sort(key=_TEXT)  # in one order, so that SQLite knows the statement again
    values = tuple([value for _, values in parts for value in values])
    return Condition(Sql(" AND ".join([text for text, _ in parts]), values), NEVER, is_exact)


def _flat(tree: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The branches, those of nested trees of the same operator among them."""
    operator, branches = tree
    flat: list[tuple[Any, ...]] = []
    for branch in branches:
        if branch and branch[0] == operator and isinstance(branch[1], frozenset):
            flat += _flat(branch)
        else:
            flat.append(branch)
    return flat
