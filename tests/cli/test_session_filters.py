"""Which flags make which filter, order and counts."""

import io
from datetime import datetime
from typing import Any

import pytest

from threadkeep.cli.arguments import build_parser
from threadkeep.cli.listings import show_sessions
from threadkeep.cli.session_filters import filter_of, sort_of
from threadkeep.cli.terminal import Terminal
from threadkeep.protocol.types.lists import LinkFilter, SessionFilter, SessionSort


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
    show_sessions(result, Terminal(keyboard=io.StringIO(), out=out, err=io.StringIO(), width=None))
    assert out.getvalue().splitlines() == [
        "REPOSITORY  SESSIONS",
        "garden      1,200",
        "",
        "TAG  SESSIONS",
        "",
        "1,203 sessions",
    ]
