"""Sessions that a renamed folder or branch left behind are offered with counts, and come along if a person says so."""

from pathlib import Path

import pytest

from tests.neovim.conftest import Start
from tests.neovim.editor import Neovim
from tests.neovim.talk import opened, prompt_bar, say
from tests.support.git import Git
from tests.support.product import plan

pytestmark = pytest.mark.slow

CHOOSE = (
    "_G.choice = ... vim.ui.select = function(items, options, done) "
    "_G.asked, _G.items = options.prompt, items done(items[_G.choice], _G.choice) end"
)
BRING, NOT_NOW, NEVER = 1, 2, 3


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path)


@pytest.fixture
def checkout(tmp_path: Path, git: Git) -> Path:
    """A real repository on `main`, without an origin."""
    return git.repository(tmp_path / "before")


def left_behind(start: Start, where: Path) -> str:
    """A session with a message; the editor is gone."""
    editor = opened(start(cwd=where))
    say(editor, plan("Old", texts=["Words"]))
    session = str(editor.session()["id"])
    # The server learns beside everything else how the repository began.
    editor.lua(
        "return require('threadkeep.client').request_now('repository/resolve', { uri = ... }, 30000)",
        where.as_uri(),
    )
    editor.close()
    return session


def decide(editor: Neovim, choice: int) -> str:
    """Answers what `:Threadkeep moved` asks; the question."""
    editor.lua(CHOOSE, choice)
    editor.command("Threadkeep moved")
    assert editor.lua("return _G.items[1]") == "Bring them along"
    return str(editor.lua("return _G.asked"))


def test_the_sessions_of_a_moved_folder_are_offered_and_come_along(
    start: Start, checkout: Path, tmp_path: Path
) -> None:
    session = left_behind(start, checkout)
    moved = checkout.rename(tmp_path / "after")
    editor = start(cwd=moved)
    editor.command("set columns=200")
    opened(editor)
    editor.told("Was this folder moved from")
    editor.told("1 session is kept there. `:Threadkeep moved` brings them along")
    assert "1 session may belong here" in prompt_bar(editor)
    assert decide(editor, NOT_NOW).endswith("/before? 1 session is kept there.")
    assert "may belong here" not in prompt_bar(editor)
    editor.close()
    again = opened(start(cwd=moved))
    again.told("Was this folder moved from")
    decide(again, BRING)
    again.told("1 session came along")
    again.until("require('threadkeep').session().id == ...", session)
    again.shows("Words")


def test_a_person_who_says_never_is_not_asked_again(start: Start, checkout: Path, git: Git) -> None:
    git("checkout", "-q", "-b", "old", at=checkout)
    left_behind(start, checkout)
    git("branch", "-m", "new", at=checkout)
    editor = opened(start(cwd=checkout))
    editor.told("Was the branch `new` called `old`? 1 session is kept under that name.")
    decide(editor, NEVER)
    editor.told("they stay where they are, and are not offered again")
    editor.close()
    again = opened(start(cwd=checkout))
    again.command("Threadkeep moved")
    again.told("no sessions of a renamed folder or branch")


def test_the_sessions_of_a_renamed_branch_are_offered_and_come_along(
    start: Start, checkout: Path, git: Git
) -> None:
    git("checkout", "-q", "-b", "old", at=checkout)
    session = left_behind(start, checkout)
    git("branch", "-m", "new", at=checkout)
    editor = opened(start(cwd=checkout))
    editor.told("1 session is kept under that name")
    decide(editor, BRING)
    editor.until("require('threadkeep').session().id == ...", session)
    assert editor.session()["task"] == "new"
