"""All texts one after another, for searches that no index helps; apart, since it knows no index."""

from collections.abc import Generator, Iterator
from heapq import merge
from typing import Any, Final

from threadkeep.adapters.store.engine.layouts import Scalar
from threadkeep.adapters.store.engine.short_json import cell_of
from threadkeep.adapters.store.search.labels import PLACES
from threadkeep.adapters.store.search.texts import CONTENTS, LABELS, NOTES, SearchTexts
from threadkeep.adapters.store.tables.schema import session_number
from threadkeep.adapters.store.tables.short_documents import SHORT
from threadkeep.domain.search import PartQuery
from threadkeep.ports.search_records import Position, StoredText, TextScan
from threadkeep.values import Value

_MESSAGES: Final = f"SELECT doc_id, session_number, {cell_of()} FROM messages AS t WHERE doc_id < ?"  # noqa: S608 - constants
_NOTES: Final = (
    f"SELECT n.id, n.session, {cell_of('m')} FROM notes AS n "  # noqa: S608 - constants
    "CROSS JOIN messages AS m ON m.doc_id = n.id WHERE n.id < ?"
)
_LABELS: Final = (
    f"SELECT l.id, l.session, s.doc FROM labels AS l CROSS JOIN sessions AS s ON s.doc_id = l.id / {PLACES} "  # noqa: S608 - constants
    "WHERE l.id < ?"
)
_HIGHEST: Final = 2**62


class _Seen(Value):
    """A text that was looked at; `text` None if it is not wanted."""

    at: str
    place: tuple[int, int]
    text: StoredText | None = None


def scanned(
    texts: SearchTexts, *, limit: int, after: Position, holding: str, of_session: str | None
) -> TextScan:
    """As the port says."""
    position = list(after)
    number = None if of_session is None else session_number(of_session)
    part = _as_stored(holding)
    sources = tuple(
        _seen(texts, source, _rows(texts, source, position[source] or _HIGHEST, number), part)
        for source in (CONTENTS, NOTES, LABELS)
    )
    found: list[StoredText] = []
    looked_at = 0
    for seen in merge(*sources, key=lambda each: each.at, reverse=True):
        source, place = seen.place
        position[source] = place
        if seen.text is not None:
            found.append(seen.text)
        looked_at += 1
        if looked_at == limit:
            break
    for each in sources:
        each.close()
    if looked_at < limit:
        return TextScan(texts=tuple(found), after=None, done=1.0)
    return TextScan(texts=tuple(found), after=tuple(position), done=_done(texts, position[CONTENTS]))


def _seen(
    texts: SearchTexts, source: int, rows: Iterator[tuple[Any, ...]], part: str
) -> Generator[_Seen, None, None]:
    at = "~"  # after every time
    for id_, of_session, cell in rows:
        place = (source, id_)
        if source == CONTENTS and not _may_hold(SHORT.words(cell), part):
            yield _Seen(at=at, place=place)
            continue
        document = SHORT.document(cell)
        at = document["created_at"]
        yield _Seen(at=at, place=place, text=_text(texts, source, id_, of_session, document))


def _rows(
    texts: SearchTexts, source: int, below: int, number: int | None
) -> Generator[tuple[Any, ...], None, None]:
    select = (_MESSAGES, _NOTES, _LABELS)[source]
    id_, session = (("doc_id", "session_number"), ("n.id", "n.session"), ("l.id", "l.session"))[source]
    values: tuple[Scalar, ...] = (below,)
    if number is not None:
        select, values = f"{select} AND {session} = ?", (below, number)
    yield from texts.storage.stream(f"{select} ORDER BY {id_} DESC", values)


def _text(texts: SearchTexts, source: int, id_: int, number: int, document: Any) -> StoredText | None:
    if source == LABELS:
        return texts.label_text(id_, number) if texts.is_of_label(id_, number) else None
    if document.get("role") == "event" and source == CONTENTS:
        return None
    if not texts.is_of_message(id_, number):
        return None
    return texts.message_text(id_, number, document, "note" if source == NOTES else "content")


def _as_stored(part: str) -> str:
    """How the part stands in a folded document that holds it; empty where JSON would write it otherwise."""
    folded = PartQuery(part).folded
    return folded if folded.isprintable() and not set(folded) & set('"\\') else ""


def _may_hold(document: str, part: str) -> bool:
    # a document with a lone surrogate is escaped as a whole
    return part in document.casefold() or "\\ud" in document


def _done(texts: SearchTexts, place: int) -> float:
    row = texts.storage.row("SELECT max(doc_id) FROM messages")
    highest = (row[0] if row else None) or 1
    return 1 - min(place or highest, highest) / highest
