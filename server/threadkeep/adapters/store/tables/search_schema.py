"""What is searched: the words of messages, of their notes and of their sessions, and vectors for their meaning."""

from typing import Final

# The store makes the tokens itself (see words.py), so that all of its parts agree on what a word is. The
# number of the session is a word of its own column: one session, or a few, are searched without the others.
_INDEX: Final = """
CREATE VIRTUAL TABLE {name} USING fts5(
    text, session, content='{content}', content_rowid='id', tokenize="ascii tokenchars '_'", prefix='{beginnings}'
);
"""

BEGINNINGS: Final = (3, 4)
"""Characters of a beginning of a word that is in the indexes itself, as if it were a word: any other one makes
SQLite gather all words that begin so, and all their places, before it tells the newest. Stores that were made
without them find the same."""

MESSAGE_TEXT: Final = "message_text"
NOTE_TEXT: Final = "note_text"
LABEL_TEXT: Final = "label_text"
TEXT_INDEXES: Final = (MESSAGE_TEXT, NOTE_TEXT, LABEL_TEXT)
_CONTENTS: Final = {MESSAGE_TEXT: "message_words", NOTE_TEXT: "notes", LABEL_TEXT: "labels"}

VECTOR_SPAN: Final = "vectors of "
"""How the names begin under which the meta table tells which messages were given vectors."""

SEARCH_TABLES: Final = (
    """
    CREATE VIEW message_words AS
    SELECT doc_id AS id, searchable(doc) AS text, session_number AS session FROM messages;
    """,
    # by the message's doc_id
    "CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT NOT NULL, session INTEGER NOT NULL);",
    # by the session's doc_id and the field, see search_labels
    "CREATE TABLE labels(id INTEGER PRIMARY KEY, text TEXT NOT NULL, session INTEGER NOT NULL);",
    *(
        _INDEX.format(name=name, content=content, beginnings=" ".join(map(str, BEGINNINGS)))
        for name, content in _CONTENTS.items()
    ),
    "CREATE TABLE changed_vectors(id INTEGER PRIMARY KEY);",
    "CREATE TABLE vectors(id INTEGER, model TEXT, vector BLOB NOT NULL, PRIMARY KEY(id, model)) WITHOUT ROWID;",
)
