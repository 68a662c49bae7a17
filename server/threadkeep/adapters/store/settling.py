"""Puts sessions that have not changed for a while on their shelves, where the indexes of lists find them."""

from typing import Final

from threadkeep.adapters.store.session_indexes import LOOSE, SHELF
from threadkeep.adapters.store.sqlite_storage import SqliteStorage

LOOSE_MOST: Final = 64
"""Loose sessions at rest; every list looks at them one by one."""
LOOSE_BOUND: Final = 256
"""Loose sessions at any time: who writes when there are more puts some on their shelves first."""

AT_ONCE: Final = 2
"""Sessions that such a change puts on their shelves, so that not every change has to."""
A_STEP: Final = 16
"""Sessions that a quiet moment puts on their shelves: each takes about a millisecond."""

_COUNT: Final = f"SELECT count(*) FROM sessions INDEXED BY {LOOSE} WHERE shelf IS NULL"  # noqa: S608 - constants
_SETTLE: Final = f"""
UPDATE sessions SET shelf = {SHELF} WHERE doc_id IN (
    SELECT doc_id FROM sessions INDEXED BY {LOOSE} WHERE shelf IS NULL ORDER BY updated_at, doc_id LIMIT ?
)
"""  # noqa: S608 - constants


def keep_bound(storage: SqliteStorage) -> bool:
    """Sees to it that few sessions are loose; inside a transaction. Whether a quiet moment has work to do."""
    loose = _loose(storage)
    if loose > LOOSE_BOUND:
        storage.rows(_SETTLE, (max(AT_ONCE, loose - LOOSE_BOUND),))
    return loose > LOOSE_MOST


def settle(storage: SqliteStorage, *, most: int = LOOSE_MOST, step: int | None = None) -> bool:
    """Leaves at most so many sessions loose, those that changed last; inside a transaction.

    step: puts no more than that on their shelves. Whether there are still too many.
    """
    surplus = _loose(storage) - most
    if surplus > 0:
        storage.rows(_SETTLE, (surplus if step is None else min(step, surplus),))
    return step is not None and surplus > step


def _loose(storage: SqliteStorage) -> int:
    ((loose,),) = storage.rows(_COUNT)
    return int(loose)
