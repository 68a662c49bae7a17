"""Foreign messages as they are put together: texts of tool calls, joined parts, and a tree in order."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from threadkeep.adapters.histories.values import named, text
from threadkeep.domain.attachments import fenced
from threadkeep.domain.messages import Part, Role, Usage, text_part
from threadkeep.domain.transfer import ForeignMessage
from threadkeep.values import Mutable, evolve, field

HIDDEN_REASONING = "[reasoning that its provider keeps to itself]"


def call_text(name: str | None, arguments: Any) -> str:
    """A call of a tool, for people."""
    heading = f"Tool call: {name or 'unnamed'}"
    if arguments in (None, "", {}, []):
        return heading
    if (
        isinstance(arguments, dict)
        and len(arguments) == 1
        and isinstance(only := next(iter(arguments.values())), str)
    ):
        return f"{heading}\n{next(iter(arguments))}:\n{fenced(text(only))}"
    if isinstance(arguments, str):
        return f"{heading}\n{fenced(text(arguments))}"
    return f"{heading}\n{fenced(json_text(arguments), 'json')}"


def json_text(value: Any) -> str:
    """The value as one reads it."""
    try:
        return text(json.dumps(value, ensure_ascii=False, indent=2))
    except (RecursionError, ValueError):
        return "[nested too deep to be shown]"


def placeholder(kind: str, name: str | None = None) -> str:
    """What stands in the place of something that cannot be kept as text."""
    return f"[{kind}: {name}]" if name else f"[{kind}]"


class Draft(Mutable):
    """A message while its pieces come."""

    origin_id: str
    parent: str | None
    role: Role
    at: str | None = None
    model: str | None = None
    provider: str | None = None
    usage: Usage | None = None
    metadata: dict[str, Any] = field(factory=dict)
    _runs: list[Part | list[str]] = field(factory=list)
    """Texts in a row are joined at the end: there may be very many."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said yet."""
        return not self._runs

    @property
    def parts(self) -> tuple[Part, ...]:
        """What was said so far."""
        return tuple(text_part("\n\n".join(run)) if isinstance(run, list) else run for run in self._runs)

    def say(self, said: str) -> None:
        """Adds text, as a paragraph of its own."""
        if not said.strip():
            return
        last = self._runs[-1] if self._runs else None
        if isinstance(last, list):
            last.append(said)
        else:
            self._runs.append([said])

    def think(self, said: str) -> None:
        """Adds reasoning. No signature: it vouches for a turn in a form that is not kept."""
        if said.strip():
            self._runs.append(Part(type="reasoning", text=said))

    def take(self, other: "Draft") -> None:
        """Adds all that another one says."""
        for run in other._runs:
            if isinstance(run, Part):
                self._runs.append(run)
            else:
                for said in run:
                    self.say(said)

    def made(self) -> ForeignMessage:
        """The message."""
        return ForeignMessage(
            origin_id=self.origin_id,
            parent_origin_id=self.parent,
            role=self.role,
            parts=self.parts,
            at=self.at,
            model=self.model,
            provider=self.provider,
            usage=self.usage,
            metadata=self.metadata,
        )


class Thread:
    """Messages one after the other: what one side says in a row is one message."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.by_id: dict[str, Draft] = {}
        self.head: str | None = None
        """The message that the next one follows."""

    def open(self, role: Role, origin_id: str | None, *, at: str | None, joins: bool = False) -> Draft:
        """The draft to add to: the last one if that may be joined and is of the role, else a new one."""
        last = self.drafts[-1] if self.drafts else None
        if joins and last is not None and last.role == role and last.origin_id == self.head:
            return last
        draft = Draft(origin_id=self._unique(origin_id), parent=self.head, role=role, at=at)
        self.drafts.append(draft)
        self.by_id[draft.origin_id] = draft
        self.head = draft.origin_id
        return draft

    def made(self) -> tuple[ForeignMessage, ...]:
        """The messages that say anything."""
        return in_order([draft.made() for draft in self.drafts])

    def _unique(self, origin_id: str | None) -> str:
        name = origin_id or f"message-{len(self.drafts) + 1}"
        while name in self.by_id:  # the number of the draft, for all may have the same name
            name = f"{name}/{len(self.drafts) + 1}"
        return name


def in_order(messages: Sequence[ForeignMessage]) -> tuple[ForeignMessage, ...]:
    """Every message once, behind the one that it follows; those that say nothing make way.

    A parent that is not there counts as none; a circle is cut at its first message.
    """
    by_id: dict[str, ForeignMessage] = {}
    for message in messages:
        by_id.setdefault(message.origin_id, message)
    children: dict[str | None, list[ForeignMessage]] = {}
    for message in by_id.values():
        parent = message.parent_origin_id if message.parent_origin_id in by_id else None
        children.setdefault(parent, []).append(message)
    placed: dict[str, str | None] = {}
    """Every message that was come by, and the nearest one up to it that says something."""
    ordered: list[ForeignMessage] = []
    for first in [*children.get(None, []), *by_id.values()]:
        waiting: list[tuple[ForeignMessage, str | None]] = [(first, None)]
        while waiting:
            message, parent = waiting.pop()
            if message.origin_id in placed:
                continue
            if message.parts:
                ordered.append(evolve(message, parent_origin_id=parent))
                parent = message.origin_id
            placed[message.origin_id] = parent
            waiting.extend((child, parent) for child in reversed(children.get(message.origin_id, [])))
    return tuple(ordered)


def last_at(messages: Iterable[ForeignMessage]) -> str | None:
    """The latest time that any message tells."""
    return max((message.at for message in messages if message.at), default=None)


def first_at(messages: Iterable[ForeignMessage]) -> str | None:
    """The earliest time that any message tells."""
    return min((message.at for message in messages if message.at), default=None)


def session_metadata(left_out: Counter[str], **told: str | None) -> dict[str, Any]:
    """What is known of a session besides, and how many records of which kind hold no conversation."""
    metadata: dict[str, Any] = {key: value for key, value in told.items() if value}
    if left_out:
        metadata["leftOut"] = dict(sorted(left_out.items()))
    return metadata


def nearest(
    head: str | None, messages: Sequence[ForeignMessage], parents: dict[str, str | None]
) -> str | None:
    """The nearest message up from `head` that was kept."""
    kept = {message.origin_id for message in messages}
    seen: set[str] = set()
    while head is not None and head not in kept and head not in seen:
        seen.add(head)
        head = parents.get(head)
    return head if head in kept else None


def title_of(value: Any) -> str | None:
    """A title on one line."""
    told = named(value)
    return " ".join(told.split())[:200] if told else None
