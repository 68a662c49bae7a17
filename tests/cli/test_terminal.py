"""What may be written to a terminal."""

import io

import pytest

from threadkeep.cli.terminal import Terminal, wants_colours


class Screen(io.StringIO):
    """A terminal that remembers."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_can_be_refused(environ: dict[str, str], expected: bool) -> None:
    assert wants_colours(environ) is expected


@pytest.mark.parametrize(("out", "expected"), [(Screen(), "�]0;x�b"), (io.StringIO(), "\x1b]0;x\x07b")])
def test_a_terminal_gets_no_commands_and_a_file_gets_everything(out: io.StringIO, expected: str) -> None:
    Terminal(keyboard=io.StringIO(), out=out, err=io.StringIO()).write("\x1b]0;x\x07b")

    assert out.getvalue() == expected
