"""Parts that are no words, as they are read, paged, followed and copied."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fake_models import FakeModel
from tests.support.world import World
from tests.usecases.test_following import OtherProcess
from threadkeep.domain.errors import BlobNotFound, MessageNotFound, SessionNotFound
from threadkeep.domain.events import OutputStreamed, PartChanged, TextStreamed, TurnCompleted
from threadkeep.domain.messages import Message, Part, text_part
from threadkeep.domain.tool_calls import BLOB_BYTES, Blob, OutputItem, ToolCall
from threadkeep.ports.models import CallChanged, CallOutput, PlanChanged, ReasoningDelta, Stop, TextDelta
from threadkeep.usecases.chat.turn_start import Outgoing
from threadkeep.usecases.sessions.branches import NewFork

END = Stop(reason="endTurn")
RUN = CallChanged(id="c", name="bash", state="running", output=(OutputItem(type="terminal"),))
DONE = CallChanged(id="c", state="completed")


def done(number: int, size: int = 10) -> CallChanged:
    output = (OutputItem(type="text", text="x" * size),)
    return CallChanged(id=f"c{number}", title=f"Step {number}", output=output, state="completed")


async def until(holds):
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - a fake has no event to wait for
            await asyncio.sleep(0.001)


async def answered(*script, world=None):
    world = world or World(FakeModel(*script, END))
    session = world.new_session()
    return world, await world.say(session.id)


# Places


def kept(count: int) -> Part:
    return Part(type="omitted", text="", count=count)


@pytest.mark.parametrize(
    ("parts", "places"),
    [
        ((), {}),
        ((text_part("a"), kept(2), text_part("b"), kept(1)), {0: 1, 1: 2, 2: 4}),
        ((Part(type="plan", text=""), text_part("a"), kept(1)), {0: 0, 1: 2}),
    ],
)
def test_every_part_that_is_no_words_has_one_place(parts, places):
    message = Message(id="m", session_id="s", seq=1, role="assistant", parts=parts, created_at="")
    assert {n: message.index_of(n) for n in range(len(places))} == places
    assert message.index_of(len(places)) is None
    assert {message.count_before(index): index for index in places.values()} == places
    assert message.count_before(100) == len(places)


def test_only_what_was_read_is_filled_in():
    message = Message(
        id="m", session_id="s", seq=1, role="assistant", parts=(kept(4), text_part("a")), created_at=""
    )
    plan = Part(type="plan", text="")
    filled = message.filled({1: plan})
    assert filled.parts == (kept(1), plan, kept(2), text_part("a"))
    assert filled.kept == {1: plan}
    assert filled.outline.parts == message.parts


def test_what_a_call_has_put_out_grows_at_its_end():
    call = ToolCall(id="c", output=(OutputItem(type="diff", uri="a"), OutputItem(type="terminal", text="ä")))
    assert call.output_size == 2
    assert call.with_more("b", size=3).output[1].text == "äb"
    long = ToolCall(id="c", output=(OutputItem(type="terminal", blob=Blob(sha256="", size=9, tail="x")),))
    assert long.output_size == 9
    grown = long.with_more("y", size=10).output[0].blob
    assert (grown.size, grown.tail) == (10, "xy")
    silent = ToolCall(id="c", output=(OutputItem(type="diff", uri="a"),))
    assert (silent.output_size, silent.with_more("x", size=1)) == (0, silent)


# Pages


async def test_parts_are_read_from_any_index_on():
    world, answer = await answered(TextDelta(text="a"), *(done(n) for n in range(5)), TextDelta(text="b"))
    parts, following = world.history.parts(answer.id, first=1, limit=3)
    assert [part.call.id for part in parts] == ["c0", "c1", "c2"]
    assert following == 4
    rest, following = world.history.parts(answer.id, first=4, limit=10)
    assert [part.type for part in rest] == ["toolCall", "toolCall", "text"]
    assert following is None
    with pytest.raises(MessageNotFound):
        world.history.parts("nobody", first=0, limit=1)


async def test_a_page_of_parts_is_bounded_in_bytes_and_brings_one_at_least(monkeypatch):
    monkeypatch.setattr("threadkeep.usecases.sessions.history.PAGE_BYTES", 3_000)
    world, answer = await answered(done(0, 9_000), done(1, 1_000), done(2, 1_000))
    parts, following = world.history.parts(answer.id, first=0, limit=10)
    assert ([part.call.id for part in parts], following) == (["c0"], 1)


async def test_a_page_of_messages_is_bounded_in_bytes_and_brings_one_at_least(monkeypatch):
    monkeypatch.setattr("threadkeep.usecases.sessions.history.PAGE_BYTES", 3_000)
    world = World(FakeModel(TextDelta(text="x" * 1_000), END))
    session = world.new_session()
    for _ in range(4):
        await world.say(session.id)
    page = world.history.page(session.id, limit=50)
    assert 0 < len(page.messages) < 8
    seen = [message.id for message in page.messages]
    while page.before_cursor is not None:
        page = world.history.page(session.id, limit=50, before=page.before_cursor)
        seen = [*(message.id for message in page.messages), *seen]
    assert seen == [message.id for message in world.messages(session.id)]


async def test_a_content_is_read_through_a_session_that_holds_it():
    world, answer = await answered(RUN, CallOutput(id="c", text="0123456789" * BLOB_BYTES), DONE)
    sha256 = answer.parts[0].call.output[0].blob.sha256
    piece, size = world.history.blob(answer.session_id, sha256, offset=3, limit=4)
    assert (piece, size) == (b"3456", 10 * BLOB_BYTES)
    with pytest.raises(BlobNotFound):
        world.history.blob(world.new_session().id, sha256, offset=0, limit=1)
    with pytest.raises(BlobNotFound):
        world.history.blob(answer.session_id, "no digest", offset=0, limit=1)
    with pytest.raises(SessionNotFound):
        world.history.blob("nobody", sha256, offset=0, limit=1)


async def test_what_happened_since_tells_of_parts():
    world, answer = await answered(RUN, DONE)
    gap = world.history.events(answer.session_id, after_seq=0, limit=100)
    told = [past.event for past in gap.events if past.stored.kind == "partChanged"]
    assert isinstance(told[-1], PartChanged)
    assert told[-1].part == answer.parts[0]


# Copies


@pytest.mark.parametrize("text", ["so far", "long " * BLOB_BYTES])
async def test_a_fork_of_a_running_answer_has_its_calls_interrupted_with_what_they_put_out(text):
    world = World(FakeModel(RUN, CallOutput(id="c", text=text), FakeModel.HOLD))
    session = world.new_session()
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await until(lambda: _stored_output(world, begun.message.id) == len(text))
    fork = await world.branches.fork(NewFork(session_id=session.id))
    (call,) = [part.call for part in world.messages(fork.session.id)[-1].parts]
    assert call.state == "interrupted"
    assert text.endswith(call.output[0].text)
    assert call.output[0].is_truncated is (len(text) > BLOB_BYTES)
    await world.chat.stop_all()


async def test_a_fork_has_every_part():
    world, answer = await answered(*(done(n, 4_000) for n in range(100)))
    assert answer.parts[0].type == "omitted"
    fork = await world.branches.fork(NewFork(session_id=answer.session_id))
    copy = world.messages(fork.session.id)[-1]
    parts, _ = world.history.parts(copy.id, first=0, limit=200)
    assert [part.call.id for part in parts] == [f"c{n}" for n in range(100)]


def _stored_output(world, message_id):
    with world.store.reading() as records:
        call = records.message(message_id).parts
        return call[0].call.output_size if call and call[0].call else 0


# Followers

steps = st.lists(
    st.one_of(
        st.builds(TextDelta, text=st.text(st.sampled_from("aä😀"), min_size=1, max_size=3)),
        st.builds(ReasoningDelta, text=st.text(st.sampled_from("rö"), min_size=1, max_size=3)),
        st.builds(
            CallOutput, id=st.sampled_from("cd"), text=st.text(st.sampled_from("oß"), min_size=1, max_size=3)
        ),
        st.builds(
            CallChanged,
            id=st.sampled_from("cd"),
            title=st.sampled_from("tu"),
            state=st.sampled_from((None, "running", "completed")),
        ),
        st.just(PlanChanged(entries=())),
        st.just(0.001),
    ),
    max_size=12,
)


class Shown:
    """An answer as a client builds it from what it hears."""

    def __init__(self):
        self.parts: dict[int, object] = {}
        self.outputs: dict[int, bytes] = {}

    def hear(self, event):
        if isinstance(event, TextStreamed):
            self.parts[event.index] = self.parts.get(event.index, "") + event.text
        elif isinstance(event, PartChanged):
            self.parts[event.index] = event.part.call.title if event.part.call else event.part.type
            if event.part.call is not None:
                heard = [i.text for i in event.part.call.output if i.type == "terminal"]
                self.outputs[event.index] = ((heard or [""])[-1] or "").encode()
        elif isinstance(event, OutputStreamed):
            before = self.outputs.get(event.index, b"")
            assert event.offset == len(before), "no gap and no repeat"
            self.outputs[event.index] = before + event.text.encode()


def as_shown(message):
    shown = Shown()
    for index, part in enumerate(message.parts):
        if part.type in {"text", "reasoning"}:
            shown.parts[index] = part.text
        else:
            shown.parts[index] = part.call.title if part.call else part.type
        if part.call is not None:
            heard = [item.text for item in part.call.output if item.type == "terminal"]
            shown.outputs[index] = ((heard or [""])[-1] or "").encode()
    return shown


@settings(max_examples=25, deadline=None)
@given(steps)
def test_who_follows_builds_the_same_answer_in_this_process_and_in_another(script):
    asyncio.run(_follow(script))


async def _follow(script):
    world = World(FakeModel(TextDelta(text="."), *script, END))
    other = World(store=OtherProcess(world.store), clock=world.clock, id_prefix="other")
    session = world.new_session()
    other.followed.add(session.id)
    other.following.look()
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    waiting = asyncio.ensure_future(world.chat.wait(session.id, begun.turn.id))
    while not waiting.done():
        other.following.look()
        await asyncio.sleep(0)
    other.following.look()
    _, message = await waiting
    for each in (world, other):
        shown = Shown()
        for event in each.audience.events:
            shown.hear(event)
        expected = as_shown(message)
        assert shown.parts == expected.parts
        assert {k: v for k, v in shown.outputs.items() if v} == {
            k: v for k, v in expected.outputs.items() if v
        }
        assert each.audience.of(TurnCompleted)[-1].message == message
