"""Reading a list of the server page by page, as far as was asked for."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from threadkeep.protocol.limits import MAX_PAGE

T = TypeVar("T")


class Page(Protocol):
    """A result that tells where the list goes on."""

    @property
    def next_cursor(self) -> str | None: ...


P = TypeVar("P", bound=Page)


async def paged(
    ask: Callable[[int, str | None], Awaitable[P]],
    items: Callable[[P], Sequence[T]],
    *,
    most: int | None,
    is_over: Callable[[P], bool] = lambda _: False,
) -> tuple[P, tuple[T, ...]]:
    """The last page that was read, and the items of all of them.

    ask: for so many items from a cursor on. most: items; None means all that there are. is_over: whether nothing
    follows a page although it has a cursor.
    """
    found: list[T] = []
    cursor: str | None = None
    while True:
        page = await ask(MAX_PAGE if most is None else min(most - len(found), MAX_PAGE), cursor)
        found += items(page)
        cursor = page.next_cursor
        if cursor is None or is_over(page) or (most is not None and len(found) >= most):
            return page, tuple(found)
