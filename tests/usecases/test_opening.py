import pytest

from tests.support.fake_models import FakeModel
from tests.support.store import values_of
from tests.support.world import World
from threadkeep.domain.errors import InvalidValue, SessionNotFound
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.messages import Range, WantedAttachment
from threadkeep.domain.sessions import Session
from threadkeep.ports.models import Stop, TextDelta
from threadkeep.usecases.chat.turn_start import Outgoing
from threadkeep.usecases.repositories.repositories import RepositoryChoice, Where
from threadkeep.usecases.sessions.opening import NO_DRAFTS
from threadkeep.usecases.sessions.sessions import SessionPatch


def opened(world: World, **more) -> Session:
    return world.opening.open(Where(), **more).view.session


def test_the_first_time_a_session_is_made_and_then_given_again():
    world = World()
    first = world.opening.open(Where())
    again = world.opening.open(Where())
    assert (first.created, again.created) == (True, False)
    assert first.view.session == again.view.session
    assert len(world.audience.of(SessionChanged)) == 1


def test_nothing_is_made_where_only_a_look_is_wanted():
    world = World()
    looked = world.opening.open(Where(), create_if_missing=False)
    assert (looked.view, looked.created, looked.page.messages) == (None, False, ())
    assert world.store.facts().sessions == 0
    session = opened(world)
    assert opened(world, create_if_missing=False) == session


def test_another_task_repository_or_workflow_has_its_own_session():
    world = World()
    wheres = [
        Where(),
        Where(task="other"),
        Where(workflow="review"),
        Where(repository=RepositoryChoice(name="notes")),
        Where(repository=RepositoryChoice(name="notes"), task="other", workflow="review"),
    ]
    ids = [world.opening.open(where).view.session.id for where in wheres]
    assert len(set(ids)) == len(ids)
    assert [world.opening.open(where).view.session.id for where in wheres] == ids


async def test_the_newest_messages_come_along_oldest_first():
    world = World()
    session = opened(world)
    for text in ("one", "two"):
        await world.say(session.id, text)
    result = world.opening.open(Where(), limit=3)
    assert [m.content for m in values_of(result.page.messages)] == ["Hello world", "two", "Hello world"]
    assert result.page.before_cursor is not None
    assert world.opening.open(Where(), limit=4).page.before_cursor is None


async def test_a_paused_session_is_given_back_but_never_an_ended_one():
    world = World()
    session = opened(world)
    await world.lifecycle.move(session.id, "paused")
    assert opened(world).id == session.id
    await world.lifecycle.move(session.id, "ended")
    assert opened(world).id != session.id


def test_an_archived_session_is_not_given_back():
    world = World()
    session = opened(world)
    world.sessions.set_archived(session.id, archived=True)
    assert opened(world).id != session.id


def test_a_new_session_becomes_the_current_one_unless_it_must_not():
    world = World()
    first = opened(world)
    world.new_session(make_current=False)
    assert opened(world).id == first.id
    second = world.new_session()
    assert opened(world).id == second.id


async def test_without_a_current_session_the_one_last_active_is_given():
    world = World()
    older, newer = world.new_session(make_current=False), world.new_session(make_current=False)
    assert opened(world).id == newer.id
    await world.say(older.id)
    assert opened(world).id == older.id


def test_activating_makes_a_session_current():
    world = World()
    first, second = world.new_session(), world.new_session()
    world.opening.activate(first.id)
    assert opened(world).id == first.id
    world.opening.activate(second.id)
    assert opened(world).id == second.id
    with pytest.raises(SessionNotFound):
        world.opening.activate("nobody")


def test_each_window_gets_its_own_session_back():
    world = World()
    shared = opened(world)
    own = world.new_session(window_id="left")
    assert opened(world, window_id="left").id == own.id
    assert opened(world, window_id="right").id == shared.id
    assert opened(world).id == shared.id
    world.new_session()
    assert opened(world, window_id="right").id == shared.id


def test_a_session_that_moved_away_is_not_given_for_its_old_key():
    world = World()
    session = opened(world)
    world.sessions.update(session.id, SessionPatch(fields={"task": "elsewhere"}))
    assert opened(world).id != session.id
    assert world.opening.open(Where(task="elsewhere")).view.session.id == session.id


def test_the_current_session_can_be_asked_for_without_making_one():
    world = World()
    assert world.opening.current(Where()) is None
    session = opened(world)
    assert world.opening.current(Where()).session == session
    assert world.opening.current(Where(task="other")) is None


def test_a_draft_comes_back_to_its_window_else_the_sessions_own():
    world = World()
    session = opened(world)
    world.opening.set_draft(session.id, text="shared", scroll="10")
    world.opening.set_draft(session.id, text="mine", window_id="left")
    draft = world.opening.open(Where()).drafts.own
    assert (draft.text, draft.scroll) == ("shared", "10")
    assert world.opening.open(Where(), window_id="left").drafts.own.text == "mine"
    assert world.opening.open(Where(), window_id="right").drafts.own.text == "shared"
    world.opening.set_draft(session.id, text="")
    assert world.opening.open(Where()).drafts.own is None
    with pytest.raises(SessionNotFound):
        world.opening.set_draft("nobody", text="x")
    with pytest.raises(SessionNotFound):
        world.opening.drafts("nobody")


def test_a_draft_is_one_thing_with_its_cursor_attachments_and_scroll():
    world = World()
    session = opened(world)
    attached = (
        WantedAttachment(
            kind="range",
            uri="file:///a.py",
            range=Range(start_line=1, start_character=0, end_line=2, end_character=3),
        ),
        WantedAttachment(kind="text", text="pasted"),
    )
    world.opening.set_draft(session.id, text="", scroll="7", cursor=0, attachments=attached, window_id="w")
    draft = world.opening.open(Where(), window_id="w").drafts.own
    assert (draft.text, draft.scroll, draft.cursor, draft.attachments) == ("", "7", 0, attached)
    world.opening.set_draft(session.id, text="", window_id="w")
    assert world.opening.open(Where(), window_id="w").drafts == NO_DRAFTS


def test_the_newer_of_two_drafts_comes_back_and_the_others_are_offered_newest_first():
    world = World()
    session = opened(world)
    for window, text in (("w", "old"), (None, "newer"), ("dead", "lost"), ("twin", "lost")):
        world.opening.set_draft(session.id, text=text, window_id=window)
    drafts = world.opening.open(Where(), window_id="w").drafts
    assert (drafts.own.text, [draft.text for draft in drafts.others]) == ("newer", ["lost", "old"])
    assert world.opening.drafts(session.id, window_id="w") == drafts
    world.opening.set_draft(session.id, text="old", window_id="w")
    assert world.opening.drafts(session.id, window_id="w").own.text == "old"


def test_a_draft_that_was_taken_or_dropped_goes_with_the_one_that_says_so():
    world = World()
    session, other = opened(world), world.new_session()
    for place in (session.id, other.id):
        for window in ("w", None, "dead", "alive"):
            world.opening.set_draft(place, text=str(window), window_id=window)
    world.opening.set_draft(session.id, text="dead", window_id="w", replaces=("dead", "", "w", "nobody"))
    drafts = world.opening.drafts(session.id, window_id="w")
    assert (drafts.own.text, [draft.text for draft in drafts.others]) == ("dead", ["alive"])
    assert len(world.opening.drafts(other.id).others) == 3


def test_a_draft_holds_no_more_than_a_message():
    world = World()
    session = opened(world)
    small, big = WantedAttachment(kind="text", text="x"), WantedAttachment(kind="text", text="x" * 5_000_000)
    for attachments in ((small,) * 51, (big,)):
        with pytest.raises(InvalidValue, match="at most"):
            world.opening.set_draft(session.id, text="x", attachments=attachments)
    assert world.opening.drafts(session.id).own is None


class DeadHolders:
    """A store that sees every process as dead, as after kill -9."""

    def __init__(self, store):
        self._store = store
        self.owner = "another"

    def is_alive(self, _holder):
        return False

    def __getattr__(self, name):
        return getattr(self._store, name)


async def killed_in_mid_answer(world: World) -> Session:
    """A session whose answer stands half in the journal, its process gone."""
    session = opened(world)
    await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await world.streamed()
    with world.store.writing() as changes:
        turn = changes.running_turns()[0]
        changes.append_journal(turn.message_id, "text", "Half")
    return session


async def test_the_turn_of_a_dead_process_is_interrupted_and_its_text_stays():
    dead = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    session = await killed_in_mid_answer(dead)
    alive = World(store=DeadHolders(dead.store), clock=dead.clock, id_prefix="new")
    result = alive.opening.open(Where())
    answer = values_of(result.page.messages)[-1]
    assert (answer.content, answer.status) == ("Half", "interrupted")
    assert (result.interrupted_turn.status, result.interrupted_turn.message_id) == ("interrupted", answer.id)
    assert (result.view.session.id, result.view.session.activity) == (session.id, "interrupted")


async def test_an_interrupted_answer_can_be_continued_by_another_process():
    dead = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    session = await killed_in_mid_answer(dead)
    model = FakeModel(TextDelta(text=" done"), Stop(reason="endTurn"))
    alive = World(model, store=DeadHolders(dead.store), clock=dead.clock, id_prefix="new")
    begun = await alive.chat.carry_on(session.id)
    _, answer = await alive.chat.wait(session.id, begun.turn.id)
    assert (answer.content, answer.status) == ("Half done", "complete")
    assert alive.opening.open(Where()).interrupted_turn is None
