"""How an answer's end is told, by what its model said of it."""

import pytest

from tests.support.fake_models import FakeModel
from tests.support.world import World
from threadkeep.domain.errors import NothingToContinue, ProviderOverloaded
from threadkeep.domain.messages import Message, Usage
from threadkeep.domain.turns import Turn
from threadkeep.ports.models import AnswerExtras, Link, ReasoningDelta, Stop, TextDelta, UsageReport
from threadkeep.usecases.chat.prompt_context import CARRY_ON
from threadkeep.usecases.chat.turn_start import Outgoing

THOUGHT, TEXT = ReasoningDelta(text="Hm."), TextDelta(text="Half an ans")


async def told(*script: object) -> tuple[World, Turn, Message]:
    world = World(FakeModel(*script))
    session = world.new_session()
    message = await world.say(session.id)
    with world.store.reading() as records:
        turn = records.turn(message.turn_id or "")
        assert turn is not None
        assert records.message(message.id) == message
    assert (turn.stop_reason, turn.error) == (message.stop_reason, message.error)
    return world, turn, message


@pytest.mark.parametrize(
    "reason", ["endTurn", "maxTokens", "contentFilter", "refusal", "toolCalls", "some_vendors_word"]
)
async def test_an_end_after_text_is_completed_and_says_why(reason: str) -> None:
    _, turn, message = await told(TEXT, Stop(reason=reason))
    assert (turn.status, turn.stop_reason, message.content) == ("completed", reason, "Half an ans")


async def test_an_error_at_the_end_is_failed_with_its_words_and_keeps_what_came() -> None:
    _, turn, message = await told(TEXT, Stop(reason="error", words="upstream is gone"))
    assert (turn.status, turn.stop_reason, message.content) == ("failed", "error", "Half an ans")
    assert message.error is not None
    assert "upstream is gone" in message.error.message


@pytest.mark.parametrize(
    ("reason", "kept", "word"),
    [
        ("endTurn", "error", "empty"),
        ("contentFilter", "contentFilter", "content filter"),
        ("refusal", "refusal", "refuses"),
        ("toolCalls", "toolCalls", "tool"),
        ("abort", "abort", "(abort)"),
    ],
)
@pytest.mark.parametrize(
    "script", [(), (TextDelta(text=" \n"),), (THOUGHT,)], ids=["nothing", "blank", "thoughts"]
)
async def test_an_end_without_text_is_failed(
    script: tuple[object, ...], reason: str, kept: str, word: str
) -> None:
    _, turn, message = await told(*script, Stop(reason=reason, words="its words"))
    assert (turn.status, turn.stop_reason) == ("failed", kept)
    assert turn.error is not None
    assert "its words" in turn.error.message
    assert word in turn.error.message or (word == "empty" and "no answer" in turn.error.message)
    assert message.reasoning == ("Hm." if THOUGHT in script else "")


@pytest.mark.parametrize(("script", "word"), [((), "no room"), ((THOUGHT,), "thinking alone")])
async def test_a_limit_before_any_text_is_failed(script: tuple[object, ...], word: str) -> None:
    world, turn, _ = await told(*script, Stop(reason="maxTokens"))
    assert (turn.status, turn.stop_reason) == ("failed", "maxTokens")
    assert turn.error is not None
    assert word in turn.error.message
    assert len(world.model.requests) == (1 if script else 2)  # without room, a shorter one is tried


async def test_what_an_empty_answer_took_is_counted() -> None:
    world, turn, _ = await told(UsageReport(usage=Usage(input_tokens=7)), Stop(reason="endTurn"))
    assert turn.usage == Usage(input_tokens=7)
    assert world.model.requests[1:] == []  # it is not asked again unasked


async def test_a_failed_connection_is_an_error_and_a_cancelled_turn_says_so() -> None:
    _, turn, _ = await told(TEXT, ProviderOverloaded("It broke.", provider="fake"))
    assert (turn.status, turn.stop_reason) == ("failed", "error")
    world = World(FakeModel(TEXT, FakeModel.HOLD))
    session = world.new_session()
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await world.streamed()
    await world.chat.cancel(session.id, begun.turn.id)
    assert (await world.chat.wait(session.id, begun.turn.id))[0].stop_reason == "cancelled"


async def test_what_the_token_limit_cut_off_is_carried_on_with() -> None:
    world, _, message = await told(TEXT, Stop(reason="maxTokens"))
    model = world.model
    model.script = (TextDelta(text="wer."), Stop(reason="endTurn"))
    begun = await world.chat.carry_on(message.session_id)
    _, whole = await world.chat.wait(message.session_id, begun.turn.id)
    assert (whole.id, whole.content, whole.stop_reason) == (message.id, "Half an answer.", "endTurn")
    assert model.requests[-1].messages[-1].content == CARRY_ON
    with pytest.raises(NothingToContinue):
        await world.chat.carry_on(message.session_id)


async def test_an_answer_that_was_whole_already_is_completed_by_an_empty_rest() -> None:
    world, _, message = await told(TEXT, Stop(reason="maxTokens"))
    world.model.script = (Stop(reason="endTurn"),)
    begun = await world.chat.carry_on(message.session_id)
    turn, whole = await world.chat.wait(message.session_id, begun.turn.id)
    assert (turn.status, whole.content) == ("completed", "Half an ans")


async def test_what_came_beside_the_text_is_kept_with_the_answer() -> None:
    first = AnswerExtras(links=(Link(uri="https://a.example"),), data={"images": [1]})
    again = AnswerExtras(links=(Link(uri="https://a.example", title="A"),), notices=("No temperature.",))
    world, _, message = await told(first, TEXT, again, Stop(reason="maxTokens"))
    links = [{"uri": "https://a.example", "title": "A"}]
    assert message.metadata == {
        "links": links,
        "notices": ["No temperature."],
        "provider": {"images": [1]},
    }
    rest = AnswerExtras(links=(Link(uri="https://b.example"),))
    world.model.script = (rest, TextDelta(text="wer."), Stop(reason="endTurn"))
    begun = await world.chat.carry_on(message.session_id)
    _, whole = await world.chat.wait(message.session_id, begun.turn.id)
    assert whole.metadata["links"] == [*links, {"uri": "https://b.example"}]
    assert whole.metadata["notices"] == ["No temperature."]
