"""The prompt of `threadkeep chat`, in a real terminal."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.fake_chat import FAKE_CHAT
from threadkeep.cli.slash_commands import COMMANDS, HELP

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX terminal")

if os.name != "nt":
    from tests.support.screen import Screen

Start = Callable[..., "Screen"]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as screens:

        def run(*server: str, chat: tuple[str, ...] = (), **environ: str) -> Screen:
            command = [*FAKE_CHAT, *server, "--", "chat", *chat]
            return screens.enter_context(Screen(command, environ={"NO_COLOR": "1", **environ}))

        yield run


def test_it_says_where_it_is_answers_and_leaves_on_ctrl_d(start: Start) -> None:
    screen = start()
    screen.expect("garden · main · New chat · assistant · offline:offline")
    screen.expect("> ")
    screen.type("hello\r")
    screen.expect("You said 'hello'\n\n> ")
    screen.type("\x04")

    assert screen.exit_code() == 0


def test_an_interrupted_answer_is_shown_and_continued(start: Start) -> None:
    screen = start("--interrupted")
    screen.expect("── earlier ──\nyou: How do roses grow?\nassistant: They grow slo [interrupted]\n── now ──")
    screen.expect("The last answer was interrupted: /continue carries on.")
    screen.expect("> ")
    screen.type("/continue\r")
    screen.expect("wly 🌹.\n\n> ")


def test_an_answer_that_the_token_limit_cut_off_says_so_and_is_continued(start: Start) -> None:
    screen = start()
    screen.expect("> ")
    screen.type("cut\r")
    screen.expect(
        "You said 'cut'\n(1) https://roses.example\ncut off by the token limit: /continue carries on.\n"
    )
    screen.expect("> ")
    screen.type("/continue\r")
    screen.expect("wly 🌹.")


def test_ctrl_c_cancels_the_answer_and_keeps_what_came(start: Start) -> None:
    screen = start()
    screen.expect("> ")
    screen.type("slow\r")
    screen.expect("You said 'slow'")
    screen.type("\x03")
    screen.expect("cancelled, kept 15 characters: /continue carries on.\n")
    screen.expect("> ")
    screen.type("still there?\r")
    screen.expect("You said 'still there?'")


def test_ctrl_c_at_the_prompt_forgets_the_line_and_twice_leaves(start: Start) -> None:
    screen = start()
    screen.expect("> ")
    screen.type("half a li")
    screen.expect("half a li")
    screen.interrupt()
    screen.expect("Ctrl-C again or Ctrl-D leaves.\n> ")
    screen.type("whole\r")
    screen.expect("You said 'whole'\n\n> ")
    screen.interrupt()
    screen.expect("leaves.\n> ")
    screen.interrupt()

    assert screen.exit_code() == 0


def test_a_message_may_have_several_lines(start: Start) -> None:
    screen = start()
    screen.expect("> ")
    screen.type("one\\\r")
    screen.expect("… ")
    screen.type("two\r")
    screen.expect(r"You said 'one\ntwo'")


def test_pasted_lines_are_one_message(start: Start) -> None:
    readline = pytest.importorskip("readline")
    if "libedit" in (readline.__doc__ or ""):
        pytest.skip("libedit knows no bracketed paste")
    screen = start()
    screen.expect("> ")
    screen.type("\x1b[200~one\rtwo\x1b[201~\r")
    screen.expect(r"You said 'one\ntwo'")


TRACEBACK = """Traceback (most recent call last):
  File "C:\\a\\b.py", line 1, in <module>
    raise ValueError( \\
        "ünlesbar")
ValueError: ünlesbar"""
READLINES = ["hidden", "libedit"]


def test_in_a_terminal_that_marks_no_paste_a_pasted_traceback_is_one_message(start: Start) -> None:
    pytest.importorskip("readline")
    screen = start(TERM="dumb")
    screen.expect("> ")
    screen.type(TRACEBACK.replace("\n", "\r"))
    screen.expect("ValueError: ünlesbar")
    screen.type("\r")
    screen.expect(f"You said {TRACEBACK!r}")


@pytest.fixture(params=READLINES)
def without_gnu(request: pytest.FixtureRequest) -> str:
    if request.param == "libedit":
        pytest.importorskip("readline")
    return str(request.param)


@pytest.mark.parametrize(
    "has_end", [True, False], ids=["to the end of a line", "without the last line's end"]
)
def test_without_gnu_readline_a_pasted_traceback_is_one_message(
    start: Start, without_gnu: str, has_end: bool
) -> None:
    screen = start(READLINE=without_gnu)
    screen.expect("> ")
    screen.type(TRACEBACK.replace("\n", "\r") + ("\r" if has_end else ""))
    screen.expect("ValueError: ünlesbar")
    if not has_end:
        screen.type("!\r")
    screen.expect(f"You said {TRACEBACK + ('' if has_end else '!')!r}")
    screen.expect("> ")
    screen.type("next\r")
    screen.expect("You said 'next'")


def test_without_gnu_readline_a_paste_in_pieces_is_one_message(start: Start, without_gnu: str) -> None:
    screen = start(READLINE=without_gnu)
    screen.expect("> ")
    text = "\r".join(f"{number} bottles of beer on the wall" for number in range(400))
    screen.type(text)  # more than a terminal holds at once
    screen.expect("399 bottles")
    screen.type("\r")
    said = screen.expect("399 bottles of beer on the wall'")
    assert "You said '0 bottles of beer on the wall\\n1 bottles" in said
    assert said.count("You said") == 1


def test_without_gnu_readline_a_marked_paste_is_one_message(start: Start) -> None:
    screen = start(READLINE="hidden")
    screen.expect("> ")
    screen.type("\x1b[200~one\r")
    screen.type("two\x1b[201~")
    screen.type(" three\r")
    screen.expect(r"You said 'one\ntwo three'")


def test_without_gnu_readline_lines_are_sent_one_by_one_as_they_are_typed(
    start: Start, without_gnu: str
) -> None:
    screen = start(READLINE=without_gnu)
    for line in ("one", "two"):
        screen.expect("> ")
        screen.type(f"{line}\r")
        screen.expect(f"You said '{line}'")
    screen.expect("> ")
    screen.type("three\\\r")
    screen.expect("… ")
    screen.type("four\r")
    screen.expect(r"You said 'three\nfour'")


def test_without_gnu_readline_a_command_is_obeyed_and_not_joined(start: Start, without_gnu: str) -> None:
    screen = start(READLINE=without_gnu)
    screen.expect("> ")
    screen.type("/end\rn\r/help\r")
    screen.expect("[y/N] ")
    screen.expect("carry on with an answer")


def test_without_readline_ctrl_c_forgets_the_line_and_ctrl_d_leaves(start: Start) -> None:
    screen = start(READLINE="hidden")
    screen.expect("> ")
    screen.type("half a li")
    screen.expect("half a li")
    screen.interrupt()
    screen.expect("leaves.\n> ")
    screen.type("whole\r\x04")
    screen.expect("You said 'whole'")

    assert screen.exit_code() == 0


def test_slash_commands_change_the_session(start: Start) -> None:
    screen = start()
    for typed, expected in (
        ("/pause", "paused: /resume goes on with it"),
        ("hello", "The session is paused (/resume, or /new for another)."),
        ("/resume", "resumed"),
        ("/model", "* offline:offline\n  work:big (not ready)"),
        ("/model work:big", "garden · main · New chat · assistant · work:big"),
        ("/model no:such", "No provider has this model (/model lists them)."),
        ("/title Roses", "Roses\n"),
        ("/new Tulips", "garden · main · Tulips · assistant · offline:offline"),
        ("/sessions", "1  active"),
        ("/sessions 9", "/sessions takes a number from 1 to 3"),
        ("/sessions 2", "garden · main · Talk 1"),
        ("/agent", "* assistant  Answers.\n  repo:poet  (not ready) line 2: no name\n"),
        ("/agent coder", "garden · main · Talk 1 · coder · offline:offline"),
        ("/agent nobody", "There is no agent 'nobody' (/agent lists them)."),
        ("roses", "You said 'roses'"),
        ("/retry", "You said 'roses again'"),
        ("/fork Twins", "garden · main · Twins · coder · offline:offline"),
        ("/clear", "cleared: what was said is kept as a branch"),
        ("/retry", "There is no answer yet that another could stand beside."),
        ("patience", "provider busy, trying again in 2 s\nYou said 'patience'"),
        ("/nonsense", "There is no command /nonsense"),
        ("/help", "/continue"),
        ("//etc", "You said '/etc'"),
        ("/usr/bin is a folder", "You said '/usr/bin is a folder'"),
        ("busy", "An answer is being written in this session (nvim, process 4 on box) (wait"),
        ("fail", "The line was cut: try again. /continue tries again."),
        ("/end\rn", "not ended"),
        ("/end\ry", "ended: /new starts another"),
        ("hello", "The session is ended (/new for another)."),
    ):
        screen.expect("> ")
        screen.type(f"{typed}\r")
        screen.expect(expected)
    screen.expect("> ")
    screen.type("/quit\r")

    assert screen.exit_code() == 0


@pytest.mark.parametrize(
    ("typed", "done"),
    [
        ("/stop", "interrupted: /continue carries on"),
        ("/pause", "paused: /resume goes on with it"),
        ("/end\ry", "ended: /new starts another"),
    ],
)
def test_a_window_that_does_not_react_is_taken_over_after_a_question(
    start: Start, typed: str, done: str
) -> None:
    screen = start("--stuck")
    for line, expected in (
        ("hello", "(nvim, process 4 on box) (wait for it to end, /stop it, or /new for another)."),
        (f"{typed}\rn", "and its window does not react (/stop asks whether to end it"),
        (typed, "What it has not stored yet of the answer is lost."),
    ):
        screen.expect("> ")
        screen.type(f"{line}\r")
        screen.expect(expected)
    screen.expect("Take over? [y/N] ")
    screen.type("y\r")
    screen.expect(done)


def test_there_may_be_nothing_to_stop(start: Start) -> None:
    screen = start()
    screen.expect("> ")
    screen.type("/stop\r")
    screen.expect("no answer is being written")


def test_a_fork_shows_what_it_begins_with(start: Start) -> None:
    screen = start("--interrupted")
    screen.expect("> ")
    screen.type("/fork\r")
    screen.expect("── earlier ──\nyou: How do roses grow?\nassistant: They grow slo [interrupted]\n── now ──")


def test_files_go_along_with_the_next_message_alone(start: Start, tmp_path: Path) -> None:
    (tmp_path / "a b.py").write_text("one")
    (tmp_path / "c.py").write_text("two")
    screen = start()
    for typed, expected in (
        (f"/attach {tmp_path / 'a b.py'}", "a b.py goes along with the next message"),
        (f"/attach {tmp_path / 'c.py'}", "c.py goes along with the next message"),
        (f"/attach {tmp_path}", f"There is no file {tmp_path}: /attach takes one"),
        ("busy", "2 files still attached: /attach without a path drops them"),
        ("look", "You said 'look' with a%20b.py with c.py\n"),
        ("again", "You said 'again'\n"),
        (f"/attach {tmp_path / 'c.py'}", "goes along"),
        ("/attach", "nothing is attached"),
        ("third", "You said 'third'\n"),
    ):
        screen.expect("> ")
        screen.type(f"{typed}\r")
        screen.expect(expected)


def test_every_command_is_in_the_help() -> None:
    told = " ".join(name for name, _ in HELP)

    assert [name for name in COMMANDS if f"/{name}" not in told] == []


def test_reasoning_is_told_apart_without_colours(start: Start) -> None:
    screen = start()
    screen.expect("> ")
    screen.type("think\r")
    screen.expect("(thinking) Let me see. \n\nYou said 'think'\n\n> ")

    assert "\x1b[2m" not in screen.raw


def test_reasoning_is_dim_where_colours_are_wanted(start: Start) -> None:
    screen = start(NO_COLOR="")
    screen.expect("> ")
    screen.type("think\r")
    screen.expect("You said 'think'\n\n> ")

    assert "\x1b[2mLet me see. \x1b[0m" in screen.raw


def test_the_death_of_the_server_is_one_line(start: Start) -> None:
    screen = start()
    screen.expect("> ")
    screen.type("die\r")
    screen.expect(
        "You said 'die'\nthreadkeep: the server is gone: it ended, exit code 9 (what came is kept: start"
    )

    assert screen.exit_code() == 1
    assert "Traceback" not in screen.raw


def test_a_new_session_can_be_asked_for_with_its_model(start: Start) -> None:
    screen = start("--interrupted", chat=("--new", "--model", "work:big"))
    screen.expect("garden · main · New chat · assistant · work:big")
    assert "earlier" not in screen.expect("> ")
