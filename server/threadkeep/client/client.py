"""The client: a connection to a server with a method for every request."""

from collections.abc import Sequence

from threadkeep.client.caller import Caller
from threadkeep.client.chat_requests import ChatRequests
from threadkeep.client.message_requests import MessageRequests
from threadkeep.client.organise_requests import OrganiseRequests
from threadkeep.client.repository_requests import RepositoryRequests
from threadkeep.client.search_requests import SearchRequests
from threadkeep.client.server_requests import ServerRequests
from threadkeep.client.session_requests import SessionRequests
from threadkeep.client.transfer_requests import TransferRequests
from threadkeep.client.turns import TurnStream
from threadkeep.client.upkeep_requests import UpkeepRequests
from threadkeep.client.usage_requests import UsageRequests
from threadkeep.protocol.types.chat import WhenBusy
from threadkeep.protocol.types.common import JsonObject
from threadkeep.protocol.types.messages import Attachment


class Client(
    Caller,
    SessionRequests,
    OrganiseRequests,
    SearchRequests,
    ChatRequests,
    MessageRequests,
    RepositoryRequests,
    ServerRequests,
    UpkeepRequests,
    UsageRequests,
    TransferRequests,
):
    """A connection to a server of its own; `start` makes one.

    Every request of the protocol is a method. All of them may be used at once; requests leave in
    the order in which they are made.
    """

    def turn(
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
    ) -> TurnStream:
        """Sends a message and follows its answer: `async with client.turn(…) as turn`."""
        return TurnStream(
            self,
            session_id,
            lambda: self.send(
                session_id,
                text,
                attachments=attachments,
                agent=agent,
                model=model,
                metadata=metadata,
                when_busy=when_busy,
                idempotency_key=idempotency_key,
            ),
        )

    def continuation(self, session_id: str, *, idempotency_key: str | None = None) -> TurnStream:
        """Carries on with an answer that was cut off, and follows it; offsets go on."""
        return TurnStream(
            self, session_id, lambda: self.continue_answer(session_id, idempotency_key=idempotency_key)
        )

    def another_answer(
        self,
        session_id: str,
        message_id: str | None = None,
        *,
        model: str | None = None,
        idempotency_key: str | None = None,
    ) -> TurnStream:
        """Asks for another answer beside this one, or the newest, and follows it."""
        return TurnStream(
            self,
            session_id,
            lambda: self.retry(session_id, message_id, model=model, idempotency_key=idempotency_key),
        )

    def edited_turn(
        self,
        session_id: str,
        message_id: str,
        text: str,
        *,
        attachments: Sequence[Attachment] | None = None,
        idempotency_key: str | None = None,
    ) -> TurnStream:
        """Asks a question in other words, and follows the answer."""
        return TurnStream(
            self,
            session_id,
            lambda: self.edit(
                session_id, message_id, text, attachments=attachments, idempotency_key=idempotency_key
            ),
        )
