"""The event loop beside the main thread."""

import pytest

from threadkeep.cli.live import Live


def test_a_live_loop_gives_results_and_errors_to_the_main_thread() -> None:
    async def work(*, fails: bool) -> int:
        if fails:
            raise TimeoutError("too late")
        return 7

    with Live() as live:
        assert live.call(work(fails=False)) == 7
        with pytest.raises(TimeoutError, match="too late"):
            live.call(work(fails=True))
