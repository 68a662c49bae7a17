"""Finding what a request names, and refusing what cannot be done to it now."""

from threadkeep.domain.errors import MessageNotFound, SessionBusy
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import Session
from threadkeep.domain.turns import Holder, Turn
from threadkeep.ports.store import Changes, Records
from threadkeep.values import members

LOOKED_AT_ONCE = 50


def busy(turn: Turn, *, unresponsive_since: str | None = None) -> SessionBusy:
    """The error that names who runs a turn, and since when it has not done what it was asked."""
    holder = turn.holder
    named = None
    if holder:
        told = members(holder).items()
        named = {name: each for name, each in told if name != "owner" and each is not None}
    if unresponsive_since is None:
        return SessionBusy(turn_id=turn.id, holder=named)
    can_take_over = turn.epoch > 0
    return SessionBusy(
        turn_id=turn.id,
        holder=named,
        told=f"{_who(holder)} writes an answer in this session and does not react to being asked to stop. "
        + (_TAKE_OVER if can_take_over else _OLDER),
        is_unresponsive=True,
        unresponsive_since=unresponsive_since,
        can_take_over=can_take_over,
    )


_TAKE_OVER = (
    "Continue or end it; or send chat/takeOver, which ends the answer with the text that is stored:"
    " what it has not stored yet is lost."
)
_OLDER = (
    "It is of an older version, which would write over what is done here meanwhile: continue or end it;"
    " when it has ended, so has the answer."
)


def _who(holder: Holder | None) -> str:
    if holder is None:
        return "Another process"
    return f"{holder.client or 'Another window'} (process {holder.pid} on {holder.host})"


def free(changes: Changes, session: Session) -> Session:
    """The session, if no turn runs in it. Raises SessionBusy."""
    turn = changes.turn(session.running_turn_id) if session.running_turn_id else None
    if turn is not None:
        raise busy(turn)
    return session


def newest_message(records: Records, session: Session) -> Message | None:
    """The newest message of the visible history, behind entries of the timeline and what was dropped
    from the queue."""
    before: int | None = None
    while page := records.path(session, limit=LOOKED_AT_ONCE, before_seq=before):
        never_sent = {m.id for m in page if m.role == "user" and m.status == "cancelled"}
        for message in reversed(page):
            if message.is_counted and message.id not in never_sent and message.parent_id not in never_sent:
                return message
        before = page[0].seq
    return None


def message_of(changes: Changes, session_id: str, message_id: str, *, role: str | None = None) -> Message:
    """A message of this session, and of this role if one is given. Raises MessageNotFound."""
    message = changes.message(message_id)
    if message is None or message.session_id != session_id or role not in (None, message.role):
        raise MessageNotFound(message_id)
    return message


def question_to_retry(changes: Changes, session: Session, message_id: str | None) -> str | None:
    """The message to answer: the one below which a named answer stands, else the newest question. Raises
    MessageNotFound."""
    if message_id is not None:
        return message_of(changes, session.id, message_id, role="assistant").parent_id
    newest = newest_message(changes, session)
    if newest is None:
        raise MessageNotFound(None, told="There is no answer to set another beside: send a message.")
    return newest.parent_id if newest.role == "assistant" else newest.id
