"""The store is taken away in every way; `poe soak` does it four times as often."""

from pathlib import Path

import pytest

from tests.soak.taken import WAYS, take_away
from tests.support.product import ModelProcess


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_what_was_acknowledged_before_the_files_were_taken_away_is_there(tmp_path: Path) -> None:
    model = ModelProcess()
    try:
        taking = take_away(tmp_path, model, rounds=1, seed=2, tell=print)
    finally:
        model.close()
    assert taking.faults == []
    assert taking.taken == len(WAYS)
    assert taking.acknowledged > len(WAYS)
