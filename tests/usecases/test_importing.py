"""Importing: a session comes in whole or not at all, as it was, and nothing else is touched."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.each_store import EACH_STORE
from tests.support.repositories import FakeCheckouts, checkout
from tests.support.store import a_message, a_turn, at, opened_store, put
from tests.support.transcripts import (
    REPOSITORY,
    a_conversation,
    a_full_transcript,
    a_transcript,
    transcripts,
)
from tests.support.world import FOLDER, World
from threadkeep.adapters.plugins import exporters
from threadkeep.domain.errors import ImportInvalid, InvalidValue, RepositoryNotFound
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.labels import MAX_TITLE
from threadkeep.domain.messages import Usage, text_part
from threadkeep.domain.repositories import Alias, Repository
from threadkeep.domain.sessions import ForkedFrom
from threadkeep.domain.transfer import ForeignMessage, ForeignSession, Transcript, TransferProblem
from threadkeep.domain.turns import Holder, Waiting
from threadkeep.domain.usage import UsageQuery
from threadkeep.ports.store import Draft
from threadkeep.usecases.progress import Progress
from threadkeep.usecases.repositories.repositories import RepositoryChoice
from threadkeep.usecases.transfer.exporting import Selection, Target, transcript_of
from threadkeep.usecases.transfer.import_merging import OnConflict
from threadkeep.usecases.transfer.import_sources import Source
from threadkeep.usecases.transfer.importing import MAX_PROBLEMS, Imported, Wish
from threadkeep.values import evolve


def written(*given: Transcript, format_: str = "jsonl") -> str:
    return b"".join(exporters()[format_].pieces(given, is_single=False)).decode()


async def take(
    world: World, *given: Transcript, mode: OnConflict = "skip", format_: str = "jsonl", **wish: Any
) -> Imported:
    source = Source(content=written(*given, format_=format_))
    return await world.importing.run(source, Wish(mode=mode, **wish), progress=Progress())


def stored(world: World, session_id: str) -> Transcript | None:
    with world.store.reading() as records:
        return transcript_of(records, session_id)


def told(imported: Imported) -> list[str]:
    return [problem.message for problem in imported.problems]


@pytest.fixture(params=EACH_STORE)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with opened_store(request.param, tmp_path) as store:
        yield World(store=store)


async def test_a_session_is_stored_with_every_field_and_told(world: World) -> None:
    imported = await take(world, a_full_transcript())
    assert (imported.source, imported.imported, imported.skipped) == ("threadkeep", 1, 0)
    assert imported.session_ids == ["s1"]
    assert told(imported) == []
    assert stored(world, "s1") == a_full_transcript()
    assert [event.view.session.id for event in world.audience.of(SessionChanged)] == ["s1"]


async def test_others_hear_of_it_and_a_gap_is_told_rightly(world: World) -> None:
    await take(world, a_conversation("Hi", "Ho"))
    with world.store.reading() as records:
        (event,) = records.events("s1", after_seq=0, limit=10)
    assert (event.kind, event.seq, event.origin) == ("sessionChanged", 3, world.store.owner)
    assert world.history.events("s1", after_seq=0, limit=10).reset is True
    assert world.history.events("s1", after_seq=3, limit=10).events == ()


async def test_what_was_imported_goes_on_like_any_other_session(world: World) -> None:
    await take(world, a_conversation("Hi", "Ho"))
    answer = await world.say("s1", "Go on")
    assert (answer.content, answer.seq) == ("Hello world", 5)
    assert [message.content for message in world.messages("s1")] == ["Hi", "Ho", "Go on", "Hello world"]
    with world.store.reading() as records:
        assert records.passages("Ho", repository_id="r1", limit=5)


async def test_a_redacted_export_can_be_imported_and_goes_on() -> None:
    first, second = World(), World(id_prefix="other")
    session = first.new_session(task="assistant-basics")
    await first.say(session.id, "A basic assistant, please. password: main, secret: assistant, token=fake.")
    target = Target(format="json", redact=True, most=10_000_000)
    exported = await first.exporting.export(Selection(session_id=session.id), target, progress=Progress())
    await second.importing.run(Source(content=exported.content), Wish(), progress=Progress())
    told = second.session(session.id)
    assert (told.agent, told.key.task) == (session.agent, session.key.task)
    assert (await second.say(session.id, "Go on")).content == "Hello world"


@pytest.mark.medium
@given(data=st.data())
@pytest.mark.parametrize("format_", ["json", "jsonl"])
async def test_an_export_imported_into_an_empty_store_gives_the_same_export(
    format_: str, data: st.DataObject
) -> None:
    given_ = [data.draw(transcripts(session_id=f"s{n}")) for n in range(data.draw(st.integers(0, 3)))]
    first, second = World(), World()
    target = Target(format=format_, most=10_000_000)
    await first.importing.run(Source(content=written(*given_, format_=format_)), Wish(), progress=Progress())
    exported = await first.exporting.export(Selection(), target, progress=Progress())
    assert exported.content == written(*given_, format_=format_)
    imported = await second.importing.run(Source(content=exported.content), Wish(), progress=Progress())
    assert (imported.imported, imported.problems) == (len(given_), [])
    assert await second.exporting.export(Selection(), target, progress=Progress()) == exported


async def test_what_a_person_did_here_comes_back_elsewhere() -> None:
    here, there = World(), World(id_prefix="there")
    session = here.new_session(title="Mine", tags=("b", "a"))
    await here.say(session.id, "One")
    here.branches.clear(session.id)
    await here.say(session.id, "Two")
    await here.lifecycle.move(session.id, "paused", reason="lunch")
    for format_ in ("json", "jsonl"):
        target = Target(format=format_, most=10_000_000)
        exported = await here.exporting.export(Selection(), target, progress=Progress())
        await there.importing.run(Source(content=exported.content), Wish(mode="replace"), progress=Progress())
    assert [m.content for m in there.messages(session.id)] == [m.content for m in here.messages(session.id)]


async def test_a_session_that_is_here_stays_by_default(world: World) -> None:
    await take(world, a_conversation("Hi"))
    world.audience.forget()
    imported = await take(world, a_conversation("Other words", last_activity_at=at(90)))
    assert (imported.imported, imported.skipped, imported.session_ids) == (0, 1, [])
    assert world.messages("s1")[0].content == "Hi"
    assert world.audience.events == []


async def test_replacing_shows_the_sources_line_and_whoever_has_seen_the_old_one_reads_it_anew(
    world: World,
) -> None:
    await take(world, a_conversation("Hi", "Ho", "He", "Ha", tags=("old",)))
    old = world.session("s1")
    imported = await take(world, a_conversation("New", title="Renamed"), mode="replace")
    assert imported.imported == 1
    new = stored(world, "s1")
    assert new is not None
    assert [m.content for m in new.visible] == ["New"]
    assert [m.content for m in new.messages] == ["Hi", "Ho", "He", "Ha", "New"]
    assert (new.session.title, new.session.tags) == ("Renamed", ("old",))
    assert new.session.revision > old.revision
    assert world.history.events("s1", after_seq=old.seq, limit=10).reset is True
    with world.store.reading() as records:
        assert records.message("s1-m4") is not None
        assert records.passages("Ha", repository_id="r1", limit=5)


async def test_other_processes_hear_of_a_replacement(world: World) -> None:
    await take(world, a_conversation("Hi", "Ho"))
    with world.store.reading() as records:
        seen = records.newest_event()
    await take(world, a_conversation("New"), mode="replace")
    with world.store.reading() as records:
        found = [event.session_id for _, event in records.events_since(seen, limit=10)]
    assert "s1" in found


async def test_what_is_typed_and_which_session_is_current_outlive_a_replacement(world: World) -> None:
    await take(world, a_conversation("Hi"))
    draft = Draft(session_id="s1", window_id=None, text="not sent", scroll=None, at=at(5))
    session = world.session("s1")
    with world.store.writing() as changes:
        changes.put_draft(draft)
        changes.make_current(session)
    await take(world, a_conversation("New"), mode="replace")
    with world.store.reading() as records:
        assert records.draft("s1", None) == draft
        assert records.current_session_id(world.session("s1").key) == "s1"


@pytest.mark.parametrize(
    ("later", "words"), [(True, "New"), (False, "Hi")], ids=["the newer one wins", "the older one does not"]
)
async def test_the_one_that_changed_last_is_kept(world: World, later: bool, words: str) -> None:
    await take(world, a_conversation("Hi", last_activity_at=at(50)))
    other = a_conversation("New", last_activity_at=at(60 if later else 50))
    imported = await take(world, other, mode="newer")
    assert (imported.imported, imported.skipped) == ((1, 0) if later else (0, 1))
    assert world.messages("s1")[0].content == words


async def test_a_duplicate_has_ids_of_its_own_throughout(world: World) -> None:
    full = a_full_transcript()
    await take(world, full)
    imported = await take(world, full, mode="duplicate")
    (copy_id,) = imported.session_ids
    copy = stored(world, copy_id)
    assert copy is not None
    assert copy.session.id != "s1"
    assert not {m.id for m in copy.messages} & {m.id for m in full.messages}
    assert [m.content for m in copy.visible] == [m.content for m in full.visible]
    assert {m.session_id for m in copy.messages} == {copy_id}
    assert stored(world, "s1") == full


async def test_a_duplicate_names_only_a_message_that_the_original_has(world: World) -> None:
    await take(world, a_conversation("Hi", "Ho"))
    for given_, message_id in (
        (a_conversation("Hi", "Ho"), "s1-m2"),
        (a_conversation("Hi", "Ho", "More"), None),
    ):
        (copy_id,) = (await take(world, given_, mode="duplicate")).session_ids
        assert world.session(copy_id).forked_from == ForkedFrom(session_id="s1", message_id=message_id)


async def test_a_message_of_another_session_is_not_stolen(world: World) -> None:
    await take(world, a_conversation("Mine", session_id="s1"))
    thief = a_transcript(a_message("s1-m1", session_id="s2", text="Stolen"), session_id="s2")
    for mode in ("skip", "replace", "newer"):
        imported = await take(world, thief, mode=mode)  # type: ignore[arg-type]  # one of the modes
        assert imported.imported == 0
        assert "in another session" in told(imported)[0]
        assert stored(world, "s2") is None
    assert world.messages("s1")[0].content == "Mine"
    imported = await take(world, thief, mode="duplicate")
    assert imported.imported == 1
    assert world.messages("s1")[0].content == "Mine"


async def test_a_session_with_a_running_answer_is_not_replaced(world: World) -> None:
    await take(world, a_conversation("Hi", "Ho"))
    session = evolve(world.session("s1"), running_turn_id="t1", activity="running")
    holder = Holder(owner=world.store.owner, pid=1, host="h", since=at(0))
    put(world.store, session, a_turn("t1", message_id="s1-m2", holder=holder))
    imported = await take(world, a_conversation("New"), mode="replace")
    assert imported.imported == 0
    assert "being answered" in told(imported)[0]
    assert world.messages("s1")[0].content == "Hi"
    put(world.store, a_turn("t1", message_id="s1-m2", holder=evolve(holder, owner="a dead process")))
    assert (await take(world, a_conversation("New"), mode="replace")).imported == 1


async def test_a_session_in_which_messages_wait_is_not_replaced(world: World) -> None:
    await take(world, a_conversation("Hi"))
    waiting = Waiting(parts=(text_part("And?"),))
    put(world.store, a_turn("t1", status="queued", message_id="m9", waiting=waiting))
    imported = await take(world, a_conversation("New"), mode="replace")
    assert (imported.imported, "messages wait" in told(imported)[0]) == (0, True)


async def test_a_private_session_is_not_replaced() -> None:
    world = World()
    private = world.new_session(is_private=True)
    imported = await take(world, a_conversation("New", session_id=private.id), mode="replace")
    assert (imported.imported, "is private" in told(imported)[0]) == (0, True)


async def test_nothing_runs_in_what_was_imported_and_it_is_no_secret_any_more(world: World) -> None:
    message = a_message("m1", role="assistant", status="streaming", text="So far")
    running = a_transcript(message, activity="running", running_turn_id="t1", is_private=True)
    await take(world, running)
    session, (answer,) = world.session("s1"), world.messages("s1")
    assert (session.activity, session.running_turn_id, session.is_private) == ("interrupted", None, False)
    assert (answer.status, answer.content, answer.completed_at) == ("interrupted", "So far", at(0))


async def test_a_duplicate_adds_nothing_to_what_was_spent(world: World) -> None:
    full = a_full_transcript()
    await take(world, full)
    with world.store.reading() as records:
        before = records.usage(_everything(), UsageQuery(by="model")).total.amount
    imported = await take(world, full, mode="duplicate")
    with world.store.reading() as records:
        after = records.usage(_everything(), UsageQuery(by="model")).total.amount
    assert (before.answers, after) == (2, before)
    copy = world.session(imported.session_ids[0])
    assert (copy.usage, copy.forked_from) == (Usage(), ForkedFrom(session_id="s1", message_id="m4"))


@pytest.mark.parametrize("mode", ["skip", "newer"])
async def test_a_session_that_is_in_the_trash_here_is_told_with_the_way_out(
    world: World, mode: OnConflict
) -> None:
    await take(world, a_conversation("Hi", trashed_at=at(9)))
    imported = await take(world, a_conversation("Hi"), mode=mode)
    assert (imported.imported, imported.skipped) == (0, 1)
    (message,) = told(imported)
    assert "'s1'" in message
    assert "`threadkeep sessions restore s1`" in message
    replaced = await take(world, a_conversation("Hi"), mode="replace")
    assert (replaced.imported, replaced.problems, world.session("s1").trashed_at) == (1, [], None)


async def test_what_is_too_long_comes_in_cut_and_is_told(world: World) -> None:
    imported = await take(world, a_conversation("Hi", title="t" * 3_000_000))
    assert (imported.imported, len(world.session("s1").title)) == (1, MAX_TITLE)
    assert told(imported) == [
        "The session 's1' does not come in as it is: its title is cut to the first 1,000 of 3,000,000 characters."
    ]
    again = await take(world, a_conversation("Hi", title="t" * 3_000_000))
    assert (again.skipped, again.problems) == (1, [])


async def test_counts_are_counted_anew(world: World) -> None:
    await take(world, a_conversation("Hi", "Ho", message_count=99, seq=1))
    assert (world.session("s1").message_count, world.session("s1").seq) == (2, 2)


BROKEN = {
    "no such parent": a_transcript(a_message("m1", parent_id="m0")),
    "a circle": a_transcript(a_message("m1", parent_id="m2"), a_message("m2", seq=2, parent_id="m1")),
    "its own parent": a_transcript(a_message("m1", parent_id="m1")),
    "a message twice": a_transcript(a_message("m1"), a_message("m1", seq=2)),
    "a seq twice": a_transcript(a_message("m1"), a_message("m2", seq=1)),
    "seq 0": a_transcript(a_message("m1", seq=0)),
    "a huge seq": a_transcript(a_message("m1", seq=2**52)),
    "another session's": a_transcript(a_message("m1", session_id="s2")),
    "no such head": a_transcript(a_message("m1"), head_id="m9"),
    "a blank id": a_transcript(session_id=" "),
    "NUL": a_transcript(session_id="a\x00b"),
    "a long id": a_transcript(session_id="x" * 201),
    "a lone surrogate": a_transcript(a_message("\ud800")),
    "a wrong time": a_transcript(created_at="yesterday"),
    "a time that is none": a_transcript(updated_at="2026-13-45T99:99:99.999Z"),
    "a message's time": a_transcript(a_message("m1", completed_at="2026-01-01")),
    "a blank task": a_transcript(key=evolve(a_transcript().session.key, task=" ")),
    "a blank tag": a_transcript(tags=(" ",)),
    "another repository": a_transcript(key=evolve(a_transcript().session.key, repository_id="r2")),
    "a strange alias": evolve(
        a_transcript(), repository=evolve(REPOSITORY, aliases=(Alias(kind="spell", value="x"),))
    ),
    "a NUL in a folder": evolve(a_transcript(), repository=evolve(REPOSITORY, roots=("/a\x00",))),
    "many folders": evolve(a_transcript(), repository=evolve(REPOSITORY, roots=("/a",) * 21)),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
async def test_a_broken_session_is_refused_and_the_others_come_in(broken: Transcript) -> None:
    world = World()
    imported = await take(world, broken, a_conversation("Fine", session_id="s9"))
    assert imported.session_ids == ["s9"]
    assert len(told(imported)) == 1
    with world.store.reading() as records:
        assert [session.id for session in records.sessions(_everything(), _any_order(), limit=9)] == ["s9"]


async def test_a_session_that_is_in_the_source_twice_counts_once(world: World) -> None:
    imported = await take(world, a_conversation("First"), a_conversation("Second"), mode="replace")
    assert imported.imported == 1
    assert "twice" in told(imported)[0]
    assert world.messages("s1")[0].content == "First"


async def test_a_dry_run_tells_and_stores_nothing(world: World) -> None:
    await take(world, a_conversation("Hi"))
    world.audience.forget()
    imported = await take(
        world, a_conversation("Hi"), a_conversation("Ho", session_id="s2"), BROKEN["NUL"], dry_run=True
    )
    assert (imported.imported, imported.skipped, imported.session_ids) == (1, 1, [])
    assert len(imported.problems) == 1
    assert stored(world, "s2") is None
    assert world.audience.events == []


async def test_only_so_many_problems_are_told(world: World) -> None:
    lines = [written().strip(), *["{"] * (MAX_PROBLEMS + 50)]
    source = Source(content="\n".join(lines))
    imported = await world.importing.run(source, Wish(), progress=Progress())
    assert len(imported.problems) <= MAX_PROBLEMS
    imported = await take(world, *[a_transcript(session_id=f"\x00{n}") for n in range(MAX_PROBLEMS + 50)])
    assert len(imported.problems) == MAX_PROBLEMS
    assert told(imported)[-1] == "There are 51 more problems."


# Repositories


async def test_a_repository_that_is_known_here_is_used(world: World) -> None:
    known = Repository(id="here", name="mine", aliases=(Alias(kind="origin", value="https://x.org/app"),))
    with world.store.writing() as changes:
        changes.put_repository(known)
    await take(world, a_conversation("Hi"))
    with world.store.reading() as records:
        assert world.session("s1").key.repository_id == "here"
        assert records.repositories() == [known]


async def test_a_new_repository_comes_with_the_session_but_takes_nothing_from_others(world: World) -> None:
    other = Repository(id="other", name="other", aliases=(Alias(kind="path", value="/code/app"),))
    with world.store.writing() as changes:
        changes.put_repository(other)
    thief = evolve(
        REPOSITORY,
        id="r1",
        aliases=(Alias(kind="name", value="x"), Alias(kind="path", value="/code/app")),
    )
    stronger = evolve(thief, aliases=(Alias(kind="origin", value="https://new.org"), *thief.aliases))
    await take(world, evolve(a_conversation("Hi"), repository=stronger))
    with world.store.reading() as records:
        kept = records.repository("other")
        assert kept == other


async def test_a_folder_on_a_network_is_never_looked_at() -> None:
    world = World()
    spy = evolve(REPOSITORY, roots=("//evil/share", "\\\\evil\\share", "/code/app"), aliases=())
    await take(world, evolve(a_conversation("Hi"), repository=spy))
    with world.store.reading() as records:
        found = records.repository("r1")
    assert found is not None
    assert found.roots == ("/code/app",)


# Other tools' histories


class History:
    """A reader that finds what a test gives it."""

    name = "other-tool"
    is_text = True

    def __init__(self, *found: ForeignSession | TransferProblem) -> None:
        self.found = found

    def wants(self, name: str) -> bool:
        return True

    def recognises(self, path: Path) -> bool:
        return path.name == "history"

    def read(self, path: Path) -> Iterator[ForeignSession | TransferProblem]:
        yield from self.found
        if path.name == "broken":
            raise OSError("the disk")


def foreign(origin_id: str = "f1", *texts: str, **fields: Any) -> ForeignSession:
    said = texts or ("Why?", "Because.")
    messages = tuple(
        ForeignMessage(
            origin_id=f"{n}",
            parent_origin_id=f"{n - 1}" if n else None,
            role="assistant" if n % 2 else "user",
            parts=(text_part(text),),
            at=at(n),
        )
        for n, text in enumerate(said)
    )
    given_ = {"created_at": at(0), "updated_at": at(9), "messages": messages, **fields}
    return ForeignSession(origin="other-tool", origin_id=origin_id, **given_)


async def take_foreign(
    world: World,
    *found: ForeignSession | TransferProblem,
    path: str = "/history",
    from_: str = "auto",
    **wish: Any,
) -> Imported:
    world.transfer.files.files[path] = b"whatever"  # type: ignore[attr-defined]  # the fake has them
    sources = evolve(
        world.importing.sources, tools=evolve(world.transfer, readers=lambda: (History(*found),))
    )
    importing = evolve(world.importing, sources=sources)
    return await importing.run(Source(path=path, from_=from_), Wish(**wish), progress=Progress())


async def test_another_tools_session_becomes_one_of_ours() -> None:
    world = World()
    imported = await take_foreign(world, foreign(metadata={"version": "1"}))
    assert (imported.source, imported.imported) == ("other-tool", 1)
    (session_id,) = imported.session_ids
    session, messages = world.session(session_id), world.messages(session_id)
    assert (session.title, session.title_source, session.agent) == ("Why?", "default", "assistant")
    assert session.metadata == {"version": "1", "importedFrom": {"tool": "other-tool", "id": "f1"}}
    assert (session.created_at, session.updated_at, session.message_count) == (at(0), at(9), 2)
    assert [(m.role, m.content, m.created_at) for m in messages] == [
        ("user", "Why?", at(0)),
        ("assistant", "Because.", at(1)),
    ]
    assert session.last_message is not None
    assert session.last_message.preview == "Because."
    answer = await world.say(session_id, "And then?")
    assert answer.content == "Hello world"


async def test_importing_it_again_finds_it_and_takes_what_is_newer() -> None:
    world = World()
    first = await take_foreign(world, foreign())
    again = await take_foreign(world, foreign())
    assert (again.imported, again.skipped) == (0, 1)
    grown = foreign("f1", "Why?", "Because.", "Really?", updated_at=at(60))
    newer = await take_foreign(world, grown, mode="newer")
    assert newer.session_ids == first.session_ids
    assert len(world.messages(first.session_ids[0])) == 3
    assert (await take_foreign(world, foreign("f2"))).session_ids != first.session_ids


async def test_it_belongs_to_the_repository_of_its_folder() -> None:
    world = World(checkouts=FakeCheckouts({FOLDER: checkout(origin="https://x.org/app")}))
    known = world.new_session().key.repository_id
    inside = await take_foreign(world, foreign(folder="/code/app", branch="fix/it"))
    key = world.session(inside.session_ids[0]).key
    assert (key.repository_id, key.task) == (known, "fix/it")


async def test_a_folder_that_is_gone_is_known_by_its_origin_or_its_path() -> None:
    world = World(checkouts=FakeCheckouts({FOLDER: checkout(origin="https://x.org/app")}))
    world.checkouts.missing = {"/gone", "/gone/too", "C:\\gone"}
    known = world.new_session().key.repository_id
    by_origin = await take_foreign(world, foreign("a", folder="/gone", remote="https://x.org/app.git"))
    assert world.session(by_origin.session_ids[0]).key.repository_id == known
    for folder, name in (("/gone/too", "too"), ("C:\\gone", "gone")):
        one = await take_foreign(world, foreign(f"1{folder}", folder=folder))
        two = await take_foreign(world, foreign(f"2{folder}", folder=folder))
        made = [world.sessions.get(each.session_ids[0]).repository.repository for each in (one, two)]
        assert made[0] == made[1]
        assert (made[0].name, made[0].roots) == (name, (folder,))


async def test_a_folder_on_a_network_or_a_relative_one_is_not_looked_at() -> None:
    world = World()
    for folder in ("\\\\evil\\share", "//evil/share", "relative", "a\x00b"):
        imported = await take_foreign(world, foreign(folder, folder=folder))
        repository = world.sessions.get(imported.session_ids[0]).repository.repository
        assert (repository.name, repository.roots) == ("imported", ())


async def test_without_a_folder_it_belongs_to_the_given_repository_or_to_imported() -> None:
    world = World()
    plain = await take_foreign(world, foreign("a"))
    given_ = await take_foreign(world, foreign("b"), repository=RepositoryChoice(name="notes"))
    names = [world.sessions.get(each.session_ids[0]).repository.repository.name for each in (plain, given_)]
    assert names == ["imported", "notes"]
    with pytest.raises(RepositoryNotFound):
        await take_foreign(world, foreign("c"), repository=RepositoryChoice(id="nobody"))


async def test_what_a_reader_cannot_read_is_told_and_the_rest_comes_in() -> None:
    world = World()
    problem = TransferProblem(message="Line noise.", line=3, file="a.jsonl")
    bad = foreign("bad", head_origin_id="nowhere")
    imported = await take_foreign(
        world, problem, bad, foreign("\ud800"), foreign("good"), path="/broken", from_="other-tool"
    )
    assert imported.imported == 2
    assert imported.problems[0] == problem
    refused, cut_off = told(imported)[1:]
    assert refused.endswith("(headId) is not there.")
    assert cut_off == "broken cannot be read to its end: OSError."


@pytest.mark.parametrize(
    ("source", "field"),
    [
        (Source(), "path"),
        (Source(path="/a", content="b"), "path"),
        (Source(content="{}", from_="nobody"), "from"),
        (Source(content="{}", from_="llm"), "content"),
        (Source(path="/a", from_="codex", format="json"), "format"),
    ],
)
async def test_a_source_must_be_one_thing(source: Source, field: str) -> None:
    with pytest.raises(InvalidValue) as raised:
        await World().importing.run(source, Wish(), progress=Progress())
    assert raised.value.data["problems"][0]["field"] == field


@pytest.mark.parametrize(
    "source",
    [
        Source(content="no export"),
        Source(content=""),
        Source(path="/nowhere"),
        Source(path="/noise"),
        Source(path="/noise", from_="threadkeep"),
        Source(path="/noise", format="json"),
        Source(content=json.dumps({"format": "threadkeep", "version": 99, "sessions": []})),
    ],
)
async def test_what_nobody_can_read_is_refused(source: Source) -> None:
    world = World()
    world.transfer.files.files["/noise"] = b"\x00\x01noise"  # type: ignore[attr-defined]  # the fake has them
    with pytest.raises(ImportInvalid):
        await world.importing.run(source, Wish(), progress=Progress())


@pytest.mark.parametrize("format_", ["json", "jsonl"])
async def test_a_file_is_read_by_what_it_holds(format_: str) -> None:
    world = World()
    files = world.transfer.files
    files.files["/x.bin"] = written(a_conversation("Hi"), format_=format_).encode()  # type: ignore[attr-defined]  # the fake has them
    for source in (Source(path="/x.bin"), Source(path="/x.bin", from_="threadkeep", format=format_)):
        imported = await world.importing.run(source, Wish(mode="replace"), progress=Progress())
        assert (imported.source, imported.imported) == ("threadkeep", 1)


def _everything() -> Any:
    from threadkeep.ports.session_filter import SessionFilter

    return SessionFilter(archived="include", trashed="include")


def _any_order() -> Any:
    from threadkeep.ports.session_filter import SessionSort

    return SessionSort()
