"""What the listing commands ask for, and how pages become one list."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.kept_sessions import a_message, a_session
from threadkeep.cli.arguments import build_parser
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.listings import fetch_session, fetch_sessions
from threadkeep.cli.places import repository_ref
from threadkeep.client import Client, RequestFailed

ID = "0195518a-3c00-7d1a-9f42-6b1c2e8a4d10"


class FakeClient(Client):
    """Serves pages of sessions and messages that are numbered, and remembers what was asked."""

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
            return {"sessions": [a_session(str(number)) for number in range(start, end)], **more}
        if method == "session/history":
            end = int(params.get("before", self.total))
            start = max(0, end - min(params["limit"], self.page))
            more = {"beforeCursor": str(start)} if start else {}
            return {"messages": [a_message(number) for number in range(start, end)], **more}
        return {"session": a_session(ID)}


def options(*arguments: str) -> argparse.Namespace:
    return build_parser().parse_args(arguments)


@pytest.mark.parametrize(
    ("flags", "count", "more"),
    [((), 20, True), (("--limit", "7"), 7, True), (("--limit", "900"), 500, False), (("--all",), 500, False)],
)
async def test_pages_become_one_list(flags: tuple[str, ...], count: int, more: bool) -> None:
    result = await fetch_sessions(FakeClient(500), options("sessions", "list", *flags))

    assert [session.id for session in result.sessions] == [str(number) for number in range(count)]
    assert (result.next_cursor is not None) == more


COMMANDS = [
    ["chat", "hello"],
    ["sessions", "list"],
    ["sessions", "show", "s1"],
    ["store", "info"],
    ["repositories", "list"],
    ["models"],
    ["settings"],
    ["serve"],
    ["mcp"],
    ["import", "x.json"],
    ["usage"],
    ["report"],
]


def test_the_commands_below_are_all_there_are() -> None:
    actions = [action for action in build_parser()._actions if action.choices]

    here = {each[0] for each in COMMANDS} | {"completion", "trust"}  # which have to do with no store
    assert {name for action in actions for name in action.choices or ()} == here


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_store_may_be_named_before_within_and_after_a_command(command: list[str]) -> None:
    places = range(len(command) if command[0] in {"sessions", "store", "repositories"} else 1)
    for place in (*places, len(command)):
        arguments = [*command[:place], "--store", "here", *command[place:]]
        assert options(*arguments).store == "here", arguments
    assert options("--store", "here", *command, "--store", "there").store == "there"
    assert options(*command).store is None


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
        "tags": [],
    }


@pytest.mark.parametrize(("flags", "first"), [((), 0), (("--limit", "3"), 497), (("--limit", "300"), 200)])
async def test_a_history_is_put_together_oldest_first(flags: tuple[str, ...], first: int) -> None:
    result = await fetch_session(FakeClient(500), options("sessions", "show", ID, *flags))

    assert result.session.id == ID
    assert [message.seq for message in result.messages] == list(range(first, 500))


class Knowing(FakeClient):
    """Keeps no repository, and says so for an id."""

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        assert params is not None
        if not params["filter"]["repository"].startswith("file:"):
            raise RequestFailed(
                code=1031, kind="repositoryNotFound", message="give a file: URI, or {name}", data={}
            )
        return await super().call(method, params)


@pytest.mark.parametrize("named", ["/nonexist", "./nonexist", "0199-no-id"])
async def test_a_repository_that_nobody_knows_is_told_in_the_words_of_the_command_line(named: str) -> None:
    with pytest.raises(CommandFailed) as failure:
        await fetch_sessions(Knowing(0), options("sessions", "list", "--repo", named))

    assert str(failure.value) == (
        f"no session is kept for {named}, and there is no such folder: give --repo a folder of the "
        "repository, or an id from `threadkeep sessions repositories --json`"
    )


async def test_a_folder_without_sessions_is_an_empty_list(tmp_path: Path) -> None:
    result = await fetch_sessions(Knowing(0), options("sessions", "list", "--repo", str(tmp_path)))

    assert result.sessions == ()


async def test_the_sessions_of_a_folder_that_is_gone_are_listed(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    result = await fetch_sessions(Knowing(2), options("sessions", "list", "--repo", gone))

    assert [session.id for session in result.sessions] == ["0", "1"]


def test_what_is_no_folder_is_taken_for_an_id() -> None:
    assert repository_ref("0199-no-folder") == "0199-no-folder"
    assert repository_ref("file:///gone") == "file:///gone"


def test_a_path_names_a_folder_also_when_it_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    for path in (str(tmp_path / "gone"), "./gone", "gone/"):
        assert repository_ref(path) == (tmp_path / "gone").as_uri()
