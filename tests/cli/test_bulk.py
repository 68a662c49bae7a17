"""Changing many sessions at once: counted, asked about, done."""

import io
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.kept_sessions import Keys, a_session
from threadkeep.cli.arguments import build_parser
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client


class Sweeping(Client):
    """Answers `session/bulkUpdate` for so many sessions."""

    def __init__(self, count: int, *, skipped: int = 0) -> None:
        self.count, self.skipped = count, skipped
        self.asked: list[Mapping[str, Any]] = []

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        assert params is not None
        assert method == "session/bulkUpdate"
        self.asked.append(params)
        sample = [a_session(f"s{number}") for number in range(min(self.count, 20))]
        return {"count": self.count, "sample": sample, "skipped": self.skipped}

    @property
    def done(self) -> list[Mapping[str, Any]]:
        return [params for params in self.asked if not params["dryRun"]]


async def run(client: Sweeping, *arguments: str, typed: str | None = None) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `sessions bulk`."""
    out, err = io.StringIO(), io.StringIO() if typed is None else Keys()
    terminal = Terminal(keyboard=io.StringIO() if typed is None else Keys(typed), out=out, err=err)
    options = build_parser().parse_args(["sessions", "bulk", *arguments])
    code = int(await options.show(client, options, terminal))
    return code, out.getvalue(), err.getvalue()


async def test_many_are_counted_and_listed_before_they_are_changed() -> None:
    client = Sweeping(2)
    code, out, err = await run(client, "--task", "t", "--add-tag", "a", "--archive", typed="y\n")

    assert err == "s0  Talk\ns1  Talk\nChange 2 sessions? [y/N] "
    assert (code, out.splitlines()) == (0, ["s0  Talk", "s1  Talk", "Changed: 2 sessions"])
    assert [params["dryRun"] for params in client.asked] == [True, False]
    assert client.done[0]["filter"]["task"] == "t"
    assert client.done[0]["change"] == {"addTags": ["a"], "removeTags": [], "archive": True}
    assert client.done[0]["allSessions"] is False


@pytest.mark.parametrize("typed", ["n\n", "\n", ""])
async def test_a_no_changes_nothing(typed: str) -> None:
    client = Sweeping(2)
    code, out, err = await run(client, "--all", "--delete", typed=typed)

    assert (code, out, client.done) == (1, "", [])
    assert err.endswith("Nothing was changed.\n")


async def test_without_a_person_it_takes_a_yes_in_advance() -> None:
    client = Sweeping(2)
    with pytest.raises(CommandFailed, match="this changes 2 sessions: say --yes"):
        await run(client, "--all", "--delete")
    assert client.done == []

    code, out, err = await run(client, "--all", "--delete", "--yes")
    assert (code, out.splitlines()[-1], err) == (0, "Changed: 2 sessions", "")
    assert client.done[0]["allSessions"] is True


async def test_a_rehearsal_only_tells() -> None:
    client = Sweeping(25, skipped=1)
    _, out, _ = await run(client, "--title", "x", "--unmark", "--dry-run", "--yes")

    assert client.done == []
    assert out.splitlines()[20:] == [
        "… and 5 more",
        "Would change: 25 sessions",
        "Left as they are, for an answer runs in them or they have too many tags: 1 session",
        "Nothing was changed: leave --dry-run out to do it",
    ]


async def test_where_nothing_is_to_change_nobody_is_asked() -> None:
    client = Sweeping(0)
    code, out, _ = await run(client, "--title", "x", "--mark")

    assert (code, client.done) == (0, [])
    assert out == "Nothing to change: no session matches that is not so already.\n"


@pytest.mark.parametrize(
    ("flags", "shelves"),
    [
        (["--archive"], ("exclude", "exclude")),
        (["--unarchive"], ("only", "exclude")),
        (["--delete"], ("exclude", "exclude")),
        (["--restore"], ("include", "only")),
        (["--restore", "--archived", "exclude"], ("exclude", "only")),
        (["--unarchive", "--trashed"], ("only", "only")),
    ],
    ids=str,
)
async def test_what_comes_back_is_looked_for_where_it_was_put(
    flags: list[str], shelves: tuple[str, str]
) -> None:
    client = Sweeping(1)
    await run(client, "--task", "t", *flags, "--dry-run")

    wanted = client.asked[0]["filter"]
    assert (wanted["archived"], wanted["trashed"]) == shelves


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--task", "t"], "say what to change"),
        (["--add-tag", "a"], "say which sessions"),
        (["--add-tag", "a", "--all", "--task", "t"], "either filters"),
    ],
    ids=str,
)
async def test_which_sessions_and_what_must_be_said(flags: list[str], told: str) -> None:
    client = Sweeping(1)
    with pytest.raises(CommandFailed, match=told):
        await run(client, *flags)

    assert client.asked == []


def test_opposites_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["sessions", "bulk", "--all", "--delete", "--restore"])
    assert "not allowed with" in capsys.readouterr().err
