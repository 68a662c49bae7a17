"""Long contents, each kept once however often it is used: `sha256` to bytes, in pieces that grow at the end.

What uses a blob is noted beside it, and one that nobody uses any more is deleted in steps (`remove_unused`): no
program deletes what another has just begun to use, since both happen inside transactions.
"""

import base64
import codecs
import hashlib
from collections.abc import Callable, Iterator
from typing import Any, Final

from threadkeep.adapters.store.engine.json_text import json_text, json_value
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.domain.messages import Part
from threadkeep.domain.tool_calls import BLOB_BYTES, EDGE_CHARACTERS, Blob, OutputItem, ToolCall
from threadkeep.values import evolve

PIECE_BYTES: Final = 65_536
GROWTH_BYTES: Final = 262_144
"""Of the output of a running call, that is passed on at once."""
PIECES_AT_ONCE: Final = 32
"""Of an unused blob, that are deleted in one go."""

_TEXTS: Final = (("text", "blob"), ("old_text", "old_blob"), ("new_text", "new_blob"))
"""Members of an item that hold a text, each with the one that holds it where it is long."""
_BY_CONTENT: Final = "SELECT id, size FROM blobs WHERE sha256 = ?"
_PIECE: Final = (
    "SELECT start, data FROM blob_pieces WHERE blob = ? AND start <= ? ORDER BY start DESC LIMIT 1"
)
_PIECES: Final = "SELECT data FROM blob_pieces WHERE blob = ? ORDER BY start"
_USE: Final = "INSERT OR IGNORE INTO blob_uses(message_row, n, blob, is_growing) VALUES (?, ?, ?, 0)"
_NO_USE: Final = "DELETE FROM blob_uses WHERE message_row = ? AND n = ? AND blob = ?"
_GROWN: Final = (
    "UPDATE blob_uses SET is_growing = 0 WHERE message_row = ? AND n = ? AND blob = ? AND is_growing"
)
_GROWING: Final = "SELECT id, size FROM blob_uses JOIN blobs ON id = blob WHERE message_row = ? AND n = ? AND is_growing = 1"
_USED_AGAIN: Final = "DELETE FROM unused_blobs WHERE blob IN (SELECT blob FROM blob_uses)"
_OF_SESSION: Final = """
SELECT 1 FROM blob_uses AS u JOIN messages AS m ON m.doc_id = u.message_row
WHERE u.blob = ? AND m.session_number = ? LIMIT 1
"""


def put(storage: SqliteStorage, data: bytes) -> str:
    """Stores bytes that may be there already; gives their digest. A part should use them in the same transaction."""
    digest = hashlib.sha256(data).digest()
    if storage.row(_BY_CONTENT, (digest,)) is None:
        id_ = _new(storage, digest, len(data))
        for start in range(0, len(data), PIECE_BYTES):
            _put_piece(storage, id_, start, data[start : start + PIECE_BYTES])
        storage.rows("INSERT INTO unused_blobs(blob) VALUES (?)", (id_,))  # until somebody does
    return digest.hex()


def find(storage: SqliteStorage, sha256: str) -> tuple[int, int] | None:
    """Row and size in bytes of a blob; None where nothing has that content."""
    found = storage.row(_BY_CONTENT, (bytes.fromhex(sha256),)) if _is_digest(sha256) else None
    return (found[0], found[1]) if found else None


def is_used_in(storage: SqliteStorage, id_: int, number: int) -> bool:
    """Whether a message of the session with that number uses the blob."""
    return storage.row(_OF_SESSION, (id_, number)) is not None


def read(storage: SqliteStorage, id_: int, offset: int, limit: int) -> bytes:
    """At most `limit` bytes from an offset on."""
    found = bytearray()
    while len(found) < limit:
        piece = storage.row(_PIECE, (id_, offset + len(found)))
        rest = piece[1][offset + len(found) - piece[0] :] if piece else b""
        if not rest:
            break
        found += rest[: limit - len(found)]
    return bytes(found)


def append(storage: SqliteStorage, row: int, n: int, text: str) -> int:
    """Adds to the text that a call puts out while it runs; gives its size in bytes before."""
    growing = storage.row(_GROWING, (row, n))
    if growing is None:
        growing = (_new(storage, None, 0), 0)
        storage.rows(
            "INSERT INTO blob_uses(message_row, n, blob, is_growing) VALUES (?, ?, ?, 1)",
            (row, n, growing[0]),
        )
    id_, size = growing
    data = text.encode("utf-8", "replace")
    for start in range(0, len(data), PIECE_BYTES):
        _put_piece(storage, id_, size + start, data[start : start + PIECE_BYTES])
    storage.rows("UPDATE blobs SET size = ? WHERE id = ?", (size + len(data), id_))
    return int(size)


def growing_text(storage: SqliteStorage, row: int, n: int, offset: int) -> str:
    """What a running call has put out from an offset in bytes on, at most `GROWTH_BYTES` of it."""
    growing = storage.row(_GROWING, (row, n))
    if growing is None or growing[1] <= offset:
        return ""
    return codecs.getincrementaldecoder("utf-8")("replace").decode(
        read(storage, growing[0], offset, GROWTH_BYTES)
    )


def with_growing(storage: SqliteStorage, row: int, n: int, part: Part) -> Part:
    """A running call with what it has put out so far in the item that has no text yet: all, or its ends."""
    growing = storage.row(_GROWING, (row, n))
    if part.call is None or growing is None:
        return part
    return evolve(part, call=_with_text(part.call, _text_of(storage, growing[0], growing[1], "")))


def with_whole_growing(storage: SqliteStorage, row: int, n: int, part: Part) -> Part:
    """A running call, as `with_growing` has it, with all of what it has put out instead of its ends."""
    growing = storage.row(_GROWING, (row, n))
    if part.call is None or growing is None:
        return part
    output = tuple(
        evolve(item, text=_joined(storage, growing[0]), blob=None)
        if item.blob is not None and not item.blob.sha256
        else item
        for item in part.call.output
    )
    return evolve(part, call=evolve(part.call, output=output))


def with_long_texts_apart(
    storage: SqliteStorage, row: int, n: int, part: Part, *, clean: Callable[[str], str] | None = None
) -> Part:
    """The part with texts of more than `BLOB_BYTES` stored as blobs, and what a call that has ended put out in it.

    clean: changes what it put out; what was stored of that goes.
    """
    if part.media is not None and part.media.data is not None:
        data = base64.b64decode(part.media.data, validate=True)
        media = evolve(part.media, data=None, sha256=put(storage, data), size=len(data))
        return evolve(part, media=media)
    call = part.call
    if call is None:
        return part
    if not call.is_open:
        call = _settled(storage, row, n, call, clean)
    if call.input is not None and len(text := json_text(call.input)) > BLOB_BYTES:
        call = evolve(call, input=None, input_blob=_apart(storage, text))
    output = tuple(_item_apart(storage, item) for item in call.output)
    return evolve(part, call=evolve(call, output=output))


def with_contents(storage: SqliteStorage, part: Part) -> Part:
    """The part with everything in it that lies apart, as another store wants it."""
    if part.media is not None:
        return evolve(part, media=evolve(part.media, data=_data(storage, part.media.sha256)))
    call = part.call
    if call is None:
        return part
    if call.input_blob is not None and (text := _whole_text(storage, call.input_blob)) is not None:
        call = evolve(call, input=json_value(text), input_blob=None)
    return evolve(
        part, call=evolve(call, output=tuple(_with_contents(storage, item) for item in call.output))
    )


def _with_contents(storage: SqliteStorage, item: OutputItem) -> OutputItem:
    changed: dict[str, Any] = {}
    for name, blob_name in _TEXTS:
        blob: Blob | None = getattr(item, blob_name)
        if blob is None:
            continue
        text = _whole_text(storage, blob)
        if text is not None:
            changed |= {name: text, blob_name: None}
        elif blob.sha256:
            changed[blob_name] = evolve(blob, data=_data(storage, blob.sha256))
    return evolve(item, **changed) if changed else item


def _whole_text(storage: SqliteStorage, blob: Blob) -> str | None:
    """The text of a blob; None for one that is no text, or is not there."""
    found = find(storage, blob.sha256) if blob.head else None
    try:
        return None if found is None else read(storage, found[0], 0, found[1]).decode()
    except UnicodeDecodeError:
        return None


def _data(storage: SqliteStorage, sha256: str) -> str | None:
    found = find(storage, sha256)
    return None if found is None else base64.b64encode(read(storage, found[0], 0, found[1])).decode()


def put_uses(storage: SqliteStorage, row: int, n: int, part: Part) -> None:
    """Notes which blobs a part uses, and no others."""
    wanted = {found[0] for sha256 in contents_of(part) if (found := find(storage, sha256))}
    stored = storage.rows("SELECT blob, is_growing FROM blob_uses WHERE message_row = ? AND n = ?", (row, n))
    for blob, is_growing in stored:
        if is_growing and part.is_open:
            continue
        statement = _GROWN if blob in wanted else _NO_USE
        storage.rows(statement, (row, n, blob))
    for blob in wanted - {blob for blob, _ in stored}:
        storage.rows(_USE, (row, n, blob))


def contents_of(part: Part) -> Iterator[str]:
    """The digests of what lies apart of a part."""
    if part.media is not None:
        yield part.media.sha256
    if part.call is not None:
        blobs = [part.call.input_blob]
        for item in part.call.output:
            blobs += [item.blob, item.old_blob, item.new_blob]
        yield from (blob.sha256 for blob in blobs if blob is not None)


def has_unused(storage: SqliteStorage) -> bool:
    """Whether `remove_unused` has something to do."""
    return storage.has_table("unused_blobs") and storage.row("SELECT 1 FROM unused_blobs LIMIT 1") is not None


def remove_unused(storage: SqliteStorage) -> None:
    """Deletes some of what nobody uses, inside a transaction, in some milliseconds."""
    storage.rows(_USED_AGAIN)
    unused = storage.row("SELECT blob FROM unused_blobs LIMIT 1")
    if unused is None:
        return
    storage.rows("UPDATE blobs SET sha256 = NULL WHERE id = ?", unused)  # nobody finds half of it
    pieces = storage.rows("SELECT rowid FROM blob_pieces WHERE blob = ? LIMIT ?", (*unused, PIECES_AT_ONCE))
    for (piece,) in pieces:
        storage.rows("DELETE FROM blob_pieces WHERE rowid = ?", (piece,))
    if len(pieces) < PIECES_AT_ONCE:
        storage.rows("DELETE FROM blobs WHERE id = ?", unused)
        storage.rows("DELETE FROM unused_blobs WHERE blob = ?", unused)


def _new(storage: SqliteStorage, digest: bytes | None, size: int) -> int:
    return int(
        storage.rows("INSERT INTO blobs(sha256, size) VALUES (?, ?) RETURNING id", (digest, size))[0][0]
    )


def _put_piece(storage: SqliteStorage, id_: int, start: int, data: bytes) -> None:
    storage.rows("INSERT INTO blob_pieces(blob, start, data) VALUES (?, ?, ?)", (id_, start, data))


def _is_digest(sha256: str) -> bool:
    return len(sha256) == hashlib.sha256().digest_size * 2 and not sha256.strip("0123456789abcdef")


def _apart(storage: SqliteStorage, text: str) -> Blob:
    data = text.encode("utf-8", "replace")
    return _blob(data, put(storage, data))


def _stored(storage: SqliteStorage, blob: Blob, encoded: str) -> Blob:
    """The blob whose bytes came with it, named by what they are: who wrote them is not believed. Raises ValueError."""
    data = base64.b64decode(encoded, validate=True)
    return evolve(blob, data=None, sha256=put(storage, data), size=len(data))


def _blob(data: bytes, sha256: str) -> Blob:
    text = data.decode("utf-8", "replace")
    return Blob(sha256=sha256, size=len(data), head=text[:EDGE_CHARACTERS], tail=text[-EDGE_CHARACTERS:])


def _item_apart(storage: SqliteStorage, item: OutputItem) -> OutputItem:
    changed: dict[str, Any] = {}
    for text, blob in _TEXTS:
        inside: Blob | None = getattr(item, blob)
        if inside is not None and inside.data is not None:
            changed[blob] = _stored(storage, inside, inside.data)
        value = getattr(item, text)
        if value is not None and (
            len(value) > BLOB_BYTES or len(value.encode("utf-8", "replace")) > BLOB_BYTES
        ):
            changed |= {text: None, blob: _apart(storage, value)}
    return evolve(item, **changed) if changed else item


def _settled(
    storage: SqliteStorage, row: int, n: int, call: ToolCall, clean: Callable[[str], str] | None
) -> ToolCall:
    """A call that has ended, with what it has put out while it ran."""
    growing = storage.row(_GROWING, (row, n))
    if growing is None:
        return call
    id_, size = growing
    if clean is not None and _wants_text(call):
        text = _joined(storage, id_)
        if (cleaned := clean(text)) != text:
            return _with_text(call, cleaned)
    if size <= BLOB_BYTES or not _wants_text(call):
        return _with_text(call, _text_of(storage, id_, size, "") if _wants_text(call) else "")
    digest = hashlib.sha256()
    for (data,) in storage.rows(_PIECES, (id_,)):
        digest.update(data)
    if storage.row(_BY_CONTENT, (digest.digest(),)) is None:  # else the same is there already, and ours goes
        storage.rows("UPDATE blobs SET sha256 = ? WHERE id = ?", (digest.digest(), id_))
    return _with_text(call, _text_of(storage, id_, size, digest.hexdigest()))


def _text_of(storage: SqliteStorage, id_: int, size: int, sha256: str) -> str | Blob:
    """What a blob of that size says: all of it where that is not much."""
    if size <= BLOB_BYTES:
        return _joined(storage, id_)
    head = read(storage, id_, 0, EDGE_CHARACTERS * 4).decode("utf-8", "ignore")
    tail = read(storage, id_, size - EDGE_CHARACTERS * 4, EDGE_CHARACTERS * 4).decode("utf-8", "ignore")
    return Blob(sha256=sha256, size=size, head=head[:EDGE_CHARACTERS], tail=tail[-EDGE_CHARACTERS:])


def _joined(storage: SqliteStorage, id_: int) -> str:
    return b"".join(data for (data,) in storage.rows(_PIECES, (id_,))).decode("utf-8", "replace")


def _wants_text(call: ToolCall) -> bool:
    return any(item.takes_output for item in call.output)


def _with_text(call: ToolCall, text: str | Blob) -> ToolCall:
    """The call with the text in the last item that has none."""
    at = next((at for at in reversed(range(len(call.output))) if call.output[at].takes_output), None)
    if at is None:
        return call
    member = {"text": text} if isinstance(text, str) else {"blob": text}
    item = evolve(call.output[at], **member)
    return evolve(call, output=(*call.output[:at], item, *call.output[at + 1 :]))
