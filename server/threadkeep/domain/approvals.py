"""Approvals: what a tool call waits for until a person, or a rule, has decided. Stored before anybody is asked."""

import hashlib
import json
from collections.abc import Sequence
from typing import Final, Literal

from threadkeep.domain.tool_calls import Blob, ToolCall
from threadkeep.values import Value, evolve

Verdict = Literal["allow", "ask", "deny"]
Mode = Literal["ask", "acceptEdits", "readOnly", "allowAll"]
OptionKind = Literal["allowOnce", "allowAlways", "rejectOnce", "rejectAlways"]

ALLOWING: Final[frozenset[str]] = frozenset({"allowOnce", "allowAlways"})


class PermissionRule(Value):
    """What the user decided before it is asked."""

    tool: str
    """A kind of tool, or the name of one, where `*` stands for anything."""
    match: str | None = None
    """A glob: of commands for `execute`, of paths for files, of a host for `fetch`. None: whatever it is about."""
    decision: Verdict
    repository: str | None = None
    """The repository that it holds in; None for all."""
    session_id: str | None = None
    """The session that it holds in; None for all."""


class ApprovalOption(Value):
    """One way to decide. Which one is meant is told by its kind, never by its place."""

    id: str
    name: str
    """For people."""
    kind: OptionKind
    rule: PermissionRule | None = None
    """For `allowAlways`: what would be kept, with its scope."""


class Approval(Value):
    """A question about one tool call. Times are RFC 3339 UTC."""

    id: str
    session_id: str
    turn_id: str
    message_id: str
    call_id: str
    title: str
    detail: str = ""
    """What the person decides about, in words: a command line, a path."""
    options: tuple[ApprovalOption, ...]
    fingerprint: str
    """Of what was shown; another diff is another question. See `fingerprint_of`."""
    created_at: str
    decided_at: str | None = None
    option_id: str | None = None
    decided_by: str | None = None
    note: str | None = None
    """What the person said with the decision."""
    is_withdrawn: bool = False
    """Nobody waits for it any more."""
    is_used: bool = False
    """The call that it was asked for has been told."""

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision."""
        return self.decided_at is None and not self.is_withdrawn

    @property
    def option(self) -> ApprovalOption | None:
        """What was decided; None as long as nothing was."""
        return next((each for each in self.options if each.id == self.option_id), None)

    @property
    def is_allowed(self) -> bool:
        """Whether the call may run."""
        return self.option is not None and self.option.kind in ALLOWING

    def decided(
        self, option: ApprovalOption, *, by: str | None, at: str, note: str | None = None
    ) -> "Approval":
        """This approval with the decision."""
        return evolve(self, option_id=option.id, decided_by=by, decided_at=at, note=note)

    def withdrawn(self, *, at: str) -> "Approval":
        """This approval when nobody waits for it any more."""
        return evolve(self, is_withdrawn=True, decided_at=at)


def of_kind(options: Sequence[ApprovalOption], *kinds: str) -> ApprovalOption | None:
    """The first option of the first of these kinds that there is."""
    return next((option for kind in kinds for option in options if option.kind == kind), None)


def fingerprint_of(call: ToolCall) -> str:
    """What a person is shown of a call, in short: tool and kind, input, places, diffs and commands; where it shows none
    of these, its title. SHA-256 in hexadecimal. The same call of another process, or after a restart, has the same."""
    input_ = call.input_blob.sha256 if call.input_blob is not None else call.input
    shown: list[object] = [
        sorted((location.uri, location.line or 0) for location in call.locations),
        [
            [item.uri, _digest(item.old_text, item.old_blob), _digest(item.new_text, item.new_blob)]
            for item in call.output
            if item.type == "diff"
        ],
        [[item.command, item.cwd] for item in call.output if item.command is not None],
    ]
    if input_ is None and not any(shown):
        shown.append(call.title)
    text = json.dumps([call.name, call.kind, input_, *shown], sort_keys=True, ensure_ascii=False, default=str)
    return _sha256(text)


def _digest(text: str | None, blob: Blob | None) -> str | None:
    """The same for a text whether or not it lies apart by now."""
    if blob is not None:
        return blob.sha256
    return None if text is None else _sha256(text)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
