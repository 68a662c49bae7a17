"""Whether a store hangs together: SQLite's own check, and every count and pointer counted again from the rows."""

from contextlib import closing
from pathlib import Path
from typing import Final

import apsw

from threadkeep.adapters.store.engine.short_json import json_of
from threadkeep.adapters.store.tables.short_documents import SHORT

AS_JSON: Final = f"""
CREATE TEMP TABLE messages AS
    SELECT doc_id, id_text(id) AS id, seq, parent_ref, depth, {json_of()} AS doc FROM main.messages;
CREATE TEMP TABLE turns AS SELECT id_text(id) AS id, {json_of()} AS doc FROM main.turns;
CREATE UNIQUE INDEX temp.messages_by_id ON messages(id);
CREATE UNIQUE INDEX temp.messages_by_doc_id ON messages(doc_id);
CREATE UNIQUE INDEX temp.turns_by_id ON turns(id);
"""
"""Stands for the tables of these names while they are looked through: their documents as JSON, their ids as texts."""
CHECKS: Final = {
    "messages whose parent is not stored": """
        SELECT count(*) FROM messages AS m LEFT JOIN messages AS p ON p.doc_id = m.parent_ref
        WHERE (m.doc ->> 'parent_id') IS NOT NULL AND (
            p.doc_id IS NULL OR p.id IS NOT (m.doc ->> 'parent_id') OR m.depth IS NOT p.depth + 1
            OR (p.doc ->> 'session_id') IS NOT (m.doc ->> 'session_id'))
    """,
    "messages of no session": """
        SELECT count(*) FROM messages AS m LEFT JOIN sessions AS s ON s.id = (m.doc ->> 'session_id')
        WHERE (s.id IS NULL OR m.seq > (s.doc ->> 'seq')) AND (m.doc ->> 'session_id') NOT IN (
            SELECT subject FROM pending WHERE kind IN ('making', 'dropping', 'erasing'))
    """,
    "sessions whose count of messages is wrong": """
        SELECT count(*) FROM sessions AS s WHERE s.message_count IS NOT (
            SELECT count(*) FROM messages AS m
            WHERE (m.doc ->> 'session_id') = s.id AND (m.doc ->> 'role') <> 'event')
    """,
    "sessions whose seq is not that of their newest event": """
        SELECT count(*) FROM sessions AS s WHERE (s.doc ->> 'seq') IS NOT (
            SELECT max(seq) FROM events WHERE id_text(session_id) = s.id)
    """,
    "sessions with a gap in their events": """
        SELECT count(*) FROM (
            SELECT 1 FROM events GROUP BY id_text(session_id) HAVING count(*) <> max(seq) - min(seq) + 1)
    """,
    "events that point at nothing": """
        SELECT count(*) FROM events AS e
        WHERE (message_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM messages WHERE id = id_text(e.message_id)))
        OR (turn_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM turns WHERE id = id_text(e.turn_id)))
    """,
    "sessions whose history ends with nothing": """
        SELECT count(*) FROM sessions AS s WHERE (s.doc ->> 'head_id') IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM messages AS m
            WHERE m.id = (s.doc ->> 'head_id') AND (m.doc ->> 'session_id') = s.id)
    """,
    "turns that run in no session, or sessions that run no turn": """
        SELECT (SELECT count(*) FROM turns AS t JOIN sessions AS s ON s.id = (t.doc ->> 'session_id')
                WHERE (t.doc ->> 'status') IN ('running', 'stopping')
                AND (s.doc ->> 'running_turn_id') IS NOT t.id)
             + (SELECT count(*) FROM sessions AS s WHERE (s.doc ->> 'running_turn_id') IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM turns AS t WHERE t.id = (s.doc ->> 'running_turn_id')
                                AND (t.doc ->> 'status') IN ('running', 'stopping')))
    """,
    "turns without their message": """
        SELECT count(*) FROM turns AS t WHERE (t.doc ->> 'status') <> 'queued'
        AND NOT EXISTS (SELECT 1 FROM messages AS m WHERE m.id = (t.doc ->> 'message_id'))
    """,
    "messages that nobody writes any more": """
        SELECT count(*) FROM messages AS m WHERE (m.doc ->> 'status') = 'streaming' AND NOT EXISTS (
            SELECT 1 FROM turns AS t WHERE t.id = (m.doc ->> 'turn_id')
            AND (t.doc ->> 'status') IN ('running', 'stopping'))
    """,
    "journals of finished answers": """
        SELECT count(DISTINCT message_id) FROM journal AS j WHERE NOT EXISTS (
            SELECT 1 FROM messages AS m WHERE m.id = j.message_id AND (m.doc ->> 'status') = 'streaming')
    """,
    "pointers to a current session that is not there": """
        SELECT count(*) FROM current_sessions AS c
        WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE id = c.session_id)
        AND c.session_id NOT IN (SELECT subject FROM pending WHERE kind = 'erasing')
    """,
    "names of repositories that are not there": """
        SELECT count(*) FROM aliases AS a WHERE NOT EXISTS (SELECT 1 FROM repositories WHERE id = a.repository_id)
    """,
    "sessions that are seen though they are not whole": """
        SELECT count(*) FROM pending AS p JOIN sessions AS s ON s.id = p.subject
        WHERE p.kind IN ('making', 'dropping', 'erasing')
    """,
}
"""Each gives the number of rows that are wrong."""


def problems(store: Path) -> list[str]:
    """What is wrong with the store of a folder, from one snapshot; it may be in use."""
    if not (store / "threadkeep.db").exists():
        return []
    connection = apsw.Connection(str(store / "threadkeep.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        connection.set_busy_timeout(10_000)
        SHORT.add_functions(connection)
        connection.execute("BEGIN")
        told = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
        found = [] if told == ["ok"] else told
        connection.execute(AS_JSON)
        for what, sql in CHECKS.items():
            ((count,),) = connection.execute(sql).fetchall()
            found += [f"{count} {what}"] if count else []
    finally:
        connection.close()
    return found


def under_way(store: Path) -> list[str]:
    """The long work that is not at its end, as kind and subject."""
    if not (store / "threadkeep.db").exists():
        return []
    with closing(
        apsw.Connection(str(store / "threadkeep.db"), flags=apsw.SQLITE_OPEN_READONLY)
    ) as connection:
        connection.set_busy_timeout(10_000)
        if not connection.table_exists(None, "pending"):  # its making was cut short
            return []
        return [
            f"{kind} {subject}" for kind, subject in connection.execute("SELECT kind, subject FROM pending")
        ]


def words_of(store: Path, session_id: str) -> str:
    """All that is stored of a session's messages, on all branches."""
    with closing(
        apsw.Connection(str(store / "threadkeep.db"), flags=apsw.SQLITE_OPEN_READONLY)
    ) as connection:
        connection.set_busy_timeout(10_000)
        sql = "SELECT doc FROM messages WHERE (doc ->> 'session_id') = ?"
        return "\n".join(str(doc) for (doc,) in connection.execute(sql, (session_id,)))


def most_events(store: Path) -> int:
    """The number of events of the session that has the most."""
    connection = apsw.Connection(str(store / "threadkeep.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        connection.set_busy_timeout(10_000)
        rows = connection.execute(
            "SELECT count(*) FROM events GROUP BY session_number ORDER BY count(*) DESC LIMIT 1"
        ).fetchall()
    finally:
        connection.close()
    return int(str(rows[0][0])) if rows else 0
