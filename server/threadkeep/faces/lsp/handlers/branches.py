"""Requests that move through the tree of messages, fork it, and mark or erase single ones."""

from threadkeep.domain.messages import Message
from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.handlers.sessions import session_result
from threadkeep.faces.lsp.registry import Registry, once
from threadkeep.protocol.types import chat, lifecycle, marks
from threadkeep.usecases.application import Application
from threadkeep.usecases.sessions.branches import Branch, NewFork


def register(on: Registry, cases: Application, connection: Connection) -> None:
    """Registers the handlers."""
    _register_branches(on, cases)
    _register_marks(on, cases)

    @on("session/fork")
    async def fork(params: lifecycle.ForkParams) -> lifecycle.SessionResult:
        new = NewFork(
            session_id=params.session_id,
            message_id=params.message_id,
            title=params.title,
            make_current=params.make_current,
            window_id=params.window_id,
        )
        key = once("session/fork", params, session_result)
        with connection.work.reporting(
            params.work_done_token, title="Forking the session", unit="messages"
        ) as progress:
            view = await cases.branches.fork(new, once=key, progress=progress)
        connection.audience.follow(view.session.id)
        return session_result(view)


def _register_branches(on: Registry, cases: Application) -> None:
    @on("session/clear")
    async def clear(params: lifecycle.ClearSessionParams) -> lifecycle.SessionResult:
        key = once("session/clear", params, session_result)
        view = await cases.executor(
            lambda: cases.branches.clear(
                params.session_id,
                reason=params.reason,
                expected_revision=params.expected_revision,
                once=key,
            )
        )
        return session_result(view)

    @on("chat/rewind")
    async def rewind(params: chat.RewindParams) -> lifecycle.SessionResult:
        return session_result(
            await cases.executor(lambda: cases.branches.rewind(params.session_id, params.message_id))
        )

    @on("chat/selectBranch")
    async def select(params: chat.SelectBranchParams) -> lifecycle.SessionResult:
        return session_result(
            await cases.executor(lambda: cases.branches.select(params.session_id, params.message_id))
        )

    @on("chat/branches")
    async def branches(params: chat.ListBranchesParams) -> chat.BranchesResult:
        found = await cases.reads(lambda: cases.branches.branches(params.session_id))
        return chat.BranchesResult(branches=tuple(_branch(branch) for branch in found))


def _register_marks(on: Registry, cases: Application) -> None:
    @on("message/update")
    async def update(params: marks.UpdateMessageParams) -> marks.MessageResult:
        fields = wire.given(is_favourite=params.is_favourite, note=params.note, metadata=params.metadata)
        key = once("message/update", params, _message_result)
        return _message_result(
            await cases.executor(lambda: cases.annotations.update(params.message_id, fields, once=key))
        )

    @on("message/erase")
    async def erase(params: marks.EraseMessageParams) -> marks.MessageResult:
        async with cases.order.changing(None):
            erased, left = await cases.annotations.begin_erasing(params.message_id)
        await cases.annotations.go_on(left)
        await cases.long.finish_erasing()
        return _message_result(erased)


def _message_result(message: Message) -> marks.MessageResult:
    return marks.MessageResult(message=wire.message(message))


def _branch(branch: Branch) -> chat.Branch:
    return chat.Branch(
        message_id=branch.end.id,
        preview=branch.newest.preview if branch.newest else "",
        at=branch.end.created_at,
        is_current=branch.is_current,
    )
