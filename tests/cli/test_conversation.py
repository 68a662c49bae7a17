"""The prompt of `threadkeep chat`, in a real terminal."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.fake_chat import FAKE_CHAT

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
    screen.expect("threadkeep: the server is gone: it ended, exit code 9")

    assert screen.exit_code() == 1
    assert "Traceback" not in screen.raw


def test_a_new_session_can_be_asked_for_with_its_model(start: Start) -> None:
    screen = start("--interrupted", chat=("--new", "--model", "work:big"))
    screen.expect("garden · main · New chat · assistant · work:big")
    assert "earlier" not in screen.expect("> ")
