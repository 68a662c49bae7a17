"""A server that dies, or is not there yet, leaves the chat on the screen under one line; nothing is lost or said twice."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.neovim.conftest import Start
from tests.neovim.editor import PATIENCE, Neovim, server_command
from tests.neovim.talk import chat_bar, completed, opened, prompt_bar, say, send
from tests.support.product import plan

pytestmark = pytest.mark.slow

GATE = '#!/bin/sh\nwhile [ -e "$1" ]; do sleep 0.05; done\nshift\nexec "$@"\n'


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """While it is there no server can start."""
    return tmp_path / "closed"


@pytest.fixture
def editor(start: Start, tmp_path: Path, gate: Path) -> Neovim:
    """An editor whose server waits at the gate."""
    script = tmp_path / "gate.sh"
    script.write_text(GATE)
    script.chmod(0o755)
    return start(cmd=[str(script), str(gate), *server_command(tmp_path / "store")])


def pid(editor: Neovim) -> int:
    status = "require('threadkeep.client').request_now('server/status', {}, 30000)"
    return int(editor.lua(f"return {status}.pid"))


def ended_with_half_a_thought(editor: Neovim, tmp_path: Path, end: str) -> Path:
    """The editor is gone, and has noted what no server took; the folder of that."""
    kept = tmp_path / "home" / "state" / "nvim" / "threadkeep" / "unsent"
    if end == "killed":
        deadline = time.monotonic() + PATIENCE
        while not any("half a thought" in file.read_text() for file in kept.glob("*.json")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        editor.kill()
    else:
        editor.close()
    return kept


def ended_with_early_words(editor: Neovim, tmp_path: Path, end: str) -> Path:
    """The same of an editor that was written in before any server was up."""
    editor.command("Threadkeep")
    send(editor, "sent too early")
    editor.feed("iand half a thought<Esc>")
    return ended_with_half_a_thought(editor, tmp_path, end)


def kill_server(editor: Neovim) -> None:
    os.kill(pid(editor), signal.SIGKILL)
    editor.until("require('threadkeep.client').status().state ~= 'ready'")


def windows(editor: Neovim) -> list[int]:
    return list(editor.lua("return { vim.api.nvim_get_current_win(), unpack(vim.api.nvim_list_wins()) }"))


def test_a_server_that_dies_leaves_everything_where_it_was_under_one_line(editor: Neovim, gate: Path) -> None:
    editor.command("set columns=120")
    say(opened(editor), plan("Before", texts=["It stands"]))
    before, seen = editor.lines(), windows(editor)
    gate.touch()
    kill_server(editor)
    editor.until(
        "vim.wo[require('threadkeep.view').windows().chat].winbar:find('it is being started again', 1, true) ~= nil"
    )
    assert editor.lines() == before
    assert windows(editor) == seen
    # What is sent meanwhile waits, in its order; what is typed after it stays.
    send(editor, plan("One", texts=["First"]))
    send(editor, plan("Two", texts=["Second"]))
    editor.feed("ihalf a thought<Esc>")
    assert "sending…" in prompt_bar(editor)
    assert [notice for notice in editor.notices() if notice.startswith("Threadkeep")] == []
    gate.unlink()
    completed(editor, 3)
    editor.shows("Second")
    questions = [line.split(" [[")[0] for line in editor.lines() if "[[plan" in line]
    assert questions == ["Before", "One", "Two"]
    assert editor.lines("prompt") == ["half a thought"]
    assert windows(editor) == seen
    assert "started again" not in chat_bar(editor)
    assert "sending…" not in prompt_bar(editor)
    editor.until("require('threadkeep.drafts').is_saved(require('threadkeep').session().id)")
    kill_server(editor)
    completed(editor, 3)
    editor.until("require('threadkeep.client').status().state == 'ready'")
    assert editor.lines("prompt") == ["half a thought"]


def test_a_send_whose_answer_was_lost_with_the_server_is_not_said_twice(editor: Neovim) -> None:
    say(opened(editor), plan("Before", texts=["It stands"]))
    # The server has taken it, and dies before its answer is read.
    editor.lua(
        "local pid = ... "
        "vim.api.nvim_create_autocmd('User', { pattern = 'ThreadkeepTurnStarted', once = true, "
        "callback = function() vim.uv.kill(pid, 9) end })",
        pid(editor),
    )
    send(editor, plan("Once", tokens=200, token_delay=0.05))
    editor.marked("◌ interrupted")
    assert sum("Once" in line for line in editor.lines()) == 1
    assert editor.lines("prompt") == [""]


def test_before_the_server_is_up_one_can_write_and_send(editor: Neovim, gate: Path) -> None:
    gate.touch()
    editor.command("Threadkeep")
    send(editor, plan("Early", texts=["Bird"]))
    editor.feed("iand then<Esc>")
    gate.unlink()
    completed(editor, 1)
    editor.shows("Bird")
    assert sum("Early" in line for line in editor.lines()) == 1
    assert editor.lines("prompt") == ["and then"]


@pytest.mark.parametrize("end", ["killed", "left"])
def test_what_no_server_could_take_outlives_the_editor(
    editor: Neovim, start: Start, gate: Path, tmp_path: Path, end: str
) -> None:
    say(opened(editor), plan("Before", texts=["It stands"]))
    session = editor.session()["id"]
    gate.touch()
    kill_server(editor)
    send(editor, "never sent")
    editor.feed("iand half a thought<Esc>")
    kept = ended_with_half_a_thought(editor, tmp_path, end)
    (file,) = kept.glob("*.json")
    assert file.stat().st_mode & 0o077 == 0
    gate.unlink()
    again = opened(start())
    again.until("require('threadkeep').session().id == ...", session)
    again.until("require('threadkeep.chat').prompt():text() ~= ''")
    assert again.lines("prompt") == ["never sent", "and half a thought"]
    again.until("#vim.fn.glob(... .. '/*.json') == 0", str(kept))
    assert not any("never sent" in line for line in again.lines())


def test_of_a_private_session_nothing_is_on_disk_however_long_the_server_is_away(
    editor: Neovim, gate: Path, tmp_path: Path
) -> None:
    opened(editor).command("Threadkeep! new")
    say(editor, plan("Before", texts=["It stands"]))
    gate.touch()
    kill_server(editor)
    editor.feed("isecretive<Esc>")
    editor.command("Threadkeep new")
    editor.feed("ifor everybody<Esc>")
    kept = tmp_path / "home" / "state" / "nvim" / "threadkeep" / "unsent"
    deadline = time.monotonic() + PATIENCE
    while not any("for everybody" in file.read_text() for file in kept.glob("*.json")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not any("secretive" in file.read_text() for file in kept.glob("*.json"))


def test_a_branch_that_was_checked_out_while_the_server_was_away_is_followed(
    editor: Neovim, gate: Path, folder: Path
) -> None:
    """Also where the session was stored only after the chat had been opened."""
    say(opened(editor), plan("Before", texts=["It stands"]))
    session = editor.session()["id"]
    editor.feed("ihalf a thought")
    gate.touch()
    kill_server(editor)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/feature\n")
    gate.unlink()
    editor.until("require('threadkeep').session().task == 'feature'")
    assert editor.session()["id"] != session
    assert editor.lines("prompt") == [""]
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    editor.until("require('threadkeep').session().id == ...", session)
    editor.until("require('threadkeep.chat').prompt():text() == 'half a thought'")


def test_a_folder_that_is_deleted_stays_the_open_one(editor: Neovim, folder: Path) -> None:
    say(opened(editor), plan("Before", texts=["It stands"]))
    shutil.rmtree(folder)
    editor.command("Threadkeep new")
    say(editor, plan("In a folder that is gone", texts=["It goes on"]))
    editor.shows("It goes on")
    assert editor.session()["repository"]["name"] == "app"
    assert not any("file://" in notice for notice in editor.notices())


def test_an_editor_that_never_knew_its_folder_says_what_to_do(editor: Neovim, folder: Path) -> None:
    editor.lua("return 1")
    shutil.rmtree(folder)
    editor.command("Threadkeep")
    editor.told("go to one that is there with `:cd`")
    assert editor.lua("return #vim.api.nvim_list_wins()") == 1
    editor.command(f"cd {folder.parent}")
    opened(editor)


@pytest.mark.parametrize("end", ["killed", "left"])
def test_what_was_written_before_any_server_was_up_outlives_the_editor(
    editor: Neovim, start: Start, gate: Path, tmp_path: Path, end: str
) -> None:
    gate.touch()
    kept = ended_with_early_words(editor, tmp_path, end)
    gate.unlink()
    again = opened(start())
    again.until("require('threadkeep.chat').prompt():text() ~= ''")
    assert again.lines("prompt") == ["sent too early", "and half a thought"]
    again.until("#vim.fn.glob(... .. '/*.json') == 0", str(kept))


@pytest.mark.parametrize("end", ["killed", "left"])
def test_what_was_written_before_any_server_was_up_is_offered_where_a_session_is(
    editor: Neovim, start: Start, gate: Path, tmp_path: Path, end: str
) -> None:
    opened(editor)
    say(editor, "The first question")
    editor.close()
    gate.touch()
    early = start(cmd=[str(tmp_path / "gate.sh"), str(gate), *server_command(tmp_path / "store")])
    kept = ended_with_early_words(early, tmp_path, end)
    gate.unlink()
    again = opened(start())
    again.until("#require('threadkeep.offers').of(require('threadkeep').session().id) == 1")
    again.told("another draft was kept: “sent too early")
    assert "The first question" in "\n".join(again.lines())
    again.lua("vim.ui.select = function(items, _, done) done(items[1]) end")
    again.command("Threadkeep draft")
    again.until("require('threadkeep.chat').prompt():text() ~= ''")
    assert again.lines("prompt") == ["sent too early", "and half a thought"]
    again.until("#vim.fn.glob(... .. '/*.json') == 0", str(kept))
