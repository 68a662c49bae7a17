"""A day in the chat: ask, stop, pause, end, switch, ask again."""

from typing import Any

import pytest

from tests.neovim.conftest import Start
from tests.neovim.editor import Neovim
from tests.neovim.talk import chat_bar, completed, opened, prompt_bar, say, send, write
from tests.support.product import plan

pytestmark = pytest.mark.slow


@pytest.fixture
def chat(start: Start) -> Neovim:
    """An editor with the chat open."""
    return opened(start())


def test_a_question_is_answered_where_it_was_asked(chat: Neovim) -> None:
    say(chat, plan("Why?", texts=["Because ", "it is.\n\nTruly"], reasoning=["Hm.\n", "Well."]))
    question, answer = chat.lines()[1], chat.lines()[4:]
    assert question.startswith("Why?")
    assert answer == ["> Hm.", "> Well.", "", "Because it is.", "", "Truly", ""]
    assert "▌ You" in chat.decorations()
    assert "▌ assistant  test" in chat.decorations()
    assert chat.lines("prompt") == [""]
    assert [event["turn"]["status"] for event in chat.events("ThreadkeepTurnCompleted")] == ["completed"]
    chat.until("require('threadkeep').session().usage.outputTokens > 0")
    bar = chat_bar(chat)
    assert bar.startswith(" ")
    assert "○ ready" in bar
    assert chat.lua("return require('threadkeep').statusline()").startswith("○ Why?")
    assert chat.notices() == []


def test_an_answer_is_stopped_and_carried_on_with(chat: Neovim) -> None:
    send(chat, plan(texts=["Half of it"], stall_after=1))
    chat.shows("Half of it")
    chat.marked("● writing")
    chat.command("Threadkeep cancel")
    completed(chat, 1)
    chat.marked("◌ cancelled — :Threadkeep continue carries on")
    first = chat.lua("return require('threadkeep.chat').state().order")
    chat.command("Threadkeep continue")
    completed(chat, 2)
    assert chat.lua("return require('threadkeep.chat').state().order") == first
    assert chat.lines()[4].startswith("Half of it")


def test_a_paused_session_takes_no_word_until_it_is_resumed(chat: Neovim) -> None:
    write(chat, "a thought")
    chat.command("Threadkeep pause lunch")
    chat.marked("── Paused — lunch")
    buf = "vim.bo[require('threadkeep.chat').prompt().buf].modifiable"
    chat.until(f"not {buf}")
    assert prompt_bar(chat) == " ⏸ Paused — :Threadkeep resume"
    assert "⏸ paused" in chat_bar(chat)
    assert chat.lines("prompt") == ["a thought"]
    chat.command("Threadkeep send more")
    chat.told(":Threadkeep resume")
    chat.command("Threadkeep resume")
    chat.marked("── Resumed")
    chat.until(buf)
    assert chat.lines("prompt") == ["more", "a thought"]


def test_an_ended_session_can_be_read_and_forked(chat: Neovim) -> None:
    chat.command("set columns=200")
    say(chat, plan(texts=["Kept"]))
    ended = chat.session()["id"]
    chat.command("Threadkeep end! done")
    chat.marked("── Ended — done")
    chat.until("not vim.bo[require('threadkeep.chat').prompt().buf].modifiable")
    assert "■ Ended, read only" in prompt_bar(chat)
    chat.command("Threadkeep fork")
    chat.until("require('threadkeep').session().id ~= ...", ended)
    chat.shows("Kept")
    say(chat, plan(texts=["Goes on"]))
    assert "Goes on" in chat.lines()


def test_agent_model_title_and_marks_are_set_by_commands(chat: Neovim) -> None:
    chat.command("Threadkeep agent reviewer for the review")
    chat.marked("── Agent: assistant → reviewer — for the review")
    chat.command("Threadkeep model work:other")
    chat.marked("other")
    chat.command("Threadkeep rename A better | name")
    chat.command("Threadkeep tag one two")
    chat.until("#require('threadkeep').session().tags == 2")
    chat.command("Threadkeep tag -one")
    chat.command("Threadkeep favourite")
    chat.command("Threadkeep note Look here")
    chat.until("require('threadkeep').session().note == 'Look here'")
    session = chat.session()
    assert (session["title"], session["tags"], session["isFavourite"]) == ("A better | name", ["two"], True)
    assert (session["agent"], session["agentSwitchCount"]) == ("reviewer", 1)
    say(chat, plan(texts=["Fine"]))
    assert "▌ reviewer  other" in chat.decorations()
    chat.command("Threadkeep agent nobody")
    chat.told(":Threadkeep agent lists those there are")
    chat.command("Threadkeep! note")
    chat.until("require('threadkeep').session().note == nil")


def test_another_answer_and_another_question_leave_the_old_ones_on_their_branches(chat: Neovim) -> None:
    say(chat, plan(texts=["First"]))
    chat.command("Threadkeep retry")
    completed(chat, 2)
    chat.marked("‹2/2›")
    assert len(chat.lua("return require('threadkeep.chat').state().order")) == 2
    chat.lua("vim.api.nvim_set_current_win(require('threadkeep.view').windows().chat)")
    chat.feed("[b")
    chat.marked("‹1/2›")
    chat.feed("]b")
    chat.marked("‹2/2›")
    chat.feed("ggge")
    chat.until("require('threadkeep.chat').editing() ~= nil")
    assert prompt_bar(chat).startswith(" Ask again in other words")
    say(chat, plan("Otherwise", texts=["Second"]))
    assert chat.lines()[1].startswith("Otherwise")
    assert "Second" in chat.lines()
    assert "First" not in chat.lines()


def test_what_is_sent_meanwhile_waits_and_can_be_seen_waiting(chat: Neovim) -> None:
    chat.command("set columns=200")
    send(chat, plan(texts=["Half"], stall_after=1))
    chat.shows("Half")
    send(chat, plan("And then?", texts=["Then"]))
    chat.until("#require('threadkeep.chat').state().queued == 1")
    assert "◷ 1 waiting: And then?" in prompt_bar(chat)
    chat.command("Threadkeep cancel")
    chat.shows("Then")
    assert "waiting" not in prompt_bar(chat)


def test_a_refused_answer_tells_why_and_what_to_do(chat: Neovim) -> None:
    say(chat, plan(status=401, body="no"))
    chat.marked("✗ providerAuth — check the key (:checkhealth threadkeep), then :Threadkeep retry")
    chat.until("require('threadkeep').session().activity == 'failed'")
    assert "✗ failed" in chat_bar(chat)


def test_what_cannot_be_sent_stays_in_the_prompt(chat: Neovim) -> None:
    session = chat.session()["id"]
    chat.lua("require('threadkeep').request('session/pause', { sessionId = ... }, function() end)", session)
    # Before the pause is known here:
    chat.lua("require('threadkeep.chat').prompt():set('precious') require('threadkeep.sending').submit()")
    chat.told("paused")
    assert chat.lines("prompt") == ["precious"]


def test_messages_are_marked_and_jumped_between(chat: Neovim) -> None:
    say(chat, plan(texts=["One\nmore"]))
    say(chat, plan(texts=["Two"]))
    chat.lua("vim.api.nvim_set_current_win(require('threadkeep.view').windows().chat)")
    chat.feed("gg")
    rows = []
    for _ in range(3):
        chat.feed("]m")
        rows.append(chat.lua("return vim.api.nvim_win_get_cursor(0)[1]"))
    assert rows == [4, 8, 11]
    chat.feed("[m[m")
    assert chat.lua("return vim.api.nvim_win_get_cursor(0)[1]") == 4
    chat.feed("gs")
    chat.marked("★")
    chat.lua("vim.ui.input = function(_, done) done('remember') end")
    chat.feed("gn")
    chat.marked("✎ remember")
    chat.lua("vim.ui.input = function(_, done) done('') end")
    chat.feed("gn")
    chat.until(
        "require('threadkeep.messages').under_cursor() and not vim.inspect("
        "require('threadkeep.chat').state().entries[require('threadkeep.messages').under_cursor()]"
        ".message.note):find('remember')"
    )


def test_clearing_empties_the_chat_and_a_branch_brings_it_back(chat: Neovim) -> None:
    say(chat, plan(texts=["Gone?"]))
    chat.command("Threadkeep clear")
    chat.until("#require('threadkeep.chat').state().order == 0")
    assert chat.lines() == [""]
    chat.lua("vim.api.nvim_set_current_win(require('threadkeep.view').windows().chat)")
    chat.feed("[b")
    chat.shows("Gone?")


def test_a_new_session_takes_the_place_and_the_old_one_is_listed(chat: Neovim) -> None:
    first = chat.session()["id"]
    write(chat, "half a thought")
    chat.command("Threadkeep new Second")
    chat.until("require('threadkeep').session().id ~= ...", first)
    assert chat.session()["title"] == "Second"
    assert chat.lines("prompt") == [""]
    chat.lua(
        "vim.ui.select = function(items, options, done)"
        " _G.listed = vim.tbl_map(options.format_item, items) done(items[#items]) end"
    )
    chat.command("Threadkeep sessions")
    chat.until("require('threadkeep').session().id == ...", first)
    assert [label.split(" — ")[0] for label in chat.lua("return _G.listed")] == ["Second", "New session"]
    assert chat.lines("prompt") == ["half a thought"]


def test_what_is_wrong_with_the_settings_is_told_once(start: Start, options: dict[str, Any]) -> None:
    editor = opened(start(settings={**options["settings"], "contextMessages": "many"}))
    editor.told("contextMessages must be a whole number")
    editor.command("Threadkeep")
    assert sum("contextMessages" in notice for notice in editor.notices()) == 1
