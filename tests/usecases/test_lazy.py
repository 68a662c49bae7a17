"""A lazy member is made once, when it is first asked for, whichever thread asks."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from threadkeep.usecases.lazy import lazy


class House:
    """Counts how often each of its parts is made."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.fails = False
        self.asked = threading.Barrier(4)

    @lazy
    def wall(self) -> list[str]:
        """What holds the roof."""
        self.made.append("wall")
        if self.fails:
            raise RuntimeError("no bricks")
        return ["wall"]

    @lazy
    def roof(self) -> list[str]:
        self.made.append("roof")
        return [*self.wall, "roof"]


def test_it_is_made_when_it_is_first_asked_for_and_stays():
    house = House()
    assert house.made == []
    assert house.roof == ["wall", "roof"]
    assert house.roof is house.roof
    assert house.made == ["roof", "wall"]


def test_every_object_has_its_own():
    assert House().wall is not House().wall


def test_threads_that_ask_at_once_get_the_same():
    house = House()

    def ask() -> list[str]:
        house.asked.wait(timeout=30)
        return house.roof

    with ThreadPoolExecutor(4) as threads:
        first, *others = [asked.result(timeout=30) for asked in [threads.submit(ask) for _ in range(4)]]
    assert all(other is first for other in others)
    assert house.made == ["roof", "wall"]


def test_what_could_not_be_made_is_tried_again():
    house = House()
    house.fails = True
    with pytest.raises(RuntimeError, match="no bricks"):
        house.wall  # noqa: B018 - asking for it is what raises
    house.fails = False
    assert house.wall == ["wall"]


def test_the_class_tells_what_it_is():
    assert House.wall.__doc__ == "What holds the roof."
