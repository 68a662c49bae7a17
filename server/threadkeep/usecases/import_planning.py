"""What becomes of a session that is to be imported, beside what is here."""

from collections.abc import Callable, Container
from typing import Final, Literal

import attrs

from threadkeep.domain.repositories import Alias, Repository
from threadkeep.domain.sessions import Session
from threadkeep.domain.transcripts import copied
from threadkeep.domain.transfer import Transcript
from threadkeep.domain.turns import Turn
from threadkeep.ports.store import Records
from threadkeep.usecases.foreign_repositories import is_local

OnConflict = Literal["skip", "replace", "duplicate", "newer"]

_STRENGTH: Final = ("origin", "commonDir", "path", "name")
"""How sure it is that the same alias means the same repository, on whichever computer."""


@attrs.frozen(kw_only=True)
class Skip:
    """What is here stays; `reason` where a person would not expect it there, as of Refuse."""

    reason: str | None = None


@attrs.frozen(kw_only=True)
class Put:
    """The transcript is stored; `replaced` is the session that it takes the place of."""

    transcript: Transcript
    replaced: Session | None = None


@attrs.frozen(kw_only=True)
class Refuse:
    """It is not stored; the reason goes on where `The session '…' is not imported:` ends."""

    reason: str


def plan(
    records: Records,
    transcript: Transcript,
    mode: OnConflict,
    *,
    new_id: Callable[[], str],
    at: str,
    is_alive: Callable[[Turn], bool],
    taken: Container[str] = (),
) -> Put | Skip | Refuse:
    """What is to be done; at: the time now; is_alive: whether the process that runs a turn lives; taken: ids
    of messages that other sessions would have by then."""
    here = records.session(transcript.session.id)
    if here is None:
        if not _is_taken(records, transcript, taken):
            return Put(transcript=transcript)
        if mode == "duplicate":
            return Put(transcript=copied(transcript, new_id, at=at, has_head=False))
        return Refuse(reason=_TAKEN)
    if mode == "skip" or (mode == "newer" and not _is_newer(transcript.session, here)):
        return Skip(reason=_IN_TRASH.format(here.id) if here.trashed_at is not None else None)
    if mode == "duplicate":
        has_head = _has_head(records, transcript.session)
        return Put(transcript=copied(transcript, new_id, at=at, has_head=has_head))
    reason = _why_kept(records, here, is_alive)
    if reason is None and _is_taken(records, transcript, taken):
        reason = _TAKEN
    return Put(transcript=transcript, replaced=here) if reason is None else Refuse(reason=reason)


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
    return attrs.evolve(repository, aliases=own, roots=roots)


def _is_newer(session: Session, here: Session) -> bool:
    return _changed_at(session) > _changed_at(here)


def _changed_at(session: Session) -> str:
    return max(session.updated_at, session.last_activity_at)  # which was the later one in older versions


def _has_head(records: Records, session: Session) -> bool:
    """Whether the session of this id that is here has the message that is the head of this one."""
    head = records.message(session.head_id, with_journal=False) if session.head_id is not None else None
    return head is not None and head.session_id == session.id


def _is_taken(records: Records, transcript: Transcript, taken: Container[str]) -> bool:
    """Whether a message's id is that of another session's message."""
    for message in transcript.messages:
        if message.id in taken:
            return True
        other = records.message(message.id, with_journal=False)
        if other is not None and other.session_id != transcript.session.id:
            return True
    return False


def _why_kept(records: Records, here: Session, is_alive: Callable[[Turn], bool]) -> str | None:
    """Why the session that is here must not be replaced."""
    if here.is_private:
        return "the one that is here is private"
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
