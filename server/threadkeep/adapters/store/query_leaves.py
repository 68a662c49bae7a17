"""The comparisons of TinyDB as SQL conditions, see `query_compiler`."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import attrs
from tinydb.utils import FrozenDict

from threadkeep.adapters.store.layouts import Column, Path, is_plain_text
from threadkeep.adapters.store.sql_conditions import (
    ALWAYS,
    NEVER,
    UNKNOWN,
    Condition,
    Sql,
    combined,
    opposite,
)

MAX_NODES: Final = 200
"""Parts of a query that are compiled; SQLite refuses expressions of a thousand."""

_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ -]*")


def contains(text: str, part: str) -> bool:
    """For `Query().test(contains, part)`: the one test function that is compiled."""
    return part in text


@lru_cache(maxsize=256)
def is_compilable(path: tuple[object, ...]) -> bool:
    """Whether all keys of the path can stand in SQLite's JSON paths."""
    return bool(path) and all(isinstance(key, str) and _KEY.fullmatch(key) for key in path)


@attrs.frozen
class Place:
    """Where in the document a leaf of the query looks."""

    path: Path
    column: Column | None

    @property
    def value(self) -> str:
        return self.column.name if self.column else f"json_extract(doc, {self._json_path})"

    @property
    def type(self) -> str:
        return f"json_type(doc, {self._json_path})"

    @property
    def exists(self) -> Sql:
        return ALWAYS if self.column and self.column.is_plain else Sql(f"{self.type} IS NOT NULL")

    @property
    def _json_path(self) -> str:
        # the keys hold neither quotes nor backslashes, see _KEY
        return "'$" + "".join(f'."{key}"' for key in self.path) + "'"


def _exact(sql: Sql) -> Condition:
    return Condition(sql, NEVER, is_exact=True)


def _equal(place: Place, operands: list[Any]) -> Condition:
    (wanted,) = operands
    if place.column and (sql := _column_equals(place.value, wanted)):
        return _exact(sql)
    may_hold = _json_equals(place, wanted)
    return UNKNOWN if may_hold is None else Condition(may_hold=may_hold, may_raise=NEVER)


def _column_equals(column: str, wanted: object) -> Sql | None:
    equality = column_equality(column, wanted)
    return Sql(*equality) if equality else None


def column_equality(column: str, wanted: object) -> tuple[str, tuple[Any, ...]] | None:
    """Text and values of an exact condition, for a column holds every clean string and every 64-bit number
    as it is; None where it cannot be one."""
    if type(wanted) is bool:
        # a literal: an index of some rows is used only where its condition stands in the query
        return f"{column} = {int(wanted)}", ()
    if (type(wanted) is str and is_plain_text(wanted)) or (
        type(wanted) in {int, float} and _is_small(wanted)
    ):
        return f"{column} = ?", (wanted,)
    return None


def _json_equals(place: Place, wanted: object) -> Sql | None:
    if wanted is None:
        return Sql(f"{place.value} IS NULL" if place.column else f"{place.type} = 'null'")
    if type(wanted) is str and is_plain_text(wanted):
        return Sql(f"{place.value} = ?", (wanted,))
    if type(wanted) in {bool, int, float} and _is_small(wanted):
        if float(wanted).is_integer():  # type: ignore[arg-type]  # a number by the check above
            return Sql(f"{place.value} = ?", (wanted,))
        # SQLite may read a fraction one bit differently than Python wrote it
        margin = abs(wanted) * 1e-9  # type: ignore[arg-type]  # a number by the check above
        return Sql(f"{place.value} BETWEEN ? AND ?", (wanted - margin, wanted + margin))  # type: ignore[operator]  # a number by the check above
    if type(wanted) in {tuple, FrozenDict}:
        return Sql(f"{place.type} = '{'array' if type(wanted) is tuple else 'object'}'")
    return None


def _is_small(number: Any) -> bool:
    """Whether Python and SQLite hold the number, and all that equal it, alike."""
    return bool(
        -(2**53) < number < 2**53
    )  # no for what is not a number, and for any int too large for a float


def _not_equal(place: Place, operands: list[Any]) -> Condition:
    equal = _equal(place, operands)
    if equal.is_exact and place.column and place.column.is_plain:
        return opposite(equal)
    return UNKNOWN if equal is UNKNOWN else Condition(may_hold=place.exists, may_raise=NEVER)


def _ordered(operator: str) -> Callable[[Place, list[Any]], Condition]:
    def leaf(place: Place, operands: list[Any]) -> Condition:
        (bound,) = operands
        is_comparable = place.column and place.column.is_plain and _fits(place.column, bound)
        if not is_comparable:
            return Condition(may_hold=place.exists, may_raise=place.exists)
        return _exact(Sql(f"{place.value} {operator} ?", (bound,)))

    return leaf


def _fits(column: Column, value: object) -> bool:
    if column.kind == "text":
        return type(value) is str and is_plain_text(value)
    return type(value) is int and _is_small(value)


def _one_of(place: Place, operands: list[Any]) -> Condition:
    (items,) = operands
    if type(items) is not tuple or len(items) > MAX_NODES:
        return Condition(may_hold=place.exists, may_raise=place.exists)
    equals = tuple(_equal(place, [item]) for item in items)
    if UNKNOWN in equals:
        return Condition(may_hold=place.exists, may_raise=place.exists)
    return combined(equals, is_and=False) if equals else _exact(NEVER)


def _exists(place: Place, _: list[Any]) -> Condition:
    return Condition(may_hold=place.exists, may_raise=NEVER)


def _typed(*types: str) -> Callable[[Place, list[Any]], Condition]:
    names = ", ".join(f"'{name}'" for name in types)

    def leaf(place: Place, _: list[Any]) -> Condition:
        is_typed = Sql(f"{place.type} IN ({names})")
        return Condition(may_hold=is_typed, may_raise=is_typed)

    return leaf


def _test(place: Place, operands: list[Any]) -> Condition:
    function, arguments = operands
    if function is contains and place.column and place.column.is_plain and _fits(place.column, arguments[0]):
        return _exact(Sql(f"instr({place.value}, ?) > 0", arguments))
    return Condition(may_hold=place.exists, may_raise=place.exists)


LEAVES: Final[Mapping[str, Callable[[Place, list[Any]], Condition]]] = {
    "==": _equal,
    "!=": _not_equal,
    "<": _ordered("<"),
    "<=": _ordered("<="),
    ">": _ordered(">"),
    ">=": _ordered(">="),
    "exists": _exists,
    "one_of": _one_of,
    "matches": _typed("text"),
    "search": _typed("text"),
    "any": _typed("array", "object", "text"),
    "all": _typed("array", "object", "text"),
    "test": _test,
}
