"""Which flags make which filter, order and counts."""

import io
from datetime import datetime
from typing import Any, get_args

import pytest

from threadkeep.cli.arguments import build_parser
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.listings import show_sessions
from threadkeep.cli.session_filters import (
    ACTIVITIES,
    FACETS,
    STATUSES,
    filter_labels,
    filter_of,
    is_narrowed,
    sort_of,
)
from threadkeep.cli.terminal import Terminal
from threadkeep.client.reading import read
from threadkeep.protocol.types.lists import (
    FacetName,
    LinkFilter,
    ListSessionsResult,
    SessionFilter,
    SessionSort,
)
from threadkeep.protocol.types.sessions import Activity, SessionStatus


def options(*flags: str) -> Any:
    return build_parser().parse_args(["sessions", "list", *flags])


def test_without_flags_everything_is_meant_the_latest_change_first() -> None:
    assert filter_of(options()) == SessionFilter()
    assert sort_of(options()) == SessionSort()


@pytest.mark.parametrize(
    ("flags", "fields"),
    [
        (["--tag", "a", "--tag", "b"], {"tags": ("a", "b")}),
        (["--link", "issue:PROJ-1"], {"link": LinkFilter(kind="issue", value="PROJ-1")}),
        (["--link", "url:https://x/7"], {"link": LinkFilter(kind="url", value="https://x/7")}),
        (["--favourite"], {"is_favourite": True}),
        (["--no-favourite"], {"is_favourite": False}),
        (["--trashed"], {"trashed": "only"}),
        (["--archived", "include"], {"archived": "include"}),
        (["--title", "Login"], {"title": "Login"}),
        (["--min-messages", "0"], {"min_messages": 0}),
        (["--activity", "running", "--activity", "queued"], {"activity": ("running", "queued")}),
        (["--workflow", "review"], {"workflow": "review"}),
        (["--model", "m", "--provider", "p"], {"model": "m", "provider": "p"}),
        (["--forked-from", "s1"], {"forked_from": "s1"}),
        (["--created-after", "2026-03-01T09:00:00+02:00"], {"created_after": "2026-03-01T09:00:00+02:00"}),
        (["--updated-before", "2026-03-01T09:00:00Z"], {"updated_before": "2026-03-01T09:00:00+00:00"}),
    ],
    ids=str,
)
def test_a_flag_makes_its_filter(flags: list[str], fields: dict[str, Any]) -> None:
    assert filter_of(options(*flags)) == SessionFilter(**fields)


def test_a_day_begins_at_midnight_here() -> None:
    wanted = filter_of(options("--created-after", "2026-03-01", "--created-before", "2026-03-01T12:30"))
    assert wanted.created_after is not None
    assert wanted.created_before is not None
    assert datetime.fromisoformat(wanted.created_after) == datetime(2026, 3, 1).astimezone()
    assert datetime.fromisoformat(wanted.created_before) == datetime(2026, 3, 1, 12, 30).astimezone()


@pytest.mark.parametrize(
    ("flags", "sort"),
    [
        (["--sort", "title"], SessionSort(by="title", order="ascending")),
        (["--sort", "title", "--reverse"], SessionSort(by="title", order="descending")),
        (["--sort", "messages"], SessionSort(by="messageCount", order="descending")),
        (["--reverse"], SessionSort(by="updatedAt", order="ascending")),
        (["--sort", "created"], SessionSort(by="createdAt", order="descending")),
    ],
    ids=str,
)
def test_orders(flags: list[str], sort: SessionSort) -> None:
    assert sort_of(options(*flags)) == sort


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--link", "PROJ-1"], "KIND:VALUE"),
        (["--link", ":x"], "KIND:VALUE"),
        (["--created-after", "yesterday"], "2026-03-01"),
        (["--min-messages", "-1"], "not a number"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_told(
    flags: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        options(*flags)
    assert told in capsys.readouterr().err


def test_counts_are_shown_instead_of_sessions() -> None:
    result = {
        "sessions": [],
        "total": 1203,
        "facets": [
            {"by": "repository", "counts": [{"value": "r1", "label": "garden", "count": 1200}]},
            {"by": "tag", "counts": []},
        ],
    }
    out = io.StringIO()
    listed = read(result, ListSessionsResult)
    show_sessions(listed, Terminal(keyboard=io.StringIO(), out=out, err=io.StringIO(), width=None))
    assert out.getvalue().splitlines() == [
        "REPOSITORY  SESSIONS",
        "garden      1,200",
        "",
        "TAG  SESSIONS",
        "",
        "1,203 sessions",
    ]


def test_the_choices_are_those_of_the_protocol() -> None:
    assert (
        get_args(SessionStatus),
        get_args(Activity),
        get_args(FacetName),
    ) == (STATUSES, ACTIVITIES, FACETS)


FILTERED = [
    ["sessions", "list"],
    ["sessions", "search", "x"],
    ["sessions", "export"],
    ["sessions", "bulk"],
    ["store", "cleanup", "--older-than", "1d"],
    ["usage"],
    ["report"],
]


@pytest.mark.parametrize("command", FILTERED, ids=" ".join)
def test_every_command_that_takes_a_filter_takes_all_of_it(command: list[str]) -> None:
    flags = ["--workflow", "w", "--link", "issue:P-1", "--no-favourite", "--trashed", "--archived", "exclude"]
    given = build_parser().parse_args([*command, *flags])
    wanted = filter_of(given, put_away="include")

    assert (wanted.workflow, wanted.is_favourite) == ("w", False)
    assert wanted.link == LinkFilter(kind="issue", value="P-1")
    assert (wanted.trashed, wanted.archived) == ("only", "exclude")


def test_what_is_put_away_counts_where_the_command_says_so() -> None:
    assert filter_of(options(), put_away="include") == SessionFilter(archived="include", trashed="include")


@pytest.mark.parametrize("name", ["created", "updated"])
def test_a_reversed_range_is_told(name: str) -> None:
    flags = [f"--{name}-after", "2026-03-02T00:00:00+02:00", f"--{name}-before", "2026-03-01T23:00:00+02:00"]
    with pytest.raises(CommandFailed, match=f"--{name}-after is the earlier"):
        filter_of(options(*flags))


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ([], ()),
        (
            ["--repo", "r", "--task", "t", "--tag", "a", "--tag", "b"],
            ("repository r", "task t", "tag a", "tag b"),
        ),
        (["--status", "ended", "--status", "paused"], ("status ended or paused",)),
        (["--link", "issue:7", "--no-favourite"], ("link issue:7", "no favourites")),
        (["--min-messages", "0", "--title", "x"], ("title with x", "messages from 0")),
        (["--created-after", "2026-03-01T00:00:00Z"], ("created after 2026-03-01T00:00:00+00:00",)),
    ],
    ids=str,
)
def test_filters_are_told_in_words(flags: list[str], told: tuple[str, ...]) -> None:
    assert filter_labels(options(*flags)) == told
    assert is_narrowed(options(*flags)) == bool(told)
