"""Requests that make, open and change sessions, and keep their drafts."""

from collections.abc import Sequence

from threadkeep.domain.approvals import Approval
from threadkeep.domain.hints import Hint
from threadkeep.domain.views import SessionView
from threadkeep.faces.jsonrpc.json_text import Encoded
from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.registry import Registry, idempotency_key, page_size
from threadkeep.faces.lsp.stored_messages import with_messages
from threadkeep.ports.history_records import Entry
from threadkeep.protocol.types import lifecycle
from threadkeep.protocol.types.approvals import Approval as WireApproval
from threadkeep.protocol.types.common import Empty
from threadkeep.protocol.types.hints import RepositoryHint
from threadkeep.protocol.types.messages import InterruptedTurn
from threadkeep.usecases.application import Application
from threadkeep.usecases.sessions.opening import OpenResult
from threadkeep.usecases.sessions.sessions import NewSession, SessionPatch


def register(on: Registry, application: Application, connection: Connection) -> None:
    """Registers the handlers."""
    _register_opening(on, application, connection)
    _register_changes(on, application)

    @on("session/create")
    async def create_session(params: lifecycle.CreateSessionParams) -> lifecycle.SessionResult:
        new, key = _new_session(params), idempotency_key("session/create", params, session_result)
        view = await application.executor(lambda: application.sessions.create(new, once=key))
        connection.audience.follow(view.session.id)
        return session_result(view)

    @on("session/get")
    async def get_session(params: lifecycle.GetSessionParams) -> lifecycle.SessionResult:
        return session_result(await application.reads(lambda: application.sessions.get(params.session_id)))


def session_result(view: SessionView) -> lifecycle.SessionResult:
    """The result of every request that gives one session."""
    return lifecycle.SessionResult(session=wire.session(view))


def _register_opening(on: Registry, application: Application, connection: Connection) -> None:
    @on("session/open")
    async def open_session(params: lifecycle.OpenSessionParams) -> lifecycle.OpenSessionResult | Encoded:
        where, limit = (
            wire.where(params.repository, params.task, params.workflow),
            page_size(params.limit),
        )

        def work() -> tuple[OpenResult, tuple[str, ...]]:
            opened = application.opening.open(
                where,
                window_id=params.window_id,
                limit=limit,
                create_if_missing=params.create_if_missing,
            )
            return opened, (*connection.settings().problems, *application.agents.problems())

        return _opened(application, connection, *await application.executor(work))

    @on("session/current")
    async def current_session(params: lifecycle.CurrentSessionParams) -> lifecycle.CurrentSessionResult:
        where = wire.where(params.repository, params.task, params.workflow)
        view = await application.reads(lambda: application.opening.current(where))
        return lifecycle.CurrentSessionResult(session=wire.session(view) if view else None)

    @on("session/activate")
    async def activate_session(params: lifecycle.ActivateSessionParams) -> Empty:
        await application.executor(
            lambda: application.opening.activate(params.session_id, window_id=params.window_id)
        )
        connection.audience.follow(params.session_id)
        return Empty()

    @on("session/close")
    async def close_session(params: lifecycle.CloseSessionParams) -> Empty:
        await application.reads(lambda: application.sessions.get(params.session_id))
        connection.audience.leave(params.session_id)
        return Empty()

    @on("draft/set")
    async def set_draft(params: lifecycle.SetDraftParams) -> Empty:
        await application.executor(
            lambda: application.opening.set_draft(
                params.session_id,
                text=params.text,
                window_id=params.window_id,
                replaces=params.replaces or (),
                scroll=params.scroll,
                cursor=params.cursor,
                attachments=wire.wanted(params.attachments or ()),
            )
        )
        return Empty()

    @on("draft/get")
    async def get_draft(params: lifecycle.GetDraftParams) -> lifecycle.GetDraftResult:
        drafts = await application.reads(
            lambda: application.opening.drafts(params.session_id, window_id=params.window_id)
        )
        return lifecycle.GetDraftResult(
            draft=wire.draft(drafts.own) if drafts.own else None,
            others=tuple(wire.draft(draft) for draft in drafts.others),
        )


def _register_changes(on: Registry, application: Application) -> None:
    @on("session/update")
    async def update_session(params: lifecycle.UpdateSessionParams) -> lifecycle.SessionResult:
        patch, key = _patch(params), idempotency_key("session/update", params, session_result)
        view = await application.executor(
            lambda: application.sessions.update(
                params.session_id, patch, expected_revision=params.expected_revision, once=key
            )
        )
        return session_result(view)

    @on("session/setMode")
    async def set_mode(params: lifecycle.SetModeParams) -> lifecycle.SessionResult:
        key = idempotency_key("session/setMode", params, session_result)
        view = await application.executor(
            lambda: application.sessions.set_mode(
                params.session_id, params.mode, expected_revision=params.expected_revision, once=key
            )
        )
        return session_result(view)

    @on("session/setModel")
    async def set_model(params: lifecycle.SetModelParams) -> lifecycle.SessionResult:
        key = idempotency_key("session/setModel", params, session_result)
        view = await application.executor(
            lambda: application.sessions.set_model(
                params.session_id, params.model, expected_revision=params.expected_revision, once=key
            )
        )
        return session_result(view)


def _opened(
    application: Application, connection: Connection, opened: OpenResult, problems: tuple[str, ...]
) -> lifecycle.OpenSessionResult | Encoded:
    hint = _hint(opened.hint) if opened.hint else None
    if opened.view is None:
        return lifecycle.OpenSessionResult(created=False, problems=problems or None, hint=hint)
    connection.audience.follow(opened.view.session.id)
    messages: Sequence[Entry] = opened.page.messages
    growing = [message for message in messages if message.status == "streaming"]
    if growing:
        application.following.shown(growing)
        messages = application.running.up_to_date(messages)
    turn = opened.interrupted_turn
    result = lifecycle.OpenSessionResult(
        session=wire.session(opened.view),
        created=opened.created,
        before_cursor=opened.page.before_cursor,
        seq=opened.view.session.seq,
        draft=wire.draft(opened.drafts.own) if opened.drafts.own else None,
        other_drafts=tuple(wire.draft(draft) for draft in opened.drafts.others) or None,
        interrupted_turn=(
            InterruptedTurn(turn=wire.turn(turn), message_id=turn.message_id) if turn else None
        ),
        approvals=_approvals(opened.approvals) if opened.approvals else None,
        problems=problems or None,
        hint=hint,
    )
    return with_messages(result, messages, opened.page.siblings)


def _approvals(waiting: Sequence[Approval]) -> tuple[WireApproval, ...]:
    from threadkeep.faces.lsp.approvals import approval  # seldom needed

    return tuple(approval(each) for each in waiting)


def _hint(hint: Hint) -> RepositoryHint:
    from threadkeep.faces.lsp import hints  # seldom needed

    return hints.hint(hint)


def _new_session(params: lifecycle.CreateSessionParams) -> NewSession:
    return NewSession(
        where=wire.where(params.repository, params.task, params.workflow),
        links=tuple(wire.link(item) for item in params.links),
        title=params.title,
        agent=params.agent,
        model=params.model,
        tags=params.tags,
        metadata=params.metadata,
        id=params.id,
        is_private=params.is_private,
        make_current=params.make_current,
        window_id=params.window_id,
    )


def _patch(params: lifecycle.UpdateSessionParams) -> SessionPatch:
    fields = wire.given(
        title=params.title,
        task=params.task,
        workflow=params.workflow,
        tags=params.tags,
        is_favourite=params.is_favourite,
        note=params.note,
        metadata=params.metadata,
        links=wire.links(params.links),
    )
    return SessionPatch(fields=fields, repository=wire.moved_repository(params.repository))
