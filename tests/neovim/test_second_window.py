"""A second window of a place opens the session that was used last there, or says why not."""

import pytest

from tests.neovim.conftest import Start
from tests.neovim.talk import opened, say
from tests.support.product import plan

pytestmark = pytest.mark.slow


def test_a_second_window_opens_what_was_used_last_whatever_some_second_one_showed_before(
    start: Start,
) -> None:
    first = opened(start())
    say(first, plan("Old", texts=["One"]))
    old = first.session()["id"]
    second = opened(start())
    second.until("require('threadkeep').session().id == ...", old)
    second.close()
    first.command("Threadkeep new")
    say(first, plan("Young", texts=["Two"]))
    young = first.session()["id"]
    again = opened(start())
    again.until("require('threadkeep').session().id == ...", young)
    assert not [notice for notice in again.notices() if "used last" in notice]


def test_a_window_that_goes_on_with_its_own_session_says_which_one_was_used_last(start: Start) -> None:
    first = opened(start())
    say(first, plan("Mine", texts=["One"]))
    mine = first.session()["id"]
    second = opened(start())
    second.command("Threadkeep new")
    say(second, plan("Theirs", texts=["Two"]))
    theirs = second.session()["id"]
    first.kill()
    second.kill()
    # After a crash each window has what it had.
    first = opened(start())
    first.until("require('threadkeep').session().id == ...", mine)
    first.told("“Theirs")
    first.told("was used last here")
    second = opened(start())
    second.until("require('threadkeep').session().id == ...", theirs)


def test_what_can_be_carried_on_with_says_so(start: Start) -> None:
    editor = opened(start())
    say(editor, plan(texts=["Some of it"], error_after=1))
    editor.marked(":Threadkeep continue carries on, retry asks again")
