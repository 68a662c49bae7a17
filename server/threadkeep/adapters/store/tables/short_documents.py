"""The short form of messages and turns, and making those of the old form short; see `short_json`.

Only documents whose own id and whose session's are ours have it, so that SQL finds the session of each in its place.
"""

# ruff: noqa: S608 - what is spliced into SQL are constants; values are bound

import re
from contextlib import suppress
from typing import Final

from threadkeep.adapters.store.engine.short_json import (
    LONGEST,
    Cell,
    ShortForm,
    id_text,
    short_id,
)
from threadkeep.adapters.store.engine.storage import Row, SqliteStorage
from threadkeep.domain.errors import StoreCorrupt

SHORT_DOCUMENTS: Final = "short_documents"
"""The table of a store whose documents may have the short form: how far those of the old one have been made short,
by table; none for those that are all done. No older program uses a store that has it."""
SHORTENING: Final = (
    f"CREATE TABLE {SHORT_DOCUMENTS}(subject TEXT PRIMARY KEY, upto INTEGER) WITHOUT ROWID;",
)
FILLED_AT_ONCE: Final = 150
"""Rows of the old form that one transaction makes short: some 7 ms."""

SUBJECTS: Final = ("messages", "turns")
IS_SHORT: Final = "".join(
    f"INSERT INTO {SHORT_DOCUMENTS}(subject, upto) VALUES ('{name}', NULL);" for name in SUBJECTS
)
"""In a file that is made new, there is nothing to be done."""

# What is of a text in a message has to end behind a quote that JSON would escape inside of it: else it would be taken
# out of what people say, which is searched as it stands.
_TEXT: Final = '"parts":[{"type":"text","text":"'
_PIECES: Final = (
    '{"id":\x00,"session_id":\x01,"seq":',
    f',"role":"user","created_at":\x06,{_TEXT}',
    f',"role":"assistant","created_at":\x06,{_TEXT}',
    '"}],"completed_at":\x06}',
    '"}],"parent_id":\x02,"completed_at":\x06}',
    '"}],"turn_id":\x02,"parent_id":\x03,"agent":"',
    '"}],"stop_reason":"endTurn","turn_id":\x02,"parent_id":\x03,"agent":"',
    '{"id":\x00,"session_id":\x01,"status":"completed","message_id":\x02,"agent":"',
    '","started_at":\x06,"user_message_id":\x03,"usage":{"input_tokens":',
    '","started_at":\x06,"stop_reason":"endTurn","user_message_id":\x03,"usage":{"input_tokens":',
    '","model":"',
    '","provider":"',
    '","usage":{"input_tokens":',
    ',"output_tokens":',
    ',"cached_tokens":',
    ',"reasoning_tokens":',
    ',"cost":',
    '},"completed_at":\x06}',
    '},"completed_at":\x07}',
    '},"ended_at":\x06,"is_running":false}',
    '},"ended_at":\x07,"is_running":false}',
)
SHORT: Final = ShortForm(
    _PIECES,
    begins='{"id":\x00,"session_id":\x01,',
    searched="text",
    changing=('"status":"streaming"', '"is_running":true'),
)
"""Of messages and turns."""


def session_of(table: str = "") -> str:
    """In SQL, the session of a message or a turn: its bytes, or its id; read by `id_text`."""
    row = f"{table}." if table else ""
    return (
        f"CASE typeof({row}doc) WHEN 'blob' THEN substr({row}doc, 3, 16) "
        f"ELSE json_extract({row}doc, '$.\"session_id\"') END"
    )


def is_of(session: str, table: str = "") -> str:
    """In SQL, whether a message or a turn is of the session with that id, which is bound twice: as `?5` and so on."""
    row = f"{table}." if table else ""
    return (
        f"CASE typeof({row}doc) WHEN 'blob' THEN substr({row}doc, 3, 16) = unhex({session}, '-') "
        f"ELSE json_extract({row}doc, '$.\"session_id\"') = {session} END"
    )


def is_filled(storage: SqliteStorage) -> bool:
    """Whether there is nothing for `fill` to do."""
    return not storage.has_table(SHORT_DOCUMENTS) or _next_subject(storage) is None


def fill(storage: SqliteStorage) -> bool:
    """Makes some more rows of the old form short, inside a transaction; whether there may be more.

    Cut off anywhere it goes on where it was: rows of both forms are read alike.
    """
    found = _next_subject(storage) if storage.has_table(SHORT_DOCUMENTS) else None
    if found is None:
        return False
    subject, upto = found
    rows = _rows(storage, subject, upto)
    for doc_id, id_, text in rows:
        _shorten(storage, subject, doc_id, id_, text)
    last = rows[-1][0] if len(rows) == FILLED_AT_ONCE else None
    storage.rows(f"REPLACE INTO {SHORT_DOCUMENTS}(subject, upto) VALUES (?, ?)", (subject, last))
    return not is_filled(storage)


def _next_subject(storage: SqliteStorage) -> tuple[str, int] | None:
    known: dict[str, int | None] = dict(storage.rows(f"SELECT subject, upto FROM {SHORT_DOCUMENTS}"))
    left = ((name, known.get(name, 0)) for name in SUBJECTS)
    return next(((name, upto) for name, upto in left if upto is not None), None)


def _rows(storage: SqliteStorage, subject: str, upto: int) -> list[Row]:
    """(doc_id, id, doc) of the next rows; None for a document that has the short form, or none."""
    doc = f"CASE WHEN typeof(doc) = 'text' AND octet_length(doc) <= {4 * LONGEST} THEN {{}} END"
    select = (
        f"SELECT doc_id, id, {doc} FROM {subject} WHERE doc_id > ? ORDER BY doc_id LIMIT {FILLED_AT_ONCE}"
    )
    try:
        return storage.rows(select.format("doc"), (upto,))
    except StoreCorrupt:  # one of them is no text: they are left to the doctor
        return [
            (doc_id, id_, _decoded(data))
            for doc_id, id_, data in storage.rows(select.format("CAST(doc AS BLOB)"), (upto,))
        ]


def _decoded(data: bytes | None) -> str | None:
    with suppress(UnicodeDecodeError):
        return None if data is None else data.decode()
    return None


def _shorten(storage: SqliteStorage, subject: str, doc_id: int, id_: Cell, text: str | None) -> None:
    key = short_id(id_) if isinstance(id_, str) else id_
    # where the document says another id, or is damaged, the doctor has to see both as they are
    is_sound = text is None or (text.startswith(f'{{"id":"{id_text(id_)}",') and not _CONTROLS.search(text))
    if not isinstance(key, bytes) or not is_sound:
        return
    doc = SHORT.cell(text) if text is not None else None
    if doc is not None:
        storage.rows(f"UPDATE {subject} SET id = ?, doc = ? WHERE doc_id = ?", (key, doc, doc_id))
    elif key != id_:
        storage.rows(f"UPDATE {subject} SET id = ? WHERE doc_id = ?", (key, doc_id))


_CONTROLS: Final = re.compile("[\x00-\x1f]")
