"""What a window costs in which nothing happens, as the kernel counts it."""

import time
from pathlib import Path
from typing import Final

from tests.benchmarks.clients import StampingEditor
from tests.benchmarks.figures import Figure
from tests.benchmarks.processes import Workshop

SETTLING_SECONDS: Final = 12.0
"""So long after its start a window surely rests."""


def figures(workshop: Workshop, *, seconds: float) -> list[Figure]:
    """Wake-ups of all threads and the time of all processors while two windows have a session open, and nobody
    does anything for so long. Linux tells them; elsewhere there is no figure."""
    if not Path("/proc/self/task").is_dir():
        return []
    with workshop.editor() as one, workshop.editor() as other:
        for editor in (one, other):
            editor.begin(workshop.code)
            editor.open()
        time.sleep(SETTLING_SECONDS)
        before, began = [_counted(editor) for editor in (one, other)], time.monotonic()
        time.sleep(seconds)
        after, passed = [_counted(editor) for editor in (one, other)], time.monotonic() - began
        for editor in (one, other):
            editor.shut_down()
    wakes = [(late[0] - early[0]) / passed for early, late in zip(before, after, strict=True)]
    busy = [(late[1] - early[1]) / passed for early, late in zip(before, after, strict=True)]
    return [
        Figure(id="idle.wakes", what="wake-ups of an idle window", unit="/s", values=wakes, goal=0.3),
        Figure(id="idle.cpu", what="an idle window, of a second", unit="µs", values=busy, goal=200.0),
    ]


def _counted(editor: StampingEditor) -> tuple[int, float]:
    """Wake-ups so far, and microseconds on a processor."""
    wakes, busy = 0, 0.0
    for task in Path(f"/proc/{editor.process.pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                wakes += int(line.split()[1])
        busy += int((task / "schedstat").read_text().split()[0]) / 1e3
    return wakes, busy
