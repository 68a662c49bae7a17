"""kill -9 at random moments of all kinds of writes; `poe soak` does it twenty times as often."""

from pathlib import Path

import pytest

from tests.soak.kills import kill_again_and_again
from tests.soak.writes import KINDS
from tests.support.product import ModelProcess


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_50_kills_among_writes_of_all_kinds_lose_nothing_and_leave_nothing_by_halves(tmp_path: Path) -> None:
    model = ModelProcess()
    try:
        killing = kill_again_and_again(tmp_path, model, kills=50, worlds=2, seed=3, tell=print)
    finally:
        model.close()
    assert killing.faults == []
    assert killing.kills == 50
    # which kinds a kill lets through is left to chance: nearly all of them
    assert len(killing.acknowledged.keys() & KINDS.keys()) > len(KINDS) // 2
    assert sum(killing.in_flight.values()) > 5
