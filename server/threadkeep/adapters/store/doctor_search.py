"""The full-text index: whether it is whole, and holds just the messages that are there."""

from collections.abc import Sequence
from typing import Final

from threadkeep.adapters.store.examination import Bedside, Examination
from threadkeep.adapters.store.sqlite_storage import SqliteStorage
from threadkeep.domain.errors import StoreError

_TO: Final = "coalesce((SELECT value FROM meta WHERE name = 'indexed_to'), 0)"
_MISSING: Final = f"""
SELECT count(*) FROM messages WHERE doc_id <= {_TO} AND searchable(doc) != ''
AND doc_id NOT IN (SELECT id FROM message_text_docsize)
"""  # noqa: S608 - constants only
_STALE: Final = "SELECT count(*) FROM message_text_docsize WHERE id NOT IN (SELECT doc_id FROM messages)"


def find_search(storage: SqliteStorage) -> list[str]:
    """What is wrong with the index."""
    found = []
    try:
        told = [text for (text,) in storage.rows("PRAGMA integrity_check('message_text')")]
        found += [] if told == ["ok"] else told
        ((missing,),) = storage.rows(_MISSING)
        ((stale,),) = storage.rows(_STALE)
    except StoreError as error:
        return [*found, error.message]
    found += [f"{missing} messages that it should find"] if missing else []
    return found + ([f"{stale} messages that are gone"] if stale else [])


def repair_search(bedside: Bedside, _: Sequence[str]) -> None:
    """Builds the index anew, from the messages."""
    bedside.storage.rows("INSERT INTO message_text(message_text) VALUES ('rebuild')")
    bedside.storage.rows(
        "REPLACE INTO meta(name, value) SELECT 'indexed_to', coalesce(max(doc_id), 0) FROM messages"
    )


SEARCH: Final = Examination(
    kind="searchIndex",
    find=find_search,
    tell="The index for the search is not right",
    repair=repair_search,
    advice="a repair builds it anew from the messages.",
)
