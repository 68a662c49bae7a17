import os
import select
import sys
from pathlib import Path

import pytest

from threadkeep.adapters.store.pokes import Pokes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes of this kind")


def is_readable(pokes: Pokes) -> bool:
    assert pokes.descriptor is not None
    return bool(select.select([pokes.descriptor], [], [], 1)[0])


def test_who_writes_wakes_the_others_and_not_itself(tmp_path: Path) -> None:
    left, right = Pokes(tmp_path, "left"), Pokes(tmp_path, "right")
    left.poke()
    assert is_readable(right)
    right.heard()
    assert not select.select([left.descriptor, right.descriptor], [], [], 0)[0]
    left.close()
    right.close()


def test_a_pipe_of_a_dead_process_stops_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "dead.pipe")
    left, right = Pokes(tmp_path, "left"), Pokes(tmp_path, "right")
    left.poke()
    assert is_readable(right)
    left.close()
    right.close()


def test_a_full_pipe_blocks_nobody(tmp_path: Path) -> None:
    left, right = Pokes(tmp_path, "left"), Pokes(tmp_path, "right")
    for _ in range(70_000):
        left.poke()
    assert is_readable(right)
    left.close()
    right.close()


def test_without_pipes_nobody_is_told_and_nothing_fails(tmp_path: Path) -> None:
    nowhere = Pokes(tmp_path / "missing", "left")
    assert nowhere.descriptor is None
    nowhere.poke()
    nowhere.heard()
    nowhere.close()
