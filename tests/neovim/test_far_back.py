"""A place far back in a long session opens with a page around it, and the chat reads on from there in both directions."""

import copy
import json
import time
from pathlib import Path

import pytest

from tests.neovim.conftest import Start
from tests.neovim.editor import Neovim
from tests.neovim.talk import chat_bar, opened, say, send
from tests.support.product import plan

pytestmark = pytest.mark.slow

MESSAGES = 4000
NEEDLE = 400
"""Which question has the word that is looked for."""


def grown(editor: Neovim, folder: Path) -> str:
    """A session of many messages, made of one question and its answer; its id."""
    say(editor, plan("Why?", texts=["Because"]))
    file = folder / "one.json"
    editor.command(f"Threadkeep export json {file}")
    editor.told("written:")
    document = json.loads(file.read_text())
    (entry,) = document["sessions"]
    question, answer = entry["messages"]
    entry["messages"], parent = [], None
    for number in range(MESSAGES):
        message = copy.deepcopy(answer if number % 2 else question)
        message.update(id=f"m{number}", sessionId="long", seq=number + 2, parentId=parent)
        message.pop("turnId", None)
        text = f"haystack {number}" + (" needle" if number == NEEDLE else "")
        message["parts"] = [{"type": "text", "text": text}]
        entry["messages"].append(message)
        parent = message["id"]
    entry["session"].update(id="long", title="Long", headId=parent)
    entry.pop("turns", None)
    many = folder / "many.json"
    many.write_text(json.dumps(document))
    editor.command(f"Threadkeep import {many}")
    editor.told("1 imported")
    return "long"


def test_a_hit_far_back_opens_with_a_page_around_it_and_reads_on_both_ways(
    start: Start, tmp_path: Path
) -> None:
    editor = opened(start())
    editor.command("set columns=240")
    editor.command("Threadkeep open bottom")
    grown(editor, tmp_path)
    editor.lua(
        "vim.ui.select = function(items, _, done) _G.hits = items done(items[1]) end "
        "local client, view = require('threadkeep.client'), require('threadkeep.view') "
        "local request, look = client.request, view.look _G.asked, _G.signs = {}, {} "
        "client.request = function(method, params, done) table.insert(_G.asked, method) request(method, params, done) end "
        "view.look = function() look() if view.windows() then "
        "table.insert(_G.signs, vim.wo[view.windows().chat].winbar) end end"
    )
    began = time.monotonic()
    editor.command("Threadkeep search needle")
    editor.until("require('threadkeep').session().id == 'long'")
    editor.until(f"require('threadkeep.messages').under_cursor() == 'm{NEEDLE}'")
    took = time.monotonic() - began
    assert took < 5
    # One page, not one after another from the end.
    assert (
        editor.lua(
            "return vim.iter(_G.asked):fold(0, function(n, one) return n + (one == 'session/history' and 1 or 0) end)"
        )
        <= 3
    )
    assert editor.lua("return #require('threadkeep.chat').state().order") <= 150
    assert any("loading …" in sign for sign in editor.lua("return _G.signs"))
    assert "not the newest" in chat_bar(editor)
    assert "loading" not in chat_bar(editor)
    editor.lua("vim.api.nvim_set_current_win(require('threadkeep.view').windows().chat)")
    last = int(
        editor.lua(
            "return tonumber(require('threadkeep.chat').state().order[#require('threadkeep.chat').state().order]:sub(2))"
        )
    )
    editor.feed("G")
    editor.command("redraw")
    editor.shows(f"haystack {last + 1}")
    editor.feed("gg")
    editor.command("redraw")
    editor.until(f"tonumber(require('threadkeep.chat').state().order[1]:sub(2)) < {NEEDLE - 50}")
    numbers = [int(one[1:]) for one in editor.lua("return require('threadkeep.chat').state().order")]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))


def test_what_is_said_while_the_past_is_shown_brings_the_end_back(start: Start, tmp_path: Path) -> None:
    editor = opened(start())
    grown(editor, tmp_path)
    editor.lua("vim.ui.select = function(items, _, done) done(items[1]) end")
    editor.command("Threadkeep search needle")
    editor.until(f"require('threadkeep.messages').under_cursor() == 'm{NEEDLE}'")
    editor.command("Threadkeep retry")
    editor.told("here is the newest answer: do it again if you mean that")
    editor.shows(f"haystack {MESSAGES - 1}")
    editor.command("Threadkeep search needle")
    editor.until(f"require('threadkeep.messages').under_cursor() == 'm{NEEDLE}'")
    send(editor, plan("On", texts=["Onwards"]))
    editor.shows("Onwards")
    editor.shows(f"haystack {MESSAGES - 1}")
