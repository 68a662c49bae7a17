"""The requests of sessions, one method each."""

from collections.abc import Sequence
from typing import Any, TypedDict, Unpack

from threadkeep.client.asking import Asking
from threadkeep.protocol.types.agents import SwitchAgentParams, SwitchAgentResult
from threadkeep.protocol.types.common import UNSET, Empty, JsonObject, Unset
from threadkeep.protocol.types.lifecycle import (
    ActivateSessionParams,
    ChangeStateParams,
    CreateSessionParams,
    CurrentSessionParams,
    CurrentSessionResult,
    ForkParams,
    GetDraftParams,
    GetDraftResult,
    OpenSessionParams,
    OpenSessionResult,
    SessionIdParams,
    SessionResult,
    SetDraftParams,
    SetModelParams,
    UpdateSessionParams,
)
from threadkeep.protocol.types.lists import (
    FacetName,
    ListSessionsParams,
    ListSessionsResult,
    SessionEventsParams,
    SessionEventsResult,
    SessionFilter,
    SessionHistoryParams,
    SessionHistoryResult,
    SessionSort,
)
from threadkeep.protocol.types.messages import Attachment
from threadkeep.protocol.types.repositories import RepositoryRef
from threadkeep.protocol.types.sessions import Link


class StateChange(TypedDict, total=False):
    """What may come with a change of a session's state."""

    reason: str | None
    """Kept with the entry in the history."""
    expected_revision: int | None
    """`revisionConflict` unless the session is at this revision."""
    idempotency_key: str | None
    """Makes a repeat of this request return the stored result."""


class SessionRequests(Asking):
    """`session/*` and `draft/set`. Every method may raise `RequestFailed` and `ServerGone`."""

    async def open_session(
        self,
        *,
        repository: RepositoryRef | None = None,
        task: str | None = None,
        workflow: str | None = None,
        limit: int = 50,
        create_if_missing: bool = True,
    ) -> OpenSessionResult:
        """`session/open`: the current session of a key, made if there is none."""
        params = OpenSessionParams(
            repository=repository,
            task=task,
            workflow=workflow,
            window_id=self.window_id,
            limit=limit,
            create_if_missing=create_if_missing,
        )
        return await self.ask("session/open", params, OpenSessionResult)

    async def create_session(
        self,
        *,
        repository: RepositoryRef | None = None,
        task: str | None = None,
        workflow: str | None = None,
        links: Sequence[Link] = (),
        title: str | None = None,
        agent: str | None = None,
        model: str | None = None,
        tags: Sequence[str] = (),
        metadata: JsonObject | None = None,
        session_id: str | None = None,
        make_current: bool = True,
        idempotency_key: str | None = None,
    ) -> SessionResult:
        """`session/create`: a new session; `session_id` chooses its id."""
        params = CreateSessionParams(
            repository=repository,
            task=task,
            workflow=workflow,
            links=tuple(links),
            title=title,
            agent=agent,
            model=model,
            tags=tuple(tags),
            metadata=metadata or {},
            id=session_id,
            make_current=make_current,
            window_id=self.window_id,
            idempotency_key=idempotency_key,
        )
        return await self.ask("session/create", params, SessionResult)

    async def get_session(self, session_id: str) -> SessionResult:
        """`session/get`."""
        return await self.ask("session/get", SessionIdParams(session_id=session_id), SessionResult)

    async def close_session(self, session_id: str) -> Empty:
        """`session/close`: no more `chat/*` notifications of this session."""
        return await self.ask("session/close", SessionIdParams(session_id=session_id), Empty)

    async def list_sessions(
        self,
        session_filter: SessionFilter = SessionFilter(),
        *,
        sort: SessionSort = SessionSort(),
        limit: int = 20,
        cursor: str | None = None,
        page: int | None = None,
        per_page: int = 20,
        with_total: bool = False,
        facets: tuple[FacetName, ...] = (),
    ) -> ListSessionsResult:
        """`session/list`, in cursor style or, with `page`, in page style."""
        params = ListSessionsParams(
            filter=session_filter,
            sort=sort,
            limit=limit,
            cursor=cursor,
            page=page,
            per_page=per_page,
            with_total=with_total,
            facets=facets,
        )
        return await self.ask("session/list", params, ListSessionsResult)

    async def session_history(
        self,
        session_id: str,
        *,
        limit: int = 50,
        before: str | None = None,
        after: str | None = None,
        around: str | None = None,
    ) -> SessionHistoryResult:
        """`session/history`: a page of messages, oldest first; the newest without a cursor or a message's id."""
        params = SessionHistoryParams(
            session_id=session_id, limit=limit, before=before, after=after, around=around
        )
        return await self.ask("session/history", params, SessionHistoryResult)

    async def session_events(
        self, session_id: str, *, after_seq: int, limit: int = 200
    ) -> SessionEventsResult:
        """`session/events`: what happened since `after_seq`."""
        params = SessionEventsParams(session_id=session_id, after_seq=after_seq, limit=limit)
        return await self.ask("session/events", params, SessionEventsResult)

    async def update_session(
        self,
        session_id: str,
        *,
        title: str | None | Unset = UNSET,
        task: str | Unset = UNSET,
        repository: RepositoryRef | Unset = UNSET,
        workflow: str | None | Unset = UNSET,
        links: Sequence[Link] | None | Unset = UNSET,
        tags: Sequence[str] | None | Unset = UNSET,
        is_favourite: bool | Unset = UNSET,
        note: str | None | Unset = UNSET,
        metadata: JsonObject | None | Unset = UNSET,
        expected_revision: int | None = None,
        idempotency_key: str | None = None,
    ) -> SessionResult:
        """`session/update`: what is not given stays, None clears."""
        params = UpdateSessionParams(
            session_id=session_id,
            title=title,
            task=task,
            repository=repository,
            workflow=workflow,
            links=_frozen(links),
            tags=_frozen(tags),
            is_favourite=is_favourite,
            note=note,
            metadata=metadata,
            expected_revision=expected_revision,
            idempotency_key=idempotency_key,
        )
        return await self.ask("session/update", params, SessionResult)

    async def pause_session(self, session_id: str, **change: Unpack[StateChange]) -> SessionResult:
        """`session/pause`."""
        params = ChangeStateParams(session_id=session_id, **change)
        return await self.ask("session/pause", params, SessionResult)

    async def resume_session(self, session_id: str, **change: Unpack[StateChange]) -> SessionResult:
        """`session/resume`."""
        params = ChangeStateParams(session_id=session_id, **change)
        return await self.ask("session/resume", params, SessionResult)

    async def end_session(self, session_id: str, **change: Unpack[StateChange]) -> SessionResult:
        """`session/end`, for good."""
        params = ChangeStateParams(session_id=session_id, **change)
        return await self.ask("session/end", params, SessionResult)

    async def archive_session(self, session_id: str, **change: Unpack[StateChange]) -> SessionResult:
        """`session/archive`."""
        params = ChangeStateParams(session_id=session_id, **change)
        return await self.ask("session/archive", params, SessionResult)

    async def unarchive_session(self, session_id: str, **change: Unpack[StateChange]) -> SessionResult:
        """`session/unarchive`."""
        params = ChangeStateParams(session_id=session_id, **change)
        return await self.ask("session/unarchive", params, SessionResult)

    async def set_model(
        self,
        session_id: str,
        model: str,
        *,
        expected_revision: int | None = None,
        idempotency_key: str | None = None,
    ) -> SessionResult:
        """`session/setModel`: `provider:model` answers from now on."""
        params = SetModelParams(
            session_id=session_id,
            model=model,
            expected_revision=expected_revision,
            idempotency_key=idempotency_key,
        )
        return await self.ask("session/setModel", params, SessionResult)

    async def switch_agent(
        self, session_id: str, agent: str, **change: Unpack[StateChange]
    ) -> SwitchAgentResult:
        """`session/switchAgent`: `agent` answers from now on."""
        params = SwitchAgentParams(session_id=session_id, agent=agent, **change)
        return await self.ask("session/switchAgent", params, SwitchAgentResult)

    async def fork_session(
        self,
        session_id: str,
        *,
        message_id: str | None = None,
        title: str | None = None,
        make_current: bool = True,
        idempotency_key: str | None = None,
    ) -> SessionResult:
        """`session/fork`: a new session that begins as this one went, up to `message_id` or its end."""
        params = ForkParams(
            session_id=session_id,
            message_id=message_id,
            title=title,
            make_current=make_current,
            window_id=self.window_id,
            idempotency_key=idempotency_key,
        )
        return await self.ask("session/fork", params, SessionResult)

    async def clear_session(self, session_id: str, **change: Unpack[StateChange]) -> SessionResult:
        """`session/clear`: empties the visible history; what was said stays, as a branch."""
        params = ChangeStateParams(session_id=session_id, **change)
        return await self.ask("session/clear", params, SessionResult)

    async def activate_session(self, session_id: str) -> Empty:
        """`session/activate`: makes it current, for this window if it has an id, else for its key."""
        params = ActivateSessionParams(session_id=session_id, window_id=self.window_id)
        return await self.ask("session/activate", params, Empty)

    async def current_session(
        self,
        *,
        repository: RepositoryRef | None = None,
        task: str | None = None,
        workflow: str | None = None,
    ) -> CurrentSessionResult:
        """`session/current`: as `open_session`, but makes none."""
        params = CurrentSessionParams(repository=repository, task=task, workflow=workflow)
        return await self.ask("session/current", params, CurrentSessionResult)

    async def set_draft(
        self,
        session_id: str,
        text: str,
        *,
        scroll: str | None = None,
        cursor: int | None = None,
        attachments: Sequence[Attachment] = (),
        replaces: Sequence[str] = (),
    ) -> Empty:
        """`draft/set`: keeps what is typed and not sent."""
        params = SetDraftParams(
            session_id=session_id,
            window_id=self.window_id,
            text=text,
            scroll=scroll,
            cursor=cursor,
            attachments=tuple(attachments) or None,
            replaces=tuple(replaces) or None,
        )
        return await self.ask("draft/set", params, Empty)

    async def get_draft(self, session_id: str) -> GetDraftResult:
        """`draft/get`: what is typed and not sent, here and in other windows."""
        params = GetDraftParams(session_id=session_id, window_id=self.window_id)
        return await self.ask("draft/get", params, GetDraftResult)


def _frozen(items: Any) -> Any:
    return items if items is None or items is UNSET else tuple(items)
