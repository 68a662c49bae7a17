"""Several processes on one store, all answering at a time; `poe soak` takes twenty for a minute."""

from pathlib import Path

import pytest

from tests.soak.load import stream_side_by_side
from tests.support.product import ModelProcess


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_six_processes_that_answer_at_a_time_lose_nothing(tmp_path: Path, model: ModelProcess) -> None:
    load = stream_side_by_side(tmp_path, model, processes=6, rate=50, seconds=10, tell=print)
    assert load.faults == []
    assert (load.answers, load.tokens) == (6, 3_000)
    assert len(load.took) >= 6
