"""The format `csv`: a row for each message of the visible history (RFC 4180), safe in spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from threadkeep.domain.messages import Message, Usage
from threadkeep.domain.transfer import Transcript

COLUMNS: Final = (
    "session_id",
    "session_title",
    "repository",
    "task",
    "workflow",
    "message_id",
    "seq",
    "created_at",
    "role",
    "agent",
    "provider",
    "model",
    "status",
    "content",
    "input_tokens",
    "output_tokens",
    "cost",
    "is_favourite",
    "note",
    "session_tags",
)

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell begins with that a spreadsheet may take for a formula."""


class CsvFormat:
    """Writes it. A session without messages has a row of its own, with no message in it."""

    name = "csv"
    label = "CSV"
    extensions = (".csv",)
    is_text = True

    def pieces(self, transcripts: Iterable[Transcript], *, is_single: bool) -> Iterator[bytes]:
        del is_single
        yield _row(COLUMNS)
        for transcript in transcripts:
            for message in transcript.visible or (None,):
                yield _row(_cells(transcript, message))


def _cells(transcript: Transcript, message: Message | None) -> Iterator[str]:
    session = transcript.session
    yield session.id
    yield session.title
    yield transcript.repository.name
    yield session.key.task
    yield session.key.workflow or ""
    yield from ("",) * 12 if message is None else _message_cells(message)
    yield "" if message is None else message.note or ""
    yield ", ".join(session.tags)


def _message_cells(message: Message) -> Iterator[str]:
    usage: Usage | None = message.usage
    yield message.id
    yield str(message.seq)
    yield message.created_at
    yield message.role
    yield message.agent or ""
    yield message.provider or ""
    yield message.model or ""
    yield message.status
    yield _said(message)
    yield str(usage.input_tokens) if usage else ""
    yield str(usage.output_tokens) if usage else ""
    yield str(usage.cost) if usage and usage.cost is not None else ""
    yield "true" if message.is_favourite else "false"


def _said(message: Message) -> str:
    if message.event is None:
        return message.content
    event = message.event
    return " ".join(each for each in (event.kind, event.from_, event.to, event.reason) if each)


def _row(cells: Iterable[str]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow([_harmless(cell) for cell in cells])
    return line.getvalue().encode("utf-8", "replace")


def _harmless(cell: str) -> str:
    """The cell, with an apostrophe before what would be a formula; NUL, which tables cannot hold, is left out."""
    cell = cell.replace("\x00", "")
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
