import asyncio

import pytest

from tests.support.fake_models import FakeModel
from tests.support.world import World
from threadkeep.adapters.store.routing import RoutingStore
from threadkeep.domain.errors import (
    InvalidValue,
    NothingToContinue,
    ProviderNetwork,
    SessionBusy,
    SessionEnded,
    SessionNotFound,
    SessionPaused,
    StoreUnavailable,
    TurnNotFound,
)
from threadkeep.domain.events import MessageAdded, SessionChanged, TextStreamed, TurnCompleted
from threadkeep.domain.messages import Attachment, Part, Usage
from threadkeep.domain.sessions import DEFAULT_TITLE
from threadkeep.ports.models import ReasoningDelta, Stop, TextDelta, UsageReport
from threadkeep.usecases.chat.prompt_context import CARRY_ON
from threadkeep.usecases.chat.turn_start import Outgoing
from threadkeep.usecases.order import IdempotencyKey, Replayed

CUT = ProviderNetwork("The line was cut.", provider="fake")


def outgoing(session, text="Hi", **more) -> Outgoing:
    return Outgoing(session_id=session.id, text=text, **more)


async def test_an_answer_is_stored_whole():
    world = World()
    session = world.new_session()
    answer = await world.say(session.id)
    assert (answer.content, answer.status) == ("Hello world", "complete")
    assert [m.content for m in world.messages(session.id)] == ["Hi", "Hello world"]
    stored = world.session(session.id)
    assert (stored.activity, stored.running_turn_id, stored.message_count) == ("idle", None, 2)
    assert stored.last_message.preview == "Hello world"


async def test_the_question_is_stored_before_any_token():
    world = World(FakeModel(FakeModel.HOLD))
    session = world.new_session()
    world.audience.forget()
    begun = await world.chat.send(outgoing(session))
    assert world.audience.events == []
    assert [m.status for m in world.messages(session.id)] == ["complete", "streaming"]
    assert begun.session.seq == world.session(session.id).seq
    await world.chat.stop_all()


async def test_notifications_of_a_turn_come_in_order():
    world = World()
    session = world.new_session()
    world.audience.forget()
    await world.say(session.id)
    names = [name for name in world.audience.names if name != "SessionChanged"]
    assert names == ["MessageAdded", "TurnStarted", "TextStreamed", "TextStreamed", "TurnCompleted"]


async def test_offsets_of_deltas_fit_together_in_utf16():
    world = World(FakeModel(TextDelta(text="a😀"), TextDelta(text="b"), Stop(reason="endTurn")))
    await world.say(world.new_session().id)
    assert [(delta.offset, delta.text) for delta in world.audience.of(TextStreamed)] == [(0, "a😀"), (3, "b")]


async def test_reasoning_has_offsets_and_a_part_of_its_own():
    script = (
        ReasoningDelta(text="hm"),
        TextDelta(text="yes"),
        ReasoningDelta(text="!"),
        Stop(reason="endTurn"),
    )
    world = World(FakeModel(*script))
    answer = await world.say(world.new_session().id)
    assert [(part.type, part.text) for part in answer.parts] == [
        ("reasoning", "hm"),
        ("text", "yes"),
        ("reasoning", "!"),
    ]
    deltas = world.audience.of(TextStreamed)
    assert [(delta.kind, delta.offset) for delta in deltas] == [
        ("reasoning", 0),
        ("text", 0),
        ("reasoning", 2),
    ]


async def test_usage_is_kept_with_the_answer_and_summed_on_the_session():
    usage = Usage(input_tokens=10, output_tokens=5, cached_tokens=2)
    world = World(FakeModel(TextDelta(text="a"), UsageReport(usage=usage), Stop(reason="endTurn")))
    session = world.new_session()
    answer = await world.say(session.id)
    await world.say(session.id)
    assert answer.usage == usage
    assert world.session(session.id).usage == usage + usage


async def test_text_before_a_failure_stays():
    world = World(FakeModel(TextDelta(text="Half"), CUT))
    session = world.new_session()
    answer = await world.say(session.id)
    assert (answer.content, answer.status, answer.error.kind) == ("Half", "failed", "providerNetwork")
    turn = world.audience.of(TurnCompleted)[0].turn
    assert (turn.status, turn.error.retryable) == ("failed", True)
    assert world.session(session.id).activity == "failed"


async def test_an_unexpected_failure_tells_no_detail(caplog):
    world = World(FakeModel(RuntimeError("secret detail")))
    answer = await world.say(world.new_session().id)
    assert (answer.status, answer.error.kind) == ("failed", "internalError")
    assert "secret" not in answer.error.message


async def test_cancelling_keeps_what_came_and_ends_the_providers_work():
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    session = world.new_session()
    begun = await world.chat.send(outgoing(session))
    await world.streamed()
    turn = await world.chat.cancel(session.id)
    assert (turn.id, turn.status) == (begun.turn.id, "cancelled")
    assert [m.content for m in world.messages(session.id)] == ["Hi", "Half"]
    assert world.model.closed == 1
    assert world.session(session.id).activity == "idle"


async def test_a_provider_that_does_not_let_go_cannot_keep_a_turn_from_ending(monkeypatch):
    class Stubborn(FakeModel):
        async def stream(self, request):
            try:
                yield TextDelta(text="Half")
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(30)

    monkeypatch.setattr("threadkeep.usecases.chat.turn_runner.CLOSE_SECONDS", 0.01)
    world = World(Stubborn())
    session = world.new_session()
    await world.chat.send(outgoing(session))
    await world.streamed()
    async with asyncio.timeout(5):
        turn = await world.chat.cancel(session.id)
    assert turn.status == "cancelled"


async def test_text_that_arrives_after_a_cancel_is_neither_told_nor_kept():
    class Talkative(FakeModel):
        async def stream(self, request):
            yield TextDelta(text="Half")
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                yield TextDelta(text=" and more")
                yield Stop(reason="endTurn")

    world = World(Talkative())
    session = world.new_session()
    await world.chat.send(outgoing(session))
    await world.streamed()
    turn = await world.chat.cancel(session.id)
    await world.at_rest()
    assert turn.status == "cancelled"
    assert [event.text for event in world.audience.of(TextStreamed)] == ["Half"]
    assert [m.content for m in world.messages(session.id)] == ["Hi", "Half"]


async def test_cancelling_where_nothing_runs_gives_nothing():
    world = World()
    assert await world.chat.cancel(world.new_session().id) is None


async def test_cancelling_a_finished_turn_changes_nothing():
    world = World()
    session = world.new_session()
    begun = await world.chat.send(outgoing(session))
    turn, _ = await world.chat.wait(session.id, begun.turn.id)
    assert await world.chat.cancel(session.id, begun.turn.id) == turn


async def test_waiting_for_a_finished_turn_answers_at_once():
    world = World()
    session = world.new_session()
    begun = await world.chat.send(outgoing(session))
    first = await world.chat.wait(session.id, begun.turn.id)
    assert await world.chat.wait(session.id, begun.turn.id) == first


async def test_cancelling_the_wait_does_not_cancel_the_turn():
    world = World(FakeModel(TextDelta(text="a"), 0.05, TextDelta(text="b"), Stop(reason="endTurn")))
    session = world.new_session()
    begun = await world.chat.send(outgoing(session))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await world.chat.wait(session.id, begun.turn.id)
    assert (await world.chat.wait(session.id, begun.turn.id))[1].content == "ab"


async def test_a_session_answers_one_message_at_a_time():
    world = World(FakeModel(FakeModel.HOLD))
    session = world.new_session()
    begun = await world.chat.send(outgoing(session))
    with pytest.raises(SessionBusy) as refused:
        await world.chat.send(outgoing(session, "Me too"))
    assert refused.value.data["turn_id"] == begun.turn.id
    assert refused.value.data["holder"]["client"] == "test"
    assert len(world.messages(session.id)) == 2
    await world.chat.stop_all()


async def test_sessions_answer_side_by_side():
    world = World()
    sessions = [world.new_session() for _ in range(5)]
    answers = await asyncio.gather(*(world.say(session.id) for session in sessions))
    assert [answer.content for answer in answers] == ["Hello world"] * 5


@pytest.mark.parametrize(("status", "error"), [("paused", SessionPaused), ("ended", SessionEnded)])
async def test_a_paused_or_ended_session_takes_no_message(status, error):
    world = World()
    session = world.new_session()
    await world.lifecycle.move(session.id, status)
    before = world.messages(session.id)
    with pytest.raises(error):
        await world.chat.send(outgoing(session))
    assert world.messages(session.id) == before


async def test_a_blank_message_is_refused():
    world = World()
    with pytest.raises(InvalidValue):
        await world.chat.send(outgoing(world.new_session(), " \n"))


async def test_an_unknown_session_or_turn_is_named():
    world = World()
    session = world.new_session()
    with pytest.raises(SessionNotFound):
        await world.chat.send(Outgoing(session_id="nobody", text="Hi"))
    with pytest.raises(TurnNotFound):
        await world.chat.wait(session.id, "nothing")
    begun = await world.chat.send(outgoing(session))
    with pytest.raises(TurnNotFound):
        await world.chat.wait(world.new_session().id, begun.turn.id)
    await world.chat.wait(session.id, begun.turn.id)


async def test_continuing_extends_the_same_message():
    world = World(FakeModel(TextDelta(text="Half"), CUT))
    session = world.new_session()
    cut_off = await world.say(session.id, "Question")
    world.audience.forget()
    world.model.script = (TextDelta(text=" done"), Stop(reason="endTurn"))
    begun = await world.chat.carry_on(session.id)
    _, answer = await world.chat.wait(session.id, begun.turn.id)
    assert (answer.id, answer.content, answer.status, answer.error) == (
        cut_off.id,
        "Half done",
        "complete",
        None,
    )
    assert world.audience.of(TextStreamed)[0].offset == 4
    assert begun.turn.id != cut_off.turn_id
    assert world.session(session.id).message_count == 2
    sent = world.model.requests[-1].messages
    assert [m.content for m in sent] == ["Question", "Half", CARRY_ON]


async def test_continuing_adds_up_the_usage_of_its_turns():
    usage = UsageReport(usage=Usage(output_tokens=3))
    world = World(FakeModel(TextDelta(text="a"), usage, CUT))
    session = world.new_session()
    await world.say(session.id)
    world.model.script = (TextDelta(text="b"), usage, Stop(reason="endTurn"))
    begun = await world.chat.carry_on(session.id)
    turn, answer = await world.chat.wait(session.id, begun.turn.id)
    assert (turn.usage.output_tokens, answer.usage.output_tokens) == (3, 6)
    assert world.session(session.id).usage.output_tokens == 6


async def test_continuing_works_across_a_pause():
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    session = world.new_session()
    await world.chat.send(outgoing(session))
    await world.streamed()
    await world.lifecycle.move(session.id, "paused")
    await world.lifecycle.move(session.id, "active")
    world.model.script = (TextDelta(text=" done"), Stop(reason="endTurn"))
    begun = await world.chat.carry_on(session.id)
    await world.chat.wait(session.id, begun.turn.id)
    assert [(m.role, m.content) for m in world.messages(session.id)] == [
        ("user", "Hi"),
        ("assistant", "Half done"),
        ("event", ""),
        ("event", ""),
    ]


async def test_a_complete_answer_cannot_be_continued():
    world = World()
    session = world.new_session()
    with pytest.raises(NothingToContinue):
        await world.chat.carry_on(session.id)
    await world.say(session.id)
    with pytest.raises(NothingToContinue):
        await world.chat.carry_on(session.id)


async def test_only_the_answer_that_is_named_is_continued():
    world = World(FakeModel(TextDelta(text="Half"), CUT))
    session = world.new_session()
    first, second = await world.say(session.id, "One"), await world.say(session.id, "Two")
    with pytest.raises(NothingToContinue, match="Another message is the newest"):
        await world.chat.carry_on(session.id, first.id)
    begun = await world.chat.carry_on(session.id, second.id)
    assert begun.message.id == second.id
    await world.chat.wait(session.id, begun.turn.id)


async def test_stopping_all_interrupts_and_keeps_the_text():
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    session = world.new_session()
    await world.chat.send(outgoing(session))
    await world.streamed()
    await world.chat.stop_all()
    assert world.messages(session.id)[-1].status == "interrupted"
    assert world.messages(session.id)[-1].content == "Half"
    assert (world.session(session.id).activity, len(world.cases.running)) == ("interrupted", 0)


async def test_the_first_message_names_the_session():
    world = World()
    session = world.new_session()
    await world.say(session.id, "# Fix the parser\nIt breaks.")
    assert world.session(session.id).title == "Fix the parser"
    await world.say(session.id, "Another")
    assert world.session(session.id).title == "Fix the parser"


async def test_a_users_title_is_never_replaced():
    world = World()
    session = world.new_session(title="Mine")
    await world.say(session.id, "Something else")
    assert world.session(session.id).title == "Mine"


async def test_a_session_that_somebody_named_as_new_ones_are_called_keeps_that_name():
    world = World()
    session = world.new_session(title=DEFAULT_TITLE)
    await world.say(session.id, "Something else")
    assert world.session(session.id).title == DEFAULT_TITLE == "New session"


async def test_titles_can_be_switched_off():
    world = World()
    world.preferences.titles = "off"
    session = world.new_session()
    await world.say(session.id, "Something")
    assert world.session(session.id).title == session.title


async def test_a_model_is_sent_the_agents_prompt_and_the_conversation():
    world = World()
    session = world.new_session()
    for text in ("one", "two"):
        await world.say(session.id, text)
    request = world.model.requests[-1]
    assert request.system == world.preferences.agents[0].prompt
    assert [m.content for m in request.messages] == ["one", "Hello world", "two"]
    assert request.root == "/code/app"


async def test_a_message_can_ask_another_model_for_one_turn_only():
    world = World()
    other = FakeModel(TextDelta(text="Other"), Stop(reason="endTurn"))
    world.preferences.models.by_name["other"] = other
    session = world.new_session()
    begun = await world.chat.send(outgoing(session, model="other:big"))
    _, answer = await world.chat.wait(session.id, begun.turn.id)
    assert (answer.provider, answer.model, answer.content) == ("other", "big", "Other")
    assert (await world.say(session.id)).provider == "fake"


async def test_messages_read_while_an_answer_runs_hold_what_was_announced():
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    session = world.new_session()
    await world.chat.send(outgoing(session))
    await world.streamed()
    read = world.cases.running.up_to_date(world.messages(session.id))
    assert read[-1].content == "Half"
    await world.chat.stop_all()


class FullStore:
    """Refuses to write while `is_full`."""

    def __init__(self, store):
        self._store = store
        self.is_full = False

    def writing(self, *, durable=True, erasing=False):
        if self.is_full:
            raise StoreUnavailable("The disk is full: make room.")
        return self._store.writing(durable=durable, erasing=erasing)

    def __getattr__(self, name):
        return getattr(self._store, name)


async def test_an_answer_survives_a_store_that_is_full_for_a_while(monkeypatch):
    monkeypatch.setattr("threadkeep.usecases.chat.turn_runner.FINISH_RETRIES", (0.01, 0.05, 0.05))
    plain = World(FakeModel(TextDelta(text="Half"), 0.02, TextDelta(text=" done"), Stop(reason="endTurn")))
    store = FullStore(plain.store)
    world = World(plain.model, store=store)
    session = world.new_session()
    begun = await world.chat.send(outgoing(session))
    store.is_full = True
    asyncio.get_running_loop().call_later(0.05, setattr, store, "is_full", False)
    await world.chat.wait(session.id, begun.turn.id)
    assert world.messages(session.id)[-1].content == "Half done"


async def test_a_store_that_stays_full_is_told_and_the_text_is_still_given(monkeypatch):
    monkeypatch.setattr("threadkeep.usecases.chat.turn_runner.FINISH_RETRIES", (0.001,))
    monkeypatch.setattr("threadkeep.usecases.chat.turn_runner.UNSTORED_SECONDS", 0.02)
    plain = World()
    store = FullStore(plain.store)
    world = World(plain.model, store=store)
    session = world.new_session()
    begun = await world.chat.send(outgoing(session))
    store.is_full = True
    turn, message = await world.chat.wait(session.id, begun.turn.id)
    assert (turn.status, turn.error.kind, message.content) == ("failed", "storeUnavailable", "Hello world")
    assert message.status == "failed"
    store.is_full = False
    await world.at_rest()
    assert [m.content for m in world.messages(session.id)] == ["Hi", "Hello world"]
    assert (await world.say(session.id)).status == "complete"


async def test_an_end_that_is_not_stored_is_read_as_it_is_told_until_the_next_write_stores_it(monkeypatch):
    monkeypatch.setattr("threadkeep.usecases.chat.turn_runner.FINISH_RETRIES", (0.001,))
    monkeypatch.setattr(
        "threadkeep.usecases.chat.turn_runner.UNSTORED_SECONDS", 1000
    )  # the write has to do it
    plain = World()
    full = FullStore(plain.store)
    store = RoutingStore(full)
    world = World(plain.model, store=store, owed=store.owed)
    session = world.new_session()
    begun = await world.chat.send(outgoing(session))
    full.is_full = True
    turn, message = await world.chat.wait(session.id, begun.turn.id)
    assert "first write that succeeds" in turn.error.message
    with store.reading() as records:
        seen = records.session(session.id)
        assert (seen.activity, seen.running_turn_id) == ("failed", None)
        assert (records.turn(turn.id), records.message(message.id)) == (turn, message)
        assert records.path(seen, limit=10)[-1] == message
        assert records.entries(seen, limit=10)[-1] == message
        assert records.entries_after(seen, limit=10, after_seq=0)[-1] == message
        assert list(records.running_turns()) == []
    with pytest.raises(StoreUnavailable), store.writing():
        pass  # refused, as what is owed was
    full.is_full = False
    with store.writing() as changes:  # any write
        now = changes.session(session.id)
        assert (now.activity, now.running_turn_id) == ("idle", None)
        assert changes.turn(turn.id).status == "completed"
    await world.at_rest()
    assert [event.turn.status for event in world.audience.of(TurnCompleted)] == ["failed", "completed"]
    assert (await world.say(session.id)).status == "complete"


async def test_a_session_is_announced_when_its_turn_begins_and_ends():
    world = World()
    session = world.new_session()
    world.audience.forget()
    await world.say(session.id)
    await asyncio.sleep(0)
    activities = [event.view.session.activity for event in world.audience.of(SessionChanged)]
    assert activities == ["running", "idle"]
    assert world.audience.of(MessageAdded)[0].message.role == "user"


async def test_signed_reasoning_is_kept_with_its_signature_and_given_back():
    script = (
        ReasoningDelta(text="hm"),
        ReasoningDelta(text="", signature="s1"),
        ReasoningDelta(text="ha"),
        ReasoningDelta(text="", signature="s2"),
        TextDelta(text="yes"),
        Stop(reason="endTurn"),
    )
    world = World(FakeModel(*script))
    session = world.new_session()
    answer = await world.say(session.id)
    assert [(part.text, part.signature) for part in answer.parts] == [
        ("hm", "s1"),
        ("ha", "s2"),
        ("yes", None),
    ]
    await world.say(session.id)
    sent = world.model.requests[-1].messages[1]
    assert [(part.text, part.signature) for part in sent.reasoning] == [("hm", "s1"), ("ha", "s2")]


async def test_a_cost_is_told_when_it_is_known_and_never_invented():
    usage = UsageReport(usage=Usage(output_tokens=500))
    world = World(FakeModel(TextDelta(text="a"), usage, Stop(reason="endTurn")))
    session = world.new_session()
    assert (await world.say(session.id)).usage.cost is None
    world.prices.is_known = True
    assert (await world.say(session.id)).usage.cost == pytest.approx(0.5)
    assert world.session(session.id).usage.cost == pytest.approx(0.5)


async def test_stopping_gives_up_a_store_that_refuses(monkeypatch):
    monkeypatch.setattr("threadkeep.usecases.chat.turn_runner.FINISH_RETRIES", (0.001,))
    plain = World()
    store = FullStore(plain.store)
    world = World(plain.model, store=store)
    session = world.new_session()
    begun = await world.chat.send(outgoing(session))
    store.is_full = True
    await world.chat.wait(session.id, begun.turn.id)
    await world.chat.stop_all()
    await world.at_rest()


async def test_a_repeated_message_is_answered_as_before_although_its_attached_file_is_gone():
    world = World()
    session = world.new_session()
    once = IdempotencyKey(
        method="chat/send", key="k", fingerprint="f", encode=lambda begun: {"turn": begun.turn.id}
    )
    files = ["notes"]

    def snapshot():
        if not files:
            raise InvalidValue("attachments[0].uri", "is not there")
        return (Part(type="attachment", text=files[0], attachment=Attachment(kind="text", hash="")),)

    begun = await world.chat.send(outgoing(session), snapshot=snapshot, once=once)
    await world.chat.wait(session.id, begun.turn.id)
    files.clear()
    with pytest.raises(Replayed) as before:
        await world.chat.send(outgoing(session), snapshot=snapshot, once=once)
    assert before.value.result == {"turn": begun.turn.id}
    assert [m.content for m in world.messages(session.id)] == ["Hi", "Hello world"]
