"""Sessions and turns that point at what is gone."""

from collections.abc import Sequence
from typing import Final

from threadkeep.adapters.store.doctor.examination import (
    Examination,
    RepairContext,
    newest_message_id,
    newest_seq,
    session_ids,
)
from threadkeep.adapters.store.doctor.repairs import put_repository
from threadkeep.adapters.store.engine.json_text import json_text
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.records import SqliteRecords
from threadkeep.adapters.store.tables.documents import turn_document
from threadkeep.domain.sessions import Session
from threadkeep.domain.turns import Turn
from threadkeep.values import evolve

_LOST_REPOSITORIES: Final = """
SELECT repository_id FROM (SELECT repository_id FROM sessions UNION SELECT repository_id FROM aliases)
WHERE repository_id NOT IN (SELECT id FROM repositories WHERE id NOTNULL) ORDER BY repository_id
"""


def find_repositories(storage: SqliteStorage) -> list[str]:
    """The ids of repositories that sessions or aliases name, and that are not there."""
    return [repository_id for (repository_id,) in storage.rows(_LOST_REPOSITORIES) if repository_id]


def repair_repositories(context: RepairContext, findings: Sequence[str]) -> None:
    """Makes each anew, as far as its aliases tell it."""
    for repository_id in findings:
        if context.changes.repository(repository_id) is None:
            put_repository(context, repository_id)


def find_sessions(storage: SqliteStorage) -> list[str]:
    """The ids of sessions whose head, turn or seq is not what their messages, turns and events say."""
    records = SqliteRecords(storage)
    return [
        session.id
        for session_id in session_ids(storage)
        if (session := records.session(session_id)) is not None
        and _repaired(storage, records, session) != session
    ]


def repair_sessions(context: RepairContext, findings: Sequence[str]) -> None:
    """Lets each point at what is there."""
    for session_id in findings:
        session = context.changes.session(session_id)
        if session is None:
            continue
        mended = _repaired(context.storage, context.changes, session)
        if mended != session:
            context.put_session(mended)


def find_turns(storage: SqliteStorage) -> list[str]:
    """The ids of turns that run nowhere: no session waits for them, or the answer is gone."""
    records = SqliteRecords(storage)
    return [turn.id for turn in records.running_turns() if _is_lost(records, turn)]


def repair_turns(context: RepairContext, findings: Sequence[str]) -> None:
    """Ends each as interrupted; the words of one that waited for a session that is gone are kept."""
    for turn_id in findings:
        turn = context.changes.turn(turn_id)
        if turn is None or not _is_lost(context.changes, turn):
            continue
        if turn.waiting is not None:
            context.quarantine.keep("turns", turn.id, json_text(turn_document(turn)))
        ended = evolve(turn, status="interrupted", ended_at=context.at, holder=None, waiting=None)
        context.changes.put_turn(ended)


def _repaired(storage: SqliteStorage, records: SqliteRecords, session: Session) -> Session:
    """The session, pointing at what is there."""
    head = records.message(session.head_id) if session.head_id else None
    if session.head_id is not None and (head is None or head.session_id != session.id):
        session = evolve(session, head_id=newest_message_id(storage, session.id))
    turn = records.turn(session.running_turn_id) if session.running_turn_id else None
    if session.running_turn_id and (turn is None or turn.is_final or _is_elsewhere(turn, session)):
        session = evolve(session, running_turn_id=None, activity="interrupted")
    return evolve(session, seq=max(session.seq, newest_seq(storage, session.id)))


def _is_elsewhere(turn: Turn, session: Session) -> bool:
    return turn.session_id != session.id


def _is_lost(records: SqliteRecords, turn: Turn) -> bool:
    session = records.session(turn.session_id)
    if session is None:
        return True
    if turn.status == "queued":
        return False
    message = records.message(turn.message_id)
    return message is None or session.running_turn_id != turn.id


REPOSITORIES: Final = Examination(
    kind="repositories",
    find=find_repositories,
    tell="Sessions or folders belong to repositories that are gone",
    repair=repair_repositories,
    advice="a repair makes them anew from what is known of them.",
)
SESSIONS: Final = Examination(
    kind="sessions",
    find=find_sessions,
    tell="Sessions point at messages or turns that are gone",
    repair=repair_sessions,
    advice="a repair lets them point at the newest that is there.",
)
TURNS: Final = Examination(
    kind="turns",
    find=find_turns,
    tell="Turns run nowhere",
    repair=repair_turns,
    advice="a repair ends them as interrupted.",
)
