"""Commands, pickers, help and health."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.neovim.conftest import Start, neovim
from tests.neovim.editor import PLUGIN, Neovim, nvim_environment
from tests.neovim.talk import opened, say
from tests.support.product import plan

pytestmark = pytest.mark.slow

FAKE_PICKERS = """
local function when_previewed(buf, action)
  local timer = vim.uv.new_timer()
  timer:start(0, 20, vim.schedule_wrap(function()
    local lines = vim.api.nvim_buf_get_lines(buf, 0, -1, false)
    if lines[2] and not timer:is_closing() then
      timer:close()
      _G.preview = lines
      action()
    end
  end))
end
package.loaded["snacks.picker"] = { pick = function(options)
  _G.title, _G.labels = options.title, vim.tbl_map(function(item) return item.text end, options.items)
  options.preview({ item = options.items[1], picker = { current = function() return options.items[1] end },
    preview = { reset = function() end, highlight = function() end,
      set_lines = function(_, lines) _G.preview = lines end } })
  options.confirm({ close = function() end }, options.items[1])
end }
package.loaded["mini.pick"] = { start = function(options)
  local source = options.source
  _G.title, _G.labels = source.name, vim.tbl_map(function(item) return item.text end, source.items)
  local buf = vim.api.nvim_create_buf(false, true)
  source.preview(buf, source.items[1])
  when_previewed(buf, function() source.choose(source.items[1]) end)
end }
local Base = {}
Base.super = { new = function() end }
function Base.extend() return setmetatable({ super = { new = function() end } }, { __index = Base }) end
function Base:get_tmp_buffer() return vim.api.nvim_create_buf(false, true) end
function Base:set_preview_buf(buf) self.buf = buf end
package.loaded["fzf-lua.previewer.builtin"] = { base = Base }
package.loaded["fzf-lua"] = { fzf_exec = function(lines, options)
  _G.title, _G.labels = options.prompt, lines
  local previewer = setmetatable({}, { __index = options.previewer })
  previewer:populate_preview_buf(lines[1])
  when_previewed(previewer.buf, function() options.actions.default({ lines[1] }) end)
end }
package.loaded["telescope"] = {}
package.loaded["telescope.actions"] = { close = function() end, select_default = { replace = function(_, action)
  _G.confirm_choice = action end } }
package.loaded["telescope.actions.state"] = { get_selected_entry = function() return _G.entry end }
package.loaded["telescope.config"] = { values = { generic_sorter = function() end } }
package.loaded["telescope.previewers"] = { new_buffer_previewer = function(options) return options end }
package.loaded["telescope.finders"] = { new_table = function(options) return options end }
package.loaded["telescope.pickers"] = { new = function(_, options) return { find = function()
  _G.title = options.prompt_title
  _G.labels = vim.tbl_map(function(item) return options.finder.entry_maker(item).display end, options.finder.results)
  _G.entry = options.finder.entry_maker(options.finder.results[1])
  local buf = vim.api.nvim_create_buf(false, true)
  options.previewer.define_preview({ state = { bufnr = buf } }, _G.entry)
  options.attach_mappings(1)
  when_previewed(buf, _G.confirm_choice)
end } end }
"""


def complete(editor: Neovim, line: str) -> list[str]:
    return list(editor.lua("return vim.fn.getcompletion(..., 'cmdline')", line))


def test_commands_are_completed_and_misspelt_ones_told(start: Start) -> None:
    editor = start()
    assert complete(editor, "Threadkeep se") == ["send", "sessions", "search"]
    assert complete(editor, "Threadkeep open f") == ["float"]
    assert complete(editor, "Threadkeep! end ") == []
    editor.command("Threadkeep pasue")
    editor.told("`pasue` is no subcommand; did you mean `pause`?")
    editor.command("Threadkeep open middle")
    editor.told("`middle` is no place; there are right, left")
    opened(editor)
    assert set(complete(editor, "Threadkeep agent ")) >= {"assistant", "reviewer"}
    assert complete(editor, "Threadkeep model work:o") == ["work:other"]


def test_wrong_options_are_reported_and_do_no_harm(start: Start) -> None:
    editor = opened(start(layuot="left", width="wide"))
    editor.told("`layuot` is not an option; did you mean `layout`?")
    editor.told("`width` must be a number")
    assert editor.lua("return require('threadkeep.view').windows().layout") == "right"


def test_sessions_are_listed_filtered_previewed_and_chosen_in_any_picker(start: Start) -> None:
    editor = opened(start(more=FAKE_PICKERS))
    first = editor.session()["id"]
    say(editor, plan("The gearbox", texts=["turns"]))
    for picker in ("snacks", "telescope", "fzf-lua", "mini", "auto"):
        editor.lua("require('threadkeep.config').get().picker = ...", picker)
        editor.lua("_G.preview, _G.labels, _G.title = nil, nil, nil")
        editor.command(f"Threadkeep new By {picker}")
        editor.until("require('threadkeep').session().title == ...", f"By {picker}")
        editor.command("Threadkeep sessions gearbox status=active,paused")
        editor.until("require('threadkeep').session().id == ...", first)
        assert editor.lua("return #_G.labels") == 1
        assert "The gearbox" in editor.lua("return _G.labels[1]")
        editor.until("_G.preview ~= nil")
        assert editor.lua("return _G.preview")[-2:] == ["turns", ""]
    assert editor.lua("return require('threadkeep.picker').backend()") == "snacks"
    editor.command("Threadkeep sessions colour=red")
    editor.told("`colour` is no filter; there are status, task")
    editor.command("Threadkeep sessions nothing like it")
    editor.told("nothing matches")


def test_filters_have_names_and_outlive_the_editor(start: Start) -> None:
    kept = {"mine": "repository=all status=active gearbox", "red": "colour=red"}
    editor = opened(start(more=FAKE_PICKERS, filters=kept))
    editor.told("`filters.red`: `colour` is no filter; there are status, task")
    first = editor.session()["id"]
    say(editor, plan("The gearbox", texts=["turns"]))
    assert complete(editor, "Threadkeep sessions @") == ["@mine"]
    for picker in ("snacks", "telescope", "fzf-lua", "mini"):
        editor.lua("require('threadkeep.config').get().picker = ...", picker)
        editor.command(f"Threadkeep new By {picker}")
        editor.until("require('threadkeep').session().title == ...", f"By {picker}")
        editor.command("Threadkeep sessions @mine the")
        editor.until("require('threadkeep').session().id == ...", first)
        assert editor.lua("return _G.title").removesuffix("> ") == "Sessions: @mine the"
        assert editor.lua("return #_G.labels") == 1
    editor.command("Threadkeep sessions @mine axle")
    editor.told("nothing matches")
    editor.command("Threadkeep sessions @mien")
    editor.told("no filter is called `@mien`; did you mean `@mine`?")
    assert complete(editor, "Threadkeep filter ") == ["save", "delete"]
    assert complete(editor, "Threadkeep filter save by status=p") == ["status=paused"]
    editor.command("Threadkeep filter save by")
    editor.told("write `filter save NAME words…` or `filter delete NAME`")
    editor.command("Threadkeep filter save by status=active By")
    editor.told("`@by` is saved")
    editor.close()
    again = start(filters=kept)
    assert complete(again, "Threadkeep sessions @") == ["@by", "@mine"]
    assert complete(again, "Threadkeep filter delete ") == ["by"]
    opened(again)
    again.lua(
        "_G.asked = {} vim.ui.select = function(items, options, done) "
        "table.insert(_G.asked, { options.prompt, vim.tbl_map(options.format_item, items) }) "
        "if options.prompt == 'Filter' then done(items[1]) end end"
    )
    again.command("Threadkeep sessions @ fzf")
    again.until("#_G.asked == 2")
    (_, offered), (title, sessions) = again.lua("return _G.asked")
    assert offered == [
        "@by — status=active By",
        "@mine — repository=all status=active gearbox  (setup)",
    ]
    assert title == "Sessions: @by fzf"
    assert [label.split(" — ")[0] for label in sessions] == ["By fzf-lua"]
    again.lua(
        "local client = require('threadkeep.client') local request = client.request "
        "client.request = function(method, params, done) "
        "if method == 'session/list' then params.limit = 1 end request(method, params, done) end"
    )
    again.command("Threadkeep sessions @by e")
    again.until("#_G.asked == 3")
    _, sessions = again.lua("return _G.asked[3]")
    assert [label.split(" — ")[0] for label in sessions] == ["By telescope"]
    again.command("Threadkeep filter delete by")
    again.told("`@by` is deleted; it was `status=active By`")
    again.command("checkhealth threadkeep")
    report = "\n".join(again.call("nvim_buf_get_lines", 0, 0, -1, False))
    assert "setup(): `filters.red`: `colour` is no filter" in report
    assert "Filters of sessions: @mine" in report


def test_words_are_searched_for_and_shown_where_they_were_said(start: Start) -> None:
    editor = opened(start())
    found = editor.session()["id"]
    say(editor, plan("The gearbox", texts=["It rattles terribly"]))
    editor.command("Threadkeep new Other")
    editor.until("require('threadkeep').session().id ~= ...", found)
    editor.lua("vim.ui.select = function(items, options, done) _G.hits = items done(items[1]) end")
    editor.command("Threadkeep search rattles terribly")
    editor.until("require('threadkeep').session().id == ...", found)
    editor.until("require('threadkeep.messages').under_cursor() == _G.hits[1].message_id")


def test_sessions_go_to_the_trash_and_come_back(start: Start) -> None:
    editor = opened(start())
    first = editor.session()["id"]
    say(editor, plan("Precious", texts=["Yes"]))
    editor.command("Threadkeep delete")
    editor.told("in the trash; `:Threadkeep restore` takes it back")
    editor.until("require('threadkeep').session().id ~= ...", first)
    editor.lua("vim.ui.select = function(items, options, done) done(items[1]) end")
    editor.command("Threadkeep restore")
    editor.until("require('threadkeep').session().id == ...", first)
    editor.shows("Yes")


def test_a_session_is_exported_and_imported(start: Start, tmp_path: Path) -> None:
    editor = opened(start())
    say(editor, plan("Why?", texts=["Because"]))
    assert complete(editor, "Threadkeep export ma") == ["markdown"]
    assert complete(editor, "Threadkeep export json ") == ["notes.txt"]
    editor.command("Threadkeep export")
    editor.until("vim.bo.filetype == 'markdown' and vim.fn.search('Because', 'n') > 0")
    file = tmp_path / "chat.json"
    editor.command(f"Threadkeep export json {file}")
    editor.told(f"written: {file}")
    editor.command(f"Threadkeep import {file}")
    editor.told("0 imported, 1 were there already")
    editor.command("Threadkeep export pdf")
    editor.told("PDF needs a file: :Threadkeep export pdf ~/talk.pdf")


def test_a_method_that_the_server_lacks_is_told(start: Start) -> None:
    editor = opened(start())
    editor.lua(
        "local methods = require('threadkeep.client').status().capability.methods "
        "for index, method in ipairs(methods) do if method == 'session/fork' then table.remove(methods, index) end end"
    )
    editor.command("Threadkeep fork")
    editor.told("does not have `session/fork` yet: update Threadkeep")


def test_status_usage_and_log_are_shown(start: Start) -> None:
    editor = opened(start())
    say(editor, plan(texts=["Yes"]))
    for command, words in (("status", "# Server"), ("usage agent", "| agent |"), ("keys", "]m")):
        editor.command(f"Threadkeep {command}")
        editor.until(
            "vim.fn.search(..., 'nw') > 0 and vim.bo.buftype == 'nofile'", re.sub(r"([\[\]])", r"\\\1", words)
        )
        editor.command("close")
    editor.command("Threadkeep log")
    editor.until("vim.api.nvim_buf_get_name(0):find('log', 1, true) ~= nil and not vim.bo.modifiable")


def test_checkhealth_tells_what_is_there(start: Start) -> None:
    editor = start()
    editor.command("checkhealth threadkeep")
    report = "\n".join(editor.call("nvim_buf_get_lines", 0, 0, -1, False))
    for words in (
        "Neovim 0.1",
        "Protocol 1, as this plugin speaks it",
        "Log: ",
        "No error since",
        "0 sessions",
        "work (openai)",
    ):
        assert words in report
    assert "ERROR" not in report
    broken = start(cmd=["/nowhere/threadkeep"])
    broken.command("checkhealth threadkeep")
    report = "\n".join(broken.call("nvim_buf_get_lines", 0, 0, -1, False))
    assert "The program `/nowhere/threadkeep` of `cmd` was not found" in report


def test_plug_mappings_exist_and_no_key_is_taken_outside_the_chat(start: Start) -> None:
    editor = start()
    maps = [one["lhs"] for mode in "nxi" for one in editor.call("nvim_get_keymap", mode)]
    assert [lhs for lhs in maps if "hreadkeep" in lhs and not lhs.startswith("<Plug>(threadkeep-")] == []
    assert sum(lhs.startswith("<Plug>(threadkeep-") for lhs in maps) == 12
    editor.feed("<Plug>(threadkeep-open)")
    editor.until("require('threadkeep').session() ~= nil")


def test_the_help_is_up_to_date_and_every_command_has_a_tag(tmp_path: Path) -> None:
    script = PLUGIN / "scripts" / "help.lua"
    done = subprocess.run(
        [neovim(), "--clean", "-l", str(script), "--check"],
        env=nvim_environment(tmp_path),
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, "write it anew: nvim --clean -l editor-clients/neovim/scripts/help.lua"
    text = (PLUGIN / "doc" / "threadkeep.txt").read_text("utf-8")
    links = set(re.findall(r"\|(threadkeep[^|\s]*)\|", text))
    tags = re.findall(r"\*([^*\s]+)\*", text)
    assert links <= set(tags)
    assert len(tags) == len(set(tags))
    for named in ("open", "toggle", "send", "cancel", "retry", "continue", "pause", "resume", "end", "new"):
        assert f":Threadkeep-{named}" in tags
    assert max(len(line) for line in text.splitlines()) <= 80


def test_the_readme_names_every_command_option_and_mapping(start: Start) -> None:
    readme = (PLUGIN / "README.md").read_text("utf-8")
    editor = start()
    for module, field in (("threadkeep.commands", "commands"), ("threadkeep.options", "options")):
        names = editor.lua(
            f"return vim.tbl_map(function(one) return one.name end, require({module!r}).{field})"
        )
        for name in names:
            assert re.search(rf"(`|^  ){name}(!?`| = )", readme, re.MULTILINE), name
    for map_ in editor.lua("return require('threadkeep.plugs')"):
        assert f"`<Plug>(threadkeep-{map_['name']})`" in readme or f"`-{map_['name']}`" in readme
