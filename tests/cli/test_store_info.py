"""`store info` says where the store is, what is between it and the person, and until when it lives."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.store import FixedClock
from threadkeep.adapters.store import lifetimes, open_store
from threadkeep.cli.arguments import build_parser
from threadkeep.cli.terminal import Terminal
from threadkeep.cli.upkeep import show_store
from threadkeep.client import Client
from threadkeep.faces.lsp.handlers.server import _store_info
from threadkeep.ports.store import StoreFacts, StorePlace
from threadkeep.protocol.converter import unstructure
from threadkeep.values import evolve

FACTS = StoreFacts(
    path="/root/.local/share/threadkeep/threadkeep.db",
    schema_version=1,
    engine="SQLite 3.54.1",
    sessions=0,
    messages=0,
    repositories=0,
    size=1,
)


class Informed(Client):
    """Tells of a store that lies there."""

    def __init__(self, place: StorePlace) -> None:
        self.place = place

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        assert method == "store/info"
        return unstructure(_store_info(evolve(FACTS, place=self.place)))


async def shown(place: StorePlace) -> tuple[str, str]:
    """(what is printed, what is noted), by way of the wire."""
    out, notes = io.StringIO(), io.StringIO()
    terminal = Terminal(keyboard=io.StringIO(), out=out, err=notes)
    assert await show_store(Informed(place), build_parser().parse_args(["store", "info"]), terminal) == 0
    return out.getvalue(), notes.getvalue()


async def test_a_store_that_goes_with_its_container_is_told_with_what_keeps_it() -> None:
    place = StorePlace(runs_in="devContainer", lifetime="container", told="Put a named volume there.")
    out, notes = await shown(place)
    assert "runs in      a dev container\n" in out
    assert "lives until  the container is removed or rebuilt\n" in out
    assert notes == "Put a named volume there.\n"


async def test_words_of_a_newer_server_are_shown_as_they_are() -> None:
    out, _ = await shown(StorePlace(runs_in="spaceship", lifetime="landing"))
    assert "spaceship" in out
    assert "landing" in out


async def test_a_store_on_a_disk_is_told_without_all_that() -> None:
    out, notes = await shown(StorePlace())
    assert "runs in" not in out
    assert "lives until" not in out
    assert notes == ""


def test_a_real_store_tells_its_place(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store", clock=FixedClock())
    try:
        assert store.facts().place == lifetimes.store_place(tmp_path / "store")
    finally:
        store.close()
