"""The store's tables and indexes, as the first version has them."""

import hashlib
from functools import lru_cache
from typing import Final

from threadkeep.adapters.store.layouts import Column, TableLayout

_ID: Final = Column(name="id", path=("id",), is_indexed=True)
SESSION_OF_MESSAGE: Final = """json_extract(doc, '$."session_id"')"""


@lru_cache(maxsize=256)  # whoever is busy is so with few sessions
def session_number(session_id: str) -> int:
    """A number that stands for the session in indexes; two sessions hardly ever share one.

    Entries of a few bytes instead of a whole id keep the place where a session grows in few pages.
    """
    digest = hashlib.blake2b(session_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


SESSIONS: Final = TableLayout(
    name="sessions",
    key="id",
    columns=(
        _ID,
        Column(name="repository_id", path=("key", "repository_id"), is_indexed=True),
        Column(name="task", path=("key", "task"), is_indexed=True),
        Column(name="workflow", path=("key", "workflow")),
        Column(name="status", path=("status",), is_indexed=True),
        Column(name="activity", path=("activity",)),
        Column(name="agent", path=("agent",)),
        Column(name="model", path=("model",)),
        Column(name="provider", path=("provider",)),
        Column(name="is_favourite", path=("is_favourite",), is_indexed=True),
        Column(name="forked_from", path=("forked_from", "session_id"), is_indexed=True),
        Column(name="is_private", path=("is_private",)),
        Column(name="is_archived", path=("is_archived",), is_indexed=True),
        Column(name="is_trashed", path=("is_trashed",), is_indexed=True),
        Column(name="is_listed", path=("is_listed",), is_indexed=True),
        Column(name="is_open", path=("is_open",), is_indexed=True),
        Column(name="title_folded", path=("title_folded",), kind="text", is_indexed=True),
        Column(name="message_count", path=("message_count",), kind="integer"),
        Column(name="created_at", path=("created_at",), kind="text", is_indexed=True),
        Column(name="updated_at", path=("updated_at",), kind="text", is_indexed=True),
        Column(name="last_activity_at", path=("last_activity_at",), kind="text"),
    ),
)
MESSAGES: Final = TableLayout(
    name="messages",
    key="id",
    columns=(_ID, Column(name="seq", path=("seq",), kind="integer")),
    further=("session_number", "parent_ref", "jump_ref", "depth"),  # see message_tree
)
TURNS: Final = TableLayout(
    name="turns", key="id", columns=(_ID, Column(name="is_running", path=("is_running",), is_indexed=True))
)
REPOSITORIES: Final = TableLayout(name="repositories", key="id", columns=(_ID,))

LAYOUTS: Final = (SESSIONS, MESSAGES, TURNS, REPOSITORIES)

# The id is part of each list's index, so that a page goes on where the last one ended. What every message
# changes (the time of the last activity, the count of messages) is in none, so that adding one stays cheap.
_DOCUMENT_INDEXES: Final = """
CREATE UNIQUE INDEX sessions_id ON sessions(id);
CREATE INDEX sessions_by_update ON sessions(updated_at, id);
CREATE INDEX sessions_listed ON sessions(updated_at, id) WHERE is_listed = 1;
CREATE INDEX sessions_archived ON sessions(updated_at, id) WHERE is_archived = 1;
CREATE INDEX sessions_trashed ON sessions(updated_at, id) WHERE is_trashed = 1;
CREATE INDEX sessions_favourite ON sessions(updated_at, id) WHERE is_favourite = 1;
CREATE INDEX sessions_by_status ON sessions(status, updated_at, id);
CREATE INDEX sessions_by_creation ON sessions(created_at, id);
CREATE INDEX sessions_by_title ON sessions(title_folded, id);
CREATE INDEX sessions_of_repository ON sessions(repository_id, updated_at, id);
CREATE INDEX sessions_of_fork ON sessions(forked_from) WHERE forked_from IS NOT NULL;
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

_TEXT_INDEX: Final = """
CREATE VIEW message_words AS SELECT doc_id AS rowid, searchable(doc) AS text FROM messages;
CREATE VIRTUAL TABLE message_text USING fts5(
    text, content='message_words', content_rowid='rowid', tokenize="unicode61 remove_diacritics 2 tokenchars '_'"
);
"""

VERSION_1: Final = (
    *(layout.creation() for layout in LAYOUTS),
    _DOCUMENT_INDEXES,
    _SIDE_TABLES,
    _TEXT_INDEX,
)
