"""Approvals: stored before anybody is asked, answered once from anywhere, kept over a restart, by rules where there are some."""

import asyncio

import pytest

from tests.support.fake_models import Ask, FakeModel
from tests.support.world import FOLDER, World
from tests.usecases.test_following import OtherProcess
from threadkeep.domain.approvals import PermissionRule
from threadkeep.domain.errors import AlreadyDecided, ApprovalNotFound, InvalidValue
from threadkeep.domain.events import ApprovalClosed, ApprovalRequested, PartChanged
from threadkeep.domain.tool_calls import Location, OutputItem
from threadkeep.ports.models import CallChanged, Stop, TextDelta
from threadkeep.usecases.chat.turn_start import Outgoing

END = Stop(reason="endTurn")
RUN = CallChanged(id="c1", name="bash", title="Remove it", kind="execute", input={"command": "rm -r build"})
DONE = CallChanged(id="c1", state="completed")
ASKS = (RUN, Ask(call="c1", yes=(DONE,), no=(TextDelta(text="I will not."),)), TextDelta(text="Ok."), END)


def trusting(*script, **more):
    world = World(FakeModel(*script), **more)
    world.trusted_roots = [FOLDER.removeprefix("file://")]
    return world


async def asking(world, session):
    """Sends a message and waits until its answer asks."""
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await until(lambda: world.audience.of(ApprovalRequested))
    return begun, world.audience.of(ApprovalRequested)[-1].approval


async def until(holds):
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - a fake has no event to wait for
            await asyncio.sleep(0)


def call_of(world, session_id, at=-1):
    return next(part.call for part in world.messages(session_id)[at].parts if part.call)


async def test_a_question_is_stored_when_it_is_asked_and_the_session_waits():
    world = trusting(*ASKS)
    session = world.new_session()
    _, approval = await asking(world, session)
    with world.store.reading() as records:
        assert records.approvals(session.id) == [approval]
        (answer,) = [
            each for each in records.path(world.session(session.id), limit=5) if each.role == "assistant"
        ]
        assert [part.type for part in answer.parts] == ["toolCall"]
    assert (approval.title, approval.detail, approval.call_id) == ("Remove it", "rm -r build", "c1")
    assert [option.kind for option in approval.options] == ["allowOnce", "rejectOnce"]
    assert call_of(world, session.id).state == "waiting"
    assert world.session(session.id).activity == "waiting"
    await world.chat.stop_all()


@pytest.mark.parametrize(
    ("option", "state", "said"),
    [("allowOnce", "completed", "Ok."), ("rejectOnce", "rejected", "I will not.Ok.")],
)
async def test_the_turn_goes_on_as_was_decided(option, state, said):
    world = trusting(*ASKS)
    session = world.new_session()
    begun, approval = await asking(world, session)
    decided = world.cases.approvals.decide(session.id, approval.id, option, note="why")
    _, answer = await world.chat.wait(session.id, begun.turn.id)
    assert (decided.option_id, decided.decided_by, decided.note) == (option, "test", "why")
    assert (call_of(world, session.id).state, answer.content) == (state, said)
    assert world.session(session.id).activity == "idle"
    assert [event.approval.option_id for event in world.audience.of(ApprovalClosed)] == [option]


async def test_the_first_decision_wins():
    world = trusting(*ASKS)
    session = world.new_session()
    _, approval = await asking(world, session)
    world.cases.approvals.decide(session.id, approval.id, "rejectOnce")
    with pytest.raises(AlreadyDecided) as late:
        world.cases.approvals.decide(session.id, approval.id, "allowOnce")
    assert late.value.data == {"option_id": "rejectOnce", "decided_by": "test"}
    await world.chat.stop_all()


async def test_what_there_is_not_is_refused():
    world = trusting(*ASKS)
    session, other = world.new_session(), world.new_session()
    _, approval = await asking(world, session)
    with pytest.raises(ApprovalNotFound):
        world.cases.approvals.decide(session.id, "nobody", "allowOnce")
    with pytest.raises(ApprovalNotFound):
        world.cases.approvals.decide(other.id, approval.id, "allowOnce")
    with pytest.raises(InvalidValue):
        world.cases.approvals.decide(session.id, approval.id, "maybe")
    await world.chat.stop_all()


async def test_another_process_may_decide():
    world = trusting(*ASKS)
    session = world.new_session()
    other = World(store=OtherProcess(world.store), clock=world.clock, id_prefix="other")
    other.following.look()
    world.following.look()
    begun, approval = await asking(world, session)
    other.following.look()
    assert [event.approval for event in other.audience.of(ApprovalRequested)] == [approval]
    other.cases.approvals.decide(session.id, approval.id, "allowOnce")
    world.following.look()
    _, answer = await world.chat.wait(session.id, begun.turn.id)
    assert answer.content == "Ok."


@pytest.mark.parametrize("option", ["allowOnce", "rejectOnce"])
@pytest.mark.parametrize("is_decided_before", [True, False])
async def test_a_question_outlives_its_process_and_nobody_is_asked_twice(option, is_decided_before):
    world = trusting(*ASKS)
    session = world.new_session()
    _, approval = await asking(world, session)
    await world.chat.stop_all()
    assert world.messages(session.id)[-1].status == "interrupted"
    assert call_of(world, session.id).state == "waiting"
    assert world.session(session.id).activity == "waiting"
    again = trusting(*ASKS, store=world.store, clock=world.clock, id_prefix="again")
    if is_decided_before:
        again.cases.approvals.decide(session.id, approval.id, option)
        assert again.session(session.id).activity == "interrupted"
    begun = await again.chat.carry_on(session.id)
    if not is_decided_before:
        await until(lambda: again.audience.of(ApprovalRequested))
        asked = again.audience.of(ApprovalRequested)[-1].approval
        assert asked.id == approval.id
        again.cases.approvals.decide(session.id, approval.id, option)
    await again.chat.wait(session.id, begun.turn.id)
    assert bool(again.audience.of(ApprovalRequested)) is not is_decided_before
    parts = [part for part in again.messages(session.id)[-1].parts if part.call]
    assert [part.call.state for part in parts] == ["completed" if option == "allowOnce" else "rejected"]
    with again.store.reading() as records:
        assert records.approvals(session.id) == []


async def test_a_call_that_was_allowed_and_cut_off_goes_on_in_its_place():
    world = trusting(RUN, Ask(call="c1", yes=(CallChanged(id="c1", state="running"),)), FakeModel.HOLD)
    session = world.new_session()
    _, approval = await asking(world, session)
    world.cases.approvals.decide(session.id, approval.id, "allowOnce")
    await until(lambda: call_of(world, session.id).state == "running")
    await world.chat.stop_all()
    assert call_of(world, session.id).state == "interrupted"
    again = trusting(RUN, DONE, END, store=world.store, clock=world.clock, id_prefix="again")
    begun = await again.chat.carry_on(session.id)
    await again.chat.wait(session.id, begun.turn.id)
    assert [p.call.state for p in again.messages(session.id)[-1].parts if p.call] == ["completed"]


async def test_another_call_is_another_question():
    world = trusting(*ASKS)
    session = world.new_session()
    _, approval = await asking(world, session)
    await world.chat.stop_all()
    other = CallChanged(id="c1", input={"command": "rm -r /"})
    again = trusting(other, *ASKS[1:], store=world.store, clock=world.clock, id_prefix="again")
    again.cases.approvals.decide(session.id, approval.id, "allowOnce")
    await again.chat.carry_on(session.id)
    await until(lambda: again.audience.of(ApprovalRequested))
    assert again.audience.of(ApprovalRequested)[-1].approval.id != approval.id
    await again.chat.stop_all()


async def withdrawn_by_cancel(world, session):
    await world.chat.cancel(session.id)


async def withdrawn_by_end(world, session):
    await world.lifecycle.move(session.id, "ended")


@pytest.mark.parametrize("withdraw", [withdrawn_by_cancel, withdrawn_by_end])
async def test_what_nobody_waits_for_any_more_is_withdrawn(withdraw):
    world = trusting(*ASKS)
    session = world.new_session()
    _, approval = await asking(world, session)
    await withdraw(world, session)
    assert [event.approval.is_withdrawn for event in world.audience.of(ApprovalClosed)] == [True]
    assert call_of(world, session.id, -1 if withdraw is withdrawn_by_cancel else -2).state == "cancelled"
    with pytest.raises(AlreadyDecided, match="Nobody waits"):
        world.cases.approvals.decide(session.id, approval.id, "allowOnce")


async def test_another_message_withdraws_what_a_cut_off_answer_asked():
    world = trusting(*ASKS)
    session = world.new_session()
    _, approval = await asking(world, session)
    await world.chat.stop_all()
    again = World(
        FakeModel(TextDelta(text="Fine."), END), store=world.store, clock=world.clock, id_prefix="again"
    )
    await again.say(session.id)
    assert [event.approval.id for event in again.audience.of(ApprovalClosed)] == [approval.id]
    assert call_of(again, session.id, 1).state == "cancelled"
    assert again.session(session.id).activity == "idle"


async def test_cancelling_withdraws_what_a_cut_off_answer_asked():
    world = trusting(*ASKS)
    session = world.new_session()
    await asking(world, session)
    await world.chat.stop_all()
    again = World(store=world.store, clock=world.clock, id_prefix="again")
    assert await again.chat.cancel(session.id) is None
    assert again.session(session.id).activity == "interrupted"
    assert call_of(again, session.id).state == "cancelled"


READ = CallChanged(id="c1", name="read", kind="read", locations=(Location(uri="/code/app/a.py"),))
EDIT = CallChanged(
    id="c1", name="edit", kind="edit", output=(OutputItem(type="diff", uri="/code/app/a.py", new_text="x"),)
)


@pytest.mark.parametrize(
    ("call", "mode", "is_trusted", "verdict"),
    [
        (READ, "ask", True, "completed"),
        (EDIT, "ask", True, "waiting"),
        (EDIT, "acceptEdits", True, "completed"),
        (RUN, "acceptEdits", True, "waiting"),
        (EDIT, "readOnly", True, "rejected"),
        (EDIT, "allowAll", True, "completed"),
        (EDIT, "allowAll", False, "rejected"),
        (READ, "ask", False, "completed"),
    ],
)
async def test_a_mode_says_what_is_asked(call, mode, is_trusted, verdict):
    world = trusting(call, *ASKS[1:])
    session = world.new_session()
    root = FOLDER.removeprefix("file://")
    world.trusted_roots = [root] if is_trusted else []
    world.sessions.set_mode(session.id, mode)
    await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await until(lambda: world.audience.of(PartChanged) and call_of(world, session.id).state == verdict)
    await world.chat.stop_all()


async def test_a_rule_answers_for_the_person():
    world = trusting(*ASKS)
    world.rules.rules.append(PermissionRule(tool="execute", match="rm -r build", decision="allow"))
    session = world.new_session()
    await world.say(session.id)
    assert world.audience.of(ApprovalRequested) == []
    assert call_of(world, session.id).state == "completed"


async def test_allowing_always_keeps_the_rule_that_was_shown():
    world = trusting(EDIT, *ASKS[1:])
    session = world.new_session()
    _, approval = await asking(world, session)
    option = next(each for each in approval.options if each.kind == "allowAlways")
    world.cases.approvals.decide(session.id, approval.id, option.id)
    assert world.rules.rules == [option.rule]
    await world.chat.stop_all()
