"""Other Neovims than that of the development requirements: the oldest that is meant, 0.10, and the newest, 0.12."""

from pathlib import Path

import pytest

from tests.neovim.conftest import Start
from tests.neovim.other_versions import RELEASES, needs_debian, runtime_files, unpacked
from tests.neovim.talk import completed, opened, say, send
from tests.neovim.test_specs import SPECS, run_spec
from tests.neovim.test_windows import comes_back_with_a_session, holds_for, on_a_stage
from tests.support.product import plan

pytestmark = [pytest.mark.slow, needs_debian]


@pytest.fixture(params=sorted(RELEASES))
def runtime(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The program, told where its runtime files lie."""
    program = unpacked(request.param)
    monkeypatch.setenv("VIMRUNTIME", runtime_files(program))
    return program


def test_the_specs_hold(runtime: str, tmp_path: Path) -> None:
    for spec in SPECS:
        run_spec(runtime, spec, tmp_path)


def test_a_chat_works_and_outlives_the_editor(runtime: str, start: Start) -> None:
    editor = opened(start(program=runtime))
    say(editor, plan("Why?", texts=["Because"], reasoning=["Hm"]))
    assert editor.lines()[4:] == ["> Hm", "", "Because", ""]
    editor.command("Threadkeep open float")
    send(editor, plan(tokens=400, token_delay=0.05))
    editor.shows("t00003")
    editor.kill()
    again = opened(start(program=runtime))
    again.shows("t00003")
    again.marked("◌ interrupted")
    again.command("Threadkeep continue")
    again.marked("● writing")
    again.command("Threadkeep cancel")
    completed(again, 1)
    again.command("checkhealth threadkeep")
    assert "ERROR" not in "\n".join(again.call("nvim_buf_get_lines", 0, 0, -1, False))


def test_whatever_is_done_to_windows_and_buffers_the_chat_is_whole(
    runtime: str, start: Start, folder: Path
) -> None:
    holds_for(on_a_stage(start(program=runtime), folder), examples=15)


def test_a_session_of_neovim_brings_the_chat_back(runtime: str, start: Start, tmp_path: Path) -> None:
    comes_back_with_a_session(start, tmp_path, program=runtime)
