"""What the store is to answer, in a few lines of Python: filters, orders and counts of sessions, and trees of messages."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from threadkeep.adapters.store.tables.documents import folded_title
from threadkeep.domain.agents import REPOSITORY_PREFIX
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import Session
from threadkeep.ports.session_counts import CountedBy
from threadkeep.ports.session_filter import Inclusion, SessionFilter, SessionSort, SortField

SORT_VALUES: Final[Mapping[SortField, Callable[[Session], str | int]]] = {
    "updatedAt": lambda session: session.updated_at,
    "createdAt": lambda session: session.created_at,
    "title": lambda session: folded_title(session.title),
    "messageCount": lambda session: session.message_count,
}


COUNTED: Final[Mapping[CountedBy, Callable[[Session], set[str]]]] = {
    "status": lambda session: {session.status},
    "repository": lambda session: {session.key.repository_id},
    "task": lambda session: {session.key.task},
    "agent": lambda session: {session.agent},
    "tag": lambda session: set(session.tags),
    "day": lambda session: {session.created_at[:10]},
}


def listed(sessions: Sequence[Session], wanted: SessionFilter, sort: SessionSort) -> list[Session]:
    """The wanted sessions in order; of those with the same id the last one counts."""
    stored = {session.id: session for session in sessions}
    value = SORT_VALUES[sort.by]
    return sorted(
        (session for session in stored.values() if fits(session, wanted)),
        key=lambda session: (value(session), session.id),
        reverse=sort.order == "descending",
    )


def counted(sessions: Sequence[Session], by: CountedBy) -> dict[str, int]:
    """How many have each value."""
    return Counter(value for session in sessions for value in COUNTED[by](session))


def path_to(head: str | None, messages: Sequence[Message]) -> list[Message]:
    """The message and those before it, the oldest first."""
    by_id = {message.id: message for message in messages}
    path = []
    while head in by_id:
        path.append(by_id[head])
        head = by_id[head].parent_id
    return path[::-1]


def siblings_of(message: Message, messages: Sequence[Message]) -> list[str]:
    """The ids of a message's siblings and its own, in their order."""
    return [other.id for other in messages if _are_siblings(message, other)]


def newest_below(message: Message, messages: Sequence[Message]) -> Message:
    """The message with the highest seq among it and all that follow it; `messages` in the order of their seq."""
    below = {message.id: message}
    below |= {other.id: other for other in _followers(below, messages)}
    return max(below.values(), key=lambda other: other.seq)


def _followers(below: dict[str, Message], messages: Sequence[Message]) -> Iterator[Message]:
    found = set(below)
    for other in messages:
        if other.parent_id in found:
            found.add(other.id)
            yield other


def _are_siblings(message: Message, other: Message) -> bool:
    return (
        message.parent_id == other.parent_id
        and message.is_counted
        and other.is_counted
        and (message.role == "assistant") == (other.role == "assistant")
    )


def fits(session: Session, wanted: SessionFilter) -> bool:
    """Whether the session is one of the wanted."""
    equal = (
        (wanted.repository_id, session.key.repository_id),
        (wanted.task, session.key.task),
        (wanted.workflow, session.key.workflow),
        (wanted.agent, session.agent),
        (wanted.is_favourite, session.is_favourite),
        (wanted.forked_from, session.forked_from and session.forked_from.session_id),
    )
    within = (
        (wanted.ids, session.id),
        (wanted.status, session.status),
        (wanted.activity, session.activity),
    )
    below = (
        (wanted.created_after, session.created_at),
        (session.created_at, wanted.created_before),
        (wanted.updated_after, session.updated_at),
        (session.updated_at, wanted.updated_before),
        (session.last_activity_at, wanted.active_before),
    )
    return (
        all(value is None or value == actual for value, actual in equal)
        and session.id.startswith(wanted.id_prefix or "")
        and _answers_with(session, wanted)
        and all(values is None or actual in values for values, actual in within)
        and all(low is None or high is None or low < high for low, high in below)
        and _is_included(wanted.archived, session.archived_at)
        and _is_included(wanted.trashed, session.trashed_at)
        and (wanted.min_messages is None or session.message_count >= wanted.min_messages)
        and (wanted.title is None or folded_title(wanted.title) in folded_title(session.title))
        and wanted.tags <= set(session.tags)
        and (wanted.link is None or wanted.link in {(link.kind, link.value) for link in session.links})
    )


def _answers_with(session: Session, wanted: SessionFilter) -> bool:
    given = ((wanted.model, session.model), (wanted.provider, session.provider))
    if all(value is None or value == actual for value, actual in given):
        return True
    if wanted.unset_but is None or session.model is not None or session.provider is not None:
        return False
    return session.agent not in wanted.unset_but and not session.agent.startswith(REPOSITORY_PREFIX)


def _is_included(inclusion: Inclusion, at: str | None) -> bool:
    return inclusion == "include" or (at is not None) == (inclusion == "only")
