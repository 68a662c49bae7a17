"""An answer on the screen."""

import io

import pytest

from threadkeep.cli.answers import AnswerWriter
from threadkeep.cli.terminal import Terminal
from threadkeep.protocol.types.messages import Delta, Message


def delta(text: str, kind: str = "text") -> Delta:
    return Delta(
        session_id="s1",
        turn_id="t1",
        message_id="m1",
        kind=kind,  # type: ignore[arg-type]  # a plain string keeps the tests short
        offset=0,
        text=text,
        saved_offset=0,
    )


def answer(content: str) -> Message:
    return Message(
        id="m1",
        session_id="s1",
        seq=1,
        role="assistant",
        content=content,
        status="complete",
        created_at="now",
    )


@pytest.mark.parametrize(
    ("deltas", "content", "written"),
    [
        ([delta("a"), delta("b")], "ab", "ab\n"),
        ([delta("a")], "abc\n", "abc\n"),
        ([], "abc", "abc\n"),
        ([], "", ""),
        ([delta("hm", "reasoning"), delta("a")], "a", "(thinking) hm\n\na\n"),
        ([delta("hm", "reasoning")], "", "(thinking) hm\n\n"),
    ],
)
def test_the_screen_ends_with_the_stored_text(deltas: list[Delta], content: str, written: str) -> None:
    out = io.StringIO()
    writer = AnswerWriter(Terminal(keyboard=io.StringIO(), out=out, err=out), with_reasoning=True)
    for each in deltas:
        writer.add(each)
    writer.end(answer(content))

    assert out.getvalue() == written


@pytest.mark.parametrize(
    ("deltas", "written"),
    [
        ([delta("a")], "a\n"),
        ([delta("a\n")], "a\n"),
        ([], ""),
        ([delta("hm", "reasoning")], "(thinking) hm\n"),
    ],
)
def test_an_answer_that_breaks_off_ends_its_line(deltas: list[Delta], written: str) -> None:
    out = io.StringIO()
    writer = AnswerWriter(Terminal(keyboard=io.StringIO(), out=out, err=out), with_reasoning=True)
    for each in deltas:
        writer.add(each)
    writer.break_off()

    assert out.getvalue() == written
