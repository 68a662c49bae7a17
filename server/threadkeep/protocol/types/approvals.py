"""Approvals on the wire: what a tool call waits for until somebody has decided."""

from typing import Literal

from threadkeep.protocol.request import Request
from threadkeep.values import Value


class PermissionRule(Value):
    """What is allowed or denied from now on, without a question."""

    tool: str
    """A kind of tool, or the name of one; `*` stands for anything."""
    match: str | None = None
    """A glob: of commands, of paths, of a host; absent: whatever it is about."""
    decision: Literal["allow", "ask", "deny"]
    """What becomes of it."""
    repository: str | None = None
    """The id of the repository in which it holds; absent: in all."""
    session_id: str | None = None
    """The session in which it holds; absent: in all."""


class ApprovalOption(Value):
    """One way to decide; which one is meant is told by its kind, never by its place."""

    id: str
    """For `chat/approve`."""
    name: str
    """For people."""
    kind: Literal["allowOnce", "allowAlways", "rejectOnce", "rejectAlways"]
    """What it does."""
    rule: PermissionRule | None = None
    """What would be kept in the user's rules: to be shown before it is chosen."""


class Approval(Value):
    """A question about one tool call, stored before anybody is asked."""

    id: str
    """A uuid7."""
    session_id: str
    """The session."""
    turn_id: str
    """The turn that waits; it may have been cut off since."""
    message_id: str
    """The answer that holds the call."""
    tool_call_id: str
    """The call."""
    title: str
    """For people, on one line."""
    detail: str
    """What it is about: a command line, paths; may be empty."""
    options: tuple[ApprovalOption, ...] = ()
    """How it can be decided."""
    created_at: str
    """RFC 3339 UTC."""
    decided_at: str | None = None
    """When it was decided or withdrawn."""
    option_id: str | None = None
    """What was decided."""
    decided_by: str | None = None
    """The client that decided, by its name."""
    note: str | None = None
    """What was said with it."""
    is_withdrawn: bool | None = None
    """True where nobody waits for it any more."""


class ApproveResult(Value):
    """What was decided."""

    approval: Approval
    """The approval as it is stored."""


class ApproveParams(Request[ApproveResult]):
    """Decides; the first who does wins."""

    session_id: str
    """The session."""
    approval_id: str
    """The approval."""
    option_id: str
    """One of its options."""
    note: str | None = None
    """Words for whoever asked."""


class ApprovalNotice(Value):
    """A tool call waits for a decision: any window may give it."""

    session_id: str
    """The session."""
    approval: Approval
    """What is asked."""


class ApprovalClosedNotice(Value):
    """Nobody is to be asked any more."""

    session_id: str
    """The session."""
    approval_id: str
    """The approval."""
    option_id: str | None = None
    """What was decided."""
    decided_by: str | None = None
    """The client that decided, by its name."""
    is_withdrawn: bool | None = None
    """True where it was not decided: the turn has ended, or goes on without it."""
