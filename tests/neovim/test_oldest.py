"""The oldest Neovim that is meant, 0.10: Debian's, unpacked beside the system."""

import fcntl
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.neovim.conftest import Start
from tests.neovim.talk import completed, opened, say, send
from tests.neovim.test_specs import SPECS, run_spec
from tests.support.product import plan

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not shutil.which("apt-get") or platform.machine() != "x86_64",
        reason="Neovim 0.10 is unpacked from Debian's packages",
    ),
]

RECIPE = Path(__file__).with_name("debian.sh")


@pytest.fixture(scope="module")
def oldest() -> str:
    """The program; unpacked once into the user's cache folder, which others may use at the same time."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "threadkeep-tests"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / "nvim-0.10.4"
    program = folder / "usr" / "bin" / "nvim"
    with (cache / "nvim-0.10.4.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            done = subprocess.run(
                ["bash", str(RECIPE), "trixie", str(folder), "neovim"],
                env={**os.environ, "PATH": tools},
                capture_output=True,
                text=True,
                timeout=170,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            (folder / "complete").touch()
    version = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=True)
    assert version.stdout.startswith("NVIM v0.10.")
    return str(program)


@pytest.fixture
def runtime(oldest: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The program, told where its runtime files lie."""
    monkeypatch.setenv("VIMRUNTIME", str(Path(oldest).parents[1] / "share" / "nvim" / "runtime"))
    return oldest


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
