"""The store's tables and indexes, as an empty file gets them, and what may be added to older ones."""

# ruff: noqa: S608 - the names spliced into SQL are constants

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from threadkeep.adapters.store.engine.layouts import Column, TableLayout
from threadkeep.adapters.store.tables import list_schema
from threadkeep.adapters.store.tables.part_schema import PART_TABLES
from threadkeep.adapters.store.tables.search_schema import SEARCH_TABLES
from threadkeep.adapters.store.tables.short_documents import IS_SHORT, SHORT, SHORT_DOCUMENTS
from threadkeep.adapters.store.tables.short_documents import SHORTENING as DOCUMENTS_SHORTENING
from threadkeep.adapters.store.tables.usage_rows import USAGE_TABLES

_ID: Final = Column(name="id", path=("id",), kind="text", is_indexed=True)


@lru_cache(maxsize=512)  # whoever is busy is so with few sessions
def number_of(text: str) -> int:
    """A number that stands for the text; two texts hardly ever share one."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def session_number(session_id: str) -> int:
    """The number that stands for the session in indexes.

    Entries of a few bytes instead of a whole id keep the place where a session grows in few pages.
    """
    return number_of(session_id)


def _mark(text: Any) -> int:
    return number_of(text if isinstance(text, str) else repr(text))


SESSIONS: Final = TableLayout(
    name="sessions",
    key="id",
    columns=(
        _ID,
        Column(name="repository_id", path=("key", "repository_id"), is_indexed=True),
        Column(name="task", path=("key", "task"), is_indexed=True),
        Column(name="workflow", path=("key", "workflow")),
        Column(name="status", path=("status",)),
        Column(name="activity", path=("activity",)),
        Column(name="agent", path=("agent",)),
        Column(name="model", path=("model",)),
        Column(name="provider", path=("provider",)),
        Column(name="is_favourite", path=("is_favourite",)),
        Column(name="forked_from", path=("forked_from", "session_id")),
        Column(name="is_private", path=("is_private",)),
        Column(name="is_archived", path=("is_archived",)),
        Column(name="is_trashed", path=("is_trashed",)),
        Column(name="is_listed", path=("is_listed",)),
        Column(name="is_open", path=("is_open",), is_indexed=True),
        Column(name="title_folded", path=("title_folded",), kind="text"),
        Column(name="message_count", path=("message_count",), kind="integer"),
        Column(name="created_at", path=("created_at",), kind="text"),
        Column(name="updated_at", path=("updated_at",), kind="text"),
        Column(name="last_activity_at", path=("last_activity_at",), kind="text"),
        Column(name="tags", path=("tags",), made=list_schema.tag_places, is_indexed=True),
        Column(name="links", path=("links",), made=list_schema.link_places, is_indexed=True),
        # what is searched of a session, see search_labels: while it is the same, its index is not looked at
        Column(name="title_mark", path=("title",), made=_mark, is_watched=True),
        Column(name="title_source", path=("title_source",), is_watched=True),
        Column(name="note_mark", path=("note",), made=_mark, is_watched=True),
    ),
)
MESSAGES: Final = TableLayout(
    name="messages",
    key="id",
    columns=(_ID, Column(name="seq", path=("seq",), kind="integer")),
    further=("session_number", "parent_ref", "jump_ref", "depth"),  # see message_tree
    short=SHORT,
    short_since=SHORT_DOCUMENTS,
)
TURNS: Final = TableLayout(
    name="turns",
    key="id",
    columns=(_ID, Column(name="is_running", path=("is_running",), is_indexed=True)),
    short=SHORT,
    short_since=SHORT_DOCUMENTS,
)
REPOSITORIES: Final = TableLayout(name="repositories", key="id", columns=(_ID,))

LAYOUTS: Final = (SESSIONS, MESSAGES, TURNS, REPOSITORIES)

_DOCUMENT_INDEXES: Final = """
CREATE UNIQUE INDEX sessions_id ON sessions(id);
CREATE INDEX sessions_open ON sessions(repository_id, task) WHERE is_open = 1;
CREATE UNIQUE INDEX messages_id ON messages(id);
CREATE INDEX messages_of_session ON messages(session_number, parent_ref);
CREATE UNIQUE INDEX turns_id ON turns(id);
CREATE INDEX turns_running ON turns(is_running) WHERE is_running = 1;
CREATE UNIQUE INDEX repositories_id ON repositories(id);
"""

_SIDE_TABLES: Final = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE aliases(place TEXT PRIMARY KEY, repository_id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE current_sessions(place TEXT PRIMARY KEY, session_id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events(
    id INTEGER PRIMARY KEY, session_number INTEGER NOT NULL, session_id TEXT NOT NULL, seq INTEGER NOT NULL,
    at TEXT NOT NULL, kind TEXT NOT NULL, message_id TEXT, turn_id TEXT, origin TEXT NOT NULL
);
CREATE INDEX events_of_session ON events(session_number, seq);
CREATE TABLE journal(id INTEGER PRIMARY KEY, message_id TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX journal_of_message ON journal(message_id, id);
CREATE TABLE drafts(place TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE outcomes(place TEXT PRIMARY KEY, at TEXT NOT NULL, doc TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX outcomes_by_time ON outcomes(at);
"""

SHORT_FORM: Final = "filled"
"""The table of a store whose events may have the short form: how far those of the old one have been made short. None
for those of a subject that are all done. No older program uses a store that has it."""
SHORTENING: Final = (f"CREATE TABLE {SHORT_FORM}(subject TEXT PRIMARY KEY, upto INTEGER) WITHOUT ROWID;",)

_IS_SHORT: Final = f"INSERT INTO {SHORT_FORM}(subject, upto) VALUES ('events', NULL)"

CREATION: Final = (
    *(layout.creation() for layout in LAYOUTS),
    _DOCUMENT_INDEXES,
    *list_schema.creation(),
    _SIDE_TABLES,
    *SEARCH_TABLES,
    *USAGE_TABLES,
    *SHORTENING,
    _IS_SHORT,
    *PART_TABLES,
    *DOCUMENTS_SHORTENING,
    IS_SHORT,
)
"""What makes the whole of the present version in an empty file."""

COUNTED: Final = ("sessions", "messages", "repositories")
"""Tables whose rows are counted, see totals."""
TOTALS: Final = "totals"


def _totals() -> str:
    statements = [
        f"CREATE TABLE {TOTALS}(name TEXT PRIMARY KEY, missing INTEGER NOT NULL, upto INTEGER) WITHOUT ROWID;"
    ]
    for name in COUNTED:
        highest = f"coalesce((SELECT max(doc_id) FROM {name}), 0)"
        before = f"coalesce((SELECT max(doc_id) FROM {name} WHERE doc_id < new.doc_id), 0)"
        is_last = f"NOT EXISTS (SELECT 1 FROM {name} WHERE doc_id > new.doc_id)"
        # The next row takes the next number: nothing is written then. When the highest rows go, nothing is
        # missing above those that are left.
        statements.append(f"""
CREATE TRIGGER {name}_numbered AFTER INSERT ON {name} WHEN NOT ({is_last} AND {before} = new.doc_id - 1) BEGIN
    UPDATE {TOTALS} SET missing = missing + CASE
        WHEN upto NOTNULL THEN -(new.doc_id <= upto)
        WHEN {is_last} THEN new.doc_id - 1 - {before}
        ELSE -1 END
    WHERE name = '{name}';
END;
CREATE TRIGGER {name}_missing AFTER DELETE ON {name} BEGIN
    UPDATE {TOTALS} SET
        missing = missing + (upto IS NULL OR old.doc_id <= upto) - max(0, coalesce(upto, old.doc_id) - {highest}),
        upto = min(upto, {highest})
    WHERE name = '{name}';
END;
INSERT INTO {TOTALS}(name, missing, upto) SELECT '{name}', 0, CASE WHEN EXISTS (SELECT 1 FROM {name}) THEN 0 END;
""")
    return "".join(statements)


# Work that takes many transactions, see pending: `row` is the sessions' row that is kept free for the subject, `data_version`
# its number in other indexes.
_PENDING: Final = (
    "CREATE TABLE pending(subject TEXT NOT NULL, kind TEXT NOT NULL, owner TEXT NOT NULL, at TEXT NOT NULL, "
    "source TEXT, row INTEGER, mark INTEGER, PRIMARY KEY(subject, kind)) WITHOUT ROWID"
)

ADDITIONS: Final[Mapping[str, str]] = {TOTALS: _totals(), "pending": _PENDING}
"""Tables that came after the first version, by name, with the statements that make them. A store that lacks
one gets it when it is opened; programs that do not know it leave it alone."""
