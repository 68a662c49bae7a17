"""An answer on the screen."""

import io

import pytest

from threadkeep.cli.answers import AnswerWriter
from threadkeep.cli.formats import message_lines
from threadkeep.cli.terminal import Terminal
from threadkeep.protocol.types.messages import Delta, Message, PartNotice
from threadkeep.protocol.types.parts import ImagePart, Part, PlanEntry, PlanPart, TextPart, ToolCallPart
from threadkeep.values import evolve


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


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


CALL = ToolCallPart(tool_call_id="c1", name="bash", title="Run\x1b[31m it", kind="execute", state="running")
DONE = evolve(
    CALL, state="completed", started_at="2026-03-01T00:00:01.000Z", ended_at="2026-03-01T00:00:02.500Z"
)
PLAN = PlanPart(
    entries=(
        PlanEntry(content="Look", priority="high", status="completed"),
        PlanEntry(content="Mend", priority="low", status="inProgress"),
        PlanEntry(content="Rest", priority="low", status="pending"),
    )
)
IMAGE = ImagePart(name="shot.png", mime_type="image/png", size=2_500, sha256="0" * 64)


def notice(part: Part, index: int = 1) -> PartNotice:
    return PartNotice(session_id="s1", turn_id="t1", message_id="m1", index=index, seq=1, part=part)


def put_out(text: str) -> Delta:
    return evolve(delta(text, "toolOutput"), tool_call_id="c1", index=1)


def played(out: io.StringIO, err: io.StringIO) -> None:
    writer = AnswerWriter(Terminal(keyboard=io.StringIO(), out=out, err=err))
    writer.add(delta("So"))
    writer.show(notice(CALL))
    for number in range(9):
        writer.add(put_out(f"line {number}\n"))
        writer.show(notice(CALL))
    writer.show(notice(DONE))
    writer.show(notice(PLAN, 2))
    writer.show(notice(IMAGE, 3))
    writer.add(delta("Done."))
    parts = (TextPart(text="So"), DONE, PLAN, IMAGE, TextPart(text="Done."))
    writer.end(evolve(answer("SoDone."), parts=parts))


def test_a_call_is_a_line_when_it_begins_and_when_it_ends_with_the_end_of_its_output() -> None:
    out, err = Screen(), io.StringIO()
    played(out, err)
    assert out.getvalue().splitlines() == [
        "So",
        "▸ Run�[31m it",
        "✓ Run�[31m it (completed, 1.5 s)",
        "    …",
        *(f"    line {number}" for number in range(4, 9)),
        "[x] Look",
        "[>] Mend",
        "[ ] Rest",
        "(image: shot.png, image/png, 2.5 kB)",
        "Done.",
    ]
    assert err.getvalue() == ""


def test_what_is_piped_on_holds_words_alone_and_the_rest_goes_to_standard_error() -> None:
    out, err = io.StringIO(), io.StringIO()
    played(out, err)
    assert out.getvalue() == "SoDone.\n"
    assert err.getvalue().splitlines()[:2] == [
        "threadkeep: ▸ Run�[31m it",
        "threadkeep: ✓ Run�[31m it (completed, 1.5 s)",
    ]
    assert "line" not in err.getvalue()


def test_a_call_whose_end_nobody_told_is_ended_by_the_stored_answer() -> None:
    out = Screen()
    writer = AnswerWriter(Terminal(keyboard=io.StringIO(), out=out, err=out))
    writer.show(notice(CALL, 0))
    writer.end(evolve(answer(""), parts=(evolve(CALL, state="interrupted", error="It was cut off."),)))
    assert out.getvalue() == "▸ Run�[31m it\n■ Run�[31m it (interrupted): It was cut off.\n"


def test_a_message_in_full_has_what_was_done_between_its_words() -> None:
    parts = (TextPart(text="So"), DONE, IMAGE, TextPart(text="Done."))
    lines = message_lines(evolve(answer("SoDone."), parts=parts, created_at="2026-03-01T00:00:02.500Z"))
    assert lines[1:] == [
        "So",
        "✓ Run�[31m it (completed, 1.5 s)",
        "(image: shot.png, image/png, 2.5 kB)",
        "Done.",
        "",
    ]
