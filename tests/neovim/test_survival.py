"""Editors and servers die; nothing that was said or written is lost."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.neovim.conftest import Start, a_repository
from tests.neovim.editor import Neovim
from tests.neovim.talk import chat_bar, completed, opened, prompt_bar, say, send, write
from tests.support.product import plan

pytestmark = pytest.mark.slow

SLOW = plan("Tell me", tokens=400, token_delay=0.05)


def server_pid(editor: Neovim) -> int:
    status = "require('threadkeep.client').request_now('server/status', {}, 30000)"
    return int(editor.lua(f"return {status}.pid"))


def test_an_editor_that_is_killed_in_mid_answer_comes_back_to_the_same_chat(start: Start) -> None:
    first = opened(start())
    session = first.session()["id"]
    send(first, SLOW)
    first.shows("t00003")
    first.kill()
    second = opened(start())
    assert second.session()["id"] == session
    assert second.lines()[1].startswith("Tell me")
    second.shows("t00003")
    second.marked("◌ interrupted — :Threadkeep continue carries on")
    partial = second.lines()[4]
    second.command("Threadkeep continue")
    second.marked("● writing")
    second.command("Threadkeep cancel")
    completed(second, 1)
    assert second.lines()[4].startswith(partial)


def test_a_server_that_is_killed_comes_back_and_what_was_cut_off_is_told(start: Start) -> None:
    editor = opened(start())
    session = editor.session()["id"]
    send(editor, SLOW)
    editor.shows("t00003")
    pid = server_pid(editor)
    # What a server that is killed has not told to be on disk may be lost with it.
    answer = "require('threadkeep.chat').state().entries[require('threadkeep.chat').state().order[2]]"
    editor.until(f"{answer}.saved.text >= #' t00000 t00001 t00002 t00003'")
    os.kill(pid, signal.SIGKILL)
    editor.marked("◌ interrupted — :Threadkeep continue carries on")
    editor.told("the answer was cut off: :Threadkeep continue")
    assert editor.session()["id"] == session
    assert "t00003" in editor.lines()[4]
    say(editor, plan(texts=["All well"]))
    assert "All well" in editor.lines()
    assert len(editor.events("ThreadkeepServerStopped")) == 1
    assert len(editor.events("ThreadkeepServerStarted")) == 2


def test_a_message_that_is_sent_while_the_server_is_away_is_sent_once_it_is_back(start: Start) -> None:
    editor = opened(start())
    os.kill(server_pid(editor), signal.SIGKILL)
    editor.until("require('threadkeep.client').status().state ~= 'ready'")
    send(editor, plan("Are you there?", texts=["I am"]))
    completed(editor, 1)
    editor.shows("I am")
    assert sum("Are you there?" in line for line in editor.lines()) == 1
    assert editor.lines("prompt") == [""]


def test_a_server_that_crashes_again_and_again_is_left_alone_until_asked_for(
    start: Start, tmp_path: Path
) -> None:
    good = start().lua("return require('threadkeep.config').get().cmd")
    switch = tmp_path / "broken"
    script = tmp_path / "server.py"
    script.write_text(
        f"import os, sys\nif os.path.exists({str(switch)!r}): sys.exit(3)\nos.execv({good[0]!r}, {good!r})\n"
    )
    editor = opened(start(cmd=[sys.executable, str(script)], restarts=2))
    editor.command("set columns=300")
    write(editor, "my words")
    switch.touch()
    os.kill(server_pid(editor), signal.SIGKILL)
    editor.until("require('threadkeep.client').status().state == 'stopped'")
    assert "The server ended 3 times" in chat_bar(editor)
    send(editor, "my words")
    editor.told("The server ended")
    assert editor.lines("prompt") == ["my words"]
    switch.unlink()
    editor.command("Threadkeep restart")
    editor.until("require('threadkeep.client').status().state == 'ready'")
    say(editor, plan(texts=["Back"]))
    assert "Back" in editor.lines()


@pytest.mark.parametrize("end", ["killed", "cut off", "left"])
def test_a_draft_outlives_the_editor(start: Start, end: str) -> None:
    first = opened(start())
    say(first, plan(texts=["Yes"]))
    first.lua("vim.api.nvim_set_current_win(require('threadkeep.view').windows().prompt)")
    first.feed("iHalf a <CR>thought<Esc>")
    first.until("require('threadkeep.chat').prompt().saved == 'Half a \\nthought'")
    # The draft is on its way; what is answered after it proves that it is stored.
    server_pid(first)
    if end == "killed":
        first.kill()
    elif end == "cut off":
        # The terminal is gone; Neovim leaves by itself.
        first.cut_off()
    else:
        first.close()
    second = opened(start())
    second.until("require('threadkeep.chat').prompt():text() ~= ''")
    assert second.lines("prompt") == ["Half a ", "thought"]
    second.feed("u")
    assert second.lines()[4] == "Yes"


def test_two_editors_follow_one_session(start: Start) -> None:
    left, right = opened(start()), opened(start())
    say(left, plan("From the left", texts=["First"]))
    right.shows("First")
    assert left.session()["id"] == right.session()["id"]
    write(left, "left's draft")
    say(right, plan("From the right", texts=["An ", "answer"], reasoning=["Hm"]))
    left.shows("An answer")
    completed(left, 2)
    assert left.lines() == right.lines()
    assert left.lines("prompt") == ["left's draft"]
    left.command("Threadkeep pause")
    right.until("not vim.bo[require('threadkeep.chat').prompt().buf].modifiable")
    right.marked("── Paused")
    assert prompt_bar(right) == " ⏸ Paused — :Threadkeep resume"
    right.command("Threadkeep resume")
    left.marked("── Resumed")
    left.command("Threadkeep retry")
    completed(right, 3)
    right.marked("‹2/2›")
    left.command("Threadkeep clear")
    right.until("#require('threadkeep.chat').state().order == 0")


def test_another_branch_has_a_session_of_its_own(start: Start, folder: Path) -> None:
    editor = opened(start())
    first = editor.session()["id"]
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/feature\n")
    editor.told("this is the session of `feature` now")
    assert editor.session()["task"] == "feature"
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    editor.until("require('threadkeep').session().id == ...", first)


def test_another_folder_has_a_session_of_its_own_once_the_chat_is_opened_there(
    start: Start, folder: Path
) -> None:
    editor = opened(start())
    first = editor.session()["id"]
    other = a_repository(folder.parent / "other", branch="trunk")
    editor.command(f"cd {other}")
    assert editor.session()["id"] == first
    editor.command("Threadkeep open")
    editor.until("require('threadkeep').session().task == 'trunk'")
    assert editor.session()["repository"]["name"] == "other"
    (other / ".git" / "HEAD").write_text("ref: refs/heads/leaf\n")
    editor.told("this is the session of `leaf` now")


def test_a_server_that_is_missing_or_another_is_told_with_what_to_do(start: Start, tmp_path: Path) -> None:
    missing = start(cmd=["/nowhere/threadkeep"])
    missing.command("set columns=500")
    missing.command("Threadkeep open")
    missing.told("The program `/nowhere/threadkeep` of `cmd` was not found. Install it with")
    assert "The program `/nowhere" in chat_bar(missing)
    missing.command("Threadkeep send do not lose this")
    missing.until("require('threadkeep.chat').prompt():text() == 'do not lose this'")
    script = tmp_path / "other.py"
    script.write_text(OTHER_SERVER)
    for version, words in (("2", "update the plugin"), ("none", "no Threadkeep server")):
        editor = start(cmd=[sys.executable, str(script), version])
        editor.command("Threadkeep open")
        editor.told(words)
        assert editor.lua("return require('threadkeep.client').status().state") == "stopped"


OTHER_SERVER = """
import json, sys
experimental = {} if sys.argv[1] == "none" else {"threadkeep": {"protocolVersion": int(sys.argv[1])}}
while line := sys.stdin.buffer.readline():
    length = int(line.split(b":")[1])
    sys.stdin.buffer.readline()
    message = json.loads(sys.stdin.buffer.read(length))
    if "id" in message:
        result = {"capabilities": {"experimental": experimental}} if message["method"] == "initialize" else None
        body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()
        sys.stdout.buffer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
        sys.stdout.buffer.flush()
    elif message["method"] == "exit":
        break
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that stops a process")
@pytest.mark.parametrize("command", ["cancel", "pause"])
def test_a_window_whose_server_is_stopped_is_taken_over_after_a_question(start: Start, command: str) -> None:
    first = opened(start())
    send(first, plan("Tell me", texts=["Half", " more"], token_delay=3.0))
    first.shows("Half")
    pid = server_pid(first)
    second = opened(start())
    second.shows("Half")
    second.lua(
        "_G.questions, _G.choice = {}, 2\n"
        "vim.fn.confirm = function(text) table.insert(_G.questions, text) return _G.choice end"
    )
    os.kill(pid, signal.SIGSTOP)
    try:
        second.command(f"Threadkeep {command}")
        second.until("#_G.questions == 1")
        question = second.lua("return _G.questions[1]")
        assert f"(process {pid} on " in question
        assert "What it has not stored yet of the answer is lost." in question
        second.told("does not react")
        second.lua("_G.choice = 1")
        second.command(f"Threadkeep {command}")
        second.marked("◌ interrupted")
        assert second.lua("return #_G.questions") == 2
    finally:
        os.kill(pid, signal.SIGCONT)
    first.marked("◌ interrupted")
    assert first.lines()[4] == "Half"
