"""Filters and orders of sessions, asked of each session itself."""

from collections.abc import Callable, Mapping
from typing import Final

from threadkeep.adapters.store.documents import folded_title
from threadkeep.domain.agents import REPOSITORY_PREFIX
from threadkeep.domain.sessions import Session
from threadkeep.ports.session_filter import Inclusion, SessionFilter, SortField

SORT_VALUES: Final[Mapping[SortField, Callable[[Session], str | int]]] = {
    "updatedAt": lambda session: session.updated_at,
    "createdAt": lambda session: session.created_at,
    "title": lambda session: folded_title(session.title),
    "messageCount": lambda session: session.message_count,
}


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
