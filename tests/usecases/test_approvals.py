"""Approvals: stored before anybody is asked, answered once from anywhere, kept over a restart, by rules where there are some."""

import asyncio
import hashlib

import pytest

from tests.support.fake_models import Ask, FakeModel
from tests.support.surroundings import FakeAudience
from tests.support.world import FOLDER, World
from tests.usecases.test_following import OtherProcess
from threadkeep.domain.approvals import PermissionRule, fingerprint_of
from threadkeep.domain.errors import AlreadyDecided, ApprovalNotFound, InvalidValue
from threadkeep.domain.events import ApprovalClosed, ApprovalRequested, PartChanged, StoreWarned
from threadkeep.domain.tool_calls import Blob, Location, OutputItem, ToolCall
from threadkeep.ports.models import CallChanged, Stop, TextDelta
from threadkeep.usecases.chat.turn_start import Outgoing
from threadkeep.values import evolve

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


# What a decision is for, and what it is not


async def test_a_decision_is_for_one_run_and_for_one_answer():
    world = trusting(*ASKS)
    session = world.new_session()
    begun, approval = await asking(world, session)
    world.cases.approvals.decide(session.id, approval.id, "allowOnce")
    await world.chat.wait(session.id, begun.turn.id)
    world.audience.forget()
    _, again = await asking(world, session)
    assert again.id != approval.id
    await world.chat.stop_all()


async def test_a_call_that_had_begun_to_run_is_asked_about_again():
    world = trusting(RUN, Ask(call="c1", yes=(CallChanged(id="c1", state="running"),)), FakeModel.HOLD)
    session = world.new_session()
    _, approval = await asking(world, session)
    world.cases.approvals.decide(session.id, approval.id, "allowOnce")
    await until(lambda: call_of(world, session.id).state == "running")
    await world.chat.stop_all()
    again = trusting(*ASKS, store=world.store, clock=world.clock, id_prefix="again")
    await again.chat.carry_on(session.id)
    await until(lambda: again.audience.of(ApprovalRequested))
    await again.chat.stop_all()


async def test_a_rule_that_denies_is_stronger_than_an_earlier_decision():
    world = trusting(*ASKS)
    session = world.new_session()
    _, approval = await asking(world, session)
    await world.chat.stop_all()
    again = trusting(*ASKS, store=world.store, clock=world.clock, id_prefix="again")
    again.cases.approvals.decide(session.id, approval.id, "allowOnce")
    again.rules.rules.append(PermissionRule(tool="execute", match="*", decision="deny"))
    begun = await again.chat.carry_on(session.id)
    await again.chat.wait(session.id, begun.turn.id)
    assert call_of(again, session.id).state == "rejected"


async def test_a_call_that_has_ended_allows_nothing_under_its_id():
    other = CallChanged(id="c1", input={"command": "rm -rf /"})
    no = (TextDelta(text="No."),)
    world = trusting(*ASKS[:2], other, Ask(call="c1", yes=(TextDelta(text="Yes."),), no=no), END)
    session = world.new_session()
    begun, approval = await asking(world, session)
    world.cases.approvals.decide(session.id, approval.id, "allowOnce")
    _, answer = await world.chat.wait(session.id, begun.turn.id)
    assert answer.content == "No."


DELETE = ToolCall(id="c", kind="delete", locations=(Location(uri="/a"),))


@pytest.mark.parametrize(
    "other",
    [
        evolve(DELETE, locations=(Location(uri="/b"),)),
        evolve(DELETE, kind="edit"),
        evolve(DELETE, name="rm"),
        evolve(DELETE, input={"path": "/a"}),
        evolve(DELETE, output=(OutputItem(type="terminal", command="make", cwd="/a"),)),
    ],
)
def test_what_is_shown_otherwise_is_another_question(other):
    assert fingerprint_of(other) != fingerprint_of(DELETE)
    assert fingerprint_of(evolve(other, id="d", title="x", state="waiting")) == fingerprint_of(other)


def test_a_diff_is_the_same_question_whether_or_not_it_lies_apart():
    text = "x" * 100_000
    digest = hashlib.sha256(text.encode()).hexdigest()
    here = evolve(DELETE, output=(OutputItem(type="diff", uri="/a", new_text=text),))
    apart = evolve(
        DELETE, output=(OutputItem(type="diff", uri="/a", new_blob=Blob(sha256=digest, size=100_000)),)
    )
    assert fingerprint_of(here) == fingerprint_of(apart)


def test_a_call_that_shows_nothing_is_known_by_its_title():
    assert fingerprint_of(ToolCall(id="c", title="Delete a")) != fingerprint_of(
        ToolCall(id="c", title="Delete b")
    )


async def test_what_waits_when_a_rule_answers_by_now_is_withdrawn():
    world = trusting(*ASKS)
    session = world.new_session()
    await asking(world, session)
    await world.chat.stop_all()
    again = trusting(*ASKS, store=world.store, clock=world.clock, id_prefix="again")
    again.rules.rules.append(PermissionRule(tool="execute", match="rm -r build", decision="allow"))
    begun = await again.chat.carry_on(session.id)
    await again.chat.wait(session.id, begun.turn.id)
    with again.store.reading() as records:
        assert records.approvals(session.id) == []
    assert [event.approval.is_withdrawn for event in again.audience.of(ApprovalClosed)] == [True]


async def test_an_approval_ends_with_its_turn_whatever_became_of_its_call():
    world = trusting(RUN, Ask(call="c1"), END)
    session = world.new_session()
    begun, _ = await asking(world, session)
    await world.chat.cancel(session.id)
    await world.chat.wait(session.id, begun.turn.id)
    with world.store.reading() as records:
        assert records.approvals(session.id) == []


async def test_erasing_an_answer_takes_its_question_back():
    world = trusting(*ASKS)
    session = world.new_session()
    await asking(world, session)
    await world.chat.stop_all()
    await world.annotations.erase(world.messages(session.id)[-1].id)
    assert world.session(session.id).activity == "interrupted"
    assert len(world.audience.of(ApprovalClosed)) == 1


async def test_a_decision_that_comes_before_the_question_is_noted_is_heard():
    world = trusting(*ASKS)
    session = world.new_session()

    class Hasty(FakeAudience):
        """Decides in the moment in which it is asked."""

        def __call__(self, event):
            super().__call__(event)
            if isinstance(event, ApprovalRequested):
                world.cases.approvals.decide(session.id, event.approval.id, "allowOnce")

    world.audience.__class__ = Hasty
    answer = await world.say(session.id)
    assert answer.content == "Ok."


async def test_a_rule_that_cannot_be_kept_is_told_and_the_decision_stands(monkeypatch):
    world = trusting(EDIT, *ASKS[1:])
    session = world.new_session()
    _, approval = await asking(world, session)

    def refuse(rule, *, before):
        raise InvalidValue("rule", "cannot be kept")

    monkeypatch.setattr(world.rules, "insert", refuse)
    option = next(each for each in approval.options if each.kind == "allowAlways")
    assert world.cases.approvals.decide(session.id, approval.id, option.id).is_allowed
    assert [event.kind for event in world.audience.of(StoreWarned)] == ["permissions"]
    await world.chat.stop_all()


async def test_what_is_redacted_is_not_asked_in_the_clear():
    secret = "sk-" + "a1B2" * 12
    call = evolve(RUN, input={"command": f"curl -H 'Authorization: Bearer {secret}' example.org"})
    world = trusting(call, *ASKS[1:])
    world.preferences.redacts = True
    session = world.new_session()
    _, approval = await asking(world, session)
    assert secret not in str(approval)
    await world.chat.stop_all()


async def test_only_what_this_window_has_open_is_inside():
    elsewhere = CallChanged(
        id="c1", kind="edit", output=(OutputItem(type="diff", uri="/other/clone/a.py", new_text="x"),)
    )
    world = trusting(elsewhere, *ASKS[1:])
    session = world.new_session()
    with world.store.writing() as changes:
        repository = changes.repository(session.key.repository_id)
        changes.put_repository(evolve(repository, roots=("/other/clone", *repository.roots)))
    world.sessions.set_mode(session.id, "acceptEdits")
    await asking(world, session)
    await world.chat.stop_all()


async def test_what_waited_under_another_id_ends_when_its_question_moves_on():
    world = trusting(*ASKS)
    session = world.new_session()
    _, approval = await asking(world, session)
    await world.chat.stop_all()
    same = evolve(RUN, id="c2")
    again = trusting(same, Ask(call="c2"), END, store=world.store, clock=world.clock, id_prefix="again")
    await again.chat.carry_on(session.id)
    await until(lambda: again.audience.of(ApprovalRequested))
    asked = again.audience.of(ApprovalRequested)[-1].approval
    assert (asked.id, asked.call_id) == (approval.id, "c2")
    states = [part.call.state for part in again.messages(session.id)[-1].parts if part.call]
    assert states == ["interrupted", "waiting"]
    told = [(event.part.call.id, event.part.call.state) for event in again.audience.of(PartChanged)]
    assert ("c1", "interrupted") in told
    await again.chat.stop_all()
