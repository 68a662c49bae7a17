"""Changing many sessions at once, the trash, and counting tokens."""

from typing import Literal

from threadkeep.protocol.request import Request
from threadkeep.protocol.types.common import Empty, Usage
from threadkeep.protocol.types.lists import SessionFilter
from threadkeep.protocol.types.sessions import Session
from threadkeep.values import Value, field
from threadkeep.values.hints import CLOSED


class SessionRemoved(Value):
    """A session is gone for good."""

    session_id: str
    """The session."""


class PurgeSessionParams(Request[Empty]):
    """Erases a session that is in the trash."""

    session_id: str
    """The session."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""


class BulkChange(Value):
    """What to do with each session; at least one member. Ended sessions keep a person's marks too."""

    add_tags: tuple[str, ...] = ()
    """Labels to add."""
    remove_tags: tuple[str, ...] = ()
    """Labels to take away."""
    is_favourite: bool | None = None
    """Marks them, or not."""
    archive: bool | None = None
    """Archives them, or brings them back."""
    delete: bool | None = None
    """Puts them into the trash, or takes them out."""


class BulkUpdateResult(Value):
    """What was changed, or would be."""

    count: int
    """Sessions that the change makes different."""
    sample: tuple[Session, ...]
    """At most 20 of them, the latest changed first, as they are after this request."""
    skipped: int
    """Sessions of the filter that stay as they are: a turn runs in them and must not go to the trash, or
    they would have too many tags."""


class BulkUpdateParams(Request[BulkUpdateResult]):
    """Changes every session of a filter."""

    filter: SessionFilter = field(metadata=CLOSED)
    """Which sessions. `archived` and `trashed` exclude by default, as in lists. A member that there is not,
    and a filter that asks for nothing, are refused."""
    change: BulkChange
    """What to do."""
    all_sessions: bool = False
    """Lets `filter` ask for nothing, so that all sessions are changed."""
    dry_run: bool = True
    """Only tells what would be changed."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""


class CleanUpResult(Value):
    """What was done, or would be."""

    count: int
    """Sessions put into the trash."""
    sample: tuple[Session, ...]
    """At most 20 of them, the oldest first."""
    kept: int
    """Old enough, but favourite, tagged or busy."""
    purged: int
    """Sessions erased from the trash."""
    bytes: int
    """On disk, all files of the store, after this request."""


class CleanUpParams(Request[CleanUpResult]):
    """Puts old sessions into the trash, and erases what has been there for long."""

    older_than: str
    """How long nothing has happened in them: a number and `h` or `d`, e.g. `12h`, `90d`."""
    filter: SessionFilter = field(default=SessionFilter(), metadata=CLOSED)
    """Only among these; favourites, tagged and private sessions and those with a running turn are never put
    into the trash, and with `trashed: "only"` nothing is. A member that there is not is refused."""
    dry_run: bool = True
    """Only tells what would be done."""
    purge_trash: bool = False
    """Also erases for good what of `filter` has been in the trash for 30 days, whatever its `trashed` is;
    archived sessions too."""


UsageGroup = Literal["session", "task", "repository", "agent", "model", "day"]


class UsageRow(Value):
    """Tokens of one group."""

    key: str
    """The session's, repository's id; the task, agent, `provider:model`, or `YYYY-MM-DD`. Empty: not told."""
    label: str
    """For people: title, name, or the key."""
    sessions: int
    """Sessions with an answer in it."""
    answers: int
    """Answers, of whatever end; one that a fork copied counts where it was given."""
    usage: Usage
    """Their sum; `cost` only of those whose price is known."""


class SummarizeUsageResult(Value):
    """The rows (days in order, else the most tokens first) and their total."""

    rows: tuple[UsageRow, ...]
    """At most `limit`."""
    total: UsageRow
    """All answers; its `key` and `label` are empty."""
    count: int
    """Rows that there are."""


class SummarizeUsageParams(Request[SummarizeUsageResult]):
    """What to sum up, and by what."""

    group_by: UsageGroup
    """`model` is `provider:model`; `day` is the day an answer was begun, in UTC shifted by `utcOffsetMinutes`."""
    filter: SessionFilter = SessionFilter(archived="include", trashed="include")
    """Only in these sessions. Absent: in all of them, archived and trashed ones too, which a filter that
    is given leaves out as it does in lists."""
    after: str | None = None
    """RFC 3339, to the quarter of an hour; only answers begun later."""
    before: str | None = None
    """RFC 3339, to the quarter of an hour; only answers begun earlier."""
    utc_offset_minutes: int = 0
    """For `day`: minutes east of Greenwich."""
    limit: int = 100
    """Rows, of days the newest; clamped to `limits.maxPage`. `total` counts all."""
