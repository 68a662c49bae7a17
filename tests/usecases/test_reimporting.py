"""Importing a session once more: both continuations stay, a person's marks stay, and what happened is told."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.each_store import EACH_STORE
from tests.support.fake_models import FakeModel
from tests.support.store import a_message, a_turn, at, opened_store, put
from tests.support.transcripts import a_conversation, a_full_transcript, a_transcript
from tests.support.world import World
from tests.usecases.test_importing import foreign, stored, take, take_foreign, told
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.messages import Usage, text_part
from threadkeep.domain.sessions import Link, SessionKey
from threadkeep.domain.transfer import ForeignMessage, ForeignSession, Transcript
from threadkeep.domain.turns import Holder, Waiting
from threadkeep.domain.usage import UsageQuery
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.ports.store import Draft
from threadkeep.usecases.chat.turn_start import Outgoing
from threadkeep.usecases.progress import Progress
from threadkeep.usecases.sessions.sessions import SessionPatch
from threadkeep.usecases.transfer.exporting import Selection, Target
from threadkeep.usecases.transfer.import_merging import OnConflict
from threadkeep.usecases.transfer.import_sources import Source
from threadkeep.usecases.transfer.importing import Imported, Wish
from threadkeep.values import evolve

FORMATS = ("json", "jsonl", "markdown")


@pytest.fixture(params=EACH_STORE)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with opened_store(request.param, tmp_path) as store:
        world = World(store=store)
        world.clock.advance(days=100)  # what is imported is of an earlier time
        yield world


def mark(world: World, session_id: str, **fields: Any) -> None:
    """What a person sets beside what is said."""
    world.sessions.update(session_id, SessionPatch(fields=fields))


def texts(world: World, session_id: str) -> list[str]:
    """The visible history."""
    return [message.content for message in world.messages(session_id)]


def all_texts(world: World, session_id: str) -> list[str]:
    """Every branch, sorted."""
    transcript = stored(world, session_id)
    assert transcript is not None
    return sorted(message.content for message in transcript.messages)


async def imported_once(world: World, *said: str, **fields: Any) -> str:
    (session_id,) = (await take_foreign(world, foreign("f1", *said, **fields))).session_ids
    return session_id


def without(session: ForeignSession, *origin_ids: str) -> ForeignSession:
    """The history after records vanished: what followed them follows what was before."""
    parents = {message.origin_id: message.parent_origin_id for message in session.messages}

    def up(origin_id: str | None) -> str | None:
        while origin_id in origin_ids:
            origin_id = parents[origin_id or ""]
        return origin_id

    kept = tuple(
        evolve(message, parent_origin_id=up(message.parent_origin_id))
        for message in session.messages
        if message.origin_id not in origin_ids
    )
    return evolve(session, messages=kept)


def saying(session: ForeignSession, origin_id: str, text: str) -> ForeignSession:
    """The history with other words in one record."""
    messages = tuple(
        evolve(message, parts=(text_part(text),)) if message.origin_id == origin_id else message
        for message in session.messages
    )
    return evolve(session, messages=messages)


# What grew on both sides


async def test_what_was_said_here_and_there_stays_and_the_head_is_where_the_person_was(world: World) -> None:
    session_id = await imported_once(world, "Why?", "Because.")
    await world.say(session_id, "Mine")
    grown = foreign("f1", "Why?", "Because.", "Theirs", "Indeed", updated_at=at(900))
    done = await take_foreign(world, grown, mode="newer")
    assert (done.imported, done.updated, done.skipped, done.session_ids) == (1, 1, 0, [session_id])
    assert texts(world, session_id) == ["Why?", "Because.", "Mine", "Hello world"]
    assert all_texts(world, session_id) == sorted(
        ["Why?", "Because.", "Mine", "Hello world", "Theirs", "Indeed"]
    )
    (note,) = done.notes
    assert "grew by 2 messages, on another branch" in note
    branches = [branch.end.content for branch in world.branches.branches(session_id)]
    assert sorted(branches) == ["Hello world", "Indeed"]


async def test_growth_comes_in_although_what_is_here_was_active_later(world: World) -> None:
    session_id = await imported_once(world, "Why?", "Because.")
    await world.say(session_id, "Mine")
    grown = foreign("f1", "Why?", "Because.", "Theirs", updated_at=at(3))
    assert (await take_foreign(world, grown, mode="newer")).imported == 1
    assert "Theirs" in all_texts(world, session_id)


async def test_replacing_puts_the_head_on_the_sources_line_and_nothing_goes(world: World) -> None:
    session_id = await imported_once(world, "Why?", "Because.")
    await world.say(session_id, "Mine")
    grown = foreign("f1", "Why?", "Because.", "Theirs", "Indeed", updated_at=at(900))
    done = await take_foreign(world, grown, mode="replace")
    assert texts(world, session_id) == ["Why?", "Because.", "Theirs", "Indeed"]
    assert "Mine" in all_texts(world, session_id)
    assert any("another branch" in note for note in done.notes)


async def test_the_head_follows_where_nothing_was_done_here(world: World) -> None:
    session_id = await imported_once(world, "Why?", "Because.")
    grown = foreign("f1", "Why?", "Because.", "Theirs", updated_at=at(60))
    done = await take_foreign(world, grown, mode="newer")
    assert texts(world, session_id) == ["Why?", "Because.", "Theirs"]
    assert done.notes == [f"The session {session_id!r} grew by 1 message."]


async def test_the_head_stays_where_a_person_went_back_to(world: World) -> None:
    session_id = await imported_once(world, "Why?", "Because.", "And?", "So.")
    world.branches.rewind(session_id, world.messages(session_id)[1].id)
    await take_foreign(
        world, foreign("f1", "Why?", "Because.", "And?", "So.", "More", updated_at=at(60)), mode="newer"
    )
    assert texts(world, session_id) == ["Why?", "Because."]


async def test_skipping_says_that_the_source_has_grown_and_how_to_take_it_in(world: World) -> None:
    session_id = await imported_once(world, "Why?", "Because.")
    await world.say(session_id, "Mine")
    before = stored(world, session_id)
    done = await take_foreign(
        world, foreign("f1", "Why?", "Because.", *"abcd", updated_at=at(60)), mode="skip"
    )
    assert (done.imported, done.skipped, done.unchanged) == (0, 1, 0)
    (problem,) = told(done)
    assert "4 messages" in problem
    assert "`--on-conflict newer`" in problem
    assert stored(world, session_id) == before


@pytest.mark.parametrize("mode", ["skip", "newer"])
async def test_the_same_source_again_changes_nothing_and_announces_nothing(
    world: World, mode: OnConflict
) -> None:
    session_id = await imported_once(world, "Why?", "Because.")
    await world.say(session_id, "Mine")
    grown = foreign("f1", "Why?", "Because.", "Theirs", updated_at=at(900))
    await take_foreign(world, grown, mode="newer")
    before = stored(world, session_id)
    world.audience.forget()
    done = await take_foreign(world, grown, mode=mode)
    assert (done.imported, done.skipped, done.unchanged) == (0, 1, 1)
    assert (told(done), done.notes) == ([], [])
    assert stored(world, session_id) == before
    assert world.audience.events == []


async def test_replacing_twice_changes_nothing_the_second_time(world: World) -> None:
    session_id = await imported_once(world, "Why?", "Because.")
    await world.say(session_id, "Mine")
    same = foreign("f1", "Why?", "Because.")
    await take_foreign(world, same, mode="replace")
    before = stored(world, session_id)
    done = await take_foreign(world, same, mode="replace")
    assert (done.imported, done.updated) == (1, 0)
    assert stored(world, session_id) == before


async def test_a_dry_run_of_growth_tells_the_same_and_stores_nothing(world: World) -> None:
    session_id = await imported_once(world, "Why?", "Because.")
    before = stored(world, session_id)
    grown = foreign("f1", "Why?", "Because.", "Theirs", updated_at=at(60))
    dry = await take_foreign(world, grown, mode="newer", dry_run=True)
    assert stored(world, session_id) == before
    real = await take_foreign(world, grown, mode="newer")
    assert (dry.imported, dry.updated, dry.notes) == (real.imported, real.updated, real.notes)


async def test_whoever_saw_the_session_before_reads_it_anew_and_seqs_only_grow(world: World) -> None:
    session_id = await imported_once(world, "Why?", "Because.")
    before = world.session(session_id)
    with world.store.reading() as records:
        seen = records.newest_event()
    world.audience.forget()
    await take_foreign(world, foreign("f1", "Why?", "Because.", "More", updated_at=at(60)), mode="newer")
    after = world.session(session_id)
    assert (after.revision, after.seq > before.seq) == (before.revision + 1, True)
    assert [event.view.session.id for event in world.audience.of(SessionChanged)] == [session_id]
    assert world.history.events(session_id, after_seq=before.seq, limit=10).reset is True
    assert world.history.events(session_id, after_seq=after.seq, limit=10).reset is False
    with world.store.reading() as records:
        assert [event.session_id for _, event in records.events_since(seen, limit=10)] == [session_id]


# What became other than it was


async def test_records_that_vanished_stay_here_and_are_told(world: World) -> None:
    session_id = await imported_once(world, "One", "Two", "Three", "Four")
    whole = foreign("f1", "One", "Two", "Three", "Four", "Five", updated_at=at(60))
    done = await take_foreign(world, without(whole, "1", "2"), mode="newer")
    assert all_texts(world, session_id) == sorted(["One", "Two", "Three", "Four", "Five"])
    assert texts(world, session_id) == ["One", "Two", "Three", "Four", "Five"]
    assert any("keeps 2 messages" in note for note in done.notes)


@pytest.mark.parametrize("mode", ["skip", "newer", "replace"])
async def test_a_history_that_became_shorter_takes_nothing_away(world: World, mode: OnConflict) -> None:
    session_id = await imported_once(world, "One", "Two", "Three", "Four")
    done = await take_foreign(world, foreign("f1", "One", "Two"), mode=mode)
    assert all_texts(world, session_id) == sorted(["One", "Two", "Three", "Four"])
    shown = ["One", "Two"] if mode == "replace" else ["One", "Two", "Three", "Four"]
    assert texts(world, session_id) == shown
    assert any("keeps 2 messages" in note for note in done.notes) == (mode != "skip")


async def test_an_edited_record_stands_beside_the_one_that_is_here(world: World) -> None:
    session_id = await imported_once(world, "Why?", "Because.")
    await world.say(session_id, "Mine")
    edited = saying(foreign(), "1", "Because I say so.")
    done = await take_foreign(world, edited, mode="newer")
    assert all_texts(world, session_id) == sorted(
        ["Why?", "Because.", "Because I say so.", "Mine", "Hello world"]
    )
    assert texts(world, session_id) == ["Why?", "Because.", "Mine", "Hello world"]
    assert any("side by side" in problem for problem in told(done))
    assert (await take_foreign(world, edited, mode="newer")).unchanged == 1
    assert (await take_foreign(world, edited, mode="replace")).imported == 1
    assert texts(world, session_id) == ["Why?", "Because I say so."]


async def test_replacing_shows_what_follows_an_edited_record_below_it(world: World) -> None:
    session_id = await imported_once(world, "Why?", "Because.", "And?", "So.")
    world.annotations.update(world.messages(session_id)[2].id, {"note": "mine"})
    edited = saying(foreign("f1", "Why?", "Because.", "And?", "So."), "1", "Because of me.")
    await take_foreign(world, edited, mode="newer")
    assert texts(world, session_id) == ["Why?", "Because.", "And?", "So."]
    await take_foreign(world, edited, mode="replace")
    assert texts(world, session_id) == ["Why?", "Because of me.", "And?", "So."]
    assert world.messages(session_id)[2].note == "mine"
    before = stored(world, session_id)
    for mode in ("replace", "newer"):
        done = await take_foreign(world, edited, mode=mode)  # type: ignore[arg-type]  # one of the modes
        assert (stored(world, session_id), done.notes) == (before, [])


async def test_tokens_of_an_edited_answer_count_once(world: World) -> None:
    def spent(tokens: int, text: str) -> ForeignSession:
        session = saying(foreign(), "1", text)
        question, answer = session.messages
        return evolve(session, messages=(question, evolve(answer, usage=Usage(output_tokens=tokens))))

    (session_id,) = (await take_foreign(world, spent(10, "So"))).session_ids
    await take_foreign(world, spent(25, "So it is"), mode="newer")
    await take_foreign(world, spent(25, "So it is"), mode="newer")
    assert world.session(session_id).usage.output_tokens == 25
    everything = SessionFilter(archived="include", trashed="include")
    with world.store.reading() as records:
        total = records.usage(everything, UsageQuery(by="model")).total.amount
    assert total.output_tokens == 25


async def test_records_without_lasting_ids_are_known_by_their_words(world: World) -> None:
    """As in a source that numbers its messages, from which the first ones were cut off."""
    session_id = await imported_once(world, "One", "Two", "Three", "Four", "Three", "Five")
    cut = foreign("f1", "Three", "Four", "Three", "Five", "Six", updated_at=at(60))
    await take_foreign(world, cut, mode="newer")
    assert texts(world, session_id) == ["One", "Two", "Three", "Four", "Three", "Five", "Six"]
    assert len(all_texts(world, session_id)) == 7


async def test_a_branch_that_moved_there_comes_in_beside(world: World) -> None:
    session_id = await imported_once(world, "Why?", "Because.", "And?", "So.")
    session = foreign("f1", "Why?", "Because.", "And?", "So.", updated_at=at(60))
    again = ForeignMessage(
        origin_id="x", parent_origin_id="1", role="user", parts=(text_part("Or?"),), at=at(50)
    )
    moved = evolve(session, messages=(*session.messages, again), head_origin_id="x")
    await take_foreign(world, moved, mode="newer")
    assert texts(world, session_id) == ["Why?", "Because.", "And?", "So."]
    await take_foreign(world, moved, mode="replace")
    assert texts(world, session_id) == ["Why?", "Because.", "Or?"]
    assert len(all_texts(world, session_id)) == 5


async def test_an_answer_that_was_cut_off_here_becomes_whole(world: World) -> None:
    def answer(text: str, status: str) -> Transcript:
        return a_transcript(
            a_message("m1", text="Why?"),
            a_message("m2", seq=2, role="assistant", parent_id="m1", text=text, status=status),
            last_activity_at=at(len(text)),
        )

    await take(world, answer("Be", "interrupted"))
    done = await take(world, answer("Because.", "complete"), mode="newer")
    assert texts(world, "s1") == ["Why?", "Because."]
    assert done.updated == 1
    again = await take(world, answer("Be", "interrupted"), mode="newer")
    assert (again.unchanged, texts(world, "s1")) == (1, ["Why?", "Because."])


# Annotations


async def test_everything_that_a_person_set_here_stays(world: World) -> None:
    session_id = await imported_once(world, "Why?", "Because.", title="Their title")
    message = world.messages(session_id)[1]
    mark(
        world,
        session_id,
        title="My title",
        tags=["mine"],
        note="My note",
        is_favourite=True,
        links=[Link(kind="issue", value="1")],
        metadata={"mine": 1},
    )
    world.annotations.update(message.id, {"is_favourite": True, "note": "good", "metadata": {"a": 1}})
    draft = Draft(session_id=session_id, window_id=None, text="not sent", scroll=None, at=at(5))
    with world.store.writing() as changes:
        changes.put_draft(draft)
    marked = world.messages(session_id)[1]
    grown = foreign("f1", "Why?", "Because.", "More", title="Renamed there", updated_at=at(900))
    for mode in ("newer", "replace"):
        await take_foreign(world, grown, mode=mode)  # type: ignore[arg-type]  # one of the modes
        session = world.session(session_id)
        assert (session.title, session.title_source) == ("My title", "user")
        assert (session.tags, session.note, session.is_favourite) == (("mine",), "My note", True)
        assert session.links == (Link(kind="issue", value="1"),)
        assert session.metadata["mine"] == 1
        assert world.messages(session_id)[1] == marked
        with world.store.reading() as records:
            assert records.draft(session_id, None) == draft


async def test_a_title_that_was_changed_there_comes_in_where_nobody_gave_one_here(world: World) -> None:
    session_id = await imported_once(world, "Why?", "Because.", title="First")
    done = await take_foreign(world, foreign(title="Second"), mode="newer")
    assert (done.updated, world.session(session_id).title) == (1, "Second")
    assert (await take_foreign(world, foreign(title="Second"), mode="newer")).unchanged == 1


async def test_marks_of_both_sides_are_put_together(world: World) -> None:
    await take(world, a_conversation("Hi", "Ho"))
    mark(world, "s1", tags=["here"], note="here")
    other = a_conversation("Hi", "Ho", "New", tags=("there",), note="there", is_favourite=True)
    noted = evolve(other.messages[0], note="look", is_favourite=True)
    other = evolve(other, messages=(noted, *other.messages[1:]))
    done = await take(world, other, mode="newer")
    session = world.session("s1")
    assert (session.tags, session.note, session.is_favourite) == (("here", "there"), "here", True)
    assert (world.messages("s1")[0].note, world.messages("s1")[0].is_favourite) == ("look", True)
    assert any("note" in problem for problem in told(done))


async def test_a_mark_that_was_taken_away_here_does_not_come_back(world: World) -> None:
    given = a_conversation("Hi", tags=("old",), is_favourite=True)
    await take(world, given)
    mark(world, "s1", tags=[], is_favourite=False)
    await take(world, given, mode="newer")
    assert (world.session("s1").tags, world.session("s1").is_favourite) == ((), False)


async def test_the_session_stays_where_a_person_moved_it(world: World) -> None:
    await take(world, a_conversation("Hi"))
    session = world.session("s1")
    moved = evolve(session, key=SessionKey(repository_id=session.key.repository_id, task="mine"))
    put(world.store, moved)
    await take(world, a_conversation("Hi", "Ho", last_activity_at=at(90)), mode="replace")
    assert world.session("s1").key == moved.key


# States


@pytest.mark.parametrize("state", ["paused", "ended", "archived"])
async def test_growth_comes_in_whatever_the_state_here_and_changes_it_not(world: World, state: str) -> None:
    session_id = await imported_once(world, "Why?", "Because.")
    if state == "archived":
        world.sessions.set_archived(session_id, archived=True)
    else:
        await world.lifecycle.move(session_id, state)
    before = world.session(session_id)
    await take_foreign(world, foreign("f1", "Why?", "Because.", "More", updated_at=at(60)), mode="newer")
    after = world.session(session_id)
    assert (after.status, after.archived_at) == (before.status, before.archived_at)
    assert "More" in all_texts(world, session_id)
    assert after.head_id == before.head_id or state == "archived"


async def test_while_an_answer_is_written_growth_comes_in_and_the_head_stays(world: World) -> None:
    await take(world, a_conversation("Hi", "Ho"))
    session = evolve(world.session("s1"), running_turn_id="t1", activity="running")
    holder = Holder(owner=world.store.owner, pid=1, host="h", since=at(0))
    streaming = evolve(world.messages("s1")[1], status="streaming", turn_id="t1")
    put(world.store, session, streaming, a_turn("t1", message_id="s1-m2", holder=holder))
    with world.store.writing() as changes:
        changes.append_journal("s1-m2", "text", " ho")
    done = await take(world, a_conversation("Hi", "Ho", "New", last_activity_at=at(90)), mode="newer")
    assert done.updated == 1
    after = world.session("s1")
    assert (after.running_turn_id, after.activity, after.head_id) == ("t1", "running", "s1-m2")
    assert "New" in all_texts(world, "s1")
    assert world.messages("s1")[1].status == "streaming"
    assert world.messages("s1")[1].content == "Ho ho"


async def test_while_messages_wait_the_head_stays(world: World) -> None:
    await take(world, a_conversation("Hi"))
    waiting = Waiting(parts=(text_part("And?"),))
    put(world.store, a_turn("t1", status="queued", message_id="m9", waiting=waiting))
    await take(world, a_conversation("Hi", "Ho", last_activity_at=at(90)), mode="newer")
    assert world.session("s1").head_id == "s1-m1"
    assert "Ho" in all_texts(world, "s1")


async def test_a_real_answer_that_runs_while_growth_comes_in_is_stored_whole() -> None:
    world = World(FakeModel())
    session_id = await imported_once(world, "Why?", "Because.")
    begun = await world.chat.send(Outgoing(session_id=session_id, text="Mine"))
    await take_foreign(world, foreign("f1", "Why?", "Because.", "Theirs", updated_at=at(900)), mode="newer")
    answer = (await world.chat.wait(session_id, begun.turn.id))[1]
    assert answer.content == "Hello world"
    assert texts(world, session_id) == ["Why?", "Because.", "Mine", "Hello world"]
    assert world.session(session_id).message_count == 5


async def test_a_session_that_was_purged_comes_back_where_it_is_asked_for_and_says_so(world: World) -> None:
    session_id = await imported_once(world, "Why?", "Because.")
    seq = world.session(session_id).seq
    await world.cases.trash.move(session_id, trashed=True)
    await world.cases.trash.purge(session_id)
    done = await take_foreign(world, foreign(), mode="newer")
    assert (done.imported, done.updated) == (1, 0)
    assert any("deleted here for good" in note for note in done.notes)
    assert world.session(session_id).seq > seq


# Erased words


@pytest.mark.parametrize("mode", ["skip", "newer", "replace", "duplicate"])
async def test_what_was_erased_here_stays_erased_and_is_told(world: World, mode: OnConflict) -> None:
    session_id = await imported_once(world, "My password is hunter2", "Because.")
    await world.annotations.erase(world.messages(session_id)[0].id)
    grown = foreign("f1", "My password is hunter2", "Because.", "More", updated_at=at(900))
    done = await take_foreign(world, grown, mode=mode)
    found = [session_id, *done.session_ids]
    for each in found:
        transcript = stored(world, each)
        assert transcript is not None
        assert "hunter2" not in repr(transcript)
    assert mode == "skip" or any("erased here" in line for line in [*told(done), *done.notes])


async def test_an_edited_record_that_was_erased_here_stays_erased_and_is_told(world: World) -> None:
    session_id = await imported_once(world, "Why?", "Because.")
    edited = foreign("f1", "Why?", "My secret", updated_at=at(60))
    await take_foreign(world, edited, mode="replace")
    await world.annotations.erase(world.messages(session_id)[1].id)
    done = await take_foreign(world, evolve(edited, updated_at=at(90)), mode="replace")
    assert all_texts(world, session_id) == ["", "Because.", "Why?"]
    assert any("erased here" in line for line in [*told(done), *done.notes])


async def test_erasing_takes_the_copy_behind_an_edited_record_as_well(world: World) -> None:
    session_id = await imported_once(world, "One", "My secret", "Three")
    edited = foreign("f1", "Another", "My secret", "Three", updated_at=at(60))
    await take_foreign(world, edited, mode="replace")
    assert all_texts(world, session_id).count("My secret") == 2
    await world.annotations.erase(world.messages(session_id)[1].id)
    assert "My secret" not in all_texts(world, session_id)
    await take_foreign(world, edited, mode="replace")
    assert "My secret" not in all_texts(world, session_id)


async def test_erasing_leaves_what_was_said_again_on_the_same_line(world: World) -> None:
    at_once = foreign("f1", "Go on", "Yes.", "Go on", "No.")
    at_once = evolve(at_once, messages=tuple(evolve(message, at=at(0)) for message in at_once.messages))
    (session_id,) = (await take_foreign(world, at_once)).session_ids
    await world.annotations.erase(world.messages(session_id)[2].id)
    assert [message.content for message in world.messages(session_id)] == ["Go on", "Yes.", "", "No."]


async def test_what_was_erased_stays_so_although_the_source_numbers_its_messages_anew(world: World) -> None:
    session_id = await imported_once(world, "One", "Two", "My secret", "Four")
    await world.annotations.erase(world.messages(session_id)[2].id)
    cut = foreign("f1", "One", "Two", "My secret", "Four", "Five", updated_at=at(60))
    cut = evolve(
        cut,
        messages=tuple(
            evolve(
                message,
                origin_id=f"{n}",
                parent_origin_id=f"{n - 1}" if n else None,
            )
            for n, message in enumerate(cut.messages[1:])
        ),
    )
    await take_foreign(world, cut, mode="newer")
    assert "My secret" not in all_texts(world, session_id)
    assert "Five" in all_texts(world, session_id)


async def test_an_answer_that_was_empty_when_it_came_in_is_no_erased_one(world: World) -> None:
    def answer(text: str, status: str) -> Transcript:
        return a_transcript(
            a_message("m1", text="Why?"),
            a_message("m2", seq=2, role="assistant", parent_id="m1", text=text, status=status),
            last_activity_at=at(9),
        )

    empty = answer("", "interrupted")
    empty = evolve(empty, messages=(empty.messages[0], evolve(empty.messages[1], parts=())))
    await take(world, empty)
    await take(world, answer("Because.", "complete"), mode="newer")
    assert texts(world, "s1") == ["Why?", "Because."]


# Our own formats, there and back


async def carried_on_elsewhere(content: str, *more: str, format_: str) -> str:
    """An export that another store took in, and in which somebody went on."""
    there = World(id_prefix="there")
    (session_id,) = (
        await there.importing.run(Source(content=content), Wish(), progress=Progress())
    ).session_ids
    for text in more:
        await there.say(session_id, text)
    return await exported(there, session_id, format_)


async def exported(world: World, session_id: str, format_: str) -> str:
    done = await world.exporting.export(
        Selection(session_id=session_id), Target(format=format_, most=10_000_000), progress=Progress()
    )
    assert done.content is not None
    return done.content


async def taken(world: World, content: str, mode: OnConflict) -> Imported:
    return await world.importing.run(Source(content=content), Wish(mode=mode), progress=Progress())


@pytest.mark.parametrize("mode", ["skip", "newer", "replace"])
@pytest.mark.parametrize("format_", FORMATS)
async def test_an_export_that_was_carried_on_on_both_sides(format_: str, mode: OnConflict) -> None:
    world = World()
    session = world.new_session(title="Mine", tags=("a",))
    await world.say(session.id, "One\n\n## User\n\n```\nopen fence")
    await world.say(session.id, "<b>Two</b> <thinking>")
    away = await exported(world, session.id, format_)
    away = await carried_on_elsewhere(away, "There", format_=format_)
    await world.say(session.id, "Here")
    before = all_texts(world, session.id)
    shown = texts(world, session.id)
    done = await taken(world, away, mode)
    if mode == "skip":
        assert "2 messages" in told(done)[0]
        assert all_texts(world, session.id) == before
        return
    assert all_texts(world, session.id) == sorted([*before, "There", "Hello world"])
    after = shown if mode == "newer" else [*shown[:4], "There", "Hello world"]
    assert texts(world, session.id) == after
    assert (world.session(session.id).title, world.session(session.id).tags) == ("Mine", ("a",))
    again = stored(world, session.id)
    second = await taken(world, away, mode)
    assert stored(world, session.id) == again
    assert second.unchanged == (mode == "newer")


@pytest.mark.parametrize("format_", FORMATS)
async def test_an_older_export_takes_nothing_back(format_: str) -> None:
    world = World()
    session = world.new_session()
    await world.say(session.id, "One")
    old = await exported(world, session.id, format_)
    await world.say(session.id, "Two")
    world.branches.clear(session.id)
    await world.say(session.id, "Three")
    before = stored(world, session.id)
    done = await taken(world, old, "newer")
    assert (done.unchanged, stored(world, session.id)) == (1, before)
    await taken(world, old, "replace")
    assert texts(world, session.id) == ["One", "Hello world"]
    assert "Three" in all_texts(world, session.id)


@pytest.mark.parametrize("format_", FORMATS)
async def test_what_was_erased_after_an_export_does_not_come_back_with_it(format_: str) -> None:
    world = World()
    session = world.new_session()
    await world.say(session.id, "My password is hunter2")
    await world.say(session.id, "Two")
    old = await exported(world, session.id, format_)
    await world.annotations.erase(world.messages(session.id)[0].id)
    for mode in ("newer", "replace", "duplicate"):
        done = await taken(world, old, mode)
        assert any("erased here" in line for line in [*told(done), *done.notes])
        for each in {session.id, *done.session_ids}:
            assert "hunter2" not in repr(stored(world, each))


async def test_markdown_with_all_that_it_tells_beside_the_words_finds_its_messages() -> None:
    """Notes, thoughts, attachments, broken off answers, what was done between, and signs of Markdown."""
    world = World()
    full = a_full_transcript()
    visible = evolve(
        full.session, trashed_at=None, archived_at=None, status="active", model="large", provider="fake"
    )
    await take(world, evolve(full, session=visible))
    await world.say("s1", "Go on\n\n*Note: this is mine*")
    await world.lifecycle.move("s1", "paused", reason="*lunch*")
    content = await exported(world, "s1", "markdown")
    before = stored(world, "s1")
    done = await taken(world, content, "newer")
    assert (done.unchanged, told(done), stored(world, "s1")) == (1, [], before)
    away = content + "\n## User · 2027-01-02 10:00 UTC\n\nMore\n"
    await taken(world, away, "newer")
    after = stored(world, "s1")
    assert after is not None
    assert len(after.messages) == len(before.messages if before else ()) + 1


async def test_markdown_that_was_edited_by_hand_keeps_both() -> None:
    world = World()
    await take(world, a_conversation("Why?", "Because.", "And?"))
    content = (await exported(world, "s1", "markdown")).replace("Because.", "Because of me.")
    await taken(world, content, "newer")
    assert {"Because.", "Because of me."} <= set(all_texts(world, "s1"))
    assert texts(world, "s1") == ["Why?", "Because.", "And?"]
    before = stored(world, "s1")
    assert (await taken(world, content, "newer")).unchanged == 1
    assert stored(world, "s1") == before


async def test_a_hand_edited_export_of_the_same_age_is_told_and_comes_in_with_replace() -> None:
    world = World()
    await take(world, a_conversation("Why?", "Because."))
    edited = a_conversation("Why?", "Because of me.")
    done = await take(world, edited, mode="newer")
    assert (done.imported, done.skipped, texts(world, "s1")) == (0, 1, ["Why?", "Because."])
    assert "`--on-conflict replace`" in told(done)[0]
    await take(world, edited, mode="replace")
    assert texts(world, "s1") == ["Why?", "Because of me."]


async def test_markdown_with_another_answer_in_the_place_of_one_that_came_from_markdown() -> None:
    """The place in the file gives both the same id."""
    world = World()
    await take(world, a_conversation("Why?", "Because."))
    content = await exported(world, "s1", "markdown")
    first = content + "\n## User · 2027-01-02 10:00 UTC\n\nMore\n"
    await taken(world, first, "newer")
    await taken(world, first.replace("More", "Less").replace("10:00", "10:01"), "newer")
    assert {"More", "Less"} <= set(all_texts(world, "s1"))
