"""Every request of the protocol has a method with the params and result that METHODS gives it."""

from typing import Any, TypeVar

from threadkeep.client.chat_requests import ChatRequests
from threadkeep.client.server_requests import ServerRequests
from threadkeep.client.session_requests import SessionRequests
from threadkeep.protocol.methods import REQUESTS
from threadkeep.protocol.types.common import UNSET
from threadkeep.protocol.types.lifecycle import UpdateSessionParams

T = TypeVar("T")


class Recorder(SessionRequests, ChatRequests, ServerRequests):
    """Remembers what would be sent."""

    def __init__(self) -> None:
        self.window_id = "w1"
        self.sent: dict[str, tuple[type, type]] = {}
        self.params: Any = None

    async def ask(self, method: str, params: object, result: type[T]) -> T:
        self.sent[method] = (type(params), result)
        self.params = params
        return object.__new__(result)


async def test_every_request_has_its_method() -> None:
    client = Recorder()
    await client.open_session()
    await client.create_session()
    await client.list_sessions()
    await client.current_session()
    for change in (
        client.get_session,
        client.close_session,
        client.session_history,
        client.update_session,
        client.pause_session,
        client.resume_session,
        client.end_session,
        client.archive_session,
        client.unarchive_session,
        client.activate_session,
        client.continue_answer,
        client.cancel,
    ):
        await change("s1")
    await client.session_events("s1", after_seq=3)
    await client.set_model("s1", "work:big")
    await client.set_draft("s1", "dear")
    await client.send("s1", "hello")
    await client.wait("s1", "t1")
    for ask in (
        client.models,
        client.providers,
        client.store_info,
        client.server_status,
        client.server_schema,
    ):
        await ask()

    expected = {name: (method.params, method.result) for name, method in REQUESTS.items()}
    assert client.sent == expected


async def test_a_patch_keeps_what_is_not_given_and_clears_what_is_none() -> None:
    client = Recorder()
    await client.update_session("s1", note=None, tags=["a"])

    assert client.params == UpdateSessionParams(session_id="s1", note=None, tags=("a",))
    assert client.params.title is UNSET


async def test_the_window_goes_with_the_requests_that_know_windows() -> None:
    client = Recorder()
    await client.open_session()

    assert client.params.window_id == "w1"
