"""Runs the product and counts which of its files work: run as a program, with the file to write to and the arguments.

SIGUSR1 begins a count, which is told by a file beside it; SIGUSR2 ends it and writes the files that ran in between, as a
JSON list.
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
    str(Path("usecases", "search", "embedding.py")),
)
"""What the server does without being asked, now and then."""
ASIDE = str(Path("adapters", "aside", "threads.py"))
"""Where work is done by other threads than those that ask for it."""


class Counter:
    """Notes the product's files whose functions are called, in every thread."""

    def __init__(self, told: Path) -> None:
        self._told = told
        self._seen: set[str] | None = None
        self._unasked: set[object] = set()

    def note(self, frame: FrameType, event: str, _argument: Any) -> None:
        """What `sys.setprofile` calls."""
        if event != "call" or self._seen is None:
            return
        file = frame.f_code.co_filename
        if frame.f_code.co_name == "ask" and file.endswith(ASIDE):
            (self._unasked.add if self._is_of_itself(frame) else self._unasked.discard)(frame.f_locals["key"])
        if file not in self._seen and not self._is_of_itself(frame):
            self._seen.add(file)

    def begin(self, *_: object) -> None:
        self._seen = set()
        self._told.with_suffix(".begun").touch()

    def end(self, *_: object) -> None:
        seen, self._seen = self._seen or set(), None
        ours = sorted(name for name in seen if f"{os.sep}threadkeep{os.sep}" in name)
        written = self._told.with_suffix(".new")
        written.write_text(json.dumps(ours), encoding="utf-8")
        written.replace(self._told)

    def _is_of_itself(self, frame: FrameType | None) -> bool:
        """Whether it is called by what the server does unasked: that may or may not fall in between."""
        while frame is not None:
            file = frame.f_code.co_filename
            if file.endswith(OF_ITSELF):
                return True
            if frame.f_code.co_name == "_work" and file.endswith(ASIDE):
                return frame.f_locals.get("key") in self._unasked
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
