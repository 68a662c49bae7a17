"""Finding texts: the ways to look, pages, errors, and giving up."""

import asyncio
from typing import Any

import pytest

from tests.support.fake_embeddings import FakeEmbedder
from tests.support.store import put
from tests.support.world import FOLDER, World
from threadkeep.domain.errors import (
    ExtraMissing,
    InvalidCursor,
    InvalidValue,
    RepositoryNotFound,
    SessionNotFound,
)
from threadkeep.domain.messages import Message, text_part
from threadkeep.domain.sessions import Session
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.usecases.progress import Cancelled, Progress
from threadkeep.usecases.repositories.repositories import RepositoryChoice
from threadkeep.usecases.search.searching import Found, Search
from threadkeep.values import evolve


class StuckLane:
    """Takes work and never comes to an end with it."""

    def __init__(self) -> None:
        self.taken = asyncio.Event()

    async def __call__(self, work: Any) -> Any:
        self.taken.set()
        await asyncio.Event().wait()


def world_with(*texts: str) -> tuple[World, Session]:
    """One session with a message for each text."""
    world = World()
    session = world.new_session(title="About it")
    add(world, session, *texts)
    return world, session


def add(world: World, session: Session, *texts: str) -> None:
    begin = world.store.facts().messages
    put(
        world.store,
        *(
            Message(
                id=f"m{n}",
                session_id=session.id,
                seq=n,
                role="user",
                parts=(text_part(text),),
                created_at=world.clock.now(),
            )
            for n, text in enumerate(texts, begin + 1)
        ),
    )


async def search(world: World, query: str, **more: Any) -> Found:
    return await world.cases.searching.search(Search(query=query, **more), progress=Progress())


def marked(found: Found) -> list[list[str]]:
    """What was found in each text."""
    return [[hit.text.text[a:b] for a, b in hit.snippet.ranges] for hit in found.hits]


async def test_words_are_found_newest_first_with_where_they_stand() -> None:
    world, session = world_with("One whale", "no fish", "Whale and whales and whale")
    found = await search(world, "whale")
    assert marked(found) == [["Whale", "whale"], ["whale"]]
    assert [(hit.view.session.id, hit.text.message_id, hit.text.score) for hit in found.hits] == [
        (session.id, "m3", None),
        (session.id, "m1", None),
    ]
    assert (found.next_cursor, found.is_ranked) == (None, False)


@pytest.mark.medium
@pytest.mark.parametrize(
    ("mode", "query", "expected"),
    [
        ("substring", "HALE a", [["hale a"]]),
        ("substring", "é", [["É"]]),
        ("substring", "e", [["e"], ["e", "e", "e"], ["e"]]),
        ("regex", r"\bwh\w+$", [["whale"]]),
        ("regex", r"(?i)W?HALE", [["whale"], ["whale"], ["Whale"]]),
        ("regex", "x*", []),
        ("regex", "^É", [["É"]]),
    ],
)
async def test_characters_and_patterns_are_found(mode: Any, query: str, expected: list[list[str]]) -> None:
    world, session = world_with("Whale", "the whale\nÉtude", "a whale at noon")
    put(world.store, evolve(session, title_source="default"))  # its title is no text
    assert marked(await search(world, query, mode=mode)) == expected


@pytest.mark.medium
@pytest.mark.parametrize("mode", ["text", "substring", "regex"])
@pytest.mark.parametrize("best_first", [False, True])
async def test_pages_go_on_where_the_last_one_ended(mode: Any, best_first: bool) -> None:
    world, session = world_with(*(f"whale {'x ' * n}" for n in range(7)))
    whole = await search(world, "whale", mode=mode, best_first=best_first)
    seen, cursor = [], None
    for _ in range(4):
        page = await search(world, "whale", mode=mode, best_first=best_first, limit=2, cursor=cursor)
        seen += [hit.text.message_id for hit in page.hits]
        cursor = page.next_cursor
        if cursor is not None and not best_first:
            add(world, session, "a new whale")
    assert (seen, cursor) == ([hit.text.message_id for hit in whole.hits], None)
    assert whole.is_ranked is (best_first and mode == "text")


async def test_common_words_come_newest_first_although_the_best_were_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("threadkeep.usecases.search.searching.RANKED", 2)
    world, session = world_with("whale whale", "a whale")
    assert (await search(world, "whale", best_first=True)).is_ranked
    first = await search(world, "whale", best_first=True, limit=1)
    add(world, session, "whale")
    found = await search(world, "whale", best_first=True, limit=2)
    assert (marked(found), found.is_ranked) == ([["whale"], ["whale"]], False)
    rest = await search(world, "whale", best_first=True, cursor=found.next_cursor)
    assert (marked(rest), rest.is_ranked) == ([["whale", "whale"]], False)
    # what was begun goes on
    assert (await search(world, "whale", best_first=True, cursor=first.next_cursor)).is_ranked


@pytest.mark.medium
async def test_a_cursor_belongs_to_its_search() -> None:
    world, session = world_with("whale", "whale")
    cursor = (await search(world, "whale", limit=1)).next_cursor
    ranked = (await search(world, "whale", best_first=True, limit=1)).next_cursor
    assert cursor is not None
    for query, more in (
        ("fish", {"cursor": cursor}),
        ("whale", {"cursor": cursor, "mode": "regex"}),
        ("whale", {"cursor": cursor, "session_id": session.id}),
        ("whale", {"cursor": ranked}),
        ("whale", {"cursor": cursor[:-4]}),
        ("whale", {"cursor": "x", "best_first": True}),
    ):
        with pytest.raises(InvalidCursor):
            await search(world, query, **more)


@pytest.mark.medium
async def test_a_filter_a_repository_and_a_session_narrow_it() -> None:
    world, session = world_with("whale")
    other = world.new_session(repository=RepositoryChoice(name="notes"), title="Other")
    add(world, other, "whale")
    trashed = world.new_session(title="Gone")
    put(world.store, evolve(trashed, trashed_at=world.clock.now()))
    add(world, trashed, "whale")

    async def ids(**more: Any) -> list[str]:
        return [hit.view.session.id for hit in (await search(world, "whale", **more)).hits]

    assert await ids() == [other.id, session.id]
    assert await ids(repository=RepositoryChoice(uri=FOLDER)) == [session.id]
    assert await ids(repository=RepositoryChoice(name="never seen")) == []
    assert await ids(repository=RepositoryChoice(name="never seen"), mode="regex") == []
    assert await ids(wanted=SessionFilter(trashed="only")) == [trashed.id]
    assert await ids(session_id=other.id) == [other.id]
    assert await ids(session_id=trashed.id) == []
    put(world.store, evolve(other, archived_at=world.clock.now()))
    assert (await ids(), await ids(session_id=other.id)) == ([session.id], [other.id])
    with pytest.raises(SessionNotFound):
        await ids(session_id="nobody")
    with pytest.raises(RepositoryNotFound):
        await ids(repository=RepositoryChoice(id="nobody"))


@pytest.mark.medium
@pytest.mark.parametrize(
    ("query", "mode", "told"),
    [
        ("", "text", "blank"),
        (" \n", "substring", "blank"),
        ("x" * 10_001, "text", "10,000"),
        ("(a", "regex", "missing )"),
        ("a{99999999999999999999}", "regex", "is not a valid regular expression"),
        ("(?P<n>a)(?P<n", "regex", "character"),
        ("*a", "regex", "nothing to repeat"),
        (r"(a+)+c", "regex", "repetition inside of a repetition"),
    ],
)
async def test_a_query_that_cannot_be_used_is_told(query: str, mode: Any, told: str) -> None:
    world, _ = world_with("a" * 5_000 + "b")
    with pytest.raises(InvalidValue, match="query") as raised:
        await search(world, query, mode=mode)
    assert told in raised.value.message


async def test_no_punctuation_is_an_error() -> None:
    world, _ = world_with("whale")
    for query in ('"', "***", "a AND (", "NEAR(", "text:", "-", "^whale", "{a}: b", "\ud800"):
        await search(world, query)
    assert marked(await search(world, "(whale")) == [["whale"]]


async def test_a_scan_that_nobody_wants_any_more_ends() -> None:
    world, _ = world_with(*["whale"] * 600)
    told: list[tuple[int, int | None]] = []
    progress = Progress(lambda done, total: told.append((done, total)))
    found = await world.cases.searching.search(Search(query="fish", mode="substring"), progress=progress)
    assert (found.hits, told[-1]) == ((), (100, 100))
    progress.cancel()
    with pytest.raises((Cancelled, asyncio.CancelledError)):
        await world.cases.searching.search(Search(query="fish", mode="substring"), progress=progress)


@pytest.mark.parametrize("mode", ["substring", "regex", "semantic"])
async def test_a_read_does_not_wait_behind_a_search(mode: Any) -> None:
    search_executor, pattern_executor = StuckLane(), StuckLane()
    world = World(search_executor=search_executor, pattern_executor=pattern_executor)
    session = world.new_session(title="About it")
    world.embeddings.embedder = FakeEmbedder()
    searching = asyncio.ensure_future(search(world, "whale", mode=mode))
    async with asyncio.timeout(5):
        await (pattern_executor if mode == "regex" else search_executor).taken.wait()
        read = await world.cases.reads(lambda: world.sessions.get(session.id))
    assert (read.session.title, searching.done()) == ("About it", False)
    searching.cancel()


@pytest.mark.parametrize("query", ["+++", "--", '"…"', "* *", "->"])
@pytest.mark.parametrize("best_first", [False, True])
async def test_a_query_of_signs_alone_says_how_signs_are_found(query: str, best_first: bool) -> None:
    world, _ = world_with(f"a {query} b")
    found = await search(world, query, best_first=best_first)
    assert found.hits == ()
    assert "substring" in (found.hint or "")
    by_characters = await search(world, query, mode="substring")
    assert (len(by_characters.hits), by_characters.hint) == (1, None)


@pytest.mark.parametrize("query", ["nowhere", "C++", "日本"])
async def test_words_that_are_nowhere_need_no_hint(query: str) -> None:
    world, _ = world_with("something else")
    assert await search(world, query) == Found()


async def test_finding_by_meaning_names_the_extra_first_and_then_the_setting() -> None:
    world, _ = world_with("a")
    world.embeddings.missing = ExtraMissing("threadkeep[semantic]", purpose="Finding by meaning")
    with pytest.raises(ExtraMissing):
        await search(world, "a", mode="semantic")
    world.embeddings.missing = None
    with pytest.raises(InvalidValue, match=r"semantic\.model, .* semantic\.folder"):
        await search(world, "a", mode="semantic")
