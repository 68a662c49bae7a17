"""Parts of messages that have a row of their own, since there may be thousands and each changes by itself.

The document of a message holds its words (`WORDS`), and in the place of each run of other parts an `omitted` one that
says how many there are; the k-th of all these in the message is the row `n = k`. So a call that changes its state
costs one row however long the message is, and a page of a history reads as much as it shows.
"""

# ruff: noqa: S608 - what is spliced into SQL are constants; values are bound

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from threadkeep.adapters.store.engine.json_text import json_text
from threadkeep.adapters.store.engine.short_json import short_id
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables import blobs
from threadkeep.adapters.store.tables.documents import parsed, part_document
from threadkeep.adapters.store.tables.part_schema import PARTS
from threadkeep.domain.errors import StoreUnavailable
from threadkeep.domain.messages import WORDS, Message, Part
from threadkeep.values import evolve

SHOWN_BYTES: Final = 262_144
"""So much of a message's other parts is read with it, the newest; see `message/parts` for the rest."""

PAGE_BYTES: Final = 65_536
"""So much of all messages' other parts is read with a page, the newest: an editor opens no slower with them."""

_ROW: Final = "SELECT doc_id FROM messages WHERE id IN (?, ?)"
_PUT: Final = (
    f"INSERT INTO {PARTS}(message_row, n, seq, size, is_open, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
    "ON CONFLICT(message_row, n) DO UPDATE SET seq = ?3, size = ?4, is_open = ?5, doc = ?6"
)
_STORED: Final = f"SELECT doc FROM {PARTS} WHERE message_row = ? AND n = ?"
_SIZES: Final = f"SELECT n, size FROM {PARTS} WHERE message_row = ? ORDER BY n DESC"
_FROM: Final = f"SELECT n, doc FROM {PARTS} WHERE message_row = ? AND n >= ? ORDER BY n LIMIT ?"
_OPEN: Final = f"SELECT n, doc FROM {PARTS} WHERE message_row = ? AND is_open = 1 ORDER BY n"
_OF_SEQ: Final = f"SELECT n, doc FROM {PARTS} WHERE message_row = ? AND seq = ? LIMIT 1"
_FORGET: Final = f"DELETE FROM {PARTS} WHERE message_row = ? AND n >= ? AND n < ?"


def put_rows(storage: SqliteStorage, row: int, message: Message) -> None:
    """Stores the parts of a message that have rows, and drops the rows of parts that it has no more.

    row: the message's own. Raises StoreUnavailable as `check_tables`.
    """
    check_tables(storage)
    n = 0
    for part in message.parts:
        if part.type == "omitted" or part.type in WORDS:
            n += part.length if part.type == "omitted" else 0
            continue
        # one of which more is to come is changed by who runs it, see put_row
        if not part.is_open or storage.row(_STORED, (row, n)) is None:
            put_row(storage, row, n, part, seq=message.seq)
        n += 1
    if message.status != "streaming":  # else there may be more, in the journal
        storage.rows(_FORGET, (row, n, 1 << 62))


def put_row(
    storage: SqliteStorage,
    row: int,
    n: int,
    part: Part,
    *,
    seq: int,
    clean: Callable[[str], str] | None = None,
) -> Part:
    """Stores one part, unless it is stored so already; gives it as it is stored, with long texts apart.

    clean: changes what a call that ends has put out while it ran.
    """
    part = blobs.with_long_texts_apart(storage, row, n, part, clean=clean)
    document = json_text(part_document(part))
    stored = storage.row(_STORED, (row, n))
    if stored is None or stored[0] != document:
        storage.rows(_PUT, (row, n, seq, len(document), int(part.is_open), document))
    blobs.put_uses(storage, row, n, part)
    return part


def with_rows(storage: SqliteStorage, message: Message, *, most: int | None = SHOWN_BYTES) -> Message:
    """The message with its parts that have rows, the newest up to `most` bytes (None: all); those before stay `omitted`."""
    if not any(part.type == "omitted" for part in message.parts):
        return message
    row = row_of(storage, message.id)
    if row is None or not storage.has_table(PARTS):
        return message
    first = 0 if most is None else _first_within(storage, row, most)
    return message.filled(dict(_parts_from(storage, row, first, -1)))


def with_contents(storage: SqliteStorage, message: Message) -> Message:
    """The message with all its parts, and what lies apart of them inside."""
    row = row_of(storage, message.id)
    parts, n = [], 0
    for part in with_rows(storage, message, most=None).parts:
        if part.is_open and row is not None:
            part = blobs.with_whole_growing(storage, row, n, part)  # noqa: PLW2901 - the part as it is
        parts.append(blobs.with_contents(storage, part))
        n += 0 if part.type in WORDS else part.length
    return evolve(message, parts=tuple(parts))


def parts_from(storage: SqliteStorage, message: Message, first: int, limit: int) -> list[Part]:
    """At most `limit` parts of the message from an index on, which counts all its parts; `message` as it is stored."""
    found: list[Part] = []
    row, index, n = row_of(storage, message.id), 0, 0
    for part in message.parts:
        if len(found) == limit:
            break
        if part.type != "omitted":
            found += [part] if index >= first else []
        elif row is not None and index + part.count > first:
            skipped = max(0, first - index)
            most = min(limit - len(found), part.count - skipped)
            found += [each for _, each in _parts_from(storage, row, n + skipped, most)]
        index += part.length
        n += part.count
    return found


def open_rows(storage: SqliteStorage, message_id: str) -> list[tuple[int, Part]]:
    """The calls of a message of which more was to come, with their `n`."""
    row = row_of(storage, message_id) if storage.has_table(PARTS) else None
    return [] if row is None else [(n, parsed(doc, Part)) for n, doc in storage.rows(_OPEN, (row,))]


def part_of_seq(storage: SqliteStorage, message_id: str, seq: int) -> tuple[int, Part] | None:
    """The part, and its `n`, that the event of that seq tells of; None where it has changed again since."""
    row = row_of(storage, message_id) if storage.has_table(PARTS) else None
    if row is None:
        return None
    found = storage.row(_OF_SEQ, (row, seq))
    return (found[0], blobs.with_growing(storage, row, found[0], parsed(found[1], Part))) if found else None


def outputs(
    storage: SqliteStorage, message_id: str, heard: Mapping[int, int]
) -> list[tuple[int, str, int, str]]:
    """What running calls have put out behind so many bytes of each, by `n`: with `n`, the call's id and the offset."""
    row = row_of(storage, message_id) if storage.has_table(PARTS) else None
    found = []
    for n, part in open_rows(storage, message_id) if row is not None else ():
        offset = heard.get(n, 0)
        text = blobs.growing_text(storage, row or 0, n, offset)
        if text and part.call is not None:
            found.append((n, part.call.id, offset, text))
    return found


def row_of(storage: SqliteStorage, message_id: str) -> int | None:
    """The row of a message; None without one."""
    found = storage.row(_ROW, (message_id, short_id(message_id)))
    return found[0] if found else None


def check_tables(storage: SqliteStorage) -> None:
    """Raises StoreUnavailable where an older program still uses the store, which would not keep parts."""
    if not storage.has_table(PARTS):
        raise StoreUnavailable(
            "What agents do cannot be stored while an older Threadkeep has the store open: close the windows that "
            "were opened before the update, and try again."
        )


def _parts_from(storage: SqliteStorage, row: int, first: int, most: int) -> Iterator[tuple[int, Part]]:
    for n, doc in storage.rows(_FROM, (row, first, most)):
        part = parsed(doc, Part)
        yield n, blobs.with_growing(storage, row, n, part) if part.is_open else part


def _first_within(storage: SqliteStorage, row: int, most: int) -> int:
    """The `n` of the earliest part that is among the newest `most` bytes; the newest one always is."""
    first, left = 1 << 62, most
    for n, size in storage.rows(_SIZES, (row,)):
        if left < size and first != 1 << 62:
            break
        first, left = n, left - size
    return first
