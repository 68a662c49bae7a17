"""Requests that move through the tree of messages, fork it, and mark or erase single ones."""

import base64
import codecs
from typing import Final

from threadkeep.domain.messages import Message
from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.handlers.sessions import session_result
from threadkeep.faces.lsp.registry import Registry, idempotency_key
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.protocol.types import chat, lifecycle, marks
from threadkeep.usecases.application import Application
from threadkeep.usecases.sessions.branches import Branch, NewFork

BLOB_LIMIT: Final = 1024 * 1024
"""Bytes that one answer brings at most."""


def register(on: Registry, application: Application, connection: Connection) -> None:
    """Registers the handlers."""
    _register_branches(on, application)
    _register_marks(on, application)

    @on("session/fork")
    async def fork(params: lifecycle.ForkParams) -> lifecycle.SessionResult:
        new = NewFork(
            session_id=params.session_id,
            message_id=params.message_id,
            title=params.title,
            make_current=params.make_current,
            window_id=params.window_id,
        )
        key = idempotency_key("session/fork", params, session_result)
        with connection.work.reporting(
            params.work_done_token, title="Forking the session", unit="messages"
        ) as progress:
            view = await application.branches.fork(new, once=key, progress=progress)
        connection.audience.follow(view.session.id)
        return session_result(view)


def _piece(data: bytes, size: int, params: marks.BlobParams) -> marks.BlobResult:
    start = max(0, params.offset)
    if params.encoding == "base64":
        text = base64.b64encode(data).decode()
    else:
        is_last = start + len(data) >= size
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = decoder.decode(data, is_last)
        data = data[: len(data) - len(decoder.getstate()[0])]
    end = start + len(data)
    return marks.BlobResult(data=text, size=size, next=end if data and end < size else None)


def _register_branches(on: Registry, application: Application) -> None:
    @on("session/clear")
    async def clear(params: lifecycle.ClearSessionParams) -> lifecycle.SessionResult:
        key = idempotency_key("session/clear", params, session_result)
        view = await application.executor(
            lambda: application.branches.clear(
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
            await application.executor(
                lambda: application.branches.rewind(params.session_id, params.message_id)
            )
        )

    @on("chat/selectBranch")
    async def select(params: chat.SelectBranchParams) -> lifecycle.SessionResult:
        return session_result(
            await application.executor(
                lambda: application.branches.select(params.session_id, params.message_id)
            )
        )

    @on("chat/branches")
    async def branches(params: chat.ListBranchesParams) -> chat.BranchesResult:
        found = await application.reads(lambda: application.branches.branches(params.session_id))
        return chat.BranchesResult(branches=tuple(_branch(branch) for branch in found))


def _register_marks(on: Registry, application: Application) -> None:
    @on("message/parts")
    async def parts(params: marks.PartsParams) -> marks.PartsResult:
        limit = max(1, min(params.limit, MAX_PAGE))
        found, following = await application.reads(
            lambda: application.history.parts(params.message_id, first=max(0, params.from_), limit=limit)
        )
        return marks.PartsResult(parts=tuple(map(wire.part, found)), next=following)

    @on("blob/get")
    async def blob(params: marks.BlobParams) -> marks.BlobResult:
        limit = max(1, min(params.limit, BLOB_LIMIT))
        data, size = await application.reads(
            lambda: application.history.blob(
                params.session_id, params.sha256, offset=max(0, params.offset), limit=limit
            )
        )
        return _piece(data, size, params)

    @on("message/update")
    async def update(params: marks.UpdateMessageParams) -> marks.MessageResult:
        fields = wire.given(is_favourite=params.is_favourite, note=params.note, metadata=params.metadata)
        key = idempotency_key("message/update", params, _message_result)
        return _message_result(
            await application.executor(
                lambda: application.annotations.update(params.message_id, fields, once=key)
            )
        )

    @on("message/erase")
    async def erase(params: marks.EraseMessageParams) -> marks.MessageResult:
        async with application.order.changing(None):
            erased, left = await application.annotations.begin_erasing(params.message_id)
        await application.annotations.go_on(left)
        await application.long.finish_erasing()
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
