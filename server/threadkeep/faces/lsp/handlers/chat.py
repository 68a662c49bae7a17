"""Requests of a conversation."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final
from urllib.parse import unquote

from threadkeep.domain.events import StoreWarned
from threadkeep.domain.messages import Message, Part
from threadkeep.domain.text import one_line
from threadkeep.domain.turns import Turn
from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.registry import Registry, idempotency_key
from threadkeep.protocol.types import approvals, chat, parts
from threadkeep.usecases.application import Application
from threadkeep.usecases.chat.attachments import snapshot
from threadkeep.usecases.chat.turn_start import Begun, Outgoing

STAND_IN: Final = (
    "The editor's changes came in an order that cannot be followed, so the file was attached as it was saved last: {}."
    " Closing and reopening it in the editor ends that."
)


def reading(
    application: Application, attachments: tuple[parts.Attachment, ...] | None
) -> Callable[[], tuple[Part, ...]] | None:
    """What takes the snapshots, of the buffers as they are now; None if nothing is said of attachments.

    Call it in the first step of a request, when the editor shows what the person sent.
    """
    if attachments is None:
        return None
    return partial(snapshot, wire.wanted(attachments), application.documents())


def warn_of_stand_ins(connection: Connection, message: Message | None) -> None:
    """Tells the person at the editor which attachments are not what the editor shows."""
    uris = [
        part.attachment.uri or ""
        for part in (message.parts if message else ())
        if part.attachment is not None and part.attachment.is_stand_in
    ]
    if uris:
        names = ", ".join(dict.fromkeys(one_line(unquote(uri)) for uri in uris))
        connection.audience(StoreWarned(kind="buffer", message=STAND_IN.format(names)))


def register(on: Registry, application: Application, connection: Connection) -> None:
    """Registers the handlers."""
    _register_asking(on, application, connection)
    _register_waiting(on, application)


def _register_asking(on: Registry, application: Application, connection: Connection) -> None:
    @on("chat/send")
    async def send(params: chat.SendParams) -> chat.SendResult:
        outgoing = Outgoing(
            session_id=params.session_id,
            text=params.text,
            agent=params.agent,
            model=params.model,
            metadata=params.metadata,
            when_busy=params.when_busy,
        )
        snapshot = reading(application, params.attachments or None)
        key = idempotency_key("chat/send", params, _sent)
        begun = await application.chat.send(outgoing, snapshot=snapshot, once=key)
        if params.attachments:
            warn_of_stand_ins(connection, begun.user_message)
        connection.audience.follow(params.session_id)
        return _sent(begun)

    @on("chat/edit")
    async def edit(params: chat.EditParams) -> chat.SendResult:
        outgoing = Outgoing(session_id=params.session_id, text=params.text, replaces=params.message_id)
        snapshot = reading(application, params.attachments)
        key = idempotency_key("chat/edit", params, _sent)
        begun = await application.chat.send(outgoing, snapshot=snapshot, once=key)
        if params.attachments:
            warn_of_stand_ins(connection, begun.user_message)
        connection.audience.follow(params.session_id)
        return _sent(begun)

    @on("chat/continue")
    async def carry_on(params: chat.ContinueParams) -> chat.ContinueResult:
        key = idempotency_key("chat/continue", params, _continued)
        begun = await application.chat.carry_on(params.session_id, params.message_id, once=key)
        connection.audience.follow(params.session_id)
        return _continued(begun)

    @on("chat/retry")
    async def retry(params: chat.RetryParams) -> chat.RetryResult:
        key = idempotency_key("chat/retry", params, _retried)
        begun = await application.chat.retry(
            params.session_id, params.message_id, model=params.model, once=key
        )
        connection.audience.follow(params.session_id)
        return _retried(begun)


def _register_waiting(on: Registry, application: Application) -> None:
    @on("chat/wait")
    async def wait(params: chat.WaitParams) -> chat.WaitResult:
        turn, message = await application.chat.wait(params.session_id, params.turn_id)
        return chat.WaitResult(turn=wire.turn(turn), message=wire.message(message))

    @on("chat/cancel")
    async def cancel(params: chat.CancelParams) -> chat.CancelResult:
        turn = await application.chat.cancel(params.session_id, params.turn_id)
        return chat.CancelResult(turn=wire.turn(turn) if turn else None)

    @on("chat/approve")
    async def approve(params: approvals.ApproveParams) -> approvals.ApproveResult:
        from threadkeep.faces.lsp.approvals import approval

        decided = await application.executor(
            lambda: application.approvals.decide(
                params.session_id, params.approval_id, params.option_id, note=params.note
            )
        )
        return approvals.ApproveResult(approval=approval(decided))

    @on("chat/takeOver")
    async def take_over(params: chat.TakeOverParams) -> chat.CancelResult:
        turn = await application.chat.take_over(params.session_id, params.turn_id)
        return chat.CancelResult(turn=wire.turn(turn) if turn else None)

    @on("chat/queue")
    async def queue(params: chat.QueueParams) -> chat.QueueResult:
        return _queue(await application.chat.queue(params.session_id, clear=params.clear))


def _sent(begun: Begun) -> chat.SendResult:
    assert begun.user_message is not None  # noqa: S101 - begun by a user's message
    return chat.SendResult(
        turn_id=begun.turn.id,
        user_message=wire.message(begun.user_message),
        assistant_message_id=begun.message.id,
        is_queued=begun.is_queued,
        seq=begun.session.seq,
    )


def _continued(begun: Begun) -> chat.ContinueResult:
    return chat.ContinueResult(
        turn_id=begun.turn.id, assistant_message_id=begun.message.id, seq=begun.session.seq
    )


def _retried(begun: Begun) -> chat.RetryResult:
    return chat.RetryResult(
        turn_id=begun.turn.id, assistant_message_id=begun.message.id, seq=begun.session.seq
    )


def _queue(turns: Sequence[Turn]) -> chat.QueueResult:
    return chat.QueueResult(
        queued=tuple(
            chat.QueuedMessage(
                turn_id=turn.id,
                user_message_id=turn.user_message_id or "",
                text="".join(part.text for part in turn.waiting.parts if part.type == "text"),
                at=turn.started_at,
            )
            for turn in turns
            if turn.waiting is not None
        )
    )
