"""The requests of a conversation, one method each."""

from collections.abc import Sequence

from threadkeep.client.asking import Asking
from threadkeep.protocol.types.chat import (
    BranchesResult,
    CancelParams,
    CancelResult,
    ContinueParams,
    ContinueResult,
    EditParams,
    MessageParams,
    QueueParams,
    QueueResult,
    RetryParams,
    RetryResult,
    SendParams,
    SendResult,
    TurnParams,
    WaitResult,
    WhenBusy,
)
from threadkeep.protocol.types.common import JsonObject
from threadkeep.protocol.types.lifecycle import SessionIdParams, SessionResult
from threadkeep.protocol.types.messages import Attachment


class ChatRequests(Asking):
    """`chat/*`. Every method may raise `RequestFailed` and `ServerGone`."""

    async def send(
        self,
        session_id: str,
        text: str,
        *,
        attachments: Sequence[Attachment] = (),
        agent: str | None = None,
        model: str | None = None,
        metadata: JsonObject | None = None,
        when_busy: WhenBusy = "reject",
        idempotency_key: str | None = None,
    ) -> SendResult:
        """`chat/send`: stores the message and starts the turn; `Client.turn` also follows it."""
        params = SendParams(
            session_id=session_id,
            text=text,
            attachments=tuple(attachments),
            agent=agent,
            model=model,
            metadata=metadata or {},
            when_busy=when_busy,
            idempotency_key=idempotency_key,
        )
        return await self.ask("chat/send", params, SendResult)

    async def continue_answer(
        self, session_id: str, message_id: str | None = None, *, idempotency_key: str | None = None
    ) -> ContinueResult:
        """`chat/continue`: carries on with an answer that was cut off; `Client.continuation` follows it."""
        params = ContinueParams(session_id=session_id, message_id=message_id, idempotency_key=idempotency_key)
        return await self.ask("chat/continue", params, ContinueResult)

    async def retry(
        self,
        session_id: str,
        message_id: str | None = None,
        *,
        model: str | None = None,
        idempotency_key: str | None = None,
    ) -> RetryResult:
        """`chat/retry`: another answer beside this one, or the newest; `Client.another_answer` follows it."""
        params = RetryParams(
            session_id=session_id, message_id=message_id, model=model, idempotency_key=idempotency_key
        )
        return await self.ask("chat/retry", params, RetryResult)

    async def edit(
        self,
        session_id: str,
        message_id: str,
        text: str,
        *,
        attachments: Sequence[Attachment] | None = None,
        idempotency_key: str | None = None,
    ) -> SendResult:
        """`chat/edit`: a question in other words, beside the old one; `Client.edited_turn` follows it.

        Without `attachments` it keeps those of the old message.
        """
        params = EditParams(
            session_id=session_id,
            message_id=message_id,
            text=text,
            attachments=None if attachments is None else tuple(attachments),
            idempotency_key=idempotency_key,
        )
        return await self.ask("chat/edit", params, SendResult)

    async def queue(self, session_id: str, *, clear: Sequence[str] = ()) -> QueueResult:
        """`chat/queue`: which messages wait; the turns in `clear` are taken out first."""
        return await self.ask(
            "chat/queue", QueueParams(session_id=session_id, clear=tuple(clear)), QueueResult
        )

    async def wait(self, session_id: str, turn_id: str) -> WaitResult:
        """`chat/wait`: the turn and its message, once it has ended; giving up waiting leaves it running."""
        params = TurnParams(session_id=session_id, turn_id=turn_id)
        return await self.ask("chat/wait", params, WaitResult)

    async def cancel(self, session_id: str, turn_id: str | None = None) -> CancelResult:
        """`chat/cancel`: stops a turn, or the one that runs, and keeps what came."""
        params = CancelParams(session_id=session_id, turn_id=turn_id)
        return await self.ask("chat/cancel", params, CancelResult)

    async def take_over(self, session_id: str, turn_id: str | None = None) -> CancelResult:
        """`chat/takeOver`: as `cancel`, and ends a turn whose process does not react; ask a person first."""
        params = CancelParams(session_id=session_id, turn_id=turn_id)
        return await self.ask("chat/takeOver", params, CancelResult)

    async def rewind(self, session_id: str, message_id: str) -> SessionResult:
        """`chat/rewind`: the visible history ends with this message; what came after stays, as a branch."""
        params = MessageParams(session_id=session_id, message_id=message_id)
        return await self.ask("chat/rewind", params, SessionResult)

    async def branches(self, session_id: str) -> BranchesResult:
        """`chat/branches`: the ways through the session's tree of messages, the newest first."""
        return await self.ask("chat/branches", SessionIdParams(session_id=session_id), BranchesResult)

    async def select_branch(self, session_id: str, message_id: str) -> SessionResult:
        """`chat/selectBranch`: shows the branch that holds this message."""
        params = MessageParams(session_id=session_id, message_id=message_id)
        return await self.ask("chat/selectBranch", params, SessionResult)
