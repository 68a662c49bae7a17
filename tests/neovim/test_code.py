"""Code goes along with a question, and comes back into the buffer."""

from pathlib import Path

import pytest

from tests.neovim.conftest import Start
from tests.neovim.editor import Neovim
from tests.neovim.talk import completed, opened, prompt_bar, say, write
from tests.support.product import ModelProcess, plan

pytestmark = pytest.mark.slow

ANSWER = "Better:\n\n```text\nBETA\n```\n\nor\n\n```text\nfirst\nsecond\n```\n"


@pytest.fixture
def editor(start: Start, folder: Path) -> Neovim:
    """An editor with a file of three lines: alpha, beta, gamma."""
    started = start()
    started.command(f"edit {folder / 'notes.txt'}")
    return started


def file_lines(editor: Neovim) -> list[str]:
    return list(editor.lua("return vim.api.nvim_buf_get_lines(vim.fn.bufnr('notes.txt'), 0, -1, false)"))


def in_chat(editor: Neovim, text: str) -> None:
    """Puts the cursor of the chat on the last line that begins with a text."""
    editor.lua("vim.api.nvim_set_current_win(require('threadkeep.view').windows().chat)")
    rows = [number for number, line in enumerate(editor.lines(), 1) if line.startswith(text)]
    editor.lua("vim.api.nvim_win_set_cursor(0, { ..., 0 })", rows[-1])


def test_a_selection_goes_along_and_the_answer_takes_its_place(editor: Neovim, model: ModelProcess) -> None:
    editor.command("2Threadkeep send " + plan("Shout", texts=[ANSWER]))
    completed(editor, 1)
    editor.marked("⎘ notes.txt:2-2")
    assert "beta" in str(model.requests()[-1]["body"]["messages"])
    # The lines moved meanwhile; the code finds them.
    editor.lua("vim.api.nvim_buf_set_lines(vim.fn.bufnr('notes.txt'), 0, 0, false, { 'new first' })")
    in_chat(editor, "BETA")
    editor.feed("ga")
    assert editor.lua("return #vim.api.nvim_list_tabpages()") == 2
    assert editor.call("nvim_buf_get_lines", 0, 0, -1, False) == ["new first", "alpha", "BETA", "gamma"]
    editor.feed("gr")
    assert file_lines(editor) == ["new first", "alpha", "beta", "gamma"]
    in_chat(editor, "BETA")
    editor.feed("ga")
    editor.command("Threadkeep accept")
    assert editor.lua("return #vim.api.nvim_list_tabpages()") == 1
    assert file_lines(editor) == ["new first", "alpha", "BETA", "gamma"]
    editor.lua("vim.api.nvim_buf_call(vim.fn.bufnr('notes.txt'), function() vim.cmd('silent undo') end)")
    assert file_lines(editor) == ["new first", "alpha", "beta", "gamma"]
    assert editor.lua("return vim.wo[vim.fn.bufwinid(vim.fn.bufnr('notes.txt'))].diff") is False


def test_an_unsaved_file_goes_along_as_it_is_in_the_buffer(editor: Neovim, model: ModelProcess) -> None:
    editor.lua("vim.api.nvim_buf_set_lines(0, 0, 1, false, { 'unsaved words' })")
    editor.command("Threadkeep attach file")
    opened(editor)
    editor.until("#require('threadkeep.chat').enclosed() == 1")
    assert "⎘ notes.txt" in prompt_bar(editor)
    say(editor, plan("Look", texts=[ANSWER]))
    assert "unsaved words" in str(model.requests()[-1]["body"]["messages"])
    assert "⎘" not in prompt_bar(editor)
    # Nothing says which lines are meant: a person is asked.
    editor.lua("vim.ui.select = function(items, _, done) _G.asked = #items done(items[3]) end")
    in_chat(editor, "second")
    editor.feed("ga")
    assert editor.lua("return _G.asked") == 3
    editor.feed("ga")
    assert file_lines(editor) == ["unsaved words", "beta", "gamma", "first", "second"]


def test_diagnostics_go_along_with_their_lines(editor: Neovim, model: ModelProcess) -> None:
    editor.command("Threadkeep attach diagnostics")
    editor.told("There are no diagnostics here.")
    editor.lua(
        "vim.diagnostic.set(vim.api.nvim_create_namespace('x'), 0, "
        "{ { lnum = 1, col = 0, message = 'is no word', severity = 1, source = 'speller' } })"
    )
    editor.command("Threadkeep attach diagnostics")
    editor.command("Threadkeep attach selection")
    editor.told("attach what?")
    opened(editor)
    say(editor, plan("Why?", texts=["So"]))
    assert "2: Error: is no word (speller)" in str(model.requests()[-1]["body"]["messages"])
    write(editor, "x")
    editor.command("Threadkeep attach file")
    editor.command("Threadkeep attach clear")
    assert editor.lua("return require('threadkeep.chat').enclosed()") == []


def test_code_is_yanked_and_opened(editor: Neovim) -> None:
    opened(editor)
    say(editor, plan(texts=["Here:\n\n```lua\nreturn 1\n```\n\nDone"]))
    in_chat(editor, "Done")
    editor.feed("gy")
    assert editor.lua("return { vim.fn.getreg('\"'), vim.fn.getregtype('\"') }") == ["return 1\n", "V"]
    editor.feed("go")
    assert editor.call("nvim_buf_get_lines", 0, 0, -1, False) == ["return 1"]
    assert editor.lua("return { vim.bo.filetype, vim.bo.buftype, vim.bo.modified }") == ["lua", "", True]
    in_chat(editor, "Go")
    editor.feed("gy")
    editor.told("no code block in this message")
    editor.command("Threadkeep accept")
    editor.told("nothing is proposed")
