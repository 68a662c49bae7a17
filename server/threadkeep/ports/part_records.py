"""Parts of messages that are no words, and long contents, which are stored by themselves; apart, since the whole port of the store is long."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from threadkeep.domain.approvals import Approval
from threadkeep.domain.events import StoredEvent
from threadkeep.domain.messages import Message, Part


class PartRecords(Protocol):
    """Reads them. Any method may raise StoreUnavailable or StoreCorrupt."""

    def whole(self, message: Message) -> Message:
        """The message with all its parts: others are read with the newest 256 KiB of those that are no words."""
        ...

    def parts(self, message: Message, *, first: int, limit: int) -> Sequence[Part]:
        """At most `limit` parts of a message from an index on."""
        ...

    def open_parts(self, message: Message) -> Sequence[tuple[int, Part]]:
        """The calls of a message of which more was to come, with their `n` (see `put_part`)."""
        ...

    def outputs(self, message: Message, heard: Mapping[int, int]) -> Sequence[tuple[int, str, int, str]]:
        """What the running calls of a message have put out behind so many bytes of each, by `n`: with `n`, the id of
        the call, the offset in bytes, and the text."""
        ...

    def part_of_event(self, event: StoredEvent) -> tuple[int, Part] | None:
        """The part that a `partChanged` tells of, with its index; None where it has changed again since."""
        ...

    def blob(self, session_id: str, sha256: str, *, offset: int, limit: int) -> tuple[bytes, int] | None:
        """At most `limit` bytes of a content from an offset on, and its size; None where the session does not use it."""
        ...

    def approval(self, session_id: str, approval_id: str) -> Approval | None:
        """The approval, if it is one of the session."""
        ...

    def approvals(self, session_id: str, *, is_open: bool = True) -> Sequence[Approval]:
        """Those of a session, oldest first; is_open: only what waits for a decision."""
        ...

    def approval_of_event(self, event: StoredEvent) -> Approval | None:
        """The approval that an `approvalRequested` or `approvalClosed` tells of; None where it has changed since."""
        ...


class PartChanges(Protocol):
    """Writes them, inside a transaction."""

    def put_part(
        self,
        message: Message,
        n: int,
        part: Part,
        *,
        seq: int,
        is_new: bool,
        clean: Callable[[str], str] | None = None,
    ) -> Part:
        """Stores a part of a streaming message that is no words, and gives it as it is stored: with long texts apart.

        n: how many such parts come before it. seq: of the event that tells of it. is_new: it comes behind all that
        is journaled. clean: changes what a call that ends has put out while it ran. Raises StoreUnavailable where an older program that would not keep it uses the store.
        """
        ...

    def append_output(self, message: Message, n: int, text: str) -> int:
        """Adds to what a running call puts out; gives its size in bytes before. It is the text of the last item of the
        call's output that has none, and becomes a part of it when the call is stored as ended."""
        ...

    def put_blob(self, session_id: str, data: bytes) -> str:
        """Stores a content for a part that is stored in the same transaction; gives its SHA-256 in hexadecimal."""
        ...

    def put_approval(self, approval: Approval, *, n: int | None = None, seq: int | None = None) -> None:
        """Stores an approval beside its call, with which it goes; n: as of `put_part`, None where it lies already. A None of `seq` keeps it: nobody is told. seq: of the event that tells
        of it. Raises as `put_part`."""
        ...
