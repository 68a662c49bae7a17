"""Sessions on the wire."""

from typing import Literal

from threadkeep.protocol.types.common import JsonObject, Usage
from threadkeep.protocol.types.messages import Role
from threadkeep.protocol.types.parts import Attachment
from threadkeep.protocol.types.repositories import Repository
from threadkeep.values import Value, field

SessionStatus = Literal["active", "paused", "ended"]
Activity = Literal["idle", "queued", "running", "waiting", "stopping", "interrupted", "failed"]
Mode = Literal["ask", "acceptEdits", "readOnly", "allowAll"]
TitleSource = Literal["default", "generated", "user"]


class Link(Value):
    """A further thing that a session belongs to."""

    kind: str
    """`repository`, `task`, `issue`, `pullRequest`, `workflow`, or your own."""
    value: str
    """Its name there, e.g. `PROJ-123`."""
    url: str | None = None
    """Where it can be looked at. It may begin with `http:`, `https:`, `file:`, `mailto:` or the scheme of an
    editor or of an application for work, such as `vscode:`; others, `javascript:` for one, are refused. This
    and the other members: at most `maxLink` characters."""


class LastMessage(Value):
    """The newest message, in short."""

    role: Role
    """Who spoke."""
    preview: str
    """At most 200 characters on one line."""
    at: str
    """When, RFC 3339 UTC."""


class ForkedFrom(Value):
    """Where a forked session comes from."""

    session_id: str
    """The session it was forked from."""
    message_id: str | None = None
    """The last message that both share."""


class Session(Value):
    """A conversation, kept under a repository and a task."""

    id: str
    """A uuid7, unless the client chose it."""
    repository: Repository
    """The first key."""
    task: str
    """The second key: a branch name, or any name."""
    workflow: str | None = None
    """The optional third key; absent means none."""
    links: tuple[Link, ...] = ()
    """Further things it belongs to."""
    title: str
    """For people."""
    title_source: TitleSource
    """Who wrote the title; a user's title is never replaced by another."""
    status: SessionStatus
    """`ended` is final: read, export, fork only."""
    archived_at: str | None = None
    """Set while archived."""
    trashed_at: str | None = None
    """Set while in the trash."""
    is_private: bool = False
    """Kept in memory only."""
    activity: Activity
    """What its newest turn does; `waiting`: for an approval."""
    mode: Mode | None = None
    """What agents may do without a person; absent: `ask`, which reads inside the workspace, `acceptEdits` edits and moves there too,
    `readOnly` nothing but reading, `allowAll` whatever stays inside."""
    agent: str
    """The agent that answers."""
    model: str | None = None
    """The model set for this session; absent means the default."""
    provider: str | None = None
    """The provider of `model`."""
    agent_switch_count: int = 0
    """How often the agent was switched."""
    tags: tuple[str, ...] = ()
    """A person's labels, sorted."""
    is_favourite: bool = False
    """Marked by a person."""
    note: str | None = None
    """A person's note."""
    metadata: JsonObject = field(factory=dict)
    """The client's own data, kept as it came."""
    message_count: int = 0
    """Messages on all branches, `event` entries not counted."""
    last_message: LastMessage | None = None
    """The newest message."""
    context_summary: str | None = None
    """What stands for the oldest part when the history outgrows the model's window."""
    usage: Usage
    """Sums over all turns."""
    forked_from: ForkedFrom | None = None
    """Set on a fork."""
    created_at: str
    """RFC 3339 UTC."""
    updated_at: str
    """When anything of it or in it last changed: the order of lists."""
    last_activity_at: str
    """When something was last said in it or done with it; its title, tags, favourite, note, links and
    metadata, and marks on messages, leave it as it is."""
    revision: int
    """Counts changes of the session's own fields."""
    seq: int
    """The newest stored event."""


class Draft(Value):
    """What was typed and not sent."""

    text: str
    """The draft."""
    scroll: str | None = None
    """The client's own mark of where the view stood."""
    cursor: int | None = None
    """Where the next character goes: UTF-16 code units from the begin of `text`."""
    attachments: tuple[Attachment, ...] | None = None
    """What is to be sent along, as it was chosen: read only when it is sent."""
    window_id: str | None = None
    """Whose it is; absent: the session's own."""
    updated_at: str | None = None
    """When the server kept it, RFC 3339 UTC."""


class SessionChanged(Value):
    """A session's fields, counters or activity changed."""

    session: Session
    """The session as it is now."""
