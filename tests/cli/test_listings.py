"""The commands that show what is there, and their exit codes."""

import io
import json
from typing import Any

import pytest

from tests.support.fake_server import FAKE_SERVER
from threadkeep.cli.listings import Shown, show_session
from threadkeep.cli.run import run
from threadkeep.cli.terminal import Terminal
from threadkeep.client.reading import read
from threadkeep.protocol.types.lists import ListSessionsResult
from threadkeep.protocol.types.messages import Message
from threadkeep.protocol.types.server import ListModelsResult, ServerStatus, StoreInfo
from threadkeep.protocol.types.sessions import Session


class Console:
    """Runs commands and keeps what they write."""

    def __init__(self, *, width: int | None = None) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        self._terminal = Terminal(keyboard=io.StringIO(), out=self.out, err=self.err, width=width)

    def run(self, *arguments: str) -> int:
        return run(arguments, server=FAKE_SERVER, terminal=self._terminal)

    @property
    def lines(self) -> list[str]:
        return self.out.getvalue().splitlines()

    @property
    def notes(self) -> str:
        return self.err.getvalue()


def as_json(*arguments: str) -> Any:
    console = Console()
    assert console.run(*arguments, "--json") == 0
    return json.loads(console.out.getvalue())


def test_sessions_are_a_table_for_other_programs() -> None:
    console = Console()
    assert console.run("sessions", "list") == 0

    assert console.lines[0].split("  ")[0] == "ID"
    assert [line.split()[0] for line in console.lines[1:]] == ["s1", "s2", "s3"]
    assert console.lines[1].endswith("garden      main  Talk 0")


def test_sessions_are_two_lines_each_for_people() -> None:
    console = Console(width=80)
    console.run("sessions", "list", "--limit", "1")

    assert console.lines[0] == "s1  Talk 0"
    assert console.lines[1].startswith("    garden · main · active · ")
    assert console.notes == "1 shown, more match: --limit N or --all shows them.\n"


def test_the_json_of_a_list_has_the_protocols_shape() -> None:
    listed = read(as_json("sessions", "list", "--limit", "2"), ListSessionsResult)

    assert [session.id for session in listed.sessions] == ["s1", "s2"]
    assert listed.next_cursor == "2"


@pytest.mark.parametrize(
    ("arguments", "cls"),
    [(("store", "info"), StoreInfo), (("models",), ListModelsResult), (("settings",), ServerStatus)],
)
def test_the_json_of_the_others_has_the_protocols_shape(arguments: tuple[str, ...], cls: type) -> None:
    assert isinstance(read(as_json(*arguments), cls), cls)


def test_an_unknown_session_is_named_with_what_to_do() -> None:
    console = Console()
    assert console.run("sessions", "show", "s9") == 1
    assert console.notes == (
        "threadkeep: No session has this id (`threadkeep sessions list` shows what there is).\n"
    )


def test_a_session_is_shown_with_its_messages() -> None:
    told = {
        "id": "m1",
        "sessionId": "s1",
        "seq": 1,
        "role": "user",
        "status": "complete",
        "createdAt": "then",
    }
    listed = as_json("sessions", "list", "--limit", "1")["sessions"][0]
    out = io.StringIO()
    terminal = Terminal(keyboard=io.StringIO(), out=out, err=io.StringIO())
    message = read({**told, "content": "How do roses grow?"}, Message)
    show_session(Shown(session=read(listed, Session), messages=(message,)), terminal)

    lines = out.getvalue().splitlines()
    assert lines[:2] == ["Talk 0", "  id             s1"]
    assert lines[-3:] == ["── you · then · #1", "How do roses grow?", ""]


def test_models_are_listed_and_their_absence_explained() -> None:
    console = Console()
    assert console.run("models") == 0

    assert console.lines[1:] == [
        "offline:offline  ready      -        default",
        "work:big         not ready  128,000",
    ]
    assert console.notes.startswith("No language model is configured")


def test_settings_tell_where_they_came_from_and_what_is_wrong() -> None:
    console = Console()
    console.run("settings")

    assert console.lines[1] == "defaultModel   environment  work:big"
    assert console.lines[3] == "retentionDays  default      -"
    assert "Did you mean defaultModel?" in console.notes


def test_the_store_is_told_in_units_for_people() -> None:
    console = Console()
    console.run("store", "info")

    assert [line.split("  ")[-1].strip() for line in console.lines] == [
        "/data/threadkeep",
        "2 sessions, 1,234 messages, 1 repository",
        "1.6 MB",
        "version 1, SQLite 3.54.1",
    ]


def test_no_command_prints_the_help() -> None:
    console = Console()

    assert console.run() == 0
    assert console.lines[0].startswith("usage: threadkeep")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["sessions"],
        ["sessions", "show"],
        ["sessions", "list", "--status", "asleep"],
        ["sessions", "list", "--limit", "0"],
        ["sessions", "list", "--limit", "5", "--all"],
        ["chat", "--nonsense"],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert Console().run(*arguments) == 2
    told, hint = capsys.readouterr().err.splitlines()
    assert told.startswith("threadkeep")
    assert hint.endswith("--help` shows how it is used.")


def test_a_server_that_is_not_there_is_one_line() -> None:
    err = io.StringIO()
    terminal = Terminal(keyboard=io.StringIO(), out=io.StringIO(), err=err)

    assert run(["models"], server=["no-such-program"], terminal=terminal) == 1
    assert err.getvalue().startswith("threadkeep: the server could not be started (no-such-program): ")
    assert err.getvalue().count("\n") == 1
