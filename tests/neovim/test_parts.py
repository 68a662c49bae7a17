"""What an agent does beside speaking, in the chat: real Neovim, the real server, an agent that plays its steps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.neovim.conftest import Start
from tests.neovim.editor import Neovim, server_command
from tests.neovim.talk import completed, opened, say, send
from tests.support.scripted import SETTINGS, installed_in, play

pytestmark = pytest.mark.slow

RUN = {
    "call": {
        "id": "c1",
        "name": "bash",
        "title": "Run it",
        "kind": "execute",
        "state": "running",
        "output": [{"type": "terminal"}],
    }
}
DONE = {"call": {"id": "c1", "state": "completed"}}


@pytest.fixture
def chat(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Neovim:
    """An editor with the chat open, in which the scripted agent answers."""
    return window(start, tmp_path, monkeypatch)()


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    """Options that lead to the scripted agent."""
    return {"cmd": server_command(tmp_path / "store"), "settings": {**SETTINGS, "titles": "first-message"}}


def window(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Neovim]:
    """Makes editors in which the scripted agent answers."""
    for name, value in installed_in(tmp_path).items():
        monkeypatch.setenv(name, value)
    return lambda: opened(start())


def answer(editor: Neovim) -> list[str]:
    """The lines of the newest answer."""
    editor.lua("require('threadkeep.chat').transcript():flush()")
    return list(
        editor.lua(
            "local chat = require('threadkeep.chat') local order = chat.state().order "
            "local first, last = chat.transcript():range(order[#order]) "
            "return vim.api.nvim_buf_get_lines(chat.transcript().buf, first + 1, last - 1, false)"
        )
    )


def go_to(editor: Neovim, text: str) -> None:
    """Puts the cursor on the last line that holds a text."""
    editor.lua(
        """
        local win = require("threadkeep.view").windows().chat
        vim.api.nvim_set_current_win(win)
        local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, -1, false)
        for row = #lines, 1, -1 do
          if lines[row]:find(..., 1, true) then
            vim.api.nvim_win_set_cursor(win, { row, 0 })
            return
          end
        end
        error("no line holds it")
        """,
        text,
    )


def press(editor: Neovim, text: str, keys: str) -> None:
    """Types keys on the last line that holds a text."""
    go_to(editor, text)
    editor.feed(keys)


def test_what_an_agent_did_stands_between_its_words_and_is_there_in_a_new_window(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = window(start, tmp_path, monkeypatch)
    editor = new()
    plan = {"plan": [{"content": "Look", "status": "completed"}, {"content": "Tell"}]}
    say(
        editor,
        play({"text": "Look: "}, RUN, {"out": {"id": "c1", "text": "a.py\n"}}, DONE, plan, {"text": "done."}),
    )
    lines = answer(editor)
    assert lines[:2] == ["Look: ", ""]
    assert lines[2].startswith("▸ ❯ Run it · done")
    assert lines[3:] == ["  Plan, 1 of 2 done", "  ☑ Look", "  ☐ Tell", "", "done."]
    assert answer(new()) == lines
    assert editor.notices() == []


def test_a_call_opens_and_closes_by_the_keys_of_folds(chat: Neovim) -> None:
    say(
        chat, play(RUN, {"out": {"id": "c1", "text": "one\n\u001b[31mtwo\u001b[0m\n"}}, DONE, {"text": "End"})
    )
    closed = answer(chat)
    for keys in ("<Tab>", "za", "<CR>"):
        press(chat, "Run it", keys)
        assert answer(chat)[1:4] == ["  │ bash", "  │ one", "  │ two"]
        press(chat, "│ two" if keys != "<CR>" else "▾ ❯", keys)
        assert answer(chat) == closed


def test_output_grows_in_a_call_that_is_open(chat: Neovim) -> None:
    send(chat, play(RUN, {"out": {"id": "c1", "text": "one\n"}}, {"hold": True}))
    chat.shows("Run it · running")
    press(chat, "Run it", "<CR>")
    chat.shows("│ one")
    chat.command("Threadkeep cancel")
    completed(chat, 1)
    assert answer(chat)[0].startswith("▾ ❯ Run it · cancelled")
    assert answer(chat)[-1] == "  │ one"


def test_all_of_a_long_output_is_shown_when_it_is_asked_for(chat: Neovim) -> None:
    out = {"out": {"id": "c1", "text": "ä\u001b[32mgreen\u001b[0m 0123456789\n", "times": 40_000}}
    say(chat, play(RUN, out, DONE))
    press(chat, "Run it", "<CR>")
    assert len(answer(chat)) <= 204
    press(chat, "shows all", "<CR>")
    chat.until("vim.api.nvim_buf_line_count(0) == 40000")
    assert chat.lua("return vim.api.nvim_buf_get_lines(0, -2, -1, false)") == ["ägreen 0123456789"]
    assert chat.lua("return vim.bo.modeline") is False
    chat.feed("q")
    assert chat.lua("return #vim.api.nvim_list_tabpages()") == 1


def test_a_diff_is_shown_side_by_side(chat: Neovim, folder: Path) -> None:
    uri = (folder / "notes.txt").as_uri()
    big = "".join(f"line {number} of a long file\n" for number in range(4_000))
    for old, new in (("alpha\n", "omega\n"), (big, big + "more\n")):
        output = [{"type": "diff", "uri": uri, "old_text": old, "new_text": new}]
        say(chat, play({"call": {"id": "c1", "title": "Edit", "state": "completed", "output": output}}))
        go_to(chat, "▸ • Edit")
        chat.command("Threadkeep diff")
        chat.until("#vim.api.nvim_list_tabpages() == 2 and #vim.api.nvim_tabpage_list_wins(0) == 2")
        sides = chat.lua(
            "return vim.tbl_map(function(win) return { vim.wo[win].diff, table.concat("
            "vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, -1, false), '\\n') .. '\\n' } end, "
            "vim.api.nvim_tabpage_list_wins(0))"
        )
        assert sorted(sides) == sorted([[True, old], [True, new]])
        chat.feed("q")
        assert chat.lua("return #vim.api.nvim_list_tabpages()") == 1
    assert chat.notices() == []


def test_a_place_opens_its_file_at_the_line(chat: Neovim, folder: Path) -> None:
    uri = (folder / "notes.txt").as_uri()
    call = {"id": "c1", "title": "Read", "state": "completed", "locations": [{"uri": uri, "line": 2}]}
    say(chat, play({"call": call}))
    press(chat, "• Read", "<Tab>")
    for keys in ("gf", "<CR>"):
        press(chat, "→ notes.txt:3", keys)
        assert chat.lua("return vim.fs.basename(vim.api.nvim_buf_get_name(0))") == "notes.txt"
        assert chat.lua("return vim.api.nvim_win_get_cursor(0)[1]") == 3


def test_steps_that_are_left_out_come_when_they_are_asked_for(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = window(start, tmp_path, monkeypatch)
    say(new(), play({"calls": {"count": 300, "bytes": 4_000}}))
    editor = new()
    assert "earlier steps" in answer(editor)[0]
    while "earlier steps" in answer(editor)[0]:
        count = len(answer(editor))
        press(editor, "earlier steps", "<CR>")
        editor.until(
            "(function(count) local chat = require('threadkeep.chat') local order = chat.state().order "
            "local first, last = chat.transcript():range(order[#order]) return last - first - 2 > count end)(...)",
            count,
        )
    assert [line.split(" · ")[0] for line in answer(editor)] == [
        f"▸ ≡ Read {number}" for number in range(300)
    ]


def test_nothing_that_an_agent_says_is_run(chat: Neovim, folder: Path) -> None:
    evil = "vim: set foldmethod=expr:\n\u001b]52;c;aGk=\u0007%!touch x\n`<Esc>:q!`\u0000\u0007"
    call = {"id": "c1", "name": evil, "title": evil, "state": "failed", "error": evil, "input": {"a": evil}}
    output = [
        {"type": "text", "text": evil},
        {"type": "terminal", "text": evil, "command": evil},
        {"type": "resourceLink", "uri": "javascript:alert(1)", "name": "a link"},
    ]
    say(chat, play({"call": {**call, "output": output}}))
    go_to(chat, "• vim")
    chat.feed("<Tab>")
    assert "  │ ^[]52;c;aGk=^G%!touch x" in answer(chat)
    assert not any(ord(sign) < 32 for line in answer(chat) for sign in line)
    assert chat.lua("return vim.wo.foldmethod") == "manual"
    assert not (folder / "x").exists()
    press(chat, "↗ a link", "<CR>")
    chat.told("cannot be opened here")
