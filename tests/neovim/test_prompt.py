"""What is typed goes where it was typed, stays whole, and comes back; nothing is stored where nothing was done."""

from pathlib import Path
from typing import Any

import pytest

from tests.neovim.conftest import Start
from tests.neovim.editor import Neovim, server_command
from tests.neovim.talk import chat_bar, completed, opened, prompt_bar, say, send, write
from tests.support.git import Git
from tests.support.product import plan

pytestmark = pytest.mark.slow


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path)


@pytest.fixture
def checkout(tmp_path: Path, git: Git) -> Path:
    """A real repository with the branches `main`, where it is, and `feature`."""
    root = git.repository(tmp_path / "real")
    git("branch", "feature", at=root)
    return root


HEARD = "vim.iter(_G.events):any(function(one) return one[1] == 'ThreadkeepTaskChanged' end)"


def type_in(editor: Neovim, keys: str) -> None:
    """Types in the prompt."""
    editor.lua("vim.api.nvim_set_current_win(require('threadkeep.view').windows().prompt)")
    editor.feed(keys)


def stored(editor: Neovim) -> None:
    """Waits until the server has confirmed what stands in the prompt."""
    editor.until("require('threadkeep.drafts').is_saved(require('threadkeep').session().id)")


def sessions(editor: Neovim) -> list[dict[str, Any]]:
    """All sessions of the store."""
    listed = "require('threadkeep.client').request_now('session/list', {}, 30000)"
    return list(editor.lua(f"return {listed}.sessions"))


def wide(editor: Neovim) -> Neovim:
    """Makes room for all that the lines above the windows have to say."""
    editor.command("set columns=240 lines=40")
    editor.command("Threadkeep open bottom")
    return editor


def on(editor: Neovim, task: str) -> None:
    editor.until("require('threadkeep').session().task == ...", task)


def test_a_branch_that_is_merely_visited_leaves_no_session_behind(
    start: Start, checkout: Path, git: Git
) -> None:
    editor = opened(start(cwd=checkout))
    assert (editor.session()["title"], editor.session()["agent"]) == ("New session", "assistant")
    git("checkout", "-q", "feature", at=checkout)
    on(editor, "feature")
    editor.command("Threadkeep new")
    editor.command("Threadkeep cancel")
    editor.command("Threadkeep archive")
    editor.command("Threadkeep retry")
    editor.told("Nothing was said here yet")
    assert sessions(editor) == []


@pytest.mark.parametrize(
    ("deed", "trace"),
    [
        ("Threadkeep rename Named", "title"),
        ("Threadkeep favourite", "isFavourite"),
        ("Threadkeep tag one", "tags"),
        ("draft", "draft"),
        ("Threadkeep send Hello", "messageCount"),
    ],
)
def test_a_session_is_made_at_the_first_thing_that_is_done_in_it(start: Start, deed: str, trace: str) -> None:
    editor = opened(start())
    shown = editor.session()["id"]
    if deed == "draft":
        type_in(editor, "iHalf<Esc>")
        stored(editor)
    else:
        editor.command(deed)
    if trace == "messageCount":
        completed(editor, 1)
    else:
        editor.until("require('threadkeep').session().revision > 0")
    if trace in {"tags", "isFavourite"}:
        editor.told("tags: #one" if trace == "tags" else "is a favourite now")
    elif trace == "title":
        editor.until("require('threadkeep').session().title == 'Named'")
    (session,) = sessions(editor)
    assert session["id"] == shown
    if trace == "draft":
        get = "require('threadkeep.client').request_now('draft/get', { sessionId = ... }, 30000)"
        assert [one["text"] for one in editor.lua(f"return {get}", shown)["others"]] == ["Half"]
    else:
        assert session[trace]


def test_what_is_typed_after_new_belongs_to_the_new_session_at_once(
    start: Start, checkout: Path, git: Git
) -> None:
    editor = wide(opened(start(cwd=checkout)))
    say(editor, plan("First", texts=["Old"]))
    old = editor.session()["id"]
    # All of it before the server has answered anything, and another branch comes in between.
    editor.lua(
        "vim.cmd('Threadkeep new') "
        "vim.api.nvim_buf_set_lines(require('threadkeep.chat').prompt().buf, 0, -1, false, { 'for the new one' })"
    )
    new = editor.session()["id"]
    assert new != old
    git("checkout", "-q", "feature", at=checkout)
    stored(editor)
    editor.until(HEARD)
    assert editor.session()["id"] == new
    assert "not following feature" in chat_bar(editor)
    assert editor.lines("prompt") == ["for the new one"]
    ids = {session["id"]: session["task"] for session in sessions(editor)}
    assert ids == {old: "main", new: "main"}


def test_what_is_typed_around_a_checkout_stays_with_the_branch_it_was_typed_on(
    start: Start, checkout: Path, git: Git
) -> None:
    editor = opened(start(cwd=checkout))
    type_in(editor, "ifor main<Esc>")
    main = editor.session()["id"]
    git("checkout", "-q", "feature", at=checkout)
    on(editor, "feature")
    assert editor.lines("prompt") == [""]
    # What another session had cannot come back by undo either.
    type_in(editor, "u")
    assert editor.lines("prompt") == [""]
    type_in(editor, "ifor feature<Esc>0")
    feature = editor.session()["id"]
    git("checkout", "-q", "main", at=checkout)
    on(editor, "main")
    assert editor.lines("prompt") == ["for main"]
    assert editor.session()["id"] == main
    git("checkout", "-q", "feature", at=checkout)
    on(editor, "feature")
    assert editor.session()["id"] == feature
    assert editor.lines("prompt") == ["for feature"]
    assert editor.lua("return vim.api.nvim_win_get_cursor(require('threadkeep.view').windows().prompt)") == [
        1,
        0,
    ]
    type_in(editor, "<CR>")
    editor.shows("for feature")
    kept = {session["task"]: session["messageCount"] for session in sessions(editor)}
    assert kept["main"] == 0
    assert kept["feature"] > 0


def test_the_chat_does_not_change_under_the_hands_of_somebody_who_types(
    start: Start, checkout: Path, git: Git
) -> None:
    editor = wide(opened(start(cwd=checkout)))
    say(editor, plan("First", texts=["One"]))
    main = editor.session()["id"]
    editor.lua("vim.api.nvim_set_current_win(require('threadkeep.view').windows().prompt)")
    editor.call("nvim_input", "ihalf ")
    editor.until("require('threadkeep.chat').prompt():text() == 'half '")
    git("checkout", "-q", "feature", at=checkout)
    editor.told("what you write stays with `main`")
    assert "branch is feature" in chat_bar(editor)
    editor.call("nvim_input", "a thought<C-s>")
    completed(editor, 2)
    assert editor.session()["id"] == main
    assert [session["task"] for session in sessions(editor)] == ["main"]
    editor.call("nvim_input", "<Esc><C-w>k")
    on(editor, "feature")
    assert "branch is" not in chat_bar(editor)


@pytest.mark.parametrize("command", ["rename", "tag", "note"])
def test_what_was_asked_for_one_session_is_done_to_it_though_another_is_shown_by_then(
    start: Start, checkout: Path, git: Git, command: str
) -> None:
    editor = opened(start(cwd=checkout))
    say(editor, plan("First", texts=["One"]))
    main = editor.session()["id"]
    editor.lua("vim.ui.input = function(_, done) _G.answer = done end")
    editor.command(f"Threadkeep {command}")
    git("checkout", "-q", "feature", at=checkout)
    on(editor, "feature")
    editor.lua("_G.answer('marked')")
    get = "require('threadkeep.client').request_now('session/get', { sessionId = ... }, 30000).session"
    field = {"rename": "title", "tag": "tags[1]", "note": "note"}[command]
    editor.until(f"{get}.{field} == 'marked'", main)
    assert [session["task"] for session in sessions(editor)] == ["main"]


def test_the_model_that_was_chosen_is_that_of_the_session_it_was_chosen_for(
    start: Start, checkout: Path, git: Git
) -> None:
    editor = opened(start(cwd=checkout))
    say(editor, plan("First", texts=["One"]))
    main = editor.session()["id"]
    editor.lua("vim.ui.select = function(items, _, done) _G.items, _G.answer = items, done end")
    editor.command("Threadkeep agent")
    editor.until("_G.answer ~= nil")
    git("checkout", "-q", "feature", at=checkout)
    on(editor, "feature")
    editor.lua("for _, one in ipairs(_G.items) do if one.name == 'reviewer' then _G.answer(one) end end")
    get = "require('threadkeep.client').request_now('session/get', { sessionId = ... }, 30000).session"
    editor.until(f"{get}.agent == 'reviewer'", main)
    assert editor.session()["agent"] == "assistant"


def test_what_could_not_be_sent_goes_back_to_the_session_it_was_written_in(
    start: Start, checkout: Path, git: Git
) -> None:
    editor = opened(start(cwd=checkout))
    say(editor, plan("First", texts=["One"]))
    main = editor.session()["id"]
    # It is refused, and by the time that is known the other branch is shown.
    editor.lua(
        "local client = require('threadkeep.client') local request = client.request "
        "client.request = function(method, params, done) if method == 'chat/send' then _G.refuse = function() "
        "done(require('threadkeep.problems').new('storeUnavailable', 'No room.')) end else request(method, params, done) end end"
    )
    send(editor, "precious")
    editor.until("_G.refuse ~= nil")
    git("checkout", "-q", "feature", at=checkout)
    on(editor, "feature")
    editor.lua("_G.refuse()")
    editor.told("No room.")
    assert editor.lines("prompt") == [""]
    git("checkout", "-q", "main", at=checkout)
    on(editor, "main")
    assert editor.session()["id"] == main
    assert editor.lines("prompt") == ["precious"]


def test_what_was_written_for_another_session_than_is_shown_is_sent_nowhere_unasked(start: Start) -> None:
    editor = opened(start())
    say(editor, plan("First", texts=["One"]))
    first = editor.session()["id"]
    editor.command("Threadkeep new Second")
    editor.until("require('threadkeep').session().revision > 0")
    write(editor, "whose?")
    # As if a plug-in had brought the words of the first one here.
    editor.lua("require('threadkeep.chat').prompt().owner = ...", first)
    editor.lua("vim.fn.confirm = function(words) _G.asked = words return _G.choice end _G.choice = 2")
    editor.command("Threadkeep send")
    assert "written for another session than “Second”" in editor.lua("return _G.asked")
    assert editor.lines("prompt") == ["whose?"]
    assert {one["title"]: one["messageCount"] for one in sessions(editor)}["Second"] == 0
    editor.lua("_G.choice = 1")
    editor.command("Threadkeep send")
    completed(editor, 2)
    counts = {one["id"]: one["messageCount"] for one in sessions(editor)}
    assert counts[first] == 4
    assert sum(counts.values()) == 4


def test_text_cursor_scroll_and_what_is_attached_outlive_the_editor(start: Start, folder: Path) -> None:
    first = start()
    first.command(f"edit {folder / 'notes.txt'}")
    opened(first)
    first.command("Threadkeep attach file")
    lines = "<CR>".join(f"line {number} 😀é" for number in range(40))
    type_in(first, f"i{lines}<Esc>20G05lzt")
    window = "require('threadkeep.view').windows().prompt"
    where = f"return {{ vim.api.nvim_win_get_cursor({window}), vim.fn.line('w0', {window}) }}"
    first.command("redraw")
    before = first.lua(where)
    first.lua(
        "vim.api.nvim_exec_autocmds('CursorMoved', { buffer = require('threadkeep.chat').prompt().buf })"
    )
    first.until("not require('threadkeep.drafts').is_saved(require('threadkeep').session().id) or true")
    stored(first)
    first.kill()
    second = opened(start())
    second.until("require('threadkeep.chat').prompt():text() ~= ''")
    assert len(second.lines("prompt")) == 40
    assert second.lua(where) == before
    assert "⎘ notes.txt" in prompt_bar(second)


def test_what_was_typed_before_the_session_was_there_wins_and_the_older_draft_is_offered(
    start: Start, tmp_path: Path
) -> None:
    first = opened(start())
    say(first, plan(texts=["Yes"]))
    type_in(first, "iolder<Esc>")
    stored(first)
    first.kill()
    late = tmp_path / "late.sh"
    late.write_text('#!/bin/sh\nwhile [ ! -e "$1" ]; do sleep 0.05; done\nshift\nexec "$@"\n')
    late.chmod(0o755)
    command = server_command(tmp_path / "store")
    second = start(cmd=[str(late), str(tmp_path / "go"), *command])
    second.command("set columns=200")
    second.command("Threadkeep")
    type_in(second, "inewer<Esc>")
    (tmp_path / "go").touch()
    second.until("require('threadkeep').session() ~= nil")
    second.told("another draft was kept: “older”")
    assert second.lines("prompt") == ["newer"]
    assert "another draft: :Threadkeep draft" in prompt_bar(wide(second))
    stored(second)
    second.kill()
    third = opened(start())
    third.until("require('threadkeep.chat').prompt():text() == 'newer'")
    third.told("“older”")
    wide(third)
    third.lua("vim.ui.select = function(items, _, done) done(items[1]) end")
    third.command("Threadkeep draft")
    assert third.lines("prompt") == ["older"]
    # What stood there is offered in its place; it is dropped now.
    third.lua("vim.ui.select = function(items, _, done) done(items[2]) end")
    third.command("Threadkeep draft")
    assert "another draft" not in prompt_bar(third)
    stored(third)
    get = "require('threadkeep.client').request_now('draft/get', { sessionId = ... }, 30000).others"
    third.until(f"#{get} == 1", third.session()["id"])


def test_what_is_sent_before_the_server_is_up_waits_and_goes_out_once(start: Start, tmp_path: Path) -> None:
    late = tmp_path / "late.sh"
    late.write_text('#!/bin/sh\nwhile [ ! -e "$1" ]; do sleep 0.05; done\nshift\nexec "$@"\n')
    late.chmod(0o755)
    editor = start(cmd=[str(late), str(tmp_path / "go"), *server_command(tmp_path / "store")])
    editor.command("Threadkeep")
    type_in(editor, "i" + plan("Early", texts=["Bird"]).replace("<", "<lt>") + "<Esc><C-s>")
    assert editor.lines("prompt") == [""]
    assert "sending…" in prompt_bar(editor)
    win = editor.lua("return vim.api.nvim_get_current_win()")
    (tmp_path / "go").touch()
    completed(editor, 1)
    editor.shows("Bird")
    assert sum("Early" in line for line in editor.lines()) == 1
    assert editor.lua("return vim.api.nvim_get_current_win()") == win


def test_a_question_that_is_asked_again_leaves_the_draft_as_it_was(start: Start) -> None:
    editor = opened(start())
    say(editor, plan("Why?", texts=["So"]))
    write(editor, "a thought")
    editor.command("Threadkeep edit")
    assert editor.lines("prompt")[0].startswith("Why?")
    editor.command("Threadkeep edit!")
    assert editor.lines("prompt") == ["a thought"]
    editor.command("Threadkeep edit")
    send(editor, plan("Otherwise", texts=["Then"]))
    completed(editor, 2)
    assert editor.lines("prompt") == ["a thought"]
    assert "Then" in editor.lines()


def test_a_session_that_was_picked_stays_and_following_is_offered(
    start: Start, checkout: Path, git: Git
) -> None:
    editor = wide(opened(start(cwd=checkout)))
    say(editor, plan("First", texts=["One"]))
    first = editor.session()["id"]
    assert "main" in chat_bar(editor)
    assert "following" not in chat_bar(editor)
    editor.command("Threadkeep new Second")
    editor.told("`:Threadkeep follow` follows again")
    assert "not following" in chat_bar(editor)
    editor.lua(
        "vim.ui.select = function(items, _, done) for _, one in ipairs(items) do "
        "if one.session_id == _G.wanted then done(one) end end end _G.wanted = ...",
        first,
    )
    editor.command("Threadkeep sessions")
    editor.until("require('threadkeep').session().id == ...", first)
    git("checkout", "-q", "feature", at=checkout)
    editor.until(
        "require('threadkeep.branch').words() ~= nil and require('threadkeep.branch').words().words == 'not following feature'"
    )
    assert editor.session()["id"] == first
    editor.command("Threadkeep follow")
    on(editor, "feature")
    editor.told("this chat follows the branch; it is `feature` now")
    assert "following" not in chat_bar(editor)
    git("checkout", "-q", "main", at=checkout)
    on(editor, "main")
