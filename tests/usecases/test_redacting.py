"""With `redact`, what looks like a key is not in what is stored and told of a message."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fake_models import FakeModel
from tests.support.store import an_attachment
from tests.support.world import World
from threadkeep.domain.events import PartChanged
from threadkeep.domain.messages import Part, text_part
from threadkeep.domain.secrets import REDACTED, redacted, without_secrets
from threadkeep.domain.tool_calls import OutputItem, PlanEntry
from threadkeep.ports.models import CallChanged, CallOutput, PlanChanged, Stop, TextDelta
from threadkeep.usecases.chat.turn_end import recover
from threadkeep.usecases.chat.turn_start import Outgoing
from threadkeep.values import evolve

# built of two, so that no scanner takes this file for a leak
KEY = "sk-" + "abcdefghijklmnop"


@pytest.mark.parametrize(
    "text",
    [
        f"key {KEY} there",
        "password: hunter2-and-more",
        "password=[redacted]",
        "Authorization: Bearer abcdefgh",
        "https://ann:secret@example.com",
        "api_key='abcdef'",
        "-----BEGIN RSA PRIVATE KEY-----\nabc",
    ],
)
def test_what_was_redacted_stays_as_it_is(text: str) -> None:
    once = redacted(text)
    assert REDACTED in once
    assert redacted(once) == once


words = st.sampled_from(
    [KEY, "password", ":", "=", " ", "bearer ", "'", '"', REDACTED, "://", "@", "abcd", "]", "\n", "secret"]
)


@given(st.lists(words, max_size=8).map("".join))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redacted(text)
    assert redacted(once) == once


def test_a_signature_goes_with_the_words_that_it_signed() -> None:
    signed = Part(type="reasoning", text=f"use {KEY}", signature="s")
    other = Part(type="reasoning", text="nothing", signature="s")
    assert without_secrets((signed, other)) == (
        Part(type="reasoning", text=f"use {REDACTED}", signature=None),
        other,
    )


async def test_a_question_and_its_answer_are_stored_without(world: World) -> None:
    session = world.new_session()
    begun = await world.chat.send(Outgoing(session_id=session.id, text=f"Mine is {KEY}."))
    _, answer = await world.chat.wait(session.id, begun.turn.id)
    assert begun.user_message is not None
    assert begun.user_message.content == f"Mine is {REDACTED}."
    assert answer.content == f"Yours is {REDACTED}."
    assert KEY not in str(world.messages(session.id))
    assert KEY not in str(world.session(session.id))


async def test_the_answer_of_a_process_that_died_is_stored_without(world: World) -> None:
    world.model.script = (TextDelta(text=f"Yours is {KEY}"), FakeModel.HOLD)
    session = world.new_session()
    await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await world.streamed()
    await asyncio.sleep(0.2)  # until it is journaled
    with world.store.reading() as records:
        (turn,) = records.running_turns()
        journaled = records.message(turn.message_id)
    assert journaled is not None
    assert journaled.content == f"Yours is {KEY}"
    with world.store.writing() as changes:
        changes.put_turn(evolve(turn, holder=evolve(world.holder(), owner="dead")))
    recover(world.store, at=world.clock.now())
    assert world.messages(session.id)[-1].content == f"Yours is {REDACTED}"
    await world.chat.stop_all()


async def test_without_the_setting_everything_stays(world: World) -> None:
    world.preferences.redacts = False
    session = world.new_session()
    answer = await world.say(session.id, f"Mine is {KEY}.")
    assert KEY in answer.content
    assert KEY in world.messages(session.id)[0].content


async def test_attachments_are_stored_without_and_keep_their_hash(world: World) -> None:
    session = world.new_session()
    attached = an_attachment(f"TOKEN = '{KEY}'", range_=None, kind="text")
    outgoing = Outgoing(session_id=session.id, text="Look", attachments=(attached,))
    begun = await world.chat.send(outgoing)
    await world.chat.wait(session.id, begun.turn.id)
    stored = world.messages(session.id)[0].parts[1]
    assert stored == evolve(attached, text=f"TOKEN = '{REDACTED}'")


async def test_a_message_that_waits_is_stored_without(world: World) -> None:
    world.model.script = (FakeModel.HOLD,)
    session = world.new_session()
    first = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    queued = await world.chat.send(Outgoing(session_id=session.id, text=KEY, when_busy="queue"))
    assert queued.turn.waiting is not None
    assert queued.turn.waiting.parts == (text_part(REDACTED),)
    await world.chat.cancel(session.id, first.turn.id)


LONG = f"{'x ' * 40_000}{KEY}"


@pytest.mark.parametrize("times", [1, 20_000])
async def test_no_secret_of_a_call_is_left_in_what_is_stored_when_it_ends(world: World, times: int) -> None:
    output = (
        OutputItem(type="diff", uri=f"file:///{KEY}", old_text=f"a {KEY}", new_text=LONG),
        OutputItem(type="terminal", command=f"curl -H {KEY}"),
    )
    secrets = {"password": "hunter2", "deep": [KEY, LONG]}
    world.model.script = (
        CallChanged(id="c1", state="running", title=f"Use {KEY}", input=secrets, output=output),
        CallOutput(id="c1", text=f"so {KEY[:10]}"),
        CallOutput(id="c1", text=f"{KEY[10:]} it is\n" * times),
        CallChanged(id="c1", state="completed"),
        PlanChanged(entries=(PlanEntry(content=f"Take {KEY}"),)),
        TextDelta(text="Done."),
        Stop(reason="endTurn"),
    )
    session = world.new_session()
    answer = await world.say(session.id, "Hi")
    with world.store.reading() as records:
        whole = records.all_messages(session.id)[-1]
    assert whole.id == answer.id
    for text in (repr(whole), repr(answer), repr(world.audience.of(PartChanged)[-2:])):
        assert KEY not in text
        assert "hunter2" not in text
    call = whole.parts[0].call
    assert call is not None
    assert (call.output[1].text or "").startswith(f"so {REDACTED} it is\n")
    assert call.input == {"password": REDACTED, "deep": [REDACTED, LONG.replace(KEY, REDACTED)]}


async def test_what_a_call_of_a_dead_process_put_out_is_stored_without(world: World) -> None:
    world.model.script = (
        CallChanged(id="c1", state="running", output=(OutputItem(type="terminal"),)),
        CallOutput(id="c1", text=f"so {KEY} it is\n" * 5_000),
        TextDelta(text="And"),
        FakeModel.HOLD,
    )
    session = world.new_session()
    await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await world.streamed()
    await asyncio.sleep(0.2)  # until it is journaled
    with world.store.writing() as changes:
        (turn,) = changes.running_turns()
        changes.put_turn(evolve(turn, holder=evolve(world.holder(), owner="dead")))
    recover(world.store, at=world.clock.now())
    with world.store.reading() as records:
        whole = records.all_messages(session.id)[-1]
    assert whole.parts[0].call is not None
    assert KEY not in repr(whole)
    assert (whole.parts[0].call.output[0].text or "").startswith(f"so {REDACTED} it is\n")
    await world.chat.stop_all()


@pytest.fixture
def world() -> World:
    made = World(
        FakeModel(
            TextDelta(text=f"Yours is {KEY[:6]}"), TextDelta(text=f"{KEY[6:]}."), Stop(reason="endTurn")
        )
    )
    made.preferences.redacts = True
    return made
