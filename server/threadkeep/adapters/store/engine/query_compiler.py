"""TinyDB queries as SQL conditions that let through at least what the query would match, or stumble over.

A condition is a superset: every row it lets through is checked with the query itself, so that the meaning
is always TinyDB's. A query that raises must go on raising, so rows it may raise on are let through too.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, Final

from tinydb.queries import QueryInstance
from tinydb.utils import FrozenDict

from threadkeep.adapters.store.engine.layouts import Column, Path, is_plain_text
from threadkeep.values import Value, evolve


class Sql(Value, kw_only=False, eq=False):
    """A piece of SQL and the values bound in it, in their order."""

    text: str
    values: tuple[Any, ...] = ()


ALWAYS: Final = Sql("1")
NEVER: Final = Sql("0")


class Condition(Value, kw_only=False, eq=False):
    """What is known in SQL about a query's answers for a row."""

    may_hold: Sql = ALWAYS
    may_raise: Sql = ALWAYS
    is_exact: bool = False
    """The row matches if and only if `may_hold` is true, and the query never raises."""

    @property
    def candidates(self) -> Sql:
        """The rows that have to be looked at."""
        return self.may_hold if self.may_raise is NEVER else any_of((self.may_hold, self.may_raise))


UNKNOWN: Final = Condition()


def any_of(parts: Sequence[Sql]) -> Sql:
    """True where any part is."""
    if ALWAYS in parts:
        return ALWAYS
    return _joined(" OR ", [part for part in parts if part is not NEVER], empty=NEVER)


def all_of(parts: Sequence[Sql]) -> Sql:
    """True where all parts are."""
    if NEVER in parts:
        return NEVER
    return _joined(" AND ", [part for part in parts if part is not ALWAYS], empty=ALWAYS)


def combined(children: Sequence[Condition], *, is_and: bool) -> Condition:
    """What is known where all of the children must hold, or any of them."""
    may_hold = [child.may_hold for child in children]
    is_exact = all(child.is_exact for child in children)
    return Condition(
        all_of(may_hold) if is_and else any_of(may_hold),
        # the tree has lost the order of its branches, and with it which one is asked first
        NEVER if is_exact else any_of([child.may_raise for child in children]),
        is_exact,
    )


def opposite(condition: Condition) -> Condition:
    """What is known where it must not hold."""
    if not condition.is_exact:
        return evolve(condition, may_hold=ALWAYS)
    sql = condition.may_hold
    return evolve(condition, may_hold=Sql(f"({sql.text}) IS NOT TRUE", sql.values))


def _joined(operator: str, parts: Sequence[Sql], *, empty: Sql) -> Sql:
    if len(parts) < 2:
        return parts[0] if parts else empty
    text = operator.join([f"({part.text})" for part in parts])
    return Sql(text, tuple(chain.from_iterable([part.values for part in parts])))


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


class JsonPath(Value, kw_only=False):
    """Where in the document a leaf of the query looks."""

    path: Path
    column: Column | None
    document: str = "doc"

    @property
    def value(self) -> str:
        return self.column.name if self.column else f"json_extract({self.document}, {self._json_path})"

    @property
    def type(self) -> str:
        return f"json_type({self.document}, {self._json_path})"

    @property
    def exists(self) -> Sql:
        return ALWAYS if self.column and self.column.is_plain else Sql(f"{self.type} IS NOT NULL")

    @property
    def _json_path(self) -> str:
        # the keys hold neither quotes nor backslashes, see _KEY
        return "'$" + "".join(f'."{key}"' for key in self.path) + "'"


def _exact(sql: Sql) -> Condition:
    return Condition(sql, NEVER, is_exact=True)


def _equal(place: JsonPath, operands: list[Any]) -> Condition:
    (wanted,) = operands
    if place.column and (sql := _column_equals(place.value, wanted)):
        return _exact(sql)
    if place.column and place.column.kind == "text" and type(wanted) is str:
        return _exact(NEVER)  # the column holds no text that SQLite cannot hold
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


def _json_equals(place: JsonPath, wanted: object) -> Sql | None:
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


def _not_equal(place: JsonPath, operands: list[Any]) -> Condition:
    equal = _equal(place, operands)
    if equal.is_exact and place.column and place.column.is_plain:
        return opposite(equal)
    return UNKNOWN if equal is UNKNOWN else Condition(may_hold=place.exists, may_raise=NEVER)


def _ordered(operator: str) -> Callable[[JsonPath, list[Any]], Condition]:
    def leaf(place: JsonPath, operands: list[Any]) -> Condition:
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


def _one_of(place: JsonPath, operands: list[Any]) -> Condition:
    (items,) = operands
    if type(items) is not tuple or len(items) > MAX_NODES:
        return Condition(may_hold=place.exists, may_raise=place.exists)
    equals = tuple(_equal(place, [item]) for item in items)
    if UNKNOWN in equals:
        return Condition(may_hold=place.exists, may_raise=place.exists)
    return combined(equals, is_and=False) if equals else _exact(NEVER)


def _exists(place: JsonPath, _: list[Any]) -> Condition:
    return Condition(may_hold=place.exists, may_raise=NEVER)


def _typed(*types: str) -> Callable[[JsonPath, list[Any]], Condition]:
    names = ", ".join(f"'{name}'" for name in types)

    def leaf(place: JsonPath, _: list[Any]) -> Condition:
        is_typed = Sql(f"{place.type} IN ({names})")
        return Condition(may_hold=is_typed, may_raise=is_typed)

    return leaf


def _test(place: JsonPath, operands: list[Any]) -> Condition:
    function, arguments = operands
    if function is contains and place.column and place.column.is_plain and _fits(place.column, arguments[0]):
        return _exact(Sql(f"instr({place.value}, ?) > 0", arguments))
    return Condition(may_hold=place.exists, may_raise=place.exists)


LEAVES: Final[Mapping[str, Callable[[JsonPath, list[Any]], Condition]]] = {
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


_NOTHING: Final = Condition(NEVER, NEVER, is_exact=True)
_EVERYTHING: Final = Condition(ALWAYS, NEVER, is_exact=True)


def all_equal(values: Mapping[Path, str | int | None]) -> QueryInstance:
    """What `where(...) == value` for each path would make together with `&`, made at once."""

    def test(document: Mapping[str, Any]) -> bool:
        return all(_at(document, path) == value for path, value in values.items())

    return QueryInstance(test, ("and", frozenset([("==", path, value) for path, value in values.items()])))


def of_id(id_: str) -> QueryInstance:
    """What `where("id") == id_` makes, at once: nearly all that is asked."""
    return QueryInstance(lambda document: document.get("id") == id_, ("==", ("id",), id_))


def compile_query(query: object, columns: Mapping[Path, Column], *, document: str = "doc") -> Condition:
    """The condition of any query; `columns` are the paths that the table keeps as columns, `document` is what gives
    a row's JSON."""
    tree = getattr(query, "_hash", None) if isinstance(query, QueryInstance) else None
    if tree is None:
        return UNKNOWN
    equalities = _equalities(tree, columns)
    if equalities is not None:
        return equalities
    return UNKNOWN if _size(tree) > MAX_NODES else _compile(tree, columns, document, is_wanted=True)


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


def _compile(
    tree: tuple[Any, ...], columns: Mapping[Path, Column], document: str, *, is_wanted: bool
) -> Condition:
    """`may_hold` of the result tells where the answer may be the wanted one: under a `not`, False."""
    match tree:
        case ():  # Query().noop()
            return _EVERYTHING if is_wanted else _NOTHING
        case ("and" | "or" as operator, frozenset()):
            children = [_compile(branch, columns, document, is_wanted=is_wanted) for branch in _flat(tree)]
            return combined(children, is_and=(operator == "and") is is_wanted)
        case ("not", tuple() as branch):
            return _compile(branch, columns, document, is_wanted=not is_wanted)
        case (str() as operator, tuple() as path, *operands) if operator in LEAVES and is_compilable(path):
            leaf = LEAVES[operator](JsonPath(path, columns.get(path), document), operands)
            return leaf if is_wanted else opposite(leaf)
    return UNKNOWN


def _equalities(tree: tuple[Any, ...], columns: Mapping[Path, Column]) -> Condition | None:
    """The same as `_compile`, in a fraction of its time, where columns are asked for values and nothing else."""
    is_one = len(tree) == 3 and tree[0] == "=="
    if not is_one and (len(tree) != 2 or tree[0] != "and"):
        return None
    branches = [tree] if is_one else _flat(tree)
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
