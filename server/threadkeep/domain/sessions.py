"""Sessions: their key, their fields, and the one table that says which state may follow which."""

from collections.abc import Mapping
from typing import Any, Literal

from threadkeep.domain.approvals import Mode
from threadkeep.domain.errors import InvalidTransition, RevisionConflict, SessionEnded, SessionPaused
from threadkeep.domain.messages import Message, Role, Usage
from threadkeep.domain.text import one_line
from threadkeep.values import Value, evolve, field

SessionStatus = Literal["active", "paused", "ended"]
Activity = Literal["idle", "queued", "running", "waiting", "stopping", "interrupted", "failed"]
TitleSource = Literal["default", "generated", "user"]

DEFAULT_TITLE = "New session"
TITLE_LENGTH = 80
FIRST_MESSAGES = 4
"""A session that holds more was named long ago, or is not to be."""

LABELS = frozenset({"title", "title_source", "tags", "is_favourite", "note", "metadata", "links"})
"""Fields that say something about a session: to change only these is no activity in it."""

TRANSITIONS: Mapping[SessionStatus, frozenset[SessionStatus]] = {
    "active": frozenset({"paused", "ended"}),
    "paused": frozenset({"active", "ended"}),
    "ended": frozenset(),
}


class SessionKey(Value):
    """What a session is kept under."""

    repository_id: str
    task: str
    workflow: str | None = None


class Link(Value):
    """A further thing that a session belongs to."""

    kind: str
    value: str
    url: str | None = None


class LastMessage(Value):
    """The newest message, in short."""

    role: Role
    preview: str
    at: str


class ForkedFrom(Value):
    """Where a forked session comes from."""

    session_id: str
    message_id: str | None = None


class Session(Value):
    """A conversation. Times are RFC 3339 UTC with milliseconds."""

    id: str
    key: SessionKey
    links: tuple[Link, ...] = ()
    title: str = DEFAULT_TITLE
    title_source: TitleSource = "default"
    status: SessionStatus = "active"
    archived_at: str | None = None
    trashed_at: str | None = None
    is_private: bool = False
    activity: Activity = "idle"
    mode: Mode = "ask"
    """What agents may do in it without being allowed by a person."""
    running_turn_id: str | None = None
    """The turn that writes to this session now."""
    head_id: str | None = None
    """The newest message of the visible history."""
    agent: str
    model: str | None = None
    provider: str | None = None
    agent_switch_count: int = 0
    tags: tuple[str, ...] = ()
    is_favourite: bool = False
    note: str | None = None
    metadata: Mapping[str, Any] = field(factory=dict)
    message_count: int = 0
    last_message: LastMessage | None = None
    context_summary: str | None = None
    """What a model is sent in the place of the oldest messages."""
    context_summary_seq: int = 0
    """The seq of the newest message that the summary stands for."""
    usage: Usage = Usage()
    forked_from: ForkedFrom | None = None
    created_at: str
    updated_at: str
    """When anything of it or in it last changed."""
    last_activity_at: str
    """When something was last said in it or done with it: its `LABELS` aside."""
    revision: int = 1
    seq: int = 0

    @property
    def is_nameless(self) -> bool:
        """Whether a model may still name it."""
        return self.title_source == "default" and self.message_count <= FIRST_MESSAGES

    @property
    def is_open(self) -> bool:
        """Whether `session/open` may return it."""
        return self.status != "ended" and self.archived_at is None and self.trashed_at is None

    def check_revision(self, expected: int | None) -> None:
        """Raises RevisionConflict unless this is the revision the client has seen (None: any)."""
        if expected is not None and expected != self.revision:
            raise RevisionConflict(expected=expected, actual=self.revision)

    def check_writable(self) -> None:
        """Raises InvalidTransition (in the trash), SessionPaused or SessionEnded where a message is not taken."""
        if self.trashed_at is not None:
            raise InvalidTransition(
                from_="trashed", to="active", told="The session is in the trash: restore it first."
            )
        if self.status == "paused":
            raise SessionPaused(self.id)
        self.check_not_ended()

    def check_not_ended(self) -> None:
        """Raises SessionEnded where nothing may change any more."""
        if self.status == "ended":
            raise SessionEnded(self.id)

    def moved_to(self, status: SessionStatus, *, at: str) -> "Session":
        """This session in another state; raises InvalidTransition where the table has none."""
        if status not in TRANSITIONS[self.status]:
            raise InvalidTransition(from_=self.status, to=status)
        return self.changed(at=at, status=status)

    def changed(self, *, at: str, **fields: Any) -> "Session":
        """This session with fields of its own changed: counts a revision and an event."""
        return evolve(
            self,
            **fields,
            updated_at=at,
            last_activity_at=self.last_activity_at if fields.keys() <= LABELS else at,
            revision=self.revision + 1,
            seq=self.seq + 1,
        )

    def with_head(self, head_id: str | None) -> "Session":
        """This session with another end of its visible history, for which the summary does not stand."""
        return evolve(self, head_id=head_id, context_summary=None, context_summary_seq=0)

    def with_event(self, *, at: str, **fields: Any) -> "Session":
        """This session after an event that changes no field of its own."""
        return evolve(self, **fields, updated_at=at, last_activity_at=at, seq=self.seq + 1)

    def with_remark(self, *, at: str) -> "Session":
        """This session after a change beside what was said in it: no activity."""
        return evolve(self, updated_at=at, seq=self.seq + 1)

    def with_message(self, message: Message) -> "Session":
        """This session with the message as its new head. The message's seq is this session's next."""
        return self.with_event(
            at=message.created_at,
            head_id=message.id,
            message_count=self.message_count + message.is_counted,
            last_message=last_message(message) if message.is_counted else self.last_message,
        )


def last_message(message: Message) -> LastMessage:
    """The short form of a message."""
    return LastMessage(role=message.role, preview=message.preview, at=message.created_at)


def title_from(text: str) -> str:
    """A title made of a first message: its first line with words, cut at a word."""
    line = next((line for line in text.splitlines() if line.strip(" \t#>*`-")), "")
    words = one_line(line.strip(" \t#>*`-"))
    if not words:
        return DEFAULT_TITLE
    if len(words) <= TITLE_LENGTH:
        return words
    return words[: TITLE_LENGTH - 1].rsplit(" ", 1)[0] + "…"
