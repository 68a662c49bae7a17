"""Exporting: the right sessions, each as it is, and no more than one at a time."""

import asyncio
import gc
import json
import threading
import weakref
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from tests.support.store import a_message, a_session, put
from tests.support.surroundings import InlineLane
from tests.support.transcripts import a_full_transcript
from tests.support.transfer import FakeUserFiles
from tests.support.world import World
from threadkeep.adapters.runtime import ThreadExecutor
from threadkeep.domain.errors import ExportFailed, InvalidValue, RepositoryNotFound, SessionNotFound
from threadkeep.domain.repositories import Repository
from threadkeep.domain.secrets import REDACTED
from threadkeep.domain.transfer import Transcript
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.usecases.progress import Cancelled, Progress
from threadkeep.usecases.repositories.repositories import RepositoryChoice
from threadkeep.usecases.transfer.exporting import Exported, Selection, Target
from threadkeep.values import evolve

SECRET = "sk-" + "abcdefghijklmnopqrstuvwx"  # built here, so that no scanner takes this file for a leak

EVERYTHING = Selection()


async def export(
    world: World, selection: Selection = EVERYTHING, *, format_: str = "jsonl", **target: Any
) -> Exported:
    given = {"most": 10_000_000, **target}
    return await world.exporting.export(selection, Target(format=format_, **given), progress=Progress())


def with_files(world: World) -> FakeUserFiles:
    files = world.transfer.files
    assert isinstance(files, FakeUserFiles)
    return files


def ids(exported: Exported) -> list[str]:
    lines = [json.loads(line) for line in (exported.content or "").splitlines()]
    return [line["session"]["id"] for line in lines if line["type"] == "session"]


async def test_one_session_is_given_as_text() -> None:
    world = World()
    session = world.new_session(title="Hello")
    await world.say(session.id, "Why?")
    exported = await export(world, Selection(session_id=session.id), format_="markdown")
    assert (exported.count, exported.path) == (1, None)
    assert "# Hello\n" in (exported.content or "")
    assert "Why?" in (exported.content or "")


async def test_a_filter_takes_all_that_match_the_oldest_first() -> None:
    world = World()
    made = [world.new_session(task=task) for task in ("a", "b", "a")]
    world.sessions.update(made[0].id, _patch(note="changed last"))
    exported = await export(world, Selection(wanted=SessionFilter(task="a")))
    assert ids(exported) == [made[0].id, made[2].id]
    assert exported.count == 2


async def test_a_repository_narrows_and_an_unknown_one_gives_nothing() -> None:
    world = World()
    mine = world.new_session(repository=RepositoryChoice(name="mine"))
    world.new_session()
    assert ids(await export(world, Selection(repository=RepositoryChoice(name="mine")))) == [mine.id]
    assert (await export(world, Selection(repository=RepositoryChoice(name="other")))).count == 0
    with pytest.raises(RepositoryNotFound):
        await export(world, Selection(repository=RepositoryChoice(id="nobody")))


async def test_a_private_session_is_given_by_its_id_only() -> None:
    world = World()
    private = world.new_session(is_private=True)
    assert (await export(world)).count == 0
    assert (await export(world, Selection(session_id=private.id))).count == 1


async def test_an_unknown_session_is_refused() -> None:
    with pytest.raises(SessionNotFound):
        await export(World(), Selection(session_id="nobody"))


async def test_a_session_in_any_state_can_be_exported() -> None:
    world = World()
    for status in ("active", "paused", "ended"):
        session = world.new_session()
        if status != "active":
            await world.lifecycle.move(session.id, status)
        assert (await export(world, Selection(session_id=session.id))).count == 1


async def test_all_branches_are_in_what_can_be_imported_and_one_in_what_is_read() -> None:
    world = World()
    session = world.new_session()
    await world.say(session.id, "One")
    world.branches.clear(session.id)
    await world.say(session.id, "Two")
    everything = (await export(world, Selection(session_id=session.id), format_="json")).content or ""
    visible = (await export(world, Selection(session_id=session.id), format_="text")).content or ""
    assert ("One" in everything, "Two" in everything) == (True, True)
    assert ("\nOne\n" in visible, "\nTwo\n" in visible) == (False, True)


@pytest.mark.parametrize("format_", ["json", "jsonl", "csv", "markdown", "text", "html"])
async def test_secrets_are_taken_out_of_everything_if_that_is_wanted(format_: str) -> None:
    world = World()
    full = _poisoned(a_full_transcript())
    with world.store.writing() as changes:
        changes.put_repository(full.repository)
    put(world.store, full.session, *full.messages)
    selection = Selection(session_id=full.session.id)
    assert SECRET in ((await export(world, selection, format_=format_)).content or "")
    exported = (await export(world, selection, format_=format_, redact=True)).content or ""
    assert SECRET not in exported
    assert REDACTED in exported.replace("\\", "")


async def test_a_text_that_no_reply_can_hold_is_refused_with_what_to_do() -> None:
    world = World()
    session = world.new_session()
    await world.say(session.id, "x" * 2_000)
    with pytest.raises(ExportFailed, match="give `path`"):
        await export(world, Selection(session_id=session.id), most=1_000)
    exported = await export(world, Selection(session_id=session.id), most=1_000, path="/out.jsonl")
    assert (exported.content, exported.path, exported.count) == (None, "/out.jsonl", 1)
    assert b"x" * 2_000 in with_files(world).files["/out.jsonl"]


async def test_escapes_count_for_the_size_of_a_reply() -> None:
    world = World()
    session = world.new_session()
    await world.say(session.id, '"' * 1_000)
    content = (await export(world, Selection(session_id=session.id), format_="text")).content or ""
    with pytest.raises(ExportFailed):
        await export(world, Selection(session_id=session.id), format_="text", most=len(content) + 500)


async def test_a_pdf_needs_a_path() -> None:
    world = World()
    with pytest.raises(InvalidValue, match="path"):
        await export(world, Selection(session_id=world.new_session().id), format_="pdf")


async def test_a_full_disk_leaves_no_file() -> None:
    world = World()
    session = world.new_session()
    with_files(world).room = 100
    with pytest.raises(ExportFailed, match="full"):
        await export(world, Selection(session_id=session.id), path="/out.jsonl")
    assert with_files(world).files == {}


async def test_what_was_asked_for_before_is_in_it() -> None:
    world = World()
    session = world.new_session()
    order = world.cases.order
    entered, leave = asyncio.Event(), asyncio.Event()

    async def change() -> None:
        async with order.changing(session.id):
            entered.set()
            await leave.wait()
            world.sessions.update(session.id, _patch(note="later"))

    changing = asyncio.create_task(change())
    await entered.wait()
    exporting = asyncio.create_task(export(world, Selection(session_id=session.id)))
    await asyncio.sleep(0)
    leave.set()
    await changing
    assert '"note":"later"' in ((await exporting).content or "")


async def test_progress_is_told_and_ends_the_work_when_it_is_cancelled() -> None:
    world = World()
    for _ in range(3):
        world.new_session()
    told: list[tuple[int, int | None]] = []
    progress = Progress(lambda done, total: told.append((done, total)))
    target = Target(format="jsonl", path="/out.jsonl", most=1)
    await world.exporting.export(Selection(), target, progress=progress)
    assert told == [(0, 3), (1, 3), (2, 3)]
    progress.cancel()
    with pytest.raises(Cancelled):
        await world.exporting.export(Selection(), evolve(target, path="/b"), progress=progress)
    assert "/b" not in with_files(world).files


class Watching:
    """A format that counts how many transcripts are alive while it writes."""

    name = "watching"
    is_text = True

    def __init__(self) -> None:
        self.most = 0
        self.seen = 0

    def pieces(self, transcripts: Iterable[Transcript], *, is_single: bool) -> Iterator[bytes]:
        alive: list[weakref.ref[Transcript]] = []
        for transcript in transcripts:
            self.seen += 1
            alive.append(weakref.ref(transcript))
            alive = [each for each in alive if each() is not None]
            self.most = max(self.most, len(alive))
            yield b"."


@pytest.mark.parametrize("redact", [False, True])
async def test_never_more_than_one_session_is_held(redact: bool) -> None:
    world = World()
    for number in range(30):
        put(
            world.store,
            a_session(f"s{number}", key=_key(world)),
            a_message(f"m{number}", session_id=f"s{number}"),
        )
    watching = Watching()
    tools = evolve(world.transfer, formats=lambda: {"watching": watching})
    exporting = evolve(world.exporting, tools=tools)
    gc.disable()
    try:
        target = Target(format="watching", most=10_000, redact=redact)
        exported = await exporting.export(Selection(), target, progress=Progress())
    finally:
        gc.enable()
    assert (exported.count, watching.seen) == (30, 30)
    assert watching.most <= 2


@pytest.mark.parametrize("format_", ["json", "jsonl", "csv", "markdown", "text", "html"])
async def test_no_format_holds_more_than_a_session(format_: str) -> None:
    world = World()
    format_made = world.transfer.formats()[format_]
    alive: list[weakref.ref[Transcript]] = []
    most = 0

    def transcripts() -> Iterator[Transcript]:
        nonlocal most
        for number in range(20):
            transcript = evolve(a_full_transcript())
            alive.append(weakref.ref(transcript))
            yield transcript
            del transcript
            most = max(most, sum(each() is not None for each in alive[: number + 1]))

    assert b"".join(format_made.pieces(transcripts(), is_single=False))
    assert most <= 1


async def test_who_is_cancelled_waits_until_the_work_has_ended() -> None:
    executor, begun = ThreadExecutor("test"), asyncio.Event()
    loop = asyncio.get_running_loop()
    progress, ended = Progress(), []

    def work() -> None:
        loop.call_soon_threadsafe(begun.set)
        try:
            while True:
                progress.check()
        finally:
            ended.append(True)

    running = asyncio.create_task(progress.run(executor, work))
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended == [True]
    assert executor.close(30)


async def test_work_that_has_not_begun_never_does() -> None:
    progress, done = Progress(), []
    progress.cancel()
    with pytest.raises(Cancelled):
        await progress.run(InlineLane(), lambda: done.append(True))
    assert done == []


def _poisoned(full: Transcript) -> Transcript:
    message = full.messages[0]
    message = evolve(
        message,
        parts=tuple(evolve(part, text=f"{part.text} {SECRET}") for part in message.parts),
        note=SECRET,
        metadata={"deep": [{"key": f"x {SECRET}"}]},
    )
    session = evolve(
        full.session,
        title=f"Use {SECRET}",
        note=SECRET,
        tags=(SECRET,),
        context_summary=SECRET,
        metadata={"x": SECRET},
        links=(evolve(full.session.links[0], url=f"https://u:{SECRET}@x.org"),),
        trashed_at=None,
        archived_at=None,
    )
    return Transcript(session=session, repository=full.repository, messages=(message, *full.messages[1:]))


def _patch(**fields: Any) -> Any:
    from threadkeep.usecases.sessions.sessions import SessionPatch

    return SessionPatch(fields=fields)


def _key(world: World) -> Any:
    from threadkeep.domain.sessions import SessionKey

    with world.store.writing() as changes:
        changes.put_repository(Repository(id="r9", name="nine", aliases=()))
    return SessionKey(repository_id="r9", task="t")


class Holding:
    """A format that writes on when it is told to."""

    name = "holding"
    is_text = True

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()

    def pieces(self, transcripts: Iterable[Transcript], *, is_single: bool) -> Iterator[bytes]:
        for transcript in transcripts:
            self.begun.set()
            assert self.go_on.wait(60)
            yield transcript.session.id.encode()


async def test_nobody_waits_for_an_export_and_each_session_is_read_when_its_turn_comes() -> None:
    world, holding, executor = World(), Holding(), ThreadExecutor("test")
    first, second = world.new_session(), world.new_session()
    tools = evolve(world.transfer, executor=executor, formats=lambda: {"holding": holding})
    exporting = evolve(world.exporting, tools=tools)
    target = Target(format="holding", most=10_000)
    running = asyncio.create_task(exporting.export(EVERYTHING, target, progress=Progress()))
    assert await asyncio.to_thread(holding.begun.wait, 60)
    async with world.cases.order.reading(first.id), world.cases.order.reading(None):
        world.sessions.update(first.id, _patch(note="meanwhile"))
    with world.store.writing() as changes:
        changes.erase_session(second.id)
    holding.go_on.set()
    assert await running == Exported(content=first.id, count=1)
    assert executor.close(60)
