"""How the parts are put together, where a mistake would only be slow."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.product import clean_environment
from threadkeep import bootstrap
from threadkeep.usecases import application


class Taken(Exception):
    """What the use cases are made of is known."""


async def test_no_search_export_or_check_shares_the_lane_of_what_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: dict[str, Any] = {}

    def take(**options: Any) -> None:
        given.update(options)
        raise Taken

    monkeypatch.setattr(application, "Application", take)
    monkeypatch.setattr("threadkeep.logs.set_up_logs", lambda *_, **__: None)
    for name, value in clean_environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Taken):
        bootstrap._load(
            SimpleNamespace(initialize_params={}, client_name=None), flags={"store": str(tmp_path)}
        )  # type: ignore[arg-type]
    executors = [
        executor for name, executor in given.items() if name == "executor" or name.endswith("_executor")
    ]
    assert len(executors) == len({id(executor) for executor in executors}) == 6
