"""Requests of a conversation."""

from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.registry import Registry, once
from threadkeep.protocol.types import chat
from threadkeep.usecases.beginning import Begun, Outgoing
from threadkeep.usecases.wiring import UseCases


def register(on: Registry, cases: UseCases, connection: Connection) -> None:
    """Registers the handlers."""

    @on("chat/send")
    async def send(params: chat.SendParams) -> chat.SendResult:
        outgoing = Outgoing(
            session_id=params.session_id,
            text=params.text,
            agent=params.agent,
            model=params.model,
            metadata=params.metadata,
        )
        connection.audience.follow(params.session_id)
        return _sent(await cases.chat.send(outgoing, once=once("chat/send", params, _sent)))

    @on("chat/continue")
    async def carry_on(params: chat.ContinueParams) -> chat.ContinueResult:
        connection.audience.follow(params.session_id)
        key = once("chat/continue", params, _continued)
        return _continued(await cases.chat.carry_on(params.session_id, once=key))

    @on("chat/wait")
    async def wait(params: chat.TurnParams) -> chat.WaitResult:
        turn, message = await cases.chat.wait(params.session_id, params.turn_id)
        return chat.WaitResult(turn=wire.turn(turn), message=wire.message(message))

    @on("chat/cancel")
    async def cancel(params: chat.CancelParams) -> chat.CancelResult:
        turn = await cases.chat.cancel(params.session_id, params.turn_id)
        return chat.CancelResult(turn=wire.turn(turn) if turn else None)


def _sent(begun: Begun) -> chat.SendResult:
    assert begun.user_message is not None  # noqa: S101 - begun by a user's message
    return chat.SendResult(
        turn_id=begun.turn.id,
        user_message=wire.message(begun.user_message),
        assistant_message_id=begun.message.id,
        seq=begun.seq,
    )


def _continued(begun: Begun) -> chat.ContinueResult:
    return chat.ContinueResult(turn_id=begun.turn.id, assistant_message_id=begun.message.id, seq=begun.seq)
