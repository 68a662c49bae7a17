"""Work that takes many short transactions: what is under way, so that anybody can finish or undo it."""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from threadkeep.domain.sessions import Session
from threadkeep.values import Value

PendingKind = Literal["making", "dropping", "erasing", "merging", "emptying"]
"""What is under way with the subject: a session is made, what was made of one is dropped, one is erased, none of
which anybody sees; a repository is merged into another one; a message is to lose its words, as the one that it was
copied from did."""

CLEARED: tuple[PendingKind, ...] = ("dropping", "erasing")
"""What `clear_away` ends."""


def never() -> bool:
    """For who does not look at the time."""
    return False


class Pending(Value):
    """One piece of work that is not done."""

    kind: PendingKind
    subject: str
    owner: str
    """The process that does it, as `Store.owner`; when it is dead, anybody goes on."""
    source: str | None = None
    """The session that is copied from, the repository that is merged into, or, once the words of a message are
    gone and only what was made of them is left, its session."""


class PendingRecords(Protocol):
    """The part of the records that knows what is under way."""

    def pending(self) -> Sequence[Pending]:
        """All of it, of all processes. Cheap: there is nearly always none."""
        ...

    def is_pending(self, kind: PendingKind, subject: str) -> bool: ...


class PendingChanges(PendingRecords, Protocol):
    """The part of a transaction that begins and ends what takes many."""

    def begin_making(self, session: Session, *, owner: str) -> None:
        """Messages of the session can be put from now on, before itself; nobody sees any of them.

        `put_session` ends it: from then on all of it is seen. For the usage the session counts as forked, and
        as created, as it is given here.
        """
        ...

    def drop_making(self, session_id: str, *, owner: str) -> None:
        """The session will not be made: what there is of it is to be cleared away."""
        ...

    def give_up_makings(self, source: str, *, owner: str) -> Sequence[str]:
        """Has what was made of every copy of this session that is not whole erased, and who makes it begin
        again; their ids."""
        ...

    def erase_session(self, session_id: str, *, owner: str = "", is_over: Callable[[], bool] = never) -> None:
        """Deletes a session with its messages, turns, events, drafts and whatever else is kept of it.

        is_over: when it says so the rest is left for `clear_away`, and pending; nobody sees it any more.
        """
        ...

    def clear_away(self, session_id: str, *, is_over: Callable[[], bool] = never) -> bool:
        """Goes on with deleting a session that nobody sees any more; whether nothing is left of it."""
        ...

    def put_pending(self, pending: Pending) -> None:
        """Notes work on something else than a session."""
        ...

    def claim_pending(self, kind: PendingKind, subject: str, *, owner: str) -> None:
        """Notes who goes on with it."""
        ...

    def remove_pending(self, kind: PendingKind, subject: str) -> None: ...
