"""The tables of parts that are no words, of contents that lie apart, and of approvals; apart from their code, which the schema must not import."""

# ruff: noqa: S608 - what is spliced into SQL are constants

from typing import Final

PARTS: Final = "parts"

_BLOB_TABLES: Final = """
CREATE TABLE blobs(id INTEGER PRIMARY KEY, sha256 BLOB, size INTEGER NOT NULL);
CREATE UNIQUE INDEX blobs_by_content ON blobs(sha256) WHERE sha256 NOTNULL;
CREATE TABLE blob_pieces(blob INTEGER NOT NULL, start INTEGER NOT NULL, data BLOB NOT NULL);
CREATE UNIQUE INDEX pieces_of_blob ON blob_pieces(blob, start);
CREATE TABLE blob_uses(
    message_row INTEGER NOT NULL, n INTEGER NOT NULL, blob INTEGER NOT NULL, is_growing INTEGER NOT NULL,
    PRIMARY KEY(message_row, n, blob)
) WITHOUT ROWID;
CREATE INDEX uses_of_blob ON blob_uses(blob);
CREATE TABLE unused_blobs(blob INTEGER PRIMARY KEY);
CREATE TRIGGER blob_unused AFTER DELETE ON blob_uses WHEN NOT EXISTS (
    SELECT 1 FROM blob_uses WHERE blob = old.blob
) BEGIN
    INSERT OR IGNORE INTO unused_blobs(blob) VALUES (old.blob);
END;
"""

PART_TABLES: Final = (
    f"""
CREATE TABLE {PARTS}(
    id INTEGER PRIMARY KEY, message_row INTEGER NOT NULL, n INTEGER NOT NULL, seq INTEGER NOT NULL,
    size INTEGER NOT NULL, is_open INTEGER NOT NULL, doc TEXT NOT NULL
);
CREATE UNIQUE INDEX parts_of_message ON {PARTS}(message_row, n);
CREATE INDEX parts_by_seq ON {PARTS}(message_row, seq);
CREATE INDEX parts_open ON {PARTS}(message_row) WHERE is_open = 1;
CREATE TRIGGER parts_of_no_message AFTER DELETE ON messages BEGIN
    DELETE FROM {PARTS} WHERE message_row = old.doc_id;
END;
CREATE TABLE approvals(
    id TEXT PRIMARY KEY, message_row INTEGER NOT NULL, n INTEGER NOT NULL, session_number INTEGER NOT NULL,
    seq INTEGER NOT NULL, is_open INTEGER NOT NULL, doc TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX approvals_of_part ON approvals(message_row, n);
CREATE INDEX approvals_of_session ON approvals(session_number, is_open);
CREATE TRIGGER parts_gone AFTER DELETE ON {PARTS} BEGIN
    DELETE FROM blob_uses WHERE message_row = old.message_row AND n = old.n;
    DELETE FROM approvals WHERE message_row = old.message_row AND n = old.n;
END;
""",
    _BLOB_TABLES,
)
