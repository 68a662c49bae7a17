"""Puts sessions that have not changed for a while on their shelves, where the indexes of lists find them."""

from typing import Final

from threadkeep.adapters.store.session_indexes import LOOSE, SHELF
from threadkeep.adapters.store.sqlite_storage import SqliteStorage

LOOSE_MOST: Final = 64
"""Loose sessions that every list looks at one by one."""

AT_ONCE: Final = 2
"""Sessions that one change puts on their shelves at least, so that not every change has to."""

_COUNT: Final = f"SELECT count(*) FROM sessions INDEXED BY {LOOSE} WHERE shelf IS NULL"  # noqa: S608 - constants
_SETTLE: Final = f"""
UPDATE sessions SET shelf = {SHELF} WHERE doc_id IN (
    SELECT doc_id FROM sessions INDEXED BY {LOOSE} WHERE shelf IS NULL ORDER BY updated_at, doc_id LIMIT ?
)
"""  # noqa: S608 - constants


def settle(storage: SqliteStorage, *, most: int = LOOSE_MOST) -> None:
    """Leaves at most so many sessions loose, those that changed last; inside a transaction."""
    ((loose,),) = storage.rows(_COUNT)
    if loose > most:
        storage.rows(_SETTLE, (max(AT_ONCE, loose - most),))
