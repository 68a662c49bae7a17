import pytest

from tests.support.fake_models import FakeModel
from tests.support.world import World
from threadkeep.domain.errors import (
    BranchNotFound,
    MessageNotFound,
    NothingToContinue,
    ProviderAuth,
    ProviderNetwork,
    ProviderOverloaded,
    SessionBusy,
    SessionEnded,
    SessionPaused,
    TurnNotFound,
)
from threadkeep.domain.events import TurnCompleted, TurnRetrying
from threadkeep.domain.messages import WantedAttachment
from threadkeep.domain.sessions import Session
from threadkeep.ports.models import Stop, TextDelta
from threadkeep.usecases.chat.turn_start import Outgoing
from threadkeep.usecases.sessions.branches import NewFork

END = Stop(reason="endTurn")
HELD = (TextDelta(text="Half"), FakeModel.HOLD)


def answers(world: World, text: str) -> None:
    """From now on the model says this."""
    world.model.script = (TextDelta(text=text), END)


def said(world: World, session: Session) -> list[str]:
    return [m.content for m in world.messages(session.id) if m.role != "event"]


async def talked(*texts: str) -> tuple[World, Session]:
    """A session in which each of these was said and answered with `A:` and the same."""
    world = World()
    session = world.new_session()
    for text in texts:
        answers(world, f"A:{text}")
        await world.say(session.id, text)
    return world, session


async def busy() -> tuple[World, Session]:
    world = World(FakeModel(*HELD))
    session = world.new_session()
    await world.chat.send(Outgoing(session_id=session.id, text="First"))
    await world.streamed()
    return world, session


def queued(session: Session, text: str) -> Outgoing:
    return Outgoing(session_id=session.id, text=text, when_busy="queue")


async def test_a_queued_message_is_answered_when_the_turn_before_it_has_ended():
    world, session = await busy()
    begun = await world.chat.send(queued(session, "Second"))
    assert begun.is_queued is True
    assert [turn.id for turn in await world.chat.queue(session.id)] == [begun.turn.id]
    answers(world, "Later")
    await world.chat.cancel(session.id, world.session(session.id).running_turn_id)
    turn, answer = await world.chat.wait(session.id, begun.turn.id)
    assert (turn.status, answer.content, answer.id) == ("completed", "Later", begun.message.id)
    assert said(world, session) == ["First", "Half", "Second", "Later"]
    assert await world.chat.queue(session.id) == []
    assert world.session(session.id).activity == "idle"


async def test_queued_messages_keep_their_order_and_their_ids():
    world, session = await busy()
    begun = [await world.chat.send(queued(session, text)) for text in ("2", "3", "4")]
    answers(world, "ok")
    await world.chat.cancel(session.id, world.session(session.id).running_turn_id)
    for one in begun:
        await world.chat.wait(session.id, one.turn.id)
    assert said(world, session) == ["First", "Half", "2", "ok", "3", "ok", "4", "ok"]
    ids = [m.id for m in world.messages(session.id) if m.role == "user"]
    assert ids[1:] == [one.user_message.id for one in begun]


async def test_a_message_taken_out_of_the_queue_stays_readable_and_is_never_sent():
    world, session = await busy()
    begun = await world.chat.send(queued(session, "Never mind"))
    assert await world.chat.queue(session.id, clear=[begun.turn.id]) == []
    with pytest.raises(TurnNotFound):
        await world.chat.queue(session.id, clear=[begun.turn.id])
    turn, answer = await world.chat.wait(session.id, begun.turn.id)
    assert (turn.status, answer.status, answer.content) == ("cancelled", "cancelled", "")
    await world.chat.stop_session(session.id)
    assert said(world, session) == ["First", "Half", "Never mind", ""]
    answers(world, "ok")
    await world.say(session.id, "Next")
    assert [m.content for m in world.model.requests[-1].messages] == ["First", "Half", "Next"]


async def test_cancelling_a_queued_turn_takes_it_out():
    world, session = await busy()
    begun = await world.chat.send(queued(session, "Second"))
    turn = await world.chat.cancel(session.id, begun.turn.id)
    assert (turn.id, turn.status) == (begun.turn.id, "cancelled")
    assert len(world.cases.running) == 1
    await world.chat.stop_all()


async def test_the_queue_waits_at_pause_and_goes_on_at_resume():
    world, session = await busy()
    begun = await world.chat.send(queued(session, "Second"))
    await world.lifecycle.move(session.id, "paused")
    assert world.session(session.id).activity == "queued"
    assert len(await world.chat.queue(session.id)) == 1
    answers(world, "Later")
    await world.lifecycle.move(session.id, "active")
    assert (await world.chat.wait(session.id, begun.turn.id))[1].content == "Later"


async def test_the_queue_is_dropped_visibly_at_the_end():
    world, session = await busy()
    begun = await world.chat.send(queued(session, "Second"))
    await world.lifecycle.move(session.id, "ended")
    assert await world.chat.queue(session.id) == []
    assert (await world.chat.wait(session.id, begun.turn.id))[0].status == "cancelled"
    assert said(world, session) == ["First", "Half", "Second", ""]
    assert world.messages(session.id)[-1].event.kind == "ended"


async def test_a_failed_turn_holds_the_queue_until_somebody_comes_back():
    world, session = await busy()
    await world.chat.send(queued(session, "Second"))
    world.model.script = (ProviderAuth("No key.", provider="fake"),)
    await world.chat.cancel(session.id, world.session(session.id).running_turn_id)
    while world.session(session.id).activity != "failed":
        await world.executor(lambda: None)
    third = await world.chat.send(queued(session, "Third"))
    assert third.is_queued is False
    assert (await world.chat.wait(session.id, third.turn.id))[1].status == "failed"


async def test_a_queue_survives_its_process():
    world, session = await busy()
    begun = await world.chat.send(queued(session, "Second"))
    await world.chat.stop_all()
    model = FakeModel(TextDelta(text="ok"), END)
    again = World(model, store=world.store, clock=world.clock, id_prefix="new")
    assert [turn.id for turn in await again.chat.queue(session.id)] == [begun.turn.id]
    third = await again.chat.send(Outgoing(session_id=session.id, text="Third"))
    await again.chat.wait(session.id, third.turn.id)
    assert said(again, session) == ["First", "Half", "Second", "ok", "Third", "ok"]


async def test_a_queued_message_whose_agent_is_gone_fails_visibly():
    world, session = await busy()
    begun = await world.chat.send(
        Outgoing(session_id=session.id, text="Second", model="fake:m", when_busy="queue")
    )
    held = world.preferences.models.by_name.pop("fake")
    world.preferences.models.by_name["other"] = held
    await world.chat.cancel(session.id, world.session(session.id).running_turn_id)
    turn, answer = await world.chat.wait(session.id, begun.turn.id)
    assert (turn.status, answer.error.kind) == ("failed", "providerNotFound")
    assert "Second" in said(world, session)


async def test_interrupting_stops_the_turn_and_answers_at_once():
    world, session = await busy()
    answers(world, "Now")
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Stop!", when_busy="interrupt"))
    assert (await world.chat.wait(session.id, begun.turn.id))[1].content == "Now"
    assert said(world, session) == ["First", "Half", "Stop!", "Now"]


async def test_retrying_sets_another_answer_beside_the_old_one():
    world, session = await talked("Q")
    old = world.messages(session.id)[-1]
    answers(world, "Better")
    begun = await world.chat.retry(session.id)
    _, new = await world.chat.wait(session.id, begun.turn.id)
    assert (new.content, new.parent_id) == ("Better", old.parent_id)
    assert said(world, session) == ["Q", "Better"]
    assert world.history.page(session.id, limit=9).siblings == {new.id: (1, 2)}
    assert [m.content for m in world.model.requests[-1].messages] == ["Q"]


async def test_an_earlier_answer_can_be_retried_with_another_model():
    world, session = await talked("one", "two")
    other = FakeModel(TextDelta(text="Other"), END)
    world.preferences.models.by_name["other"] = other
    first = world.messages(session.id)[1]
    begun = await world.chat.retry(session.id, first.id, model="other:big")
    _, answer = await world.chat.wait(session.id, begun.turn.id)
    assert (answer.provider, answer.content) == ("other", "Other")
    assert said(world, session) == ["one", "Other"]


async def test_only_an_answer_can_be_retried_and_only_a_question_edited():
    world, session = await talked("Q")
    question, answer = world.messages(session.id)
    with pytest.raises(MessageNotFound):
        await world.chat.retry(session.id, question.id)
    with pytest.raises(MessageNotFound):
        await world.chat.send(Outgoing(session_id=session.id, text="x", replaces=answer.id))
    with pytest.raises(MessageNotFound):
        await world.chat.retry(world.new_session().id)


async def test_editing_asks_again_beside_the_old_question():
    world, session = await talked("one", "two", "three")
    second = world.messages(session.id)[2]
    answers(world, "A:2")
    begun = await world.chat.send(Outgoing(session_id=session.id, text="2", replaces=second.id))
    await world.chat.wait(session.id, begun.turn.id)
    assert said(world, session) == ["one", "A:one", "2", "A:2"]
    page = world.history.page(session.id, limit=9)
    assert page.siblings == {begun.user_message.id: (1, 2)}
    assert world.session(session.id).message_count == 8


async def test_the_first_question_can_be_edited_too():
    world, session = await talked("one")
    first = world.messages(session.id)[0]
    begun = await world.chat.send(Outgoing(session_id=session.id, text="1", replaces=first.id))
    await world.chat.wait(session.id, begun.turn.id)
    assert said(world, session)[0] == "1"


async def test_rewinding_shows_less_and_destroys_nothing():
    world, session = await talked("one", "two")
    first = world.messages(session.id)[1]
    view = world.branches.rewind(session.id, first.id)
    assert said(world, session) == ["one", "A:one"]
    assert view.session.message_count == 4
    names = [(branch.newest.content, branch.is_current) for branch in world.branches.branches(session.id)]
    assert names == [("A:one", True), ("A:two", False)]


async def test_a_branch_can_be_chosen_by_any_of_its_messages():
    world, session = await talked("one", "two")
    second = world.messages(session.id)[2]
    answers(world, "A:2")
    edited = await world.chat.send(Outgoing(session_id=session.id, text="2", replaces=second.id))
    await world.chat.wait(session.id, edited.turn.id)
    world.branches.select(session.id, second.id)
    assert said(world, session) == ["one", "A:one", "two", "A:two"]
    world.branches.select(session.id, edited.user_message.id)
    assert said(world, session) == ["one", "A:one", "2", "A:2"]
    names = [(branch.newest.content, branch.is_current) for branch in world.branches.branches(session.id)]
    assert names == [("A:2", True), ("A:two", False)]
    with pytest.raises(BranchNotFound):
        world.branches.select(session.id, "nothing")


async def test_clearing_empties_the_history_and_keeps_it_as_a_branch():
    world, session = await talked("one")
    world.branches.clear(session.id, reason="Fresh start")
    assert world.messages(session.id) == ()
    (branch,) = world.branches.branches(session.id)
    assert (branch.newest.content, branch.is_current) == ("A:one", False)
    assert (branch.end.event.kind, branch.end.event.reason) == ("cleared", "Fresh start")
    answers(world, "A:new")
    await world.say(session.id, "new")
    assert said(world, session) == ["new", "A:new"]
    assert [m.content for m in world.model.requests[-1].messages] == ["new"]


async def test_moving_through_the_tree_needs_a_session_that_is_free_and_active():
    world, session = await busy()
    message_id = world.messages(session.id)[0].id
    doings = (
        lambda: world.branches.rewind(session.id, message_id),
        lambda: world.branches.select(session.id, message_id),
        lambda: world.branches.clear(session.id),
    )
    for doing in doings:
        with pytest.raises(SessionBusy):
            doing()
    with pytest.raises(SessionBusy):
        await world.chat.retry(session.id)
    for status, error in (("paused", SessionPaused), ("ended", SessionEnded)):
        await world.lifecycle.move(session.id, status)
        for doing in doings:
            with pytest.raises(error):
                doing()


async def test_a_fork_begins_as_the_other_went_and_goes_its_own_way():
    world, session = await talked("one", "two")
    first = world.messages(session.id)[1]
    fork = (await world.branches.fork(NewFork(session_id=session.id, message_id=first.id))).session
    assert said(world, fork) == ["one", "A:one"]
    assert (fork.forked_from.session_id, fork.forked_from.message_id) == (session.id, first.id)
    assert (fork.key, fork.message_count) == (session.key, 2)
    answers(world, "A:other")
    await world.say(fork.id, "other")
    assert said(world, session) == ["one", "A:one", "two", "A:two"]
    assert said(world, fork) == ["one", "A:one", "other", "A:other"]


async def test_an_ended_session_can_be_forked():
    world, session = await talked("one")
    await world.lifecycle.move(session.id, "ended")
    fork = (await world.branches.fork(NewFork(session_id=session.id, title="Again"))).session
    assert (fork.status, fork.title, fork.title_source) == ("active", "Again", "user")
    with pytest.raises(MessageNotFound):
        await world.branches.fork(NewFork(session_id=session.id, message_id="nothing"))


async def test_a_message_takes_marks_in_any_state():
    world, session = await talked("one")
    await world.lifecycle.move(session.id, "ended")
    answer = world.messages(session.id)[1]
    marked = world.annotations.update(
        answer.id, {"is_favourite": True, "note": "Good", "metadata": {"a": None}}
    )
    assert (marked.is_favourite, marked.note, marked.metadata) == (True, "Good", {"a": None})
    seq = world.session(session.id).seq
    world.annotations.update(answer.id, {"note": "Good"})
    assert world.session(session.id).seq == seq
    assert world.annotations.update(answer.id, {"metadata": None}).metadata == {}
    with pytest.raises(MessageNotFound):
        world.annotations.update("nothing", {})


async def test_an_erased_message_leaves_no_trace_but_its_place():
    world, session = await talked("my secret is hunter2")
    fork = (await world.branches.fork(NewFork(session_id=session.id))).session
    question = world.messages(session.id)[0]
    erased = await world.annotations.erase(question.id)
    assert (erased.id, erased.content) == (question.id, "")
    for where in (session, fork):
        assert said(world, where)[0] == ""
        assert "hunter2" not in world.session(where.id).title
    gap = world.history.events(session.id, after_seq=0, limit=100)
    told = [str(past.event) for past in gap.events]
    assert not any("my secret" in text for text in told if "A:my secret" not in text)


async def test_a_message_that_is_being_written_cannot_be_erased():
    world, session = await busy()
    with pytest.raises(SessionBusy):
        await world.annotations.erase(world.messages(session.id)[1].id)
    await world.chat.stop_all()


OVERLOADED = ProviderOverloaded("Busy.", provider="fake", retry_after_ms=1)


class Moody(FakeModel):
    """Fails some times before it answers."""

    def __init__(self, *failures):
        super().__init__(TextDelta(text="At last"), END)
        self.failures = list(failures)

    async def stream(self, request):
        if self.failures:
            self.requests.append(request)
            raise self.failures.pop(0)
        async for event in super().stream(request):
            yield event


async def test_a_provider_that_fails_before_its_first_word_is_asked_again_visibly():
    world = World(Moody(OVERLOADED, OVERLOADED))
    world.preferences.models.retry_count = 2
    answer = await world.say(world.new_session().id)
    assert (answer.content, answer.status) == ("At last", "complete")
    told = [(event.attempt, event.kind) for event in world.audience.of(TurnRetrying)]
    assert told == [(2, "providerOverloaded"), (3, "providerOverloaded")]


async def test_retries_end():
    world = World(Moody(OVERLOADED, OVERLOADED, OVERLOADED))
    world.preferences.models.retry_count = 2
    answer = await world.say(world.new_session().id)
    assert (answer.status, answer.error.kind) == ("failed", "providerOverloaded")
    assert len(world.model.requests) == 3


async def test_what_cannot_succeed_or_has_begun_is_not_tried_again():
    world = World(Moody(ProviderAuth("No key.", provider="fake")))
    world.preferences.models.retry_count = 2
    assert (await world.say(world.new_session().id)).error.kind == "providerAuth"
    begun = World(FakeModel(TextDelta(text="Half"), ProviderNetwork("Cut.", provider="fake")))
    begun.preferences.models.retry_count = 2
    assert (await begun.say(begun.new_session().id)).status == "failed"
    assert len(begun.model.requests) == 1
    assert begun.audience.of(TurnRetrying) == []


async def test_a_turn_can_be_cancelled_while_it_waits_to_be_tried_again():
    patient = ProviderOverloaded("Busy.", provider="fake", retry_after_ms=20_000)
    world = World(Moody(patient))
    world.preferences.models.retry_count = 1
    session = world.new_session()
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    while not world.audience.of(TurnRetrying):
        await world.executor(lambda: None)
    assert (await world.chat.cancel(session.id, begun.turn.id)).status == "cancelled"
    assert world.audience.of(TurnCompleted)[-1].turn.status == "cancelled"


async def test_marks_on_an_answer_that_is_being_written_stay_and_do_not_touch_its_text():
    world, session = await busy()
    answer = world.messages(session.id)[1]
    with world.store.writing() as changes:
        changes.append_journal(answer.id, "text", "Half")
    marked = world.annotations.update(answer.id, {"is_favourite": True, "note": "Good"})
    assert (marked.content, marked.note) == ("Half", "Good")
    assert world.messages(session.id)[1].content == "Half"
    await world.chat.stop_all()
    ended = world.messages(session.id)[1]
    assert (ended.content, ended.is_favourite, ended.note) == ("Half", True, "Good")
    assert world.audience.of(TurnCompleted)[-1].message == ended


async def test_retrying_or_editing_what_a_summary_stands_for_still_sends_the_question():
    world, session = await talked("one")
    world.preferences.context_messages = 4
    for text in ("two", "three", "four"):
        await world.say(session.id, text)
    assert world.session(session.id).context_summary_seq > 0
    question, answer = world.messages(session.id)[:2]
    begun = await world.chat.retry(session.id, answer.id)
    await world.chat.wait(session.id, begun.turn.id)
    assert [m.content for m in world.model.requests[-1].messages] == ["one"]
    begun = await world.chat.send(Outgoing(session_id=session.id, text="1", replaces=question.id))
    await world.chat.wait(session.id, begun.turn.id)
    assert [m.content for m in world.model.requests[-1].messages] == ["1"]
    assert "Summary" not in (world.model.requests[-1].system or "")


async def test_a_question_at_the_end_of_the_history_can_be_answered_again():
    world, session = await talked("one")
    world.branches.rewind(session.id, world.messages(session.id)[0].id)
    answers(world, "Again")
    begun = await world.chat.retry(session.id)
    await world.chat.wait(session.id, begun.turn.id)
    assert said(world, session) == ["one", "Again"]


async def test_what_is_said_in_an_erased_answer_stays_while_its_traces_are_taken_away():
    world, session = await busy()
    await world.chat.stop_session(session.id)
    fork = (await world.branches.fork(NewFork(session_id=session.id))).session
    _, left = await world.annotations.begin_erasing(world.messages(session.id)[-1].id)
    with pytest.raises(NothingToContinue):  # the copy still has the words, and is to lose them
        await world.chat.carry_on(fork.id)
    for where in (session, fork):
        answers(world, "New words")
        again = await world.chat.carry_on(where.id)
        await world.chat.wait(where.id, again.turn.id)
        await world.annotations.go_on(left)
        assert said(world, session)[-1] == "New words"
    assert said(world, fork)[-1] == "New words"


async def test_continuing_passes_over_what_was_dropped_from_the_queue():
    world, session = await busy()
    begun = await world.chat.send(queued(session, "Never mind"))
    await world.chat.queue(session.id, clear=[begun.turn.id])
    await world.chat.stop_session(session.id)
    answers(world, " done")
    again = await world.chat.carry_on(session.id)
    _, answer = await world.chat.wait(session.id, again.turn.id)
    assert answer.content == "Half done"


async def test_continuing_looks_behind_any_number_of_entries():
    world, session = await busy()
    await world.chat.stop_session(session.id)
    for n in range(60):
        world.sessions.switch_agent(session.id, ("coder", "assistant")[n % 2])
    answers(world, " done")
    again = await world.chat.carry_on(session.id)
    assert (await world.chat.wait(session.id, again.turn.id))[1].content == "Half done"


async def test_what_is_dropped_from_the_queue_is_told_as_ended():
    world, session = await busy()
    begun = [await world.chat.send(queued(session, text)) for text in ("2", "3")]
    world.audience.forget()
    await world.chat.queue(session.id, clear=[begun[0].turn.id])
    await world.lifecycle.move(session.id, "ended")
    told = {event.turn.id: event.turn.status for event in world.audience.of(TurnCompleted)}
    assert told[begun[0].turn.id] == told[begun[1].turn.id] == "cancelled"


async def test_an_interruption_goes_before_what_waits():
    world, session = await busy()
    waiting = await world.chat.send(queued(session, "Waiting"))
    answers(world, "ok")
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Now!", when_busy="interrupt"))
    assert begun.is_queued is False
    await world.chat.wait(session.id, begun.turn.id)
    await world.chat.wait(session.id, waiting.turn.id)
    assert said(world, session) == ["First", "Half", "Now!", "ok", "Waiting", "ok"]


async def test_erasing_takes_drafts_that_hold_the_text_and_leaves_the_others():
    world, session = await talked("hunter2")
    for window, text in ((None, "an unrelated draft"), ("left", "it was hunter2!")):
        world.opening.set_draft(session.id, text=text, window_id=window)
    await world.annotations.erase(world.messages(session.id)[0].id)
    with world.store.reading() as records:
        assert [draft.text for draft in records.drafts(session.id)] == ["an unrelated draft"]


async def test_erasing_takes_drafts_that_have_the_text_attached():
    world, session = await talked("hunter2")
    pasted = WantedAttachment(kind="text", text="password: hunter2")
    world.opening.set_draft(session.id, text="see below", attachments=(pasted,))
    await world.annotations.erase(world.messages(session.id)[0].id)
    assert world.opening.drafts(session.id).own is None


async def test_a_draft_that_is_sent_is_gone_with_the_message_and_others_stay():
    world, session = await talked("one")
    for window, text in (("left", " Why? "), ("right", "Why not?")):
        world.opening.set_draft(session.id, text=text, window_id=window)
    await world.say(session.id, "Why?")
    assert world.opening.drafts(session.id, window_id="left").own is None
    assert world.opening.drafts(session.id, window_id="right").own.text == "Why not?"


async def test_an_edit_takes_no_draft_along():
    world, session = await talked("one")
    world.opening.set_draft(session.id, text="two")
    question = world.messages(session.id)[0]
    answers(world, "ok")
    begun = await world.chat.send(Outgoing(session_id=session.id, text="two", replaces=question.id))
    await world.chat.wait(session.id, begun.turn.id)
    assert world.opening.drafts(session.id).own.text == "two"


async def test_a_secret_that_waits_in_the_queue_can_be_erased():
    world, session = await busy()
    begun = await world.chat.send(queued(session, "hunter2"))
    erased = await world.annotations.erase(begun.user_message.id)
    assert (erased.content, await world.chat.queue(session.id)) == ("", [])
    await world.chat.stop_all()
    assert "hunter2" not in said(world, session)


async def test_a_title_that_a_person_chose_survives_erasing_another_message():
    world, session = await talked("one", "two")
    title = world.session(session.id).title
    await world.annotations.erase(world.messages(session.id)[2].id)
    assert world.session(session.id).title == title
