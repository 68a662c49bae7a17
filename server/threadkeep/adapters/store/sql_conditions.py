"""Pieces of SQL conditions, joined without what says nothing."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

import attrs


@attrs.frozen(eq=False)
class Sql:
    """A piece of SQL and the values bound in it, in their order."""

    text: str
    values: tuple[Any, ...] = ()


ALWAYS: Final = Sql("1")
NEVER: Final = Sql("0")


@attrs.frozen(eq=False)
class Condition:
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
        return attrs.evolve(condition, may_hold=ALWAYS)
    sql = condition.may_hold
    return attrs.evolve(condition, may_hold=Sql(f"({sql.text}) IS NOT TRUE", sql.values))


def _joined(operator: str, parts: Sequence[Sql], *, empty: Sql) -> Sql:
    if len(parts) < 2:
        return parts[0] if parts else empty
    text = operator.join([f"({part.text})" for part in parts])
    return Sql(text, tuple(chain.from_iterable([part.values for part in parts])))
