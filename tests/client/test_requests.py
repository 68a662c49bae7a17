"""Every request of the protocol has a method with the params and result that METHODS gives it."""

from pathlib import Path
from typing import Any, TypeVar

import pytest

from threadkeep.client.chat_requests import ChatRequests
from threadkeep.client.message_requests import MessageRequests
from threadkeep.client.organise_requests import OrganiseRequests
from threadkeep.client.repository_requests import RepositoryRequests
from threadkeep.client.search_requests import SearchRequests
from threadkeep.client.server_requests import ServerRequests
from threadkeep.client.session_requests import SessionRequests
from threadkeep.client.transfer_requests import TransferRequests
from threadkeep.client.upkeep_requests import UpkeepRequests
from threadkeep.client.usage_requests import UsageRequests
from threadkeep.protocol.methods import REQUESTS
from threadkeep.protocol.types.agents import SwitchAgentParams
from threadkeep.protocol.types.chat import SendParams
from threadkeep.protocol.types.common import UNSET
from threadkeep.protocol.types.lifecycle import UpdateSessionParams
from threadkeep.protocol.types.lists import SessionFilter
from threadkeep.protocol.types.marks import UpdateMessageParams
from threadkeep.protocol.types.messages import Attachment
from threadkeep.protocol.types.organise import BulkChange
from threadkeep.protocol.types.transfer import ExportSessionsParams

T = TypeVar("T")


class Recorder(
    SessionRequests,
    OrganiseRequests,
    ChatRequests,
    MessageRequests,
    RepositoryRequests,
    ServerRequests,
    UpkeepRequests,
    UsageRequests,
    TransferRequests,
    SearchRequests,
):
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
        client.delete_session,
        client.restore_session,
        client.purge_session,
        client.activate_session,
        client.continue_answer,
        client.cancel,
        client.take_over,
        client.retry,
        client.queue,
        client.branches,
        client.fork_session,
        client.clear_session,
    ):
        await change("s1")
    await client.update_sessions(SessionFilter(), BulkChange(archive=True))
    await client.clean_up("90d")
    await client.session_events("s1", after_seq=3)
    await client.set_model("s1", "work:big")
    await client.set_draft("s1", "dear")
    await client.get_draft("s1")
    await client.send("s1", "hello")
    await client.wait("s1", "t1")
    await client.switch_agent("s1", "coder")
    await client.edit("s1", "m1", "hello?")
    await client.rewind("s1", "m1")
    await client.select_branch("s1", "m1")
    await client.update_message("m1")
    await client.erase_message("m1")
    await client.relocate_repository("r1", "file:///x")
    await client.relocate_task("old", "new")
    await client.dismiss_hint(task="old")
    await client.export_session("s1", "json")
    await client.import_sessions("/x.json")
    for ask in (
        client.agents,
        client.resolve_repository,
        client.list_repositories,
        client.list_tasks,
        client.models,
        client.providers,
        lambda: client.set_key("openai", "sk"),
        lambda: client.test_provider("openai"),
        client.store_info,
        client.check_store,
        client.back_up_store,
        client.server_status,
        client.server_schema,
    ):
        await ask()

    await client.search("whale")
    await client.usage("day")
    expected = {name: (method.params, method.result) for name, method in REQUESTS.items()}
    assert client.sent == expected


async def test_a_patch_keeps_what_is_not_given_and_clears_what_is_none() -> None:
    client = Recorder()
    await client.update_session("s1", note=None, tags=["a"])

    assert client.params == UpdateSessionParams(session_id="s1", note=None, tags=("a",))
    assert client.params.title is UNSET


async def test_a_mark_on_a_message_is_a_patch_too() -> None:
    client = Recorder()
    await client.update_message("m1", note=None)

    assert client.params == UpdateMessageParams(message_id="m1", note=None)


async def test_attachments_and_what_to_do_when_busy_go_with_a_message() -> None:
    client = Recorder()
    file = Attachment(type="file", uri="file:///work/a.py")
    await client.send("s1", "hello", attachments=[file], when_busy="queue")

    assert client.params == SendParams(session_id="s1", text="hello", attachments=(file,), when_busy="queue")


@pytest.mark.parametrize(("given", "sent"), [(None, None), ([], ())])
async def test_an_edit_keeps_the_attachments_unless_it_brings_its_own(
    given: list[Attachment] | None, sent: tuple[Attachment, ...] | None
) -> None:
    client = Recorder()
    await client.edit("s1", "m1", "hello", attachments=given)

    assert client.params.attachments == sent


async def test_a_change_may_say_why_and_what_it_expects() -> None:
    client = Recorder()
    await client.switch_agent("s1", "coder", reason="code", expected_revision=3)

    assert client.params == SwitchAgentParams(
        session_id="s1", agent="coder", reason="code", expected_revision=3
    )


async def test_the_window_goes_with_the_requests_that_know_windows() -> None:
    client = Recorder()
    for ask in (
        client.open_session(),
        client.create_session(),
        client.activate_session("s1"),
        client.fork_session("s1"),
        client.set_draft("s1", "dear"),
        client.get_draft("s1"),
    ):
        await ask
        assert client.params.window_id == "w1"


async def test_a_filter_is_exported_to_a_file() -> None:
    client = Recorder()
    await client.export_sessions(SessionFilter(task="main"), "jsonl", path=Path("/x.jsonl"), redact=True)

    assert client.params == ExportSessionsParams(
        filter=SessionFilter(task="main"), format="jsonl", path=str(Path("/x.jsonl")), redact=True
    )
