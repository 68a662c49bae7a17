"""How much is kept under repositories and tasks, and what is current there, counted by SQLite."""

# ruff: noqa: S608 - all that is spliced into SQL are constants; values are bound

from collections.abc import Iterable, Iterator
from typing import Any, Final

from threadkeep.adapters.store.engine.json_text import json_value, place
from threadkeep.adapters.store.engine.layouts import is_plain_text
from threadkeep.adapters.store.engine.query_compiler import Sql
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables.list_schema import COUNTED, COUNTS, OF_REPOSITORY, SUMS
from threadkeep.adapters.store.tables.session_lists import selection
from threadkeep.domain.sessions import SessionKey
from threadkeep.ports.repository_records import Current, Use

_NUMBERS: Final = ", ".join(each.format("") for each in COUNTED.values())
_BY_REPOSITORY: Final = f"""
SELECT repository_id, {", ".join(COUNTED)}, (
    SELECT max(last_activity_at) FROM sessions INDEXED BY {OF_REPOSITORY}
    WHERE sessions.repository_id = {COUNTS}.repository_id
) FROM {COUNTS}
"""
_ODD_TASKS: Final = (
    f"SELECT doc, {_NUMBERS}, last_activity_at FROM sessions WHERE repository_id = ? AND task ISNULL"
)
_CURRENT: Final = (
    "SELECT place, session_id FROM current_sessions WHERE place >= ? AND place < ? ORDER BY place"
)
_FORGET_CURRENT: Final = "DELETE FROM current_sessions WHERE place >= ? AND place < ?"


def repository_uses(storage: SqliteStorage) -> dict[str, Use]:
    """How much is kept under each repository."""
    if storage.has_table(COUNTS):
        return dict(_uses(storage.rows(_BY_REPOSITORY)))
    return _summed(storage, "repository_id", Sql("repository_id NOTNULL"))


def task_uses(storage: SqliteStorage, repository_id: str) -> dict[str, Use]:
    """How much is kept under each task; those that SQLite cannot compare are counted here."""
    if not is_plain_text(repository_id):
        return {}
    found = _summed(storage, "task", Sql("repository_id = ? AND task NOTNULL", (repository_id,)))
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


def _summed(storage: SqliteStorage, by: str, condition: Sql) -> dict[Any, Use]:
    chosen = selection(storage, f"{by}, {SUMS}, max(last_activity_at)", condition)
    return dict(_uses(storage.rows(f"{chosen.text} GROUP BY 1", chosen.values)))


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
