"""Vectors are made in the background, and searched by meaning."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.fake_embeddings import FakeEmbedder
from tests.support.store import a_message, put
from tests.support.world import World
from threadkeep.domain.errors import (
    ContextTooLong,
    ExtraMissing,
    InvalidCursor,
    InvalidValue,
    ProviderNetwork,
)
from threadkeep.usecases.progress import Progress
from threadkeep.usecases.search import embedding
from threadkeep.usecases.search.searching import Found, Search


def world_with(*texts: str, embedder: FakeEmbedder | None) -> World:
    world = World()
    world.embeddings.embedder = embedder
    session = world.new_session()
    put(
        world.store,
        *(a_message(f"m{n}", seq=n, session_id=session.id, text=text) for n, text in enumerate(texts, 1)),
    )
    return world


async def embedded(world: World) -> None:
    """Lets the background do what there is to do."""
    world.cases.embedding.begin()
    working = world.cases.embedding._working
    assert working is not None
    await asyncio.wait_for(working, 30)


async def search(world: World, query: str, **more: Any) -> Found:
    return await world.cases.searching.search(
        Search(query=query, mode="semantic", **more), progress=Progress()
    )


def ids(found: Found) -> list[str | None]:
    return [hit.text.message_id for hit in found.hits]


async def test_texts_of_the_same_meaning_are_found_in_other_words() -> None:
    world = world_with("a truck", "an orca", embedder=FakeEmbedder())
    await embedded(world)
    found = await search(world, "whale")
    assert (ids(found), found.is_ranked) == (["m2", "m1"], True)
    assert [hit.snippet.ranges for hit in found.hits] == [(), ()]
    assert (found.hits[0].snippet.text, found.hits[0].text.score or 0) > ("an orca", 0.5)


async def test_pages_lead_through_all() -> None:
    world = world_with("whale", "orca", "car", embedder=FakeEmbedder())
    await embedded(world)
    first = await search(world, "whale", limit=2)
    rest = await search(world, "whale", limit=2, cursor=first.next_cursor)
    assert (ids(first), ids(rest), rest.next_cursor) == (["m1", "m2"], ["m3"], None)
    with pytest.raises(InvalidCursor):
        await search(world, "car", cursor=first.next_cursor)


async def test_messages_go_out_once_and_together() -> None:
    embedder = FakeEmbedder()
    world = world_with(*(f"text {n}" for n in range(40)), embedder=embedder)
    await embedded(world)
    assert [len(texts) for texts in embedder.asked] == [embedding.AT_ONCE, 8]
    world.cases.embedding._not_before = 0.0
    await embedded(world)
    assert len(embedder.asked) == 2


async def test_without_a_setting_nothing_is_made_and_the_search_says_what_to_set() -> None:
    world = world_with("whale", embedder=None)
    await embedded(world)
    with pytest.raises(InvalidValue, match=r"semantic\.model") as raised:
        await search(world, "whale")
    assert raised.value.data["problems"][0]["field"] == "mode"


async def test_what_keeps_it_from_working_is_told_by_the_search_and_tried_again_later() -> None:
    world = world_with("whale", embedder=FakeEmbedder(failure=ProviderNetwork("Out of reach.", provider="p")))
    await embedded(world)
    assert world.cases.embedding._not_before > asyncio.get_running_loop().time()
    with pytest.raises(ProviderNetwork):
        await search(world, "whale")
    world.embeddings.failure = ExtraMissing("threadkeep[semantic]", purpose="Finding by meaning")
    with pytest.raises(ExtraMissing):
        await search(world, "whale")
    world.embeddings.failure = None
    world.embeddings.embedder = FakeEmbedder()
    world.cases.embedding._not_before = 0.0
    await embedded(world)
    assert ids(await search(world, "whale")) == ["m1"]


async def test_a_process_leaves_the_work_to_another_one_that_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = FakeEmbedder()
    world = world_with("whale", embedder=embedder)
    monkeypatch.setattr(world.store, "is_alive", lambda holder: holder.owner == "another")
    with world.store.writing() as changes:
        assert changes.claim_vectors("another", is_alive=lambda _: True)
    await embedded(world)
    assert embedder.asked == []
    monkeypatch.setattr(world.store, "is_alive", lambda _: False)
    world.cases.embedding._not_before = 0.0
    await embedded(world)
    assert embedder.asked == [["whale"]]


async def test_a_text_that_the_model_does_not_take_holds_up_no_other() -> None:
    class Picky(FakeEmbedder):
        async def embed(self, texts: Sequence[str]) -> Sequence[bytes]:
            if any(len(text) > embedding.SHORTER for text in texts):
                raise ContextTooLong("Too long.", provider="fake")
            return await super().embed(texts)

    embedder = Picky()
    world = world_with("car", "whale " * 300, "orca", embedder=embedder)
    await embedded(world)
    assert [len(texts) for texts in embedder.asked] == [1, 1, 1]
    assert ids(await search(world, "whale", limit=1)) == ["m2"]


async def test_changed_settings_are_tried_at_once() -> None:
    world = world_with("whale", embedder=FakeEmbedder(failure=ProviderNetwork("Away.", provider="p")))
    await embedded(world)
    world.embeddings.embedder = embedder = FakeEmbedder()
    world.cases.embedding.begin()
    await asyncio.sleep(0)
    assert embedder.asked == []
    world.cases.embedding.wake()
    await embedded(world)
    assert embedder.asked == [["whale"]]


async def test_the_work_ends_with_the_server() -> None:
    class Hanging(FakeEmbedder):
        async def embed(self, texts: object) -> list[bytes]:
            await asyncio.Event().wait()
            return []

    world = world_with("whale", embedder=Hanging())
    world.cases.embedding.begin()
    await asyncio.sleep(0)
    await asyncio.wait_for(world.cases.embedding.stop(), 30)
    assert world.cases.embedding._working is not None
    assert world.cases.embedding._working.cancelled()
