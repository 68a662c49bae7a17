"""What a session counts of its messages and turns."""

from collections.abc import Sequence
from typing import Final

from threadkeep.adapters.store.doctor.examination import Examination, RepairContext, session_ids
from threadkeep.adapters.store.engine.short_json import cell_of, json_of
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.records import SqliteRecords
from threadkeep.adapters.store.tables.documents import parsed
from threadkeep.adapters.store.tables.schema import session_number
from threadkeep.adapters.store.tables.short_documents import is_of
from threadkeep.domain.messages import Message, Usage
from threadkeep.domain.sessions import LastMessage, Session, last_message
from threadkeep.domain.turns import Turn
from threadkeep.values import evolve

_OF_SESSION: Final = f"FROM messages WHERE session_number = ?1 AND {is_of('?2')}"
_ROLE: Final = f"""json_extract({json_of()}, '$."role"')"""
_COUNT: Final = f"SELECT count(*) {_OF_SESSION} AND {_ROLE} != 'event'"
_BY_SEQ: Final = f"SELECT {cell_of()} {_OF_SESSION} AND {_ROLE} != 'event' ORDER BY seq DESC"
_OF_THAT_TIME: Final = (
    f"""SELECT {cell_of()} {_OF_SESSION} AND json_extract({json_of()}, '$."created_at"') = ?3"""
)
_USED: Final = f"""SELECT {cell_of()} FROM turns WHERE json_extract({json_of()}, '$."usage"') NOTNULL"""  # noqa: S608 - constants only
_USED_BY: Final = f"{_USED} AND {is_of('?1')}"


def find_counters(storage: SqliteStorage) -> list[str]:
    """The ids of sessions that count something else than is there."""
    records, used = SqliteRecords(storage), _all_usage(storage)
    return [
        session.id
        for session_id in session_ids(storage)
        if (session := records.session(session_id)) is not None
        and _counted(storage, session, used.get(session_id, Usage())) != session
    ]


def repair_counters(context: RepairContext, findings: Sequence[str]) -> None:
    """Counts anew."""
    for session_id in findings:
        session = context.changes.session(session_id)
        if session is None:
            continue
        turns = [parsed(doc, Turn) for (doc,) in context.storage.rows(_USED_BY, (session_id,))]
        counted = _counted(context.storage, session, sum(filter(None, (t.usage for t in turns)), Usage()))
        if counted != session:
            context.put_session(counted)


def _all_usage(storage: SqliteStorage) -> dict[str, Usage]:
    found: dict[str, Usage] = {}
    for (doc,) in storage.stream(_USED):
        turn = parsed(doc, Turn)
        if turn.usage is not None:
            found[turn.session_id] = found.get(turn.session_id, Usage()) + turn.usage
    return found


def _counted(storage: SqliteStorage, session: Session, used: Usage) -> Session:
    """The session, with what its messages and turns say. Its usage may be more than what its turns tell:
    that of an imported session came with it; less it cannot be."""
    values = (session_number(session.id), session.id)
    row = storage.row(_COUNT, values)
    usage = session.usage
    tokens = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")
    return evolve(
        session,
        message_count=int(row[0]) if row else 0,
        last_message=_last_message(storage, session),
        usage=evolve(usage, **{name: max(getattr(usage, name), getattr(used, name)) for name in tokens}),
    )


def _last_message(storage: SqliteStorage, session: Session) -> LastMessage | None:
    """What stands there if any message says so, else the newest with words."""
    values = (session_number(session.id), session.id)
    told = session.last_message
    if told is not None:
        of_that_time = [parsed(doc, Message) for (doc,) in storage.rows(_OF_THAT_TIME, (*values, told.at))]
        if any(
            message.is_counted and message.role == told.role and told.preview in {message.preview, ""}
            for message in of_that_time
        ):
            return told
    newest = None
    for (doc,) in storage.rows(_BY_SEQ, values):
        message = parsed(doc, Message)
        newest = newest or message
        if message.content:
            return last_message(message)
    return last_message(newest) if newest else None


COUNTERS: Final = Examination(
    kind="counters",
    find=find_counters,
    tell="Sessions count something else than is there",
    repair=repair_counters,
    advice="a repair counts anew.",
)
