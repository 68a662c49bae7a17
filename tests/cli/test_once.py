"""`threadkeep chat TEXT`: the answer on standard output, all else beside it."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.fake_chat import FAKE_CHAT


def chat(
    *arguments: str, server: tuple[str, ...] = (), typed: str = ""
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*FAKE_CHAT, *server, "--", "chat", *arguments],
        input=typed,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_only_the_answer_goes_to_standard_output() -> None:
    done = chat("hello", "world")

    assert (done.returncode, done.stdout, done.stderr) == (0, "You said 'hello world'\n", "")


def test_what_cut_an_answer_off_is_told_beside_it() -> None:
    done = chat("cut")

    assert (done.returncode, done.stdout) == (0, "You said 'cut'\n")
    assert done.stderr == "threadkeep: (1) https://roses.example\nthreadkeep: cut off by the token limit.\n"


def test_piped_text_is_sent_as_it_is() -> None:
    done = chat(typed="several\nlines 🌹\n")

    assert (done.returncode, done.stdout) == (0, "You said 'several\\nlines 🌹\\n'\n")


def test_reasoning_stays_away_from_the_answer() -> None:
    assert chat("think").stdout == "You said 'think'\n"


def test_a_model_can_be_asked_for_this_message() -> None:
    assert chat("--model", "work:big", "hello").stdout == "You said 'hello' to work:big\n"


@pytest.mark.parametrize(
    ("text", "server", "says"),
    [
        ("fail", (), "threadkeep: The line was cut: try again.\n"),
        (
            "busy",
            (),
            (
                "threadkeep: An answer is being written in this session (nvim, process 4 on box) "
                "(wait for it to end, --take-over to stop it, or --new for another).\n"
            ),
        ),
        (
            "hello",
            ("--status", "paused"),
            ("threadkeep: The session is paused (/resume in `threadkeep chat`, or --new for another).\n"),
        ),
        ("hello", ("--status", "ended"), "threadkeep: The session is ended (--new for another).\n"),
        (
            "die",
            (),
            (
                "threadkeep: the server is gone: it ended, exit code 9 (what came is kept: "
                "start `threadkeep chat` again, there /continue carries on)\n"
            ),
        ),
        ("", (), "threadkeep: there is nothing to send: give TEXT, or pipe it in\n"),
    ],
)
def test_a_failure_is_one_line_and_exit_code_1(text: str, server: tuple[str, ...], says: str) -> None:
    done = chat(*([text] if text else []), server=server)

    assert (done.returncode, done.stderr) == (1, says)


def test_the_text_that_came_before_a_failure_is_kept() -> None:
    assert chat("fail").stdout == "You said 'fail'\n"


def test_an_answer_that_breaks_off_ends_its_line() -> None:
    assert chat("die").stdout == "You said 'die'\n"


def test_waiting_for_a_provider_is_told_beside_the_answer() -> None:
    done = chat("patience")

    assert done.stdout == "You said 'patience'\n"
    assert done.stderr == "threadkeep: provider busy, trying again in 2 s\n"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = chat("--repo", str(tmp_path / "none"), "hello")

    assert done.returncode == 1
    assert done.stderr.startswith(f"threadkeep: there is no folder {tmp_path / 'none'}")


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to a whole console")
def test_ctrl_c_cancels_the_turn_and_exits_130() -> None:
    with subprocess.Popen(
        [*FAKE_CHAT, "--", "chat", "slow"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(15) == "You said 'slow'"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)

    assert (process.returncode, out, err) == (130, "\n", "threadkeep: cancelled, kept 15 characters\n")


@pytest.mark.skipif(os.name == "nt", reason="a closed pipe is another error on Windows")
def test_a_reader_that_goes_away_is_no_traceback() -> None:
    with subprocess.Popen(
        [*FAKE_CHAT, "--", "chat", "flood"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        err = process.stderr.read()
        process.wait(30)

    assert (process.returncode, err) == (1, "")


def test_an_answer_that_is_in_the_way_is_taken_over_if_that_is_said() -> None:
    assert chat("hello", server=("--stuck",)).returncode == 1
    done = chat("--take-over", "hello", server=("--stuck",))
    assert (done.returncode, done.stdout) == (0, "You said 'hello'\n")
