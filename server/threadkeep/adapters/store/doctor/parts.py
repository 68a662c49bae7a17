"""Parts that are no words, and long contents, whose message, use or bytes are gone."""

# ruff: noqa: S608 - what is spliced into SQL are constants; values are bound

from collections.abc import Iterator, Sequence
from typing import Final

from threadkeep.adapters.store.doctor.examination import Examination, RepairContext
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables import blobs
from threadkeep.adapters.store.tables.documents import parsed
from threadkeep.adapters.store.tables.part_schema import PARTS
from threadkeep.domain.messages import Part
from threadkeep.values import Value

_FINDINGS: Final = {
    "parts of no message": (
        f"SELECT DISTINCT message_row FROM {PARTS} WHERE message_row NOT IN (SELECT doc_id FROM messages)"
    ),
    "uses by no part": (
        f"SELECT DISTINCT u.message_row FROM blob_uses AS u LEFT JOIN {PARTS} AS p "
        "ON p.message_row = u.message_row AND p.n = u.n WHERE p.n IS NULL"
    ),
    "uses of no content": "SELECT DISTINCT blob FROM blob_uses WHERE blob NOT IN (SELECT id FROM blobs)",
    "content without a use": (
        "SELECT id FROM blobs WHERE id NOT IN (SELECT blob FROM blob_uses) "
        "AND id NOT IN (SELECT blob FROM unused_blobs)"
    ),
    "pieces of no content": "SELECT DISTINCT blob FROM blob_pieces WHERE blob NOT IN (SELECT id FROM blobs)",
}
_REPAIRS: Final = {
    "parts of no message": f"DELETE FROM {PARTS} WHERE message_row = ?",
    "uses by no part": (
        "DELETE FROM blob_uses WHERE message_row = ?1 AND n NOT IN "
        f"(SELECT n FROM {PARTS} WHERE message_row = ?1)"
    ),
    "uses of no content": "DELETE FROM blob_uses WHERE blob = ?",
    "content without a use": "INSERT OR IGNORE INTO unused_blobs(blob) VALUES (?)",
    "pieces of no content": "DELETE FROM blob_pieces WHERE blob = ?",
}
_UNUSED_BY: Final = "contents without a use by the parts of"
_WITH_CONTENTS: Final = (
    f"SELECT message_row, n, doc FROM {PARTS} WHERE instr(doc, '\"sha256\"') "
    "AND message_row IN (SELECT doc_id FROM messages)"
)
_IS_USED: Final = "SELECT 1 FROM blob_uses WHERE message_row = ? AND n = ? AND blob = ?"
_UNKNOWN: Final = "DELETE FROM unused_blobs WHERE blob NOT IN (SELECT id FROM blobs)"


class Stray(Value):
    """Rows of one kind that belong to nothing, by what they name."""

    kind: str
    row: int

    def __str__(self) -> str:
        return f"{self.kind} {self.row}"


def find_strays(storage: SqliteStorage) -> list[Stray]:
    """All of them; none in a store that has no parts yet."""
    if not storage.has_table(PARTS):
        return []
    found = [Stray(kind=_UNUSED_BY, row=row) for row in sorted({row for row, _, _ in _without_uses(storage)})]
    return found + [
        Stray(kind=kind, row=row) for kind, query in _FINDINGS.items() for (row,) in storage.rows(query)
    ]


def _without_uses(storage: SqliteStorage) -> Iterator[tuple[int, int, Part]]:
    """Parts of messages, with row and place, whose contents are there and not noted as theirs."""
    for row, n, doc in storage.rows(_WITH_CONTENTS):
        part = parsed(doc, Part)
        for sha256 in blobs.contents_of(part):
            held = blobs.find(storage, sha256)
            if held is not None and storage.row(_IS_USED, (row, n, held[0])) is None:
                yield row, n, part
                break


def repair_strays(context: RepairContext, findings: Sequence[Stray]) -> None:
    """Takes them away; what parts said is kept in the quarantine. Contents that nobody uses go in the next quiet moment."""
    still_there = set(find_strays(context.storage))
    for stray in findings:
        if stray not in still_there:
            continue
        if stray.kind == _UNUSED_BY:  # before a content that seems unused goes
            for row, n, part in list(_without_uses(context.storage)):
                blobs.put_uses(context.storage, row, n, part)
            continue
        if stray.kind == "parts of no message":
            query = f"SELECT doc FROM {PARTS} WHERE message_row = ? ORDER BY n"
            documents = context.storage.rows(query, (stray.row,))
            context.quarantine.keep(PARTS, str(stray.row), "\n".join(str(doc) for (doc,) in documents))
        context.storage.rows(_REPAIRS[stray.kind], (stray.row,))
    context.storage.rows(_UNKNOWN)


STRAY_PARTS: Final = Examination(
    kind="parts",
    find=find_strays,
    tell="Of what agents did, these belong to nothing",
    repair=repair_strays,
    advice="a repair takes them away and keeps what the parts said in the quarantine folder of the store.",
)
