"""`store info` says where the store is, what is between it and the person, and until when it lives."""

import io
from pathlib import Path

import attrs

from tests.support.store import FixedClock
from threadkeep.adapters.store import lifetimes, open_store
from threadkeep.cli.server_listings import show_store
from threadkeep.cli.terminal import Terminal
from threadkeep.faces.lsp.handlers.server import _store_info
from threadkeep.ports.store import StoreFacts, StorePlace
from threadkeep.protocol.converter import unstructure

FACTS = StoreFacts(
    path="/root/.local/share/threadkeep/threadkeep.db",
    schema_version=1,
    engine="SQLite 3.54.1",
    sessions=0,
    messages=0,
    repositories=0,
    size=1,
)


def shown(place: StorePlace) -> tuple[str, str]:
    """(what is printed, what is noted), by way of the wire."""
    out, notes = io.StringIO(), io.StringIO()
    terminal = Terminal(keyboard=io.StringIO(), out=out, err=notes)
    show_store(unstructure(_store_info(attrs.evolve(FACTS, place=place))), terminal)
    return out.getvalue(), notes.getvalue()


def test_a_store_that_goes_with_its_container_is_told_with_what_keeps_it() -> None:
    place = StorePlace(runs_in="devContainer", lifetime="container", told="Put a named volume there.")
    out, notes = shown(place)
    assert "runs in      a dev container\n" in out
    assert "lives until  the container is removed or rebuilt\n" in out
    assert notes == "Put a named volume there.\n"


def test_words_of_a_newer_server_are_shown_as_they_are() -> None:
    out, _ = shown(StorePlace(runs_in="spaceship", lifetime="landing"))
    assert "spaceship" in out
    assert "landing" in out


def test_a_store_on_a_disk_is_told_without_all_that() -> None:
    out, notes = shown(StorePlace())
    assert "runs in" not in out
    assert "lives until" not in out
    assert notes == ""


def test_a_real_store_tells_its_place(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store", clock=FixedClock())
    try:
        assert store.facts().place == lifetimes.store_place(tmp_path / "store")
    finally:
        store.close()
