"""How much is kept under repositories and tasks, and what is current there, counted by SQLite."""

# ruff: noqa: S608 - all that is spliced into SQL are constants; values are bound

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from threadkeep.adapters.store.json_text import json_value, place
from threadkeep.adapters.store.layouts import is_plain_text
from threadkeep.adapters.store.session_indexes import LOOSE, WIDE
from threadkeep.adapters.store.session_plans import FEW
from threadkeep.adapters.store.sqlite_storage import SqliteStorage
from threadkeep.domain.sessions import SessionKey
from threadkeep.ports.repository_records import Current, Use

# a shelf tells by its number what lies on it; a loose session's columns do
_AT_REST: Final = (
    "SELECT {by}, sum(shelf = 0), sum(shelf = 1), sum(shelf > 1), max(last_activity_at) "
    f"FROM sessions INDEXED BY {WIDE} WHERE shelf NOTNULL{{more}} GROUP BY 1"
)
_COUNTS: Final = "sum(is_listed), sum(is_archived AND NOT is_trashed), sum(is_trashed), max(last_activity_at)"
_LYING: Final = (
    f"SELECT {{by}}, {_COUNTS} FROM sessions INDEXED BY {LOOSE} WHERE shelf IS NULL{{more}} GROUP BY 1"
)
_BY_REPOSITORY: Final = tuple(part.format(by="repository_id", more="") for part in (_AT_REST, _LYING))
_BY_TASK: Final = tuple(
    part.format(by="task", more=" AND repository_id = ? AND task NOTNULL") for part in (_AT_REST, _LYING)
)
_BY_TASK_OF_FEW: Final = (
    f"SELECT task, {_COUNTS} FROM sessions WHERE repository_id = ? AND task NOTNULL GROUP BY task"
)
_IS_FEW: Final = "SELECT count(*) < ? FROM (SELECT 1 FROM sessions WHERE repository_id = ? LIMIT ?)"
_ODD_TASKS: Final = (
    "SELECT doc, is_listed, is_archived AND NOT is_trashed, is_trashed, last_activity_at FROM sessions "
    "WHERE repository_id = ? AND task ISNULL"
)
_CURRENT: Final = (
    "SELECT place, session_id FROM current_sessions WHERE place >= ? AND place < ? ORDER BY place"
)
_FORGET_CURRENT: Final = "DELETE FROM current_sessions WHERE place >= ? AND place < ?"


def repository_uses(storage: SqliteStorage) -> dict[str, Use]:
    """How much is kept under each repository."""
    found = _summed(storage, _BY_REPOSITORY)
    return {key: use for key, use in found.items() if key is not None}


def task_uses(storage: SqliteStorage, repository_id: str, *, few: int = FEW) -> dict[str, Use]:
    """How much is kept under each task; those that SQLite cannot compare are counted here.

    few: sessions of a repository that are looked at one by one.
    """
    if not is_plain_text(repository_id):
        return {}
    ((is_few,),) = storage.rows(_IS_FEW, (few, repository_id, few))
    found = _summed(storage, (_BY_TASK_OF_FEW,) if is_few else _BY_TASK, repository_id)
    for document, use in _uses(storage.rows(_ODD_TASKS, (repository_id,))):
        task = json_value(document)["key"]["task"]
        found[task] = found.get(task, Use()) + use
    return found


def current_sessions(storage: SqliteStorage, repository_id: str) -> list[Current]:
    """What is current under the keys of a repository."""
    rows = storage.rows(_CURRENT, _places_of(repository_id))
    return [_current(where, session_id) for where, session_id in rows]


def forget_current(storage: SqliteStorage, repository_id: str) -> None:
    """Removes what is current under the keys of a repository."""
    storage.rows(_FORGET_CURRENT, _places_of(repository_id))


def _summed(storage: SqliteStorage, statements: Sequence[str], *values: str) -> dict[Any, Use]:
    found: dict[Any, Use] = {}
    for statement in statements:
        for key, use in _uses(storage.rows(statement, values)):
            found[key] = found.get(key, Use()) + use
    return found


def _current(where: str, session_id: str) -> Current:
    repository_id, task, workflow, window_id = json_value(where)
    key = SessionKey(repository_id=repository_id, task=task, workflow=workflow)
    return Current(key=key, session_id=session_id, window_id=window_id)


def _places_of(repository_id: str) -> tuple[str, str]:
    """The first place of the repository, and the first behind its last one."""
    start = place(repository_id)[:-1]  # what follows is a comma
    return f"{start},", f"{start}-"


def _uses(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, Use]]:
    for key, sessions, archived, trashed, last in rows:
        yield key, Use(sessions=sessions, archived=archived, trashed=trashed, last_activity_at=last)
