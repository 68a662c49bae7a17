"""What an agent may look up: within its scope, nothing private, no secret, and how it goes on."""

from typing import Any

import pytest

from tests.support.fake_models import FakeModel
from tests.support.repositories import FakeCheckouts, checkout
from tests.support.store import put
from tests.support.world import FOLDER, World
from threadkeep.domain.errors import InvalidValue, MessageNotFound, SessionNotFound
from threadkeep.domain.messages import Message, text_part
from threadkeep.domain.sessions import Session
from threadkeep.ports.models import TextDelta
from threadkeep.usecases.chat.turn_start import Outgoing
from threadkeep.usecases.repositories.repositories import RepositoryChoice
from threadkeep.usecases.search.lookup import Asked, Lookup
from threadkeep.values import evolve

OTHER = "file:///code/other"


def a_world(**options: Any) -> World:
    return World(
        checkouts=FakeCheckouts({FOLDER: checkout(), OTHER: checkout(root="/code/other")}), **options
    )


def a_lookup(world: World, folder: str | None = FOLDER) -> Lookup:
    cases = world.cases
    return Lookup(
        store=world.store,
        repositories=world.repositories,
        reads=cases.reads,
        searching=cases.searching,
        folder=folder,
    )


def add(world: World, session: Session, *texts: str, **fields: Any) -> list[str]:
    """Messages one below the other; their ids."""
    ids = []
    for text in texts:
        session = world.session(session.id)
        message = Message(
            id=f"{session.id}-m{session.seq + 1}",
            session_id=session.id,
            seq=session.seq + 1,
            role="user",
            parts=(text_part(text),),
            parent_id=session.head_id,
            created_at=world.clock.now(),
            **fields,
        )
        grown = evolve(session, seq=message.seq, head_id=message.id, message_count=session.message_count + 1)
        put(world.store, message, grown)
        ids.append(message.id)
    return ids


async def found(lookup: Lookup, query: str, **asked: Any) -> list[str]:
    return [passage.text for passage in (await lookup.search(query, Asked(**asked))).passages]


async def test_only_the_scopes_repository_is_seen_and_another_one_not_even_by_its_id() -> None:
    world = a_world()
    here = world.new_session()
    there = world.new_session(repository=RepositoryChoice(uri=OTHER))
    add(world, here, "kiwi here")
    add(world, there, "kiwi there")
    lookup = a_lookup(world)
    assert await found(lookup, "kiwi") == ["kiwi here"]
    assert [seen.session.id for seen, _ in (await lookup.sessions(Asked())).sessions] == [here.id]
    with pytest.raises(SessionNotFound):
        await lookup.open(there.id)
    with pytest.raises(InvalidValue, match="--all"):
        await lookup.search("kiwi", Asked(repository="other"))


async def test_without_a_scope_all_repositories_are_seen_and_may_be_named() -> None:
    world = a_world()
    add(world, world.new_session(), "kiwi here")
    add(world, world.new_session(repository=RepositoryChoice(uri=OTHER)), "kiwi there")
    lookup = a_lookup(world, None)
    assert sorted(await found(lookup, "kiwi")) == ["kiwi here", "kiwi there"]
    assert await found(lookup, "kiwi", repository="other") == ["kiwi there"]
    with pytest.raises(InvalidValue, match="Known: app, other"):
        await lookup.search("kiwi", Asked(repository="nowhere"))


async def test_a_folder_that_was_never_seen_has_no_sessions_and_is_no_way_into_others() -> None:
    world = a_world()
    session = world.new_session()
    add(world, session, "kiwi")
    lookup = a_lookup(world, OTHER)
    assert await found(lookup, "kiwi") == []
    assert (await lookup.sessions(Asked())).sessions == ()
    with pytest.raises(SessionNotFound):
        await lookup.open(session.id)


async def test_private_and_trashed_sessions_are_not_there() -> None:
    world = a_world()
    private, trashed = world.new_session(is_private=True), world.new_session()
    add(world, private, "kiwi private")
    add(world, trashed, "kiwi trashed")
    put(world.store, evolve(world.session(trashed.id), trashed_at=world.clock.now()))
    lookup = a_lookup(world)
    assert await found(lookup, "kiwi") == []
    assert (await lookup.sessions(Asked())).sessions == ()
    for session in (private, trashed):
        with pytest.raises(SessionNotFound):
            await lookup.open(session.id)


async def test_archived_sessions_are_kept_history_too() -> None:
    world = a_world()
    session = world.new_session()
    add(world, session, "kiwi")
    put(world.store, evolve(world.session(session.id), archived_at=world.clock.now()))
    assert await found(a_lookup(world), "kiwi") == ["kiwi"]


async def test_a_secret_is_blotted_out_wherever_it_stands_and_cannot_be_asked_for() -> None:
    world = a_world()
    session = world.new_session(title="About tr0ub4dor&3xyz")
    ids = add(
        world,
        session,
        "The password: tr0ub4dor&3xyz opens the kiwi",
        "so tr0ub4dor&3xyz is it, says the kiwi",
    )
    lookup = a_lookup(world)
    texts = await found(lookup, "kiwi")
    assert len(texts) == 2
    assert not any("tr0ub4dor" in text for text in texts)
    assert await found(lookup, "tr0ub4dor*") == []
    assert await found(lookup, "3xyz") == []
    history = await lookup.open(session.id)
    assert [seen.message.id for seen in history.messages] == ids
    assert "tr0ub4dor" not in "".join(seen.text for seen in history.messages) + history.seen.title
    (listed,) = (await lookup.sessions(Asked())).sessions
    assert "tr0ub4dor" not in listed[0].title + listed[1]


async def test_a_passage_is_the_text_around_the_words() -> None:
    world = a_world()
    add(world, world.new_session(), f"{'before ' * 200}kiwi {'after ' * 300}")
    (passage,) = (await a_lookup(world).search("kiwi", Asked())).passages
    assert "kiwi" in passage.text
    assert (passage.is_begun, passage.is_cut) == (True, True)
    assert len(passage.text) <= 900


async def test_where_no_passage_has_all_the_words_those_with_some_are_shown() -> None:
    world = a_world()
    add(world, world.new_session(), "the kiwi parser", "nothing of it")
    some = await a_lookup(world).search("kiwi zebra", Asked())
    assert ([passage.text for passage in some.passages], some.holds_all) == (["the kiwi parser"], False)


async def test_since_task_and_agent_narrow_a_search() -> None:
    world = a_world()
    old = world.new_session(task="old")
    add(world, old, "kiwi old")
    since = world.clock.now()
    new = world.new_session(task="new", agent="coder")
    add(world, new, "kiwi new")
    lookup = a_lookup(world)
    assert await found(lookup, "kiwi", since=since) == ["kiwi new"]
    assert await found(lookup, "kiwi", task="old") == ["kiwi old"]
    assert await found(lookup, "kiwi", agent="coder") == ["kiwi new"]


async def test_answers_that_only_repeat_a_search_are_left_out() -> None:
    world = a_world()
    session = world.new_session()
    add(world, session, "kiwi question")
    add(world, session, "It looked for kiwi", provider="offline")
    assert await found(a_lookup(world), "kiwi") == ["kiwi question"]


async def test_a_session_is_opened_at_its_end_or_around_a_message_also_of_another_branch() -> None:
    world = a_world()
    session = world.new_session()
    ids = add(world, session, *(f"m{number}" for number in range(30)))
    lookup = a_lookup(world)
    end = await lookup.open(session.id, limit=5)
    assert [seen.message.id for seen in end.messages] == ids[-5:]
    assert (end.before, end.after) == (ids[-6], None)
    context = await lookup.open(session.id, around=ids[10], limit=5)
    assert [seen.message.id for seen in context.messages] == ids[8:13]
    assert (context.before, context.after) == (ids[7], ids[13])
    alone = await lookup.open(session.id, around=ids[10], limit=1)
    assert [seen.message.id for seen in alone.messages] == [ids[10]]
    world.branches.rewind(session.id, ids[3])
    aside = await lookup.open(session.id, around=ids[20], limit=3)
    assert [seen.message.id for seen in aside.messages] == ids[19:22]
    with pytest.raises(MessageNotFound):
        await lookup.open(session.id, around="nowhere")


async def test_the_beginning_of_an_id_is_enough_if_only_one_session_has_it() -> None:
    world = a_world(id_prefix="0195abcd-")
    session = world.new_session()
    lookup = a_lookup(world)
    assert (await lookup.open(session.id[:-1])).seen.session.id == session.id
    with pytest.raises(SessionNotFound):
        await lookup.open(session.id[:2])
    world.new_session()
    with pytest.raises(SessionNotFound):
        await lookup.open("0195abcd-")


async def test_an_answer_that_is_being_written_is_found_once_and_not_where_it_does_not_fit() -> None:
    world = a_world(model=FakeModel(TextDelta(text="The kiwi grows"), FakeModel.HOLD))
    session = world.new_session()
    await world.chat.send(Outgoing(session_id=session.id, text="What grows?"))
    await world.streamed()
    await world.chat.stop_all()
    stopped = world.messages(session.id)[-1]
    with world.store.writing() as changes:  # as another process's answer is seen while it grows
        turn = changes.turn(stopped.turn_id or "")
        assert turn is not None
        changes.put_turn(evolve(turn, status="running", ended_at=None))
        changes.put_message(evolve(stopped, status="streaming", completed_at=None))
        changes.append_journal(stopped.id, "text", " in the papaya")
    lookup = a_lookup(world)
    assert await found(lookup, "kiwi papaya") == ["The kiwi grows in the papaya"]
    assert await found(lookup, "kiwi") == ["The kiwi grows in the papaya"]
    assert await found(lookup, "papaya", task="elsewhere") == []
