"""The requests of a conversation, one method each."""

from threadkeep.client.asking import Asking
from threadkeep.protocol.types.chat import (
    CancelParams,
    CancelResult,
    ContinueParams,
    ContinueResult,
    SendParams,
    SendResult,
    TurnParams,
    WaitResult,
)
from threadkeep.protocol.types.common import JsonObject


class ChatRequests(Asking):
    """`chat/*`. Every method may raise `RequestFailed` and `ServerGone`."""

    async def send(
        self,
        session_id: str,
        text: str,
        *,
        agent: str | None = None,
        model: str | None = None,
        metadata: JsonObject | None = None,
        idempotency_key: str | None = None,
    ) -> SendResult:
        """`chat/send`: stores the message and starts the turn; `Client.turn` also follows it."""
        params = SendParams(
            session_id=session_id,
            text=text,
            agent=agent,
            model=model,
            metadata=metadata or {},
            idempotency_key=idempotency_key,
        )
        return await self.ask("chat/send", params, SendResult)

    async def continue_answer(self, session_id: str, *, idempotency_key: str | None = None) -> ContinueResult:
        """`chat/continue`: carries on with an answer that was cut off; `Client.continuation` follows it."""
        params = ContinueParams(session_id=session_id, idempotency_key=idempotency_key)
        return await self.ask("chat/continue", params, ContinueResult)

    async def wait(self, session_id: str, turn_id: str) -> WaitResult:
        """`chat/wait`: the turn and its message, once it has ended; giving up waiting leaves it running."""
        params = TurnParams(session_id=session_id, turn_id=turn_id)
        return await self.ask("chat/wait", params, WaitResult)

    async def cancel(self, session_id: str, turn_id: str | None = None) -> CancelResult:
        """`chat/cancel`: stops a turn, or the one that runs, and keeps what came."""
        params = CancelParams(session_id=session_id, turn_id=turn_id)
        return await self.ask("chat/cancel", params, CancelResult)
