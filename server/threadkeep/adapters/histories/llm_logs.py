"""simonw/llm: its SQLite log, in the tables of old and of new releases."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from threadkeep.adapters.histories import files
from threadkeep.adapters.histories.llm_responses import conversations
from threadkeep.adapters.histories.llm_threads import threads
from threadkeep.domain.paths import sqlite_uri
from threadkeep.domain.transfer import ForeignSession, TransferProblem

MAX_VALUE_BYTES = 64 * 1024 * 1024
"""Of one text of the database."""

_MAGIC = b"SQLite format 3\0"
_WAL = 2
"""What byte 18 of the file says of a database with a write-ahead log."""


class LlmLogs:
    """`logs.db`, as `llm logs path` tells it, or the folder in which it lies. Nothing is ever written there."""

    name = "llm"
    label = "llm"
    extensions = (".db",)
    is_text = False

    def wants(self, name: str) -> bool:
        """Whether a file of a folder is looked at; see the port."""
        return _is_wanted(name)

    def recognises(self, path: Path) -> bool:
        """Whether it is a database with the log's tables; see the port."""
        for file, head in files.heads(path, wanted=_is_wanted):
            if not head.startswith(_MAGIC):
                continue
            try:
                with closing(_opened(file)) as database:
                    if _tables(database) & {"responses", "turns"} and _tables(database) & {
                        "conversations",
                        "threads",
                    }:
                        return True
            except (sqlite3.Error, OSError, ValueError):
                continue
        return False

    def read(self, path: Path) -> Iterator[ForeignSession | TransferProblem]:
        """A session for each conversation; see the port."""
        for file in files.found_files(path, wanted=_is_wanted):
            if isinstance(file, TransferProblem):
                yield file
                continue
            name = files.shown(file, path)
            with files.opened(file) as source:
                is_database = source.read(len(_MAGIC)) == _MAGIC
            if not is_database:
                yield TransferProblem(message="It is no SQLite database.", file=name)
                continue
            try:
                with closing(_opened(file)) as database:
                    tables = _tables(database)
                    found: set[str] = set()
                    if {"threads", "turns", "messages", "parts"} <= tables:
                        for session in threads(database, tables):
                            found.add(session.origin_id)
                            yield session
                    if {"conversations", "responses"} <= tables:
                        # A thread holds the whole conversation, also what was said before the new tables.
                        yield from conversations(database, tables, but=found)
            except (sqlite3.Error, ValueError, OverflowError) as error:
                yield TransferProblem(message=f"The database cannot be read: {error}.", file=name)


def _opened(path: Path) -> sqlite3.Connection:
    """Read only, and without leaving a file beside it."""
    real = path.resolve()
    with files.opened(real) as source:
        source.seek(18)
        is_wal = source.read(1)[0:1] == bytes([_WAL])
    # SQLite makes files for a write-ahead log that it does not find; without one there is nothing to miss.
    mode = "immutable=1" if is_wal and not Path(f"{real}-wal").exists() else "mode=ro"
    uri = sqlite_uri(str(real), mode, platform=sys.platform)
    database = sqlite3.connect(uri, uri=True, check_same_thread=False)
    database.row_factory = sqlite3.Row
    database.text_factory = lambda data: data.decode("utf-8", "replace")
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
    database.execute("PRAGMA trusted_schema = OFF")
    return database


def _tables(database: sqlite3.Connection) -> set[str]:
    """Plain tables only: a view could compute for ever."""
    rows = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"
    )
    return {row["name"] for row in rows}


def _is_wanted(name: str) -> bool:
    return name == "logs.db"
