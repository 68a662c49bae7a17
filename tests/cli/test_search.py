"""What `sessions search` shows of a hit."""

import io
from typing import Any

import pytest

from threadkeep.cli.listings import _show, _spaced, pieces
from threadkeep.cli.terminal import Terminal
from threadkeep.protocol.types.repositories import Repository
from threadkeep.protocol.types.search import FoundSession, Hit, TextRange


class Screen(io.StringIO):
    """A terminal to write to."""

    def isatty(self) -> bool:
        return True


def a_hit(snippet: str, *ranges: tuple[int, int], start: int = 0, **more: Any) -> Hit:
    session = FoundSession(
        id="s1",
        title="Talk",
        repository=Repository(id="r1", name="garden", roots=()),
        task="main",
        status="active",
    )
    return Hit(
        session=session,
        snippet=snippet,
        snippet_start=start,
        ranges=tuple(TextRange(start=a, end=b) for a, b in ranges),
        at="2026-03-01T12:00:00.000Z",
        **{"field": "content", "message_id": "m1", **more},
    )


@pytest.mark.parametrize(
    ("hit", "expected"),
    [
        (a_hit("a whale.", (2, 7)), [("a ", False), ("whale", True), (".", False)]),
        (a_hit("whale", (0, 5)), [("whale", True)]),
        (a_hit("😀 whale", (3, 8)), [("😀 ", False), ("whale", True)]),
        (a_hit("a whale", (12, 17), start=10), [("a ", False), ("whale", True)]),
        (a_hit("a wha", (2, 7), (20, 25)), [("a ", False), ("wha", True)]),
        (a_hit("meaning"), [("meaning", False)]),
    ],
)
def test_a_snippet_is_cut_where_something_was_found(hit: Hit, expected: list[tuple[str, bool]]) -> None:
    assert pieces(hit) == expected


def test_a_snippet_is_one_line_and_keeps_the_spaces_between_its_pieces() -> None:
    cuts = [("  one\n", False), ("two", True), ("\n\n three\x1b[31m ", False), ("four", True)]
    assert "".join(text for text, _ in _spaced(cuts)) == "one two three\ufffd[31m four"


def test_what_was_found_is_coloured_for_people_only() -> None:
    for out, marked in ((Screen(), "\x1b[33mwhale\x1b[0m"), (io.StringIO(), "whale")):
        terminal = Terminal(
            keyboard=io.StringIO(), out=out, err=io.StringIO(), colours=isinstance(out, Screen), width=80
        )
        _show(a_hit("a whale!", (2, 7)), terminal)
        first, second, third = out.getvalue().splitlines()
        assert first.startswith("s1  ")
        assert "garden · main · " in second
        assert second.endswith("content of a message")
        assert third == f"    a {marked}!"
