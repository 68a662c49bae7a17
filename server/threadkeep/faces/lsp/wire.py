"""Domain ⇄ wire: the one file that sees both."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar

from threadkeep.domain import messages as domain_messages
from threadkeep.domain import sessions as domain_sessions
from threadkeep.domain import turns as domain_turns
from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.events import TextStreamed
from threadkeep.domain.messages import Failure, WantedAttachment
from threadkeep.domain.repositories import Repository
from threadkeep.domain.text import without_steering
from threadkeep.domain.times import kept_time
from threadkeep.domain.views import RepositoryView, Root, SessionView
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.ports.store import Draft
from threadkeep.protocol.errors import BY_KIND
from threadkeep.protocol.types import messages, parts, repositories, sessions
from threadkeep.protocol.types.common import Usage
from threadkeep.usecases.repositories.repositories import RepositoryChoice, Where
from threadkeep.values.hints import UNSET, Unset

if TYPE_CHECKING:
    from threadkeep.protocol.types import lists
    from threadkeep.usecases.application import Application

T = TypeVar("T")

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
"""How every URI begins; repository ids hold no colon."""
MAX_IDS = 1_000
"""Sessions that one filter may name."""


def repository_choice(ref: repositories.RepositoryRef | None) -> RepositoryChoice | None:
    """How a client named a repository, if it did. Raises InvalidValue as `named_repository`."""
    return None if ref is None else named_repository(ref)


def named_repository(ref: repositories.RepositoryRef) -> RepositoryChoice:
    """How a client named a repository. Raises InvalidValue unless a selector has exactly one member."""
    if isinstance(ref, str):
        return RepositoryChoice(uri=ref) if _SCHEME.match(ref) else RepositoryChoice(id=ref)
    if sum(member is not None for member in (ref.id, ref.uri, ref.name)) != 1:
        raise InvalidValue("repository", "must have exactly one of id, uri, name")
    return RepositoryChoice(id=ref.id, uri=ref.uri, name=ref.name)


def where(repository: repositories.RepositoryRef | None, task: str | None, workflow: str | None) -> Where:
    """How a client named a key."""
    return Where(repository=repository_choice(repository), task=task, workflow=workflow)


def link(value: sessions.Link) -> domain_sessions.Link:
    """A link as the domain has it."""
    return domain_sessions.Link(kind=value.kind, value=value.value, url=value.url)


def links(
    values: tuple[sessions.Link, ...] | Unset | None,
) -> tuple[domain_sessions.Link, ...] | Unset | None:
    """The links of a patch; absent and null stay what they are."""
    return tuple(link(value) for value in values) if isinstance(values, tuple) else values


def moved_repository(ref: repositories.RepositoryRef | Unset) -> RepositoryChoice | None:
    """The repository of a patch; None keeps the one there is."""
    return None if isinstance(ref, Unset) else repository_choice(ref)


def session_filter(wanted: "lists.SessionFilter") -> SessionFilter:
    """All of a filter but its repository, which has to be looked up. Raises InvalidValue for a wrong time."""
    return SessionFilter(
        id_prefix=wanted.id_prefix,
        ids=_ids(wanted.ids),
        task=wanted.task,
        workflow=wanted.workflow,
        status=frozenset(wanted.status) if wanted.status is not None else None,
        activity=frozenset(wanted.activity) if wanted.activity is not None else None,
        archived=wanted.archived,
        trashed=wanted.trashed,
        agent=wanted.agent,
        model=wanted.model,
        provider=wanted.provider,
        is_favourite=wanted.is_favourite,
        min_messages=wanted.min_messages,
        forked_from=wanted.forked_from,
        tags=frozenset(wanted.tags),
        link=(wanted.link.kind, wanted.link.value) if wanted.link else None,
        title=wanted.title,
        created_after=_time("createdAfter", wanted.created_after),
        created_before=_time("createdBefore", wanted.created_before, rounds_up=True),
        updated_after=_time("updatedAfter", wanted.updated_after),
        updated_before=_time("updatedBefore", wanted.updated_before, rounds_up=True),
    )


async def resolved_filter(application: "Application", given: "lists.SessionFilter") -> SessionFilter:
    """All of a filter but its repository, with the settings of now. Raises InvalidValue for a wrong time."""
    wanted = session_filter(given)
    if wanted.model is None and wanted.provider is None:
        return wanted
    return await application.reads(lambda: application.agents.with_default(wanted))


def _ids(ids: tuple[str, ...] | None) -> frozenset[str] | None:
    if ids is not None and len(ids) > MAX_IDS:
        raise InvalidValue("filter.ids", f"must hold at most {MAX_IDS:,} ids, not {len(ids):,}: ask in parts")
    return frozenset(ids) if ids is not None else None


def session_sort(sort: "lists.SessionSort") -> SessionSort:
    """An order as the store has it."""
    return SessionSort(by=sort.by, order=sort.order)


def given(**members: object) -> dict[str, Any]:
    """The members of a patch that are there."""
    return {name: value for name, value in members.items() if value is not UNSET}


_PRESENCE: Final[Mapping[bool | None, Literal["present", "missing", "unknown"]]] = {
    True: "present",
    False: "missing",
    None: "unknown",
}


def repository(view: RepositoryView) -> repositories.Repository:
    """A repository for clients."""
    return repositories.Repository(
        id=view.repository.id,
        name=view.repository.name,
        roots=tuple(
            repositories.RepositoryRoot(
                uri=root.uri, present=root.is_present is not False, presence=_PRESENCE[root.is_present]
            )
            for root in view.roots
        ),
        remote=view.repository.remote,
    )


def session(view: SessionView) -> sessions.Session:
    """A session for clients."""
    kept, repository_view = view.session, view.repository
    if kept.note or kept.metadata or kept.links or kept.context_summary:  # may be large, and change often
        return _session_of(kept, repository_view)
    return _session(_Same(kept), _Same(repository_view.repository), repository_view.roots)


class _Same(Generic[T]):
    """Equal to another one of the very same value: to compare sessions would take longer than what is saved."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


@lru_cache(maxsize=128)  # a list is asked for whenever a session changes; the others are what they were
def _session(
    same: _Same[domain_sessions.Session], same_repository: _Same[Repository], roots: tuple[Root, ...]
) -> sessions.Session:
    return _session_of(same.value, RepositoryView(repository=same_repository.value, roots=roots))


def _session_of(kept: domain_sessions.Session, repository_view: RepositoryView) -> sessions.Session:
    last, fork = kept.last_message, kept.forked_from
    return sessions.Session(
        id=kept.id,
        repository=repository(repository_view),
        task=kept.key.task,
        workflow=kept.key.workflow,
        links=tuple(sessions.Link(kind=item.kind, value=item.value, url=item.url) for item in kept.links),
        title=kept.title,
        title_source=kept.title_source,
        status=kept.status,
        archived_at=kept.archived_at,
        trashed_at=kept.trashed_at,
        is_private=kept.is_private,
        activity=kept.activity,
        mode=None if kept.mode == "ask" else kept.mode,
        agent=kept.agent,
        model=kept.model,
        provider=kept.provider,
        agent_switch_count=kept.agent_switch_count,
        tags=kept.tags,
        is_favourite=kept.is_favourite,
        note=kept.note,
        metadata=kept.metadata,
        message_count=kept.message_count,
        last_message=sessions.LastMessage(role=last.role, preview=last.preview, at=last.at) if last else None,
        context_summary=kept.context_summary,
        usage=usage(kept.usage),
        forked_from=(
            sessions.ForkedFrom(session_id=fork.session_id, message_id=fork.message_id) if fork else None
        ),
        created_at=kept.created_at,
        updated_at=kept.updated_at,
        last_activity_at=kept.last_activity_at,
        revision=kept.revision,
        seq=kept.seq,
    )


def message(
    kept: domain_messages.Message, siblings: Mapping[str, tuple[int, int]] | None = None
) -> messages.Message:
    """A message for clients."""
    place = siblings.get(kept.id) if siblings else None
    return messages.Message(
        id=kept.id,
        session_id=kept.session_id,
        seq=kept.seq,
        turn_id=kept.turn_id,
        parent_id=kept.parent_id,
        role=kept.role,
        content=kept.content,
        parts=tuple(part(each) for each in kept.parts),
        status=kept.status,
        stop_reason=kept.stop_reason,
        agent=kept.agent,
        model=kept.model,
        provider=kept.provider,
        usage=usage(kept.usage) if kept.usage else None,
        is_favourite=kept.is_favourite,
        note=kept.note,
        metadata=kept.metadata,
        event=_event(kept.event) if kept.event else None,
        error=failure(kept.error) if kept.error else None,
        siblings=messages.Siblings(index=place[0], count=place[1]) if place else None,
        created_at=kept.created_at,
        completed_at=kept.completed_at,
    )


def turn(kept: domain_turns.Turn) -> messages.Turn:
    """A turn for clients."""
    return messages.Turn(
        id=kept.id,
        session_id=kept.session_id,
        status=kept.status,
        stop_reason=kept.stop_reason,
        user_message_id=kept.user_message_id,
        message_id=kept.message_id,
        agent=kept.agent,
        model=kept.model,
        provider=kept.provider,
        usage=usage(kept.usage) if kept.usage else None,
        error=failure(kept.error) if kept.error else None,
        started_at=kept.started_at,
        ended_at=kept.ended_at,
        holder=_holder(kept.holder) if kept.holder else None,
    )


def _holder(held: domain_turns.Holder) -> messages.Holder:
    return messages.Holder(client=held.client, pid=held.pid, host=held.host, since=held.since)


def failure(kept: Failure) -> messages.Failure:
    """What failed, with the code that goes with its kind."""
    return messages.Failure(
        code=BY_KIND.get(kept.kind, BY_KIND["internalError"]).code,  # a newer version may know more
        kind=kept.kind,
        message=without_steering(kept.message),  # an older version kept it as it came
        retryable=kept.retryable,
        provider=kept.data.get("provider"),
        status=kept.data.get("status"),
        retry_after_ms=kept.data.get("retry_after_ms"),
    )


def draft(kept: Draft) -> sessions.Draft:
    """A draft for clients."""
    return sessions.Draft(
        text=kept.text,
        scroll=kept.scroll,
        cursor=kept.cursor,
        attachments=tuple(_attachment(one) for one in kept.attachments) or None,
        window_id=kept.window_id,
        updated_at=kept.at,
    )


def wanted(attachments: Sequence[parts.Attachment]) -> tuple[WantedAttachment, ...]:
    """What a client wants to send along, now or later."""
    return tuple(
        WantedAttachment(
            kind=one.type,
            uri=one.uri,
            range=_place(one.range) if one.range else None,
            text=one.text,
            language_id=one.language_id,
        )
        for one in attachments
    )


def _place(given: parts.Range) -> domain_messages.Range:
    return domain_messages.Range(
        start_line=given.start.line,
        start_character=given.start.character,
        end_line=given.end.line,
        end_character=given.end.character,
    )


def _attachment(wanted: WantedAttachment) -> parts.Attachment:
    return parts.Attachment(
        type=wanted.kind,
        uri=wanted.uri,
        range=range_of(wanted.range) if wanted.range else None,
        text=wanted.text,
        language_id=wanted.language_id,
    )


def delta(event: TextStreamed) -> dict[str, Any]:
    """A delta, already in its wire form: it is on the hot path."""
    return {
        "sessionId": event.session_id,
        "turnId": event.turn_id,
        "messageId": event.message_id,
        "kind": event.kind,
        "index": event.index,
        "offset": event.offset,
        "text": event.text,
        "savedOffset": event.saved_offset,
    }


def _time(member: str, at: str | None, *, rounds_up: bool = False) -> str | None:
    return None if at is None else kept_time(f"filter.{member}", at, rounds_up=rounds_up)


def part(kept: domain_messages.Part) -> parts.Part:
    """A part for clients."""
    if kept.type == "text":
        return parts.TextPart(text=kept.text)
    if kept.type == "reasoning":
        return parts.ReasoningPart(text=kept.text)
    from threadkeep.faces.lsp.wire_parts import other_part  # most answers have none

    return other_part(kept)


def range_of(kept: domain_messages.Range) -> parts.Range:
    return parts.Range(
        start=parts.Position(line=kept.start_line, character=kept.start_character),
        end=parts.Position(line=kept.end_line, character=kept.end_character),
    )


def usage(kept: domain_messages.Usage) -> Usage:
    """Tokens for clients."""
    return Usage(
        input_tokens=kept.input_tokens,
        output_tokens=kept.output_tokens,
        cached_tokens=kept.cached_tokens,
        reasoning_tokens=kept.reasoning_tokens,
        cost=kept.cost,
    )


def _event(at: domain_messages.TimelineEvent) -> messages.TimelineEvent:
    return messages.TimelineEvent(kind=at.kind, from_=at.from_, to=at.to, reason=at.reason, at=at.at)
