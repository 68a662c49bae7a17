"""The requests about single messages, one method each."""

from threadkeep.client.asking import Asking
from threadkeep.protocol.types.common import UNSET, JsonObject, Unset
from threadkeep.protocol.types.marks import EraseMessageParams, MessageResult, UpdateMessageParams


class MessageRequests(Asking):
    """`message/*`. Every method may raise `RequestFailed` and `ServerGone`."""

    async def update_message(
        self,
        message_id: str,
        *,
        is_favourite: bool | Unset = UNSET,
        note: str | None | Unset = UNSET,
        metadata: JsonObject | None | Unset = UNSET,
        idempotency_key: str | None = None,
    ) -> MessageResult:
        """`message/update`: what is not given stays, None clears."""
        params = UpdateMessageParams(
            message_id=message_id,
            is_favourite=is_favourite,
            note=note,
            metadata=metadata,
            idempotency_key=idempotency_key,
        )
        return await self.ask("message/update", params, MessageResult)

    async def erase_message(self, message_id: str) -> MessageResult:
        """`message/erase`: its text is gone for good, also from its copies."""
        return await self.ask("message/erase", EraseMessageParams(message_id=message_id), MessageResult)
