"""What becomes of a session that is to be imported, beside what is here."""

from collections.abc import Callable, Container, Iterable, Sequence
from typing import Final

from threadkeep.domain.messages import Message
from threadkeep.domain.repositories import Alias, Repository
from threadkeep.domain.sessions import Session
from threadkeep.domain.transcripts import copied
from threadkeep.domain.transfer import MessageTexts, Transcript
from threadkeep.domain.turns import Turn
from threadkeep.ports.store import Records
from threadkeep.usecases.repositories.foreign_repositories import is_local
from threadkeep.usecases.transfer.import_merging import Merge, OnConflict, counted, merge_of, without_erased
from threadkeep.values import Value, evolve

_STRENGTH: Final = ("origin", "commonDir", "path", "name")
"""How sure it is that the same alias means the same repository, on whichever computer."""


class Skip(Value):
    """What is here stays; `reason` where a person would not expect it there, as of Refuse."""

    reason: str | None = None
    is_unchanged: bool = False
    """Whether all that the source has is here."""


class Put(Value):
    """The transcript is stored as a new session."""

    transcript: Transcript
    notes: tuple[str, ...] = ()
    """What a person should know; each goes on where `The session '…' ` ends."""

    @property
    def session(self) -> Session:
        """The session as it comes in."""
        return self.transcript.session


class Refuse(Value):
    """It is not stored; the reason goes on where `The session '…' is not imported:` ends."""

    reason: str


Retold = Callable[[Sequence[Message]], MessageTexts]
Planned = Put | Merge | Skip | Refuse


def plan(
    records: Records,
    transcript: Transcript,
    mode: OnConflict,
    *,
    new_id: Callable[[], str],
    at: str,
    is_alive: Callable[[Turn], bool],
    retold: Retold,
    taken: Container[str] = (),
) -> Planned:
    """What is to be done; at: the time now; is_alive: whether the process that runs a turn lives; retold: what
    messages say as an export for reading tells them; taken: ids of messages that other sessions would have
    by then."""
    here = records.session(transcript.session.id)
    if here is None:
        return _new(records, transcript, mode, new_id=new_id, at=at, taken=taken)
    if mode == "duplicate":
        return _copy(records, here, transcript, retold, new_id=new_id, at=at)
    busy = _why_busy(records, here, is_alive)
    if (kept := _why_kept(here, mode, busy)) is not None:
        return kept
    messages = records.all_messages(here.id)
    telling = _telling(messages, transcript, retold)
    merge = merge_of(here, messages, transcript, mode, telling=telling, is_busy=busy is not None)
    if mode == "skip":
        return _skipped(merge)
    return Refuse(reason=_TAKEN) if _is_taken(records, here.id, merge.merged.added, taken) else merge


def _new(
    records: Records,
    transcript: Transcript,
    mode: OnConflict,
    *,
    new_id: Callable[[], str],
    at: str,
    taken: Container[str],
) -> Planned:
    """Of a session whose id is not here. One that was purged comes back, since a person asks for it."""
    session_id = transcript.session.id
    if not _is_taken(records, session_id, transcript.messages, taken):
        was_purged = records.oldest_event_seq(session_id) is not None
        return Put(transcript=transcript, notes=(_PURGED,) if was_purged else ())
    if mode == "duplicate":
        return Put(transcript=copied(transcript, new_id, at=at, has_head=False))
    return Refuse(reason=_TAKEN)


def _telling(messages: Sequence[Message], transcript: Transcript, retold: Retold) -> MessageTexts:
    return retold(messages) if transcript.source_kind == "reading" else MessageTexts()


def _copy(
    records: Records,
    here: Session,
    transcript: Transcript,
    retold: Retold,
    *,
    new_id: Callable[[], str],
    at: str,
) -> Put:
    has_head = _has_head(records, transcript.session)
    messages = records.all_messages(here.id)
    unsaid, erased = without_erased(messages, transcript, _telling(messages, transcript, retold))
    notes = (_STAYS_ERASED.format(counted(erased)),) if erased else ()
    return Put(transcript=copied(unsaid, new_id, at=at, has_head=has_head), notes=notes)


def _why_kept(here: Session, mode: OnConflict, busy: str | None) -> Skip | Refuse | None:
    """Why the session that is here takes in nothing at all."""
    if mode != "replace" and here.trashed_at is not None:
        return Skip(reason=_IN_TRASH.format(here.id))
    if here.is_private:
        return Skip() if mode == "skip" else Refuse(reason="the one that is here is private")
    return Refuse(reason=busy) if busy is not None and mode == "replace" else None


def _skipped(merge: Merge) -> Skip:
    more = len(merge.merged.added) + len(merge.merged.finished)
    return Skip(reason=_GROWN.format(counted(more))) if more else Skip(is_unchanged=not merge.is_change)


def repository_here(records: Records, repository: Repository) -> Repository | None:
    """The repository as it is known here; None if it is not."""
    found = records.repository(repository.id)
    if found is None:
        found = records.repository_by_alias(Alias(kind="id", value=repository.id))
    for kind in _STRENGTH:
        for alias in repository.aliases if found is None else ():
            if alias.kind == kind and found is None:
                found = records.repository_by_alias(alias)
    return found


def untaken(records: Records, repository: Repository) -> Repository:
    """A repository that is new here, without what others are known by, which they keep, and without
    folders on a network."""
    own = tuple(alias for alias in repository.aliases if records.repository_by_alias(alias) is None)
    roots = tuple(root for root in repository.roots if is_local(root))
    return evolve(repository, aliases=own, roots=roots)


def _has_head(records: Records, session: Session) -> bool:
    """Whether the session of this id that is here has the message that is the head of this one."""
    head = records.message(session.head_id, with_journal=False) if session.head_id is not None else None
    return head is not None and head.session_id == session.id


def _is_taken(records: Records, session_id: str, messages: Iterable[Message], taken: Container[str]) -> bool:
    """Whether a message's id is that of another session's message."""
    for message in messages:
        if message.id in taken:
            return True
        other = records.message(message.id, with_journal=False)
        if other is not None and other.session_id != session_id:
            return True
    return False


def _why_busy(records: Records, here: Session, is_alive: Callable[[Turn], bool]) -> str | None:
    """Why the end of the history that is here must stay where it is."""
    turn = records.turn(here.running_turn_id) if here.running_turn_id else None
    if turn is not None and is_alive(turn):
        return "the one that is here is being answered: wait for it, or cancel it"
    if any(turn.session_id == here.id and turn.status == "queued" for turn in records.running_turns()):
        return "messages wait in the one that is here: let them be answered, or take them back"
    return None


_IN_TRASH: Final = "it is in the trash here, and stays there: restore it (`threadkeep sessions restore {}`, or `session/restore`)"
_TAKEN: Final = (
    "a message of it is here already, in another session; to import it as a copy with ids of its own, choose"
    " `duplicate` (`--on-conflict duplicate`)"
)
_GROWN: Final = (
    "it is here already, and the source has {} that it has not; to take them in, choose `newer`"
    " (`--on-conflict newer`): what is here stays"
)
_PURGED: Final = "was deleted here for good, and is here again"
_STAYS_ERASED: Final = "comes in as a copy without {} that was erased here"
