"""Runs the product and counts which of its files work: run as a program, with the file to write to and the arguments.

SIGUSR1 begins a count, SIGUSR2 ends it and writes the files that ran in between, as a JSON list.
"""

import json
import os
import runpy
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

OF_ITSELF = (
    str(Path("faces", "lsp", "tick.py")),
    str(Path("faces", "lsp", "server.py")),
    str(Path("usecases", "embedding.py")),
)
"""What the server does without being asked, now and then."""


class Counter:
    """Notes the product's files whose functions are called, in every thread."""

    def __init__(self, told: Path) -> None:
        self._told = told
        self._seen: set[str] | None = None

    def note(self, frame: FrameType, event: str, _argument: Any) -> None:
        """What `sys.setprofile` calls."""
        if event != "call" or self._seen is None or frame.f_code.co_filename in self._seen:
            return
        if not _is_of_itself(frame):
            self._seen.add(frame.f_code.co_filename)

    def begin(self, *_: object) -> None:
        self._seen = set()

    def end(self, *_: object) -> None:
        seen, self._seen = self._seen or set(), None
        ours = sorted(name for name in seen if f"{os.sep}threadkeep{os.sep}" in name)
        written = self._told.with_suffix(".new")
        written.write_text(json.dumps(ours), encoding="utf-8")
        written.replace(self._told)


def _is_of_itself(frame: FrameType | None) -> bool:
    """Whether it is called by what the server does unasked: that may or may not fall in between."""
    while frame is not None:
        if frame.f_code.co_filename.endswith(OF_ITSELF):
            return True
        frame = frame.f_back
    return False


def main() -> None:
    """Takes the file, then what the product takes."""
    counter = Counter(Path(sys.argv[1]))
    signal.signal(signal.SIGUSR1, counter.begin)
    signal.signal(signal.SIGUSR2, counter.end)
    threading.setprofile(counter.note)
    sys.setprofile(counter.note)
    sys.argv = ["threadkeep", *sys.argv[2:]]
    runpy.run_module("threadkeep", run_name="__main__")


if __name__ == "__main__":
    main()
