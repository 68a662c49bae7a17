"""Arbitrary and nearly valid frames to the real process; `poe soak` sends twenty times as many."""

from pathlib import Path

import pytest

from tests.soak.fuzz import fuzz


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_each_of_5000_spoilt_frames_is_answered_once_and_the_server_lives(tmp_path: Path) -> None:
    tally = fuzz(tmp_path, frames=4_700, streams=300, seed=4, tell=print)
    assert tally.faults == []
    assert tally.frames == 5_000
    assert tally.requests > 4_000
    assert tally.unreadable > 500
