"""What agents do beside speaking: it becomes part of the answer, is stored before it is told, and comes back."""

import asyncio
import hashlib

import pytest

from tests.support.fake_models import Ask, FakeModel
from tests.support.surroundings import FakeAudience
from tests.support.world import World
from threadkeep.domain.errors import StoreUnavailable
from threadkeep.domain.events import OutputStreamed, PartChanged, TextStreamed, TurnCompleted
from threadkeep.domain.tool_calls import BLOB_BYTES, OutputItem, PlanEntry
from threadkeep.ports.models import (
    BlockCame,
    CallChanged,
    CallOutput,
    Compacted,
    MediaCame,
    PlanChanged,
    Stop,
    TextDelta,
)
from threadkeep.usecases.chat.turn_start import Outgoing

END = Stop(reason="endTurn")
RUN = CallChanged(
    id="c1", name="bash", title="Run it", kind="execute", state="running", input={"command": "ls"}
)
DONE = CallChanged(id="c1", state="completed")


async def answered(*script):
    world = World(FakeModel(*script))
    session = world.new_session()
    world.audience.forget()
    await world.say(session.id)
    return world, world.messages(session.id)[-1]


async def test_a_call_and_its_result_are_one_part_between_the_texts_around_it():
    world, answer = await answered(
        TextDelta(text="Look: "), RUN, CallOutput(id="c1", text="a.py\n"), DONE, TextDelta(text="done."), END
    )
    assert [part.type for part in answer.parts] == ["text", "toolCall", "text"]
    call = answer.parts[1].call
    assert (call.name, call.title, call.kind, call.state) == ("bash", "Run it", "execute", "completed")
    assert call.input == {"command": "ls"}
    assert call.output == (OutputItem(type="terminal", text="a.py\n"),)
    assert None not in {call.started_at, call.ended_at}
    assert answer.content == "Look: done."
    assert [(d.index, d.offset) for d in world.audience.of(TextStreamed)] == [(0, 0), (2, 6)]


async def test_every_change_of_a_part_is_told_with_the_seq_of_its_own_event():
    world, answer = await answered(RUN, DONE, END)
    changes = world.audience.of(PartChanged)
    assert [(c.index, c.part.call.state) for c in changes] == [(0, "running"), (0, "completed")]
    with world.store.reading() as records:
        events = records.events(answer.session_id, after_seq=0, limit=100)
    assert [e.seq for e in events if e.kind == "partChanged"] == [c.seq for c in changes]


async def test_a_change_is_stored_when_it_is_told():
    world = World(FakeModel(RUN, FakeModel.HOLD))
    session = world.new_session()
    seen = []

    class Looking(FakeAudience):
        def __call__(self, event):
            if isinstance(event, PartChanged):
                with world.store.reading() as records:
                    seen.append(records.message(event.message_id).parts[event.index] == event.part)

    world.audience.__class__ = Looking
    await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    while not seen:  # noqa: ASYNC110 - a fake has no event to wait for
        await asyncio.sleep(0)
    assert seen == [True]
    await world.chat.stop_all()


async def test_only_what_an_update_names_changes():
    _, answer = await answered(
        RUN, CallChanged(id="c1", title="Other"), CallChanged(id="c1", input={"command": "pwd"}), DONE, END
    )
    call = answer.parts[0].call
    assert (call.name, call.title, call.input) == ("bash", "Other", {"command": "pwd"})


@pytest.mark.parametrize(
    "first", [CallChanged(id="c1", state="completed"), CallOutput(id="c1", text="x"), RUN]
)
async def test_whatever_names_a_call_first_begins_it(first):
    _, answer = await answered(first, DONE, END)
    assert [(p.type, p.call.id, p.call.state) for p in answer.parts] == [("toolCall", "c1", "completed")]


async def test_a_call_that_has_ended_stays_as_it_is():
    world, answer = await answered(RUN, DONE, CallChanged(id="c1", state="running"), END)
    assert answer.parts[0].call.state == "completed"
    assert len(world.audience.of(PartChanged)) == 2


async def test_an_update_that_changes_nothing_is_no_event():
    world, _ = await answered(RUN, RUN, DONE, END)
    assert len(world.audience.of(PartChanged)) == 2


@pytest.mark.parametrize(
    ("script", "state"), [((END,), "interrupted"), ((RuntimeError("no"),), "interrupted")]
)
async def test_a_call_that_has_not_ended_is_closed_with_its_turn(script, state):
    world, answer = await answered(RUN, CallOutput(id="c1", text="so far"), *script)
    call = answer.parts[0].call
    assert (call.state, call.output[0].text) == (state, "so far")
    assert world.audience.of(PartChanged)[-1].part.call.state == state
    assert world.audience.of(TurnCompleted)[-1].message.parts[0].call.state == state


async def test_a_cancelled_turn_cancels_its_calls():
    world = World(FakeModel(RUN, CallOutput(id="c1", text="so far"), FakeModel.HOLD))
    session = world.new_session()
    await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    while not world.audience.of(OutputStreamed):  # noqa: ASYNC110 - as above
        await asyncio.sleep(0)
    await world.chat.cancel(session.id)
    call = world.messages(session.id)[-1].parts[0].call
    assert (call.state, call.output[0].text) == ("cancelled", "so far")


async def test_output_is_told_as_it_comes_with_offsets_in_bytes():
    world, answer = await answered(
        RUN, CallOutput(id="c1", text="ä"), CallOutput(id="c1", text="b"), DONE, END
    )
    told = world.audience.of(OutputStreamed)
    assert [(o.offset, o.text, o.index, o.call_id) for o in told] == [(0, "ä", 0, "c1"), (2, "b", 0, "c1")]
    assert answer.parts[0].call.output[0].text == "äb"


async def test_a_long_output_lies_apart_with_its_ends_beside_the_call():
    text = "".join(f"{n}\n" for n in range(BLOB_BYTES))
    world, answer = await answered(RUN, CallOutput(id="c1", text=text), DONE, END)
    item = answer.parts[0].call.output[0]
    data = text.encode()
    assert item.text is None
    assert (item.blob.sha256, item.blob.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert text.startswith(item.blob.head)
    assert text.endswith(item.blob.tail)
    with world.store.reading() as records:
        piece, size = records.blob(answer.session_id, item.blob.sha256, offset=5, limit=100_000)
    assert (piece, size) == (data[5:100_005], len(data))


async def test_a_plan_is_one_part_that_is_replaced_whole():
    one, two = (PlanEntry(content="a"),), (PlanEntry(content="a", status="completed"), PlanEntry(content="b"))
    _, answer = await answered(PlanChanged(entries=one), TextDelta(text="x"), PlanChanged(entries=two), END)
    assert [(p.type, p.plan) for p in answer.parts] == [("plan", two), ("text", ())]


async def test_what_a_model_sends_beside_text_is_kept():
    world, answer = await answered(
        Compacted(text="Earlier: a lot."),
        MediaCame(type="image", mime_type="image/png", data=b"\x89PNG", name="a.png"),
        BlockCame(data={"encrypted": "zzz"}),
        END,
    )
    compaction, image, block = answer.parts
    assert (compaction.type, compaction.text) == ("compaction", "Earlier: a lot.")
    assert (image.type, image.media.mime_type, image.media.size) == ("image", "image/png", 4)
    assert (block.type, block.block.provider, block.block.data) == (
        "providerBlock",
        "fake",
        {"encrypted": "zzz"},
    )
    assert answer.content == ""
    with world.store.reading() as records:
        assert records.blob(answer.session_id, image.media.sha256, offset=0, limit=9) == (b"\x89PNG", 4)


async def test_a_client_that_knows_text_alone_loses_nothing():
    _, answer = await answered(TextDelta(text="a"), RUN, DONE, TextDelta(text="b"), END)
    assert answer.content == "ab"
    assert answer.preview == "ab"


async def test_after_a_refused_write_words_that_follow_a_part_are_journaled(monkeypatch):
    monkeypatch.setattr("threadkeep.usecases.chat.journal.RETRY_SECONDS", 60.0)
    refused = []
    hold = FakeModel.HOLD
    world = World(FakeModel(TextDelta(text="a"), 0.2, RUN, TextDelta(text="b"), 0.3, hold))
    original = world.store.writing

    def writing(*, durable=True, erasing=False):
        if not durable and not refused:
            refused.append(True)
            raise StoreUnavailable("The disk is full.")
        return original(durable=durable, erasing=erasing)

    monkeypatch.setattr(world.store, "writing", writing)
    session = world.new_session()
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    async with asyncio.timeout(10):
        while _stored(world, begun.message.id) != "ab":  # noqa: ASYNC110 - a fake has no event to wait for
            await asyncio.sleep(0.01)
    assert refused == [True]
    await world.chat.stop_all()


def _stored(world, message_id):
    with world.store.reading() as records:
        return records.message(message_id).content


async def test_a_part_that_was_told_stays_when_its_question_cannot_be_stored(monkeypatch):
    world = World(FakeModel(Ask(call="new"), END))
    session = world.new_session()

    def fail():
        raise OSError("no rules")

    monkeypatch.setattr(world.rules, "current", fail)
    answer = await world.say(session.id)
    assert answer.status == "failed"
    assert [part.call.id for part in answer.parts] == ["new"]
