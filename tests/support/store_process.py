"""Another process that uses a store, for tests of locks, crashes and shared writing."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Final

ROOT: Final = Path(__file__).parents[2]

_PRELUDE: Final = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.support.store import *
from threadkeep.adapters.store import open_store
store = open_store(Path({folder!r}), clock=FixedClock())
"""


@contextmanager
def process(folder: Path, code: str) -> Iterator["subprocess.Popen[str]"]:
    """Runs the code in a new process, with `store` opened on the folder; killed at the end."""
    program = _PRELUDE.format(root=str(ROOT), folder=str(folder)) + dedent(code)
    running = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate(timeout=10)


def line(running: "subprocess.Popen[str]") -> str:
    """The next line that the process prints."""
    assert running.stdout is not None
    return running.stdout.readline().rstrip("\n")
