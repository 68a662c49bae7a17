"""What the listing commands ask for, and how pages become one list."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from threadkeep.cli.arguments import build_parser
from threadkeep.cli.listings import fetch_session, fetch_sessions, repository_ref
from threadkeep.client import Client


class FakeClient(Client):
    """Serves pages of numbers and remembers what was asked."""

    def __init__(self, total: int, *, page: int = 200) -> None:
        self.total, self.page = total, page
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        params = params or {}
        self.asked.append((method, params))
        if method == "session/list":
            start = int(params.get("cursor", 0))
            end = min(start + min(params["limit"], self.page), self.total)
            more = {"nextCursor": str(end)} if end < self.total else {}
            return {"sessions": list(range(start, end)), **more}
        if method == "session/history":
            end = int(params.get("before", self.total))
            start = max(0, end - min(params["limit"], self.page))
            return {"messages": list(range(start, end)), **({"beforeCursor": str(start)} if start else {})}
        return {"session": {}}


def options(*arguments: str) -> argparse.Namespace:
    return build_parser().parse_args(arguments)


@pytest.mark.parametrize(
    ("flags", "count", "more"),
    [((), 20, True), (("--limit", "7"), 7, True), (("--limit", "900"), 500, False), (("--all",), 500, False)],
)
async def test_pages_become_one_list(flags: tuple[str, ...], count: int, more: bool) -> None:
    result = await fetch_sessions(FakeClient(500), options("sessions", "list", *flags))

    assert result["sessions"] == list(range(count))
    assert ("nextCursor" in result) == more


async def test_flags_become_the_filter(tmp_path: Path) -> None:
    client = FakeClient(0)
    flags = ["--status", "active", "--status", "ended", "--task", "t", "--agent", "a", "--archived", "--repo"]
    await fetch_sessions(client, options("sessions", "list", *flags, str(tmp_path)))

    _, params = client.asked[0]
    assert params["filter"] == {
        "repository": tmp_path.as_uri(),
        "task": "t",
        "status": ["active", "ended"],
        "archived": "only",
        "trashed": "exclude",
        "agent": "a",
    }


@pytest.mark.parametrize(("flags", "first"), [((), 0), (("--limit", "3"), 497), (("--limit", "300"), 200)])
async def test_a_history_is_put_together_oldest_first(flags: tuple[str, ...], first: int) -> None:
    result = await fetch_session(FakeClient(500), options("sessions", "show", "s1", *flags))

    assert result["messages"] == list(range(first, 500))


def test_what_is_no_folder_is_taken_for_an_id() -> None:
    assert repository_ref("0199-no-folder") == "0199-no-folder"
