"""What must hold of a session that comes from elsewhere, and what is made of it before it is stored."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from threadkeep.domain.messages import Failure, Message, Usage
from threadkeep.domain.repositories import ALIAS_KINDS, MAX_BEGINNINGS, MAX_ROOTS, Repository
from threadkeep.domain.sessions import Activity, ForkedFrom, LastMessage, Session, last_message
from threadkeep.domain.transfer import Transcript
from threadkeep.domain.usage import MOST_DOLLARS, MOST_TOKENS, amount_of
from threadkeep.values import evolve

MAX_ID_LENGTH: Final = 200
MAX_ALIASES: Final = 1_000
MAX_SEQ: Final = 2**40
"""Far above every seq that there can be, and far below where integers are not read alike any more."""
TIME_FORM: Final = "2026-01-31T12:00:00.000Z"

_MEDIA: Final = frozenset({"image", "audio", "file"})
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_ACTIVITIES: Final[Mapping[Activity, Activity]] = {
    "waiting": "interrupted",
    "running": "interrupted",
    "stopping": "interrupted",
    "queued": "idle",
}


def problem_of(transcript: Transcript) -> str | None:
    """Why the transcript cannot be stored, for people; None if it can."""
    session = transcript.session
    problem = _problem_of_session(session) or _problem_of_repository(transcript.repository)
    if problem is not None:
        return problem
    if session.key.repository_id != transcript.repository.id:
        return "its repository is not the one that it names"
    return _problem_of_tree(transcript)


def at_rest(transcript: Transcript) -> Transcript:
    """The transcript as it is kept here: nothing runs in it, its messages are in order, and what the session
    tells of them is counted anew. A private one becomes an ordinary one, since it lay in a file."""
    session = transcript.session
    at = session.last_activity_at
    messages = tuple(
        _message_at_rest(message, at=at)
        for message in sorted(transcript.messages, key=lambda message: message.seq)
    )
    session = evolve(
        session,
        activity=_ACTIVITIES.get(session.activity, session.activity),
        mode="ask",  # a person sets another one for a session of this store
        running_turn_id=None,
        is_private=False,
        message_count=sum(message.is_counted for message in messages),
        last_message=_last_message(session.last_message, messages),
        usage=usage_of(session, messages),
        seq=max(session.seq, messages[-1].seq if messages else 0),
    )
    return evolve(transcript, session=session, messages=messages)


def copied(
    transcript: Transcript, new_id: Callable[[], str], *, at: str, has_head: bool = True
) -> Transcript:
    """The transcript with ids of its own throughout, as a fork of the original that is made at that time:
    its turns stay there, and what its answers took was paid there.

    has_head: whether the original here has the message at the end of the visible history.
    """
    session = transcript.session
    ids = {message.id: new_id() for message in transcript.messages}
    copied_id = new_id()
    messages = tuple(
        evolve(
            message,
            id=ids[message.id],
            session_id=copied_id,
            parent_id=ids[message.parent_id] if message.parent_id is not None else None,
            turn_id=None,
        )
        for message in transcript.messages
    )
    made_at = max([at, *(message.created_at for message in messages)])  # a clock may have been wrong
    copy = evolve(
        session,
        id=copied_id,
        head_id=ids[session.head_id] if session.head_id is not None else None,
        forked_from=ForkedFrom(session_id=session.id, message_id=session.head_id if has_head else None),
        usage=Usage(),
        created_at=made_at,
        updated_at=made_at,
        last_activity_at=made_at,
    )
    return evolve(transcript, session=copy, messages=messages)


def _message_at_rest(message: Message, *, at: str) -> Message:
    parts = tuple(
        evolve(part, call=part.call.cut_off(at=at)) if part.call is not None and part.is_open else part
        for part in message.parts
    )
    if parts != message.parts:
        message = evolve(message, parts=parts)
    if message.status != "streaming":
        return message
    return evolve(message, status="interrupted", completed_at=message.completed_at or at)


def _last_message(told: LastMessage | None, messages: Sequence[Message]) -> LastMessage | None:
    """What the session tells if a message says the same, else the newest message with words."""
    counted = [message for message in messages if message.is_counted]
    if told is not None:
        same = [each for each in counted if (each.role, each.created_at) == (told.role, told.at)]
        if any(told.preview in {message.preview, ""} for message in same):
            return told
    with_words = [message for message in counted if message.content]
    newest = (with_words or counted)[-1:]
    return last_message(newest[0]) if newest else None


def usage_of(session: Session, messages: Sequence[Message]) -> Usage:
    """What the answers of the session took, without those that a fork copied."""
    return sum(
        (_bounded(each.usage) for each in messages if each.usage and amount_of(each, session)), Usage()
    )


def _bounded(usage: Usage) -> Usage:
    return evolve(
        usage,
        input_tokens=min(usage.input_tokens, MOST_TOKENS),
        output_tokens=min(usage.output_tokens, MOST_TOKENS),
        cached_tokens=min(usage.cached_tokens, MOST_TOKENS),
        reasoning_tokens=min(usage.reasoning_tokens, MOST_TOKENS),
        cost=None if usage.cost is None else min(max(usage.cost, 0.0), MOST_DOLLARS),
    )


def _problem_of_session(session: Session) -> str | None:
    ids = (session.id, session.head_id, session.key.repository_id)
    if not all(each is None or _is_id(each) for each in ids):
        return f"an id in it is not 1 to {MAX_ID_LENGTH} printable characters"
    times = (session.created_at, session.updated_at, session.last_activity_at)
    others = (session.archived_at, session.trashed_at)
    if not all(_is_time(each) for each in (*times, *(other for other in others if other is not None))):
        return f"a time of the session is not written like {TIME_FORM}"
    named = (session.key.task, session.key.workflow, session.agent, *session.tags)
    if not all(name is None or name.strip() for name in named):
        return "its task, its workflow, its agent or one of its tags is blank"
    if max(session.seq, session.revision) > MAX_SEQ:
        return f"its seq or its revision is larger than {MAX_SEQ:,}"
    return None


def _problem_of_repository(repository: Repository) -> str | None:
    if not _is_id(repository.id) or not repository.name.strip():
        return "its repository has no id or no name"
    if len(repository.aliases) > MAX_ALIASES or len(repository.roots) > MAX_ROOTS:
        return "its repository is known by too many things"
    if len(repository.beginnings) > MAX_BEGINNINGS:
        return "its repository has too many first commits"
    texts = (*(alias.value for alias in repository.aliases), *repository.roots, repository.name)
    if not all(alias.kind in ALIAS_KINDS for alias in repository.aliases):
        return "its repository is known by something that this version does not know"
    return None if all(map(_is_plain, texts)) else "its repository has a name or a folder that cannot be"


def _problem_of_tree(transcript: Transcript) -> str | None:
    session_id, before, seqs = transcript.session.id, set[str](), set[int]()
    for message in sorted(transcript.messages, key=lambda message: message.seq):
        if not _is_id(message.id):
            return f"an id in it is not 1 to {MAX_ID_LENGTH} printable characters"
        if message.session_id != session_id:
            return f"its message {message.id!r} belongs to another session"
        if message.id in before or message.seq in seqs or not 1 <= message.seq <= MAX_SEQ:
            return f"its message {message.id!r} has the id or the seq of another one, or a seq that is not from 1 to {MAX_SEQ:,}"
        if message.parent_id is not None and message.parent_id not in before:
            return f"its message {message.id!r} follows one that is not there, or comes later"
        problem = _problem_of_message(message)
        if problem is not None:
            return f"{problem} (its message {message.id!r})"
        before.add(message.id)
        seqs.add(message.seq)
    head = transcript.session.head_id
    return (
        None
        if head is None or head in before
        else "the message at the end of its visible history (headId) is not there"
    )


def _problem_of_message(message: Message) -> str | None:
    times = (
        message.created_at,
        message.completed_at,
        message.erased_at,
        message.event.at if message.event else None,
    )
    if not all(time is None or _is_time(time) for time in times):
        return f"a time is not written like {TIME_FORM}"
    if any(part.type == "omitted" for part in message.parts):
        return "some of its parts were left out when it was written"
    if any((part.type == "toolCall") != (part.call is not None) for part in message.parts):
        return "a tool call in it has no call, or another part has one"
    if any((part.type in _MEDIA) != (part.media is not None) for part in message.parts):
        return "an image or a file in it has no name for what it holds, or another part has one"
    if message.error is not None and not _is_told(message.error):
        return "its error tells a status, a waiting time or a provider in a wrong type"
    return None


def _is_told(error: Failure) -> bool:
    """Whether clients can be told of the error."""
    numbers = (error.data.get("status"), error.data.get("retry_after_ms"))
    return isinstance(error.data.get("provider", ""), str) and all(
        number is None or (isinstance(number, int) and not isinstance(number, bool)) for number in numbers
    )


def _is_id(text: str) -> bool:
    return bool(text.strip()) and len(text) <= MAX_ID_LENGTH and text.isprintable()


def _is_time(text: str) -> bool:
    if _TIME.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_plain(text: str) -> bool:
    return bool(text) and not re.search("[\x00\ud800-\udfff]", text)
