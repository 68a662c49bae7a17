"""The client against a process that speaks the wire with canned answers."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.support.fake_server import FAKE_SERVER
from threadkeep.client import (
    Client,
    ProtocolMismatch,
    RequestFailed,
    ServerGone,
    ServerNotStarted,
    UnknownNotification,
)
from threadkeep.protocol.types.chat import ContinueParams, EditParams, RetryParams, SendParams, WaitParams
from threadkeep.protocol.types.lifecycle import CreateSessionParams, GetSessionParams
from threadkeep.protocol.types.messages import TurnCompleted, TurnRetrying, TurnStarted
from threadkeep.protocol.types.parts import Attachment


def fake(*options: str) -> list[str]:
    return [*FAKE_SERVER, *options]


async def test_a_started_server_is_told_who_asks_and_for_which_folder(tmp_path: Path) -> None:
    async with Client.start(
        fake(), workspace=tmp_path, store=tmp_path / "store", settings={"titles": "off"}, client_name="test"
    ) as client:
        told = await client.call("test/initialize")

    assert told["clientInfo"]["name"] == "test"
    assert told["workspaceFolders"] == [{"uri": tmp_path.as_uri(), "name": tmp_path.name}]
    assert told["rootUri"] == tmp_path.as_uri()
    assert told["initializationOptions"] == {"titles": "off"}
    assert told["argv"] == ["--store", str(tmp_path / "store")]


async def test_the_server_says_what_it_can_do() -> None:
    async with Client.start(fake()) as client:
        assert client.server_version == "9.9"
        assert client.capability.features == ("flying",)


async def test_leaving_the_context_ends_the_server() -> None:
    async with Client.start(fake()) as client:
        process = client._process

    assert process._process.returncode == 0


async def test_a_turn_yields_deltas_and_then_has_its_message() -> None:
    async with Client.start(fake()) as client:
        session = (await client.open_session()).session
        assert session is not None
        async with client.turn(session.id, "hello") as turn:
            text = "".join([delta.text async for delta in turn])

    assert text == "You said 'hello'"
    assert turn.message.content == text
    assert turn.turn.status == "completed"
    assert turn.user_message is not None
    assert turn.user_message.content == "hello"


async def test_a_turn_that_has_not_ended_has_no_message() -> None:
    async with Client.start(fake()) as client:
        session = (await client.request(CreateSessionParams())).session
        async with client.turn(session.id, "slow") as turn:
            with pytest.raises(RuntimeError, match="has not ended"):
                _ = turn.message
            await turn.cancel()
            completed = await turn.finish()

    assert completed.turn.status == "cancelled"


async def test_several_may_wait_for_the_end_of_a_turn() -> None:
    async with Client.start(fake()) as client:
        session = (await client.request(CreateSessionParams())).session
        async with client.turn(session.id, "slow") as turn:
            waiting = [asyncio.create_task(turn.finish()) for _ in range(3)]
            await turn.cancel()
            ends = await asyncio.gather(*waiting)

    assert [end.turn.status for end in ends] == ["cancelled"] * 3


async def test_a_provider_that_is_asked_again_is_told_to_who_follows_the_turn() -> None:
    heard: list[TurnRetrying] = []
    async with Client.start(fake()) as client:
        session = (await client.request(CreateSessionParams())).session
        asked = client.turn(session.id, "patience")
        asked.on_retrying = heard.append
        async with asked as turn:
            completed = await turn.finish()

    assert [(event.turn_id, event.attempt, event.retry_after_ms) for event in heard] == [
        (completed.turn.id, 2, 1500)
    ]


async def test_another_answer_is_followed_and_has_no_message_of_the_users() -> None:
    async with Client.start(fake()) as client:
        session = (await client.request(CreateSessionParams())).session
        async with client.turn(session.id, "hello") as first:
            await first.finish()
        async with client.follow(RetryParams(session_id=session.id)) as second:
            await second.finish()

    assert (second.message.content, second.user_message) == ("You said 'hello again'", None)
    assert second.message_id != first.message_id


async def test_a_question_in_other_words_is_followed_with_its_attachments() -> None:
    async with Client.start(fake()) as client:
        session = (await client.request(CreateSessionParams())).session
        file = Attachment(type="file", uri="file:///work/a.py")
        edited = EditParams(session_id=session.id, message_id="m0", text="hello", attachments=(file,))
        async with client.follow(edited) as turn:
            await turn.finish()

    assert turn.message.content == "You said 'hello' with a.py"
    assert turn.user_message is not None
    assert not turn.is_queued


async def test_a_slow_reader_gets_every_character() -> None:
    async with Client.start(fake()) as client:
        session = (await client.request(CreateSessionParams())).session
        async with client.turn(session.id, "flood") as turn:
            for _ in range(20):  # the deltas arrive while nobody reads
                await asyncio.sleep(0.01)
            text = "".join([delta.text async for delta in turn])

    assert text == "".join(f"{number} " for number in range(3000))


async def test_requests_are_answered_while_nobody_reads_the_notifications() -> None:
    async with Client.start(fake()) as client:
        unread = client.notifications()
        session = (await client.request(CreateSessionParams())).session
        await client.request(SendParams(session_id=session.id, text="flood"))
        answers = await asyncio.gather(
            *(client.request(GetSessionParams(session_id=session.id)) for _ in range(20))
        )

    assert {answer.session.id for answer in answers} == {session.id}
    assert isinstance(await anext(unread), TurnStarted)


async def test_notifications_that_nobody_knows_are_handed_on_as_they_came() -> None:
    async with Client.start(fake()) as client:
        events = client.notifications()
        session = (await client.request(CreateSessionParams())).session
        await client.request(SendParams(session_id=session.id, text="chatter"))
        seen = []
        async for event in events:
            seen.append(event)
            if isinstance(event, TurnCompleted):
                break

    unknown = [event for event in seen if isinstance(event, UnknownNotification)]
    assert [event.method for event in unknown] == ["moon/phase", "chat/turnStarted"]
    assert unknown[0].params == {"full": True}


async def test_values_that_a_newer_server_added_are_kept_as_they_came() -> None:
    async with Client.start(fake()) as client:
        session = (await client.request(CreateSessionParams())).session
        async with client.turn(session.id, "hello") as turn:
            completed = await turn.finish()

    assert session.activity == "dreaming"
    assert [part.type for part in completed.message.parts] == ["text"]


async def test_a_continuation_goes_on_with_the_same_message() -> None:
    async with Client.start(fake("--interrupted")) as client:
        opened = await client.open_session()
        assert opened.session is not None
        assert opened.interrupted_turn is not None
        async with client.follow(ContinueParams(session_id=opened.session.id)) as turn:
            first = await anext(turn)
            await turn.finish()

    assert first.offset == len("They grow slo")
    assert turn.message_id == opened.interrupted_turn.message_id
    assert turn.message.content == "They grow slowly 🌹."


async def test_a_refusal_tells_its_kind_and_data() -> None:
    async with Client.start(fake()) as client:
        session = (await client.request(CreateSessionParams())).session
        with pytest.raises(RequestFailed, match="A turn runs") as caught:
            await client.request(SendParams(session_id=session.id, text="busy"))

    assert (caught.value.code, caught.value.kind) == (1005, "sessionBusy")
    assert caught.value.data["holder"]["client"] == "nvim"
    assert not caught.value.retryable


async def test_the_death_of_the_server_fails_what_waits_and_tells_its_last_words() -> None:
    async with Client.start(fake()) as client:
        events = client.notifications()
        waiting = asyncio.create_task(client.request(WaitParams(session_id="s1", turn_id="t1")))
        with pytest.raises(ServerGone) as caught:
            await client.call("test/die")
        with pytest.raises(ServerGone):
            await waiting
        with pytest.raises(ServerGone):
            await anext(events)
        with pytest.raises(ServerGone):
            await client.request(GetSessionParams(session_id="s1"))

    assert caught.value.exit_code == 7
    assert caught.value.stderr_tail == "first words\nthe disk is on fire\n"
    assert str(caught.value).endswith("exit code 7; its last words: the disk is on fire")


async def test_the_death_of_the_server_in_mid_answer_ends_the_turn_with_an_error() -> None:
    async with Client.start(fake()) as client:
        session = (await client.request(CreateSessionParams())).session
        async with client.turn(session.id, "die") as turn:
            first = await anext(turn)
            with pytest.raises(ServerGone):
                await turn.finish()

    assert first.text.startswith("You ")


async def test_a_stray_line_on_standard_output_is_named() -> None:
    async with Client.start(fake()) as client:
        with pytest.raises(ServerGone, match=r"print\(\) was here"):
            await asyncio.gather(client.call("test/babble"), client.call("test/initialize"))


async def test_a_question_of_the_server_is_answered() -> None:
    async with Client.start(fake()) as client:
        answer = (await client.call("test/ask"))["answer"]

    assert answer["id"] == "from-server"
    assert answer["error"]["code"] == -32601


async def test_giving_up_a_request_tells_the_server() -> None:
    async with Client.start(fake()) as client:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.request(WaitParams(session_id="s1", turn_id="t1")), 0.05)
        assert await client.call("test/cancelled") == [2]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            ["--version", "2"],
            "fake 9.9 speaks version 2 of the protocol, this client version 1: update the client",
        ),
        (
            ["--version", "0"],
            "fake 9.9 speaks version 0 of the protocol, this client version 1: update the server",
        ),
        (["--deaf"], "fake 9.9 is not a Threadkeep server"),
    ],
)
async def test_a_server_of_another_version_is_refused(options: list[str], says: str) -> None:
    with pytest.raises(ProtocolMismatch) as caught:
        async with Client.start(fake(*options)):
            pass

    assert str(caught.value) == says


async def test_a_server_that_never_answers_is_given_up() -> None:
    with pytest.raises(ServerNotStarted, match=r"no answer to initialize after 0\.2 s"):
        async with Client.start(fake("--mute"), start_seconds=0.2):
            pass


async def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(ServerNotStarted, match="no-such-program"):
        async with Client.start(["no-such-program"]):
            pass


async def test_a_program_that_ends_at_once_tells_why() -> None:
    with pytest.raises(ServerGone, match="exit code 3; its last words: no store"):
        async with Client.start(
            [sys.executable, "-c", "import sys; print('no store', file=sys.stderr); sys.exit(3)"]
        ):
            pass
