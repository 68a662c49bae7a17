"""How the chat looks and behaves on the screen: windows, following, folding, long chats, hostile text."""

from pathlib import Path
from typing import Any

import pytest

from tests.neovim.conftest import Start
from tests.neovim.editor import Neovim
from tests.neovim.talk import completed, opened, say, send, write
from tests.support.product import plan

pytestmark = pytest.mark.slow

LINES_OF_TEXT = 20_000
COUNT_WRITES = """
_G.writes = 0
vim.api.nvim_buf_attach(require("threadkeep.chat").transcript().buf, false, {
  on_lines = function(_, _, _, first, _, last) _G.writes = _G.writes + (last - first) end,
})
"""


def cursor(editor: Neovim) -> int:
    return int(editor.lua("return vim.api.nvim_win_get_cursor(require('threadkeep.view').windows().chat)[1]"))


def last_line(editor: Neovim) -> int:
    return int(editor.lua("return vim.api.nvim_buf_line_count(require('threadkeep.chat').transcript().buf)"))


def test_each_piece_of_an_answer_writes_its_own_lines_only_however_long_the_chat_is(start: Start) -> None:
    editor = opened(start())
    long = "\n".join(f"line {number}" for number in range(LINES_OF_TEXT))
    editor.lua("_G.long = ...", long)
    # A long chat, as if it had been said; through the model it would take minutes.
    editor.lua(
        """
        local state_of, chat = require("threadkeep.state"), require("threadkeep.chat")
        local session = chat.session()
        local fields = { sessionId = session.id, parts = {}, status = "complete", isFavourite = false, metadata = {},
          createdAt = "2026-01-02T03:04:05.000Z" }
        local said = vim.tbl_extend("force", fields, { id = "q", role = "user", content = "Count", seq = 1e6 })
        local answer = vim.tbl_extend("force", fields, { id = "a", role = "assistant", parentId = "q", content = "",
          status = "streaming", seq = 1e6 + 1 })
        chat.apply(state_of.message(chat.state(), said))
        chat.apply(state_of.message(chat.state(), answer))
        local function delta(offset, text)
          chat.apply(require("threadkeep.growth").delta(chat.state(), { sessionId = session.id, turnId = "t", messageId = "a",
            kind = "text", offset = offset, text = text, savedOffset = 0 }))
        end
        delta(0, _G.long)
        chat.transcript():flush()
        """
        + COUNT_WRITES
        + """
        local offset = #_G.long
        for number = 1, 1000 do
          delta(offset, "\\ntoken " .. number)
          offset = offset + #("\\ntoken " .. number)
          chat.transcript():flush()
        end
        """
    )
    # A piece touches the line that it goes on with and the one that it begins; a redraw would be 20,000 each.
    assert editor.lua("return _G.writes") == 2000
    assert editor.lines()[-3:] == ["token 999", "token 1000", ""]
    editor.lua(
        """
        for number = 1, 1000 do
          local state_of, chat = require("threadkeep.state"), require("threadkeep.chat")
          chat.apply(require("threadkeep.growth").delta(chat.state(), { sessionId = chat.session().id, turnId = "t", messageId = "a",
            kind = "text", offset = chat.state().entries.a.units.text, text = " x", savedOffset = 0 }))
        end
        chat = require("threadkeep.chat")
        chat.transcript():flush()
        """
    )
    # What comes within one glance is drawn at once.
    assert editor.lua("return _G.writes") == 2001


def test_the_chat_follows_only_who_is_at_its_end(start: Start) -> None:
    editor = opened(start())
    send(editor, plan(texts=["\n".join(f"first {number}" for number in range(80))], stall_after=1))
    editor.shows("first 79")
    assert cursor(editor) == last_line(editor)
    editor.lua("vim.api.nvim_win_set_cursor(require('threadkeep.view').windows().chat, { 5, 0 })")
    top = "vim.fn.line('w0', require('threadkeep.view').windows().chat)"
    editor.command("redraw")
    before = editor.lua(f"return {top}")
    editor.command("Threadkeep cancel")
    completed(editor, 1)
    write(editor, "x")
    editor.command("redraw")
    assert (cursor(editor), editor.lua(f"return {top}")) == (5, before)
    say(editor, plan(texts=["second"]))
    editor.shows("second")
    assert cursor(editor) == last_line(editor)


def test_reasoning_is_folded_once_the_answer_begins(start: Start) -> None:
    editor = opened(start())
    say(editor, plan(texts=["So"], reasoning=["One\n", "two\n", "three"]))
    folded = "vim.api.nvim_win_call(require('threadkeep.view').windows().chat, function() return {{ vim.fn.foldclosed({}), vim.fn.foldclosedend({}) }} end)"
    assert editor.lua("return " + folded.format(5, 5)) == [5, 7]
    assert editor.lua("return " + folded.format(9, 9)) == [-1, -1]
    editor.command("Threadkeep close")
    editor.command("Threadkeep open")
    assert editor.lua("return " + folded.format(5, 5)) == [5, 7]
    editor.lua("vim.api.nvim_set_current_win(require('threadkeep.view').windows().chat)")
    editor.feed("5G<Tab>")
    assert editor.lua("return " + folded.format(5, 5)) == [-1, -1]


def test_only_the_plugin_writes_to_the_chat_and_other_buffers_keep_their_undo(
    start: Start, folder: Path
) -> None:
    editor = start()
    editor.command(f"edit {folder / 'notes.txt'}")
    editor.feed("ddx")
    opened(editor)
    say(editor, plan(texts=["Answer"]))
    buf = "vim.bo[require('threadkeep.chat').transcript().buf]"
    assert editor.lua(f"return {{ {buf}.modifiable, {buf}.undolevels, {buf}.swapfile }}") == [
        False,
        -1,
        False,
    ]
    editor.command("Threadkeep close")
    editor.feed("uu")
    assert editor.call("nvim_buf_get_lines", 0, 0, -1, False) == ["alpha", "beta", "gamma"]
    assert editor.lua("return vim.bo.modified") is False


def test_the_chat_opens_where_it_is_told_to_and_is_remembered_there(start: Start) -> None:
    editor = opened(start())
    for layout in ("left", "tab", "bottom", "float"):
        editor.command(f"Threadkeep open {layout}")
        windows: dict[str, Any] = editor.lua("return require('threadkeep.view').windows()")
        assert windows["layout"] == layout
        assert len(editor.lua("return vim.api.nvim_list_tabpages()")) == (2 if layout == "tab" else 1)
        # Closing one of the two windows closes the chat.
        editor.command("quit")
        editor.until("require('threadkeep.view').windows() == nil")
        editor.until(f"not vim.api.nvim_win_is_valid({windows['chat']})")
    editor.close()
    again = opened(start())
    assert again.lua("return require('threadkeep.view').windows().layout") == "float"


def test_the_last_window_becomes_an_empty_buffer_when_the_chat_closes(start: Start) -> None:
    editor = opened(start())
    editor.command("1wincmd w | quit")
    editor.command("Threadkeep close")
    assert editor.lua("return #vim.api.nvim_list_wins()") == 1
    assert editor.lua("return vim.api.nvim_buf_get_name(0)") == ""


def test_buffers_that_were_wiped_out_are_made_again(start: Start) -> None:
    editor = opened(start())
    say(editor, plan(texts=["Still here"]))
    editor.lua("vim.cmd.bwipeout({ require('threadkeep.chat').transcript().buf, bang = true })")
    editor.command("Threadkeep rename Other")
    editor.until("require('threadkeep').session().title == 'Other'")
    editor.command("Threadkeep open")
    editor.shows("Still here")
    say(editor, plan(texts=["And here"]))
    editor.shows("And here")


def test_older_messages_come_when_the_top_is_reached_and_push_nothing_away(start: Start) -> None:
    first = opened(start())
    for number in range(4):
        say(first, plan(f"Question {number}", texts=["\n".join(f"{number}.{line}" for line in range(30))]))
    first.close()
    editor = opened(start(history=2))
    editor.shows("3.29")
    assert not any("Question 2" in line for line in editor.lines())
    window = "require('threadkeep.view').windows().chat"
    editor.lua(f"vim.api.nvim_set_current_win({window})")
    for number in (2, 1, 0):
        editor.feed("gg")
        editor.command("redraw")
        seen = editor.lua("return vim.api.nvim_get_current_line()")
        editor.shows(f"{number}.29")
        assert editor.lua("return vim.api.nvim_get_current_line()") == seen
    editor.until("require('threadkeep.chat').state().before == nil")
    assert sum(line.startswith("Question") for line in editor.lines()) == 4


def test_hostile_text_does_nothing(start: Start, folder: Path) -> None:
    editor = opened(start())
    bitten = folder.parent / "bitten"
    evil = (
        f"vim: set ft=lua modeline:\n<!-- vim: set tabstop=99: -->\n%{{system('touch {bitten}')}}\n"
        f"\x1b]0;title\x07\x00nul\r\n```vim\n:call writefile([], '{bitten}')\n```\n▌ You  12:00\n> fake\n"
        f"`:lua os.execute('touch {bitten}')`\n# vim: foldmethod=expr foldexpr=system('touch\\ {bitten}'):"
    )
    say(editor, plan(texts=[evil]))
    editor.command("Threadkeep rename %{system('touch " + str(bitten) + "')}%#Error#")
    editor.until("require('threadkeep').session().title:sub(1, 2) == '%{'")
    for layout in ("float", "tab", "bottom", "right"):
        editor.command(f"Threadkeep open {layout}")
        editor.command("redraw!")
    editor.command("set laststatus=2")
    editor.lua("vim.o.statusline = require('threadkeep').statusline()")
    editor.command("redraw!")
    window = "require('threadkeep.view').windows().chat"
    assert editor.lua(f"return vim.wo[{window}].foldmethod") == "manual"
    assert editor.lua("return vim.bo[require('threadkeep.chat').transcript().buf].tabstop") == 8
    assert editor.lines()[4] == "vim: set ft=lua modeline:"
    assert editor.decorations().count("▌ You") == 1
    assert not bitten.exists()


def test_nothing_of_the_opened_folder_is_run(start: Start, folder: Path) -> None:
    sprung = folder.parent / "sprung"
    for name in ("json", "threadkeep", "sitecustomize", "attrs"):
        (folder / f"{name}.py").write_text(f"open({str(sprung)!r}, 'w').write(__name__)\n")
    (folder / "lua").mkdir()
    (folder / "lua" / "threadkeep.lua").write_text(f"io.open({str(sprung)!r}, 'w'):close()\n")
    program = folder / "threadkeep"
    program.write_text(f"#!/bin/sh\ntouch {sprung}\n")
    program.chmod(0o755)
    editor = opened(start())
    say(editor, plan(texts=["Safe"]))
    assert "Safe" in editor.lines()
    # Without a command of one's own, and with the folder on the PATH:
    careful = start(more=f"\nrequire('threadkeep').setup({{}})\nvim.env.PATH = '{folder}:.:/usr/bin'\n")
    careful.command("Threadkeep open")
    careful.told("lies in the open folder")
    assert not sprung.exists()
