"""A person who looks at something else is told when an answer ended: once a turn, and as they set it."""

import pytest

from tests.neovim.conftest import Start
from tests.neovim.editor import Neovim
from tests.neovim.talk import completed, opened, say, send
from tests.support.product import plan

pytestmark = pytest.mark.slow

HAS_ITS_ANSWER = "has its answer"


def told(editor: Neovim) -> list[str]:
    return [notice for notice in editor.notices() if HAS_ITS_ANSWER in notice or "failed in" in notice]


@pytest.mark.parametrize("away", ["Threadkeep close", "tabnew", "doautocmd FocusLost", "Threadkeep new"])
def test_an_answer_that_ends_out_of_view_is_told_once(start: Start, away: str) -> None:
    editor = opened(start())
    send(editor, plan("Tell me", texts=["The ", "answer"], token_delay=0.3))
    editor.command(away)
    completed(editor, 1)
    editor.told("“Tell me")
    assert len(told(editor)) == 1
    assert "The answer" in told(editor)[0]


def test_an_answer_in_view_is_not_told(start: Start) -> None:
    editor = opened(start())
    say(editor, plan("Tell me", texts=["This"]))
    editor.command("Threadkeep close")
    editor.command("Threadkeep retry")
    completed(editor, 2)
    editor.told("This")
    assert len(told(editor)) == 1


def test_a_failure_is_told_as_one_and_only_once(start: Start) -> None:
    editor = opened(start())
    send(editor, plan("Tell me", status=401, body="no", first_delay=0.3))
    editor.command("Threadkeep close")
    completed(editor, 1)
    editor.told("an answer failed in “Tell me")
    # The server may tell an end once more, when it could be stored.
    (ended,) = editor.events("ThreadkeepTurnCompleted")
    editor.lua("require('threadkeep.listeners').tell('chat/turnCompleted', ...)", ended)
    assert len(told(editor)) == 1


@pytest.mark.parametrize(("choice", "count"), [("never", 0), ("always", 2)])
def test_what_is_set_holds(start: Start, choice: str, count: int) -> None:
    editor = opened(start(notices=choice))
    say(editor, plan("Tell me", texts=["One"]))
    editor.command("Threadkeep close")
    editor.command("Threadkeep retry")
    completed(editor, 2)
    editor.until(
        "#vim.tbl_filter(function(one) return one[1]:find('has its answer') end, _G.notices) == ...", count
    )
