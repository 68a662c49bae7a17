"""Sessions in telescope, fzf-lua, snacks and mini.pick: each row is one line, and keys rename, tag, archive and delete.

No package registry has these plugins. Without REAL_PICKERS, a folder that has them and `bin/fzf`, stand-ins with
their interface take their place; what is typed and seen is the same.
"""

import json
import os
from pathlib import Path

import pytest

from tests.neovim.conftest import Start
from tests.neovim.editor import Neovim
from tests.neovim.talk import opened, say
from tests.support.product import plan

pytestmark = pytest.mark.slow

PICKERS = ("snacks", "telescope", "fzf-lua", "mini")
REAL = os.environ.get("REAL_PICKERS")
STAND_INS = Path(__file__).with_name("standins.lua")
LONG = "A title that is much longer than any list of any picker is wide on any screen " * 3

SEEN = """
(function(text)
  for _, win in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(win).relative ~= "" then
      for _, line in ipairs(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, -1, false)) do
        if line:find(text, 1, true) then return { line, vim.api.nvim_win_get_width(win) } end
      end
    end
  end
end)(...)
"""
"""The row of a picker that holds a text, and how wide its window is."""

REAL_ONES = """
for _, name in ipairs({ "plenary.nvim", "telescope.nvim", "fzf-lua", "snacks.nvim", "mini.nvim" }) do
  vim.opt.runtimepath:append(FOLDER .. "/" .. name)
end
vim.env.PATH = FOLDER .. "/bin:" .. vim.env.PATH
vim.o.columns, vim.o.lines = 160, 40
require("snacks").setup({ picker = { enabled = true } })
require("mini.pick").setup()
"""


@pytest.fixture
def more() -> str:
    """Lua that brings the pickers."""
    if REAL:
        return "\n" + REAL_ONES.replace("FOLDER", json.dumps(REAL))
    return f"\nvim.o.columns, vim.o.lines = 160, 40\ndofile({json.dumps(str(STAND_INS))})\n"


def shown(editor: Neovim, text: str) -> tuple[str, int]:
    """Waits until a picker shows a text; its row, and the cells that the window has."""
    line, width = editor.until(SEEN, text)
    return str(line), int(width)


def answer(editor: Neovim, words: str) -> None:
    editor.lua("local words = ... vim.ui.input = function(_, done) done(words) end", words)


def closed(editor: Neovim) -> None:
    floats = "vim.iter(vim.api.nvim_list_wins()):any(function(win) return vim.api.nvim_win_get_config(win).relative ~= '' end)"
    editor.until(f"not {floats}")


def session(editor: Neovim, session_id: str) -> dict[str, object]:
    get = "require('threadkeep.client').request_now('session/get', { sessionId = ... }, 30000)"
    return dict(editor.lua(f"return {get}.session", session_id))


@pytest.mark.parametrize("picker", PICKERS)
def test_sessions_are_renamed_tagged_archived_and_deleted_inside_of_any_picker(
    start: Start, more: str, picker: str
) -> None:
    editor = opened(start(more=more, picker=picker))
    first = editor.session()["id"]
    say(editor, plan("The gearbox", texts=["turns"]))
    assert editor.lua("return require('threadkeep.picker').backend()") == picker
    editor.command("Threadkeep new")
    editor.command("Threadkeep sessions status=active")
    shown(editor, "The gearbox")
    answer(editor, "The axle")
    editor.call("nvim_input", "<M-r>")
    # The list comes again, as it is now.
    shown(editor, "The axle")
    answer(editor, "wheel")
    editor.call("nvim_input", "<M-t>")
    get = "require('threadkeep.client').request_now('session/get', { sessionId = ... }, 30000).session"
    editor.until(f"{get}.tags[1] == 'wheel'", first)
    shown(editor, "The axle")
    editor.call("nvim_input", "<CR>")
    editor.until("require('threadkeep').session().id == ...", first)
    closed(editor)
    assert (session(editor, first)["title"], session(editor, first)["tags"]) == ("The axle", ["wheel"])
    editor.command("Threadkeep sessions status=active")
    shown(editor, "The axle")
    editor.call("nvim_input", "<M-a>")
    editor.told("archived; ")
    editor.told("nothing matches")
    editor.command("Threadkeep sessions archived=only")
    shown(editor, "The axle")
    editor.call("nvim_input", "<M-x>")
    editor.told("in the trash; ")
    assert "trashedAt" in session(editor, first)


@pytest.mark.parametrize("picker", PICKERS)
def test_every_row_fits_one_line_and_shows_the_words_that_were_found(
    start: Start, more: str, picker: str
) -> None:
    editor = opened(start(more=more, picker=picker))
    first = editor.session()["id"]
    say(editor, plan("haystack " * 40 + "needle " + "haystack " * 40, texts=["turns"]))
    editor.lua(
        "require('threadkeep').request('session/update', { sessionId = ..., title = "
        + json.dumps(LONG)
        + " })",
        first,
    )
    editor.until("#require('threadkeep').session().title > 100")
    editor.command("Threadkeep search needle")
    # The title of the list and the preview have the word as well.
    row, width = shown(editor, "— A title")
    assert "needle" in row
    assert int(editor.lua("return vim.fn.strdisplaywidth(...)", row.strip())) <= width
    editor.call("nvim_input", "<CR>")
    closed(editor)
    editor.told("this session stays here")
    editor.command("Threadkeep sessions")
    row, width = shown(editor, "A title that")
    assert int(editor.lua("return vim.fn.strdisplaywidth(...)", row.strip())) <= width
    editor.call("nvim_input", "<CR>")
    closed(editor)


def test_rows_fit_the_list_of_the_editor_itself_which_asks_what_to_do(start: Start) -> None:
    editor = opened(start(picker="select"))
    editor.command("set columns=60")
    first = editor.session()["id"]
    say(editor, plan("haystack " * 40 + "needle " + "haystack " * 40, texts=["turns"]))
    editor.lua(
        "_G.asked = {} vim.ui.select = function(items, options, done) "
        "local labels = vim.tbl_map(options.format_item, items) table.insert(_G.asked, labels) "
        "for index, label in ipairs(labels) do if label == 'Archive' or #labels == 1 then return done(items[index]) end end end"
    )
    editor.command("Threadkeep search needle")
    editor.until("#_G.asked == 1")
    (label,) = editor.lua("return _G.asked[1]")
    assert "needle" in label
    assert len(label) <= 52
    editor.command("Threadkeep! sessions")
    editor.told("archived; ")
    assert editor.lua("return _G.asked[3]") == ["Open", "Rename", "Tag", "Archive", "Delete (into the trash)"]
    assert "archivedAt" in session(editor, first)


def test_usage_is_a_table_whose_columns_are_straight(start: Start) -> None:
    editor = opened(start())
    say(editor, plan(texts=["Yes"]))
    editor.command("Threadkeep agent reviewer")
    say(editor, plan(texts=["No"]))
    editor.command("Threadkeep usage agent")
    editor.until("vim.bo.buftype == 'nofile' and vim.fn.search('reviewer', 'nw') > 0")
    lines = editor.call("nvim_buf_get_lines", 0, 0, -1, False)
    assert lines[0].endswith("| agent |")
    assert len(lines) == 5
    bars = {tuple(index for index, one in enumerate(line) if one == "|")[:5] for line in lines}
    assert len(bars) == 1
