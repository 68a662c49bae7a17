"""What a person sees: Neovim in a terminal of its own, typed into and read from the screen."""

import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.neovim.conftest import neovim
from tests.neovim.editor import PATIENCE, nvim_environment, write_init
from tests.support.product import plan

pytestmark = pytest.mark.slow


class Terminal:
    """A screen of 130 by 30, by a tmux server that is nobody else's."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("tmux")
        assert program, "there is no `tmux`: apt-get install tmux, brew install tmux"
        self._tmux = [program, "-S", str(folder / "tmux"), "-f", "/dev/null"]

    def start(self, command: list[str], *, cwd: Path, env: dict[str, str]) -> None:
        """Starts a program on the screen."""
        shown = f"exec env TERM=screen-256color {shlex.join(command)}"
        size = ["-x", "130", "-y", "30"]
        self._run("new-session", "-d", *size, "-s", "screen", "-c", str(cwd), shown, env=env)

    def type(self, *keys: str) -> None:
        """Types text, or keys by the names that tmux has for them."""
        self._run("send-keys", "-t", "screen", *keys)

    def type_text(self, text: str) -> None:
        """Types text as it is."""
        self._run("send-keys", "-t", "screen", "-l", text)

    def text(self) -> str:
        """What stands on the screen."""
        return self._run("capture-pane", "-p", "-t", "screen")

    def expect(self, *texts: str, without: str | None = None) -> str:
        """Waits until all of the texts stand on the screen, and `without` does not; the screen."""
        end = time.monotonic() + PATIENCE
        while True:
            screen = self.text()
            if all(text in screen for text in texts) and (without is None or without not in screen):
                return screen
            if time.monotonic() > end:
                raise AssertionError(f"{texts!r} never on the screen:\n{screen}")
            time.sleep(0.05)

    def close(self) -> None:
        self._run("kill-server", check=False)

    def _run(self, *words: str, env: dict[str, str] | None = None, check: bool = True) -> str:
        done = subprocess.run(
            [*self._tmux, *words], env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout


@pytest.fixture
def terminal(tmp_path: Path, folder: Path, options: dict[str, Any]) -> Iterator[Terminal]:
    """A terminal with Neovim in the opened folder."""
    init = write_init(tmp_path / "init.lua", options, more="\nvim.o.shortmess = vim.o.shortmess .. 'I'\n")
    screen = Terminal(tmp_path)
    screen.start(
        [neovim(), "--clean", "-u", str(init), "notes.txt"], cwd=folder, env=nvim_environment(tmp_path)
    )
    yield screen
    screen.close()


def test_a_person_asks_reads_and_leaves(terminal: Terminal) -> None:
    terminal.expect("alpha", "gamma")
    terminal.type(":Threadkeep", "Enter")
    terminal.expect("│ app · main · New session · assistant", "Your message (<C-s> sends)", "Ask something")
    terminal.type("i")
    terminal.expect("-- INSERT --")
    terminal.type_text(plan("Is it so?", texts=["It is **so**.\n", "\nTruly."], reasoning=["Hm."]))
    terminal.type("C-s")
    screen = terminal.expect(
        "│▌ You", "│Is it so?", "│▌ assistant", "▸ Reasoning, 1 line", "│It is **so**.", "│Truly.", "○ ready"
    )
    assert "alpha" in screen
    terminal.type_text(plan("And now? " + "Mind the gap. " * 60, status=503, body="no"))
    terminal.type("C-s")
    # The reason and what to do about it stand below the text, and are not pushed off the screen.
    terminal.expect("The provider has trouble", "✗ providerOverloaded — :Threadkeep retry")
    terminal.type("Escape", ":Threadkeep pause", "Enter")
    terminal.expect("── Paused", "⏸ Paused — :Threadkeep resume")
    terminal.type(":Threadkeep close", "Enter")
    terminal.expect("alpha", "gamma", without="│")
