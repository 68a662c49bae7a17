"""The requests of a session's life cycle."""

from threadkeep.protocol.request import Request
from threadkeep.protocol.types.approvals import Approval
from threadkeep.protocol.types.common import Empty, JsonObject
from threadkeep.protocol.types.hints import RepositoryHint
from threadkeep.protocol.types.messages import InterruptedTurn, Message
from threadkeep.protocol.types.parts import Attachment
from threadkeep.protocol.types.repositories import RepositoryRef
from threadkeep.protocol.types.sessions import Draft, Link, Mode, Session
from threadkeep.values import Value, field
from threadkeep.values.hints import UNSET, Unset

ProgressToken = str | int


class SessionResult(Value):
    """A session as it is after the request."""

    session: Session
    """The session."""


class SessionIdParams(Value):
    """Names a session."""

    session_id: str
    """The session."""


class GetSessionParams(SessionIdParams, Request[SessionResult]):
    """Which session."""

    __slots__ = ()


class CloseSessionParams(SessionIdParams, Request[Empty]):
    """Of which session no more is to be heard."""

    __slots__ = ()


class OpenSessionResult(Value):
    """All that an editor needs to show the chat."""

    session: Session | None = None
    """Absent only with `createIfMissing: false`."""
    created: bool
    """Whether it was made just now."""
    messages: tuple[Message, ...] = ()
    """The newest ones, oldest first."""
    before_cursor: str | None = None
    """Set while older messages exist: give it as `before` to `session/history`."""
    seq: int = 0
    """The state this was read at."""
    draft: Draft | None = None
    """What was typed and not sent: the newer of the window's and the session's own draft."""
    other_drafts: tuple[Draft, ...] | None = None
    """Drafts of other windows, and an older own one, newest first: to be offered, not taken unasked."""
    interrupted_turn: InterruptedTurn | None = None
    """Set if the newest answer was cut off."""
    approvals: tuple[Approval, ...] | None = None
    """What waits for a decision; for an answer that was cut off too: decide with `chat/approve`, then `chat/continue`."""
    problems: tuple[str, ...] | None = None
    """What is wrong with the settings and the user's agents, and what follows from it: for people, to be shown."""
    hint: RepositoryHint | None = None
    """Sessions that a renamed folder or branch may have left behind. What is learned later comes as
    `repository/hint`."""


class OpenSessionParams(Request[OpenSessionResult]):
    """Which session the editor wants back."""

    repository: RepositoryRef | None = None
    """Absent: the first workspace folder, else the root folder, else the folderless `none`."""
    task: str | None = None
    """Absent: the checked-out branch, else `default`."""
    workflow: str | None = None
    """Absent means none."""
    window_id: str | None = None
    """Chosen and kept by the client; gives this window its own session back."""
    limit: int = 50
    """Newest messages to return, clamped to `limits.maxPage`."""
    create_if_missing: bool = True
    """Whether to make a session where there is none."""


class CreateSessionParams(Request[SessionResult]):
    """A new session."""

    repository: RepositoryRef | None = None
    """As in `session/open`."""
    task: str | None = None
    """As in `session/open`."""
    workflow: str | None = None
    """As in `session/open`."""
    links: tuple[Link, ...] = ()
    """Further things it belongs to; at most `maxLinks`. Of two with the same `kind` and `value` the later holds."""
    title: str | None = None
    """Absent: a default one, replaced after the first message. At most `maxTitle` characters; control
    characters and those that turn the direction of text are left out, here and in tags."""
    agent: str | None = None
    """Absent: the default agent."""
    model: str | None = None
    """`provider:model`, split at the first colon; absent: the default."""
    tags: tuple[str, ...] = ()
    """Labels; at most `maxTags`, each of at most `maxTag` characters."""
    metadata: JsonObject = field(factory=dict)
    """The client's own data."""
    id: str | None = None
    """The client's choice; `alreadyExists` if it is taken."""
    is_private: bool = False
    """Kept in this process's memory only: never on disk, seen by no other window, gone with the process."""
    make_current: bool = True
    """Whether `session/open` gives it from now on."""
    window_id: str | None = None
    """With `makeCurrent`: only for this window."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""


class UpdateSessionParams(Request[SessionResult]):
    """A patch: absent keeps, `null` clears, a value sets."""

    session_id: str
    """The session."""
    title: str | None | Unset = UNSET
    """`null` and a blank one take a person's title away: it is made of the first message again. Else as in
    `session/create`."""
    task: str | Unset = UNSET
    """Moves the session to another task."""
    repository: RepositoryRef | Unset = UNSET
    """Moves the session to another repository."""
    workflow: str | None | Unset = UNSET
    """Moves the session to another workflow, or to none."""
    links: tuple[Link, ...] | None | Unset = UNSET
    """Replaces all links; as in `session/create`."""
    tags: tuple[str, ...] | None | Unset = UNSET
    """Replaces all tags; as in `session/create`."""
    is_favourite: bool | Unset = UNSET
    """Marks it, or not."""
    note: str | None | Unset = UNSET
    """A person's note, of at most `maxNote` characters."""
    metadata: JsonObject | None | Unset = UNSET
    """Replaced whole; nulls inside are data."""
    expected_revision: int | None = None
    """`revisionConflict` unless the session is at this revision."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""


class ChangeStateParams(Value):
    """What the requests that change a session's state say."""

    session_id: str
    """The session."""
    reason: str | None = None
    """Kept with the entry in the history."""
    expected_revision: int | None = None
    """`revisionConflict` unless the session is at this revision."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""


class PauseSessionParams(ChangeStateParams, Request[SessionResult]):
    """Sets a session aside."""

    __slots__ = ()


class ResumeSessionParams(ChangeStateParams, Request[SessionResult]):
    """Takes a paused session up again."""

    __slots__ = ()


class EndSessionParams(ChangeStateParams, Request[SessionResult]):
    """Ends a session for good."""

    __slots__ = ()


class ArchiveSessionParams(ChangeStateParams, Request[SessionResult]):
    """Takes a session out of the ordinary lists."""

    __slots__ = ()


class UnarchiveSessionParams(ChangeStateParams, Request[SessionResult]):
    """Puts an archived session back into the lists."""

    __slots__ = ()


class DeleteSessionParams(ChangeStateParams, Request[SessionResult]):
    """Puts a session into the trash."""

    __slots__ = ()


class RestoreSessionParams(ChangeStateParams, Request[SessionResult]):
    """Takes a session out of the trash."""

    __slots__ = ()


class ClearSessionParams(ChangeStateParams, Request[SessionResult]):
    """Empties the visible history of a session."""

    __slots__ = ()


class SetModelParams(Request[SessionResult]):
    """Which model answers in this session from now on."""

    session_id: str
    """The session."""
    model: str
    """`provider:model`, split at the first colon."""
    expected_revision: int | None = None
    """`revisionConflict` unless the session is at this revision."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""


class SetModeParams(Request[SessionResult]):
    """What agents may do in this session from now on without asking."""

    session_id: str
    """The session."""
    mode: Mode
    """See `Session.mode`."""
    expected_revision: int | None = None
    """`revisionConflict` unless the session is at this revision."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""


class ActivateSessionParams(Request[Empty]):
    """Makes a session the current one."""

    session_id: str
    """The session."""
    window_id: str | None = None
    """Only for this window; absent: for the session's repository, task and workflow."""


class CurrentSessionResult(Value):
    """The current session, if there is one."""

    session: Session | None = None
    """The session."""


class CurrentSessionParams(Request[CurrentSessionResult]):
    """Asks for the current session of a key."""

    repository: RepositoryRef | None = None
    """As in `session/open`."""
    task: str | None = None
    """As in `session/open`."""
    workflow: str | None = None
    """As in `session/open`."""


class SetDraftParams(Request[Empty]):
    """Keeps what is typed and not sent."""

    session_id: str
    """The session."""
    window_id: str | None = None
    """Only for this window."""
    text: str
    """The draft; empty, and without attachments, it is removed."""
    scroll: str | None = None
    """The client's own mark of where the view stands."""
    cursor: int | None = None
    """Where the next character goes: UTF-16 code units from the begin of `text`."""
    attachments: tuple[Attachment, ...] | None = None
    """What is to be sent along, as in `chat/send`; nothing is read yet."""
    replaces: tuple[str, ...] | None = None
    """Windows whose drafts go with this, since their words were taken or dropped; `""` is the session's own."""


class GetDraftResult(Value):
    """What `session/open` would give with the session."""

    draft: Draft | None = None
    """The newer of the window's and the session's own draft."""
    others: tuple[Draft, ...] = ()
    """The others, newest first: to be offered, not taken unasked."""


class GetDraftParams(Request[GetDraftResult]):
    """Whose draft."""

    session_id: str
    """The session."""
    window_id: str | None = None
    """As in `draft/set`."""


class ForkParams(Request[SessionResult]):
    """A new session that begins as another went."""

    session_id: str
    """The session to begin as, in any state."""
    message_id: str | None = None
    """The last message to take along; absent: all of the visible history."""
    title: str | None = None
    """Absent: the other's title."""
    make_current: bool = True
    """Whether `session/open` gives it from now on."""
    window_id: str | None = None
    """With `makeCurrent`: only for this window."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""
    work_done_token: ProgressToken | None = None
    """Asks for `$/progress`."""
