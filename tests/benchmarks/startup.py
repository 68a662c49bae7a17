"""Cold start: from the start of the process to its first answers."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.figures import Figure, Yardstick
from tests.benchmarks.processes import ASYNCIO, PYGLS, Workshop, check_byte_code

OPEN: Final = "session/open"
OPENED: Final = 50

INITIALIZE: Final = "start to initialize answered"
HISTORY: Final = f"start to session/open with {OPENED} messages answered"

Starts = Mapping[str, Callable[[], dict[str, float]]]


def figures(workshop: Workshop, *, count: int) -> list[Figure]:
    """Each `count` times in turn, after a first start that writes byte code."""
    with workshop.editor() as editor:
        editor.begin(workshop.code)
        answers = {OPEN: editor.open(limit=OPENED)}
    taken = _taken(
        {
            "ours": lambda: _ours(workshop),
            "pygls": lambda: _bare(workshop, PYGLS, answers),
            "plain": lambda: _bare(workshop, ASYNCIO, answers),
            "python": lambda: _python(workshop),
        },
        count,
    )

    def figure(id_: str, what: str, answer: str, *, beside: str, named: str, **bounds: float) -> Figure:
        yardstick = Yardstick(what=named, values=taken[beside][answer])
        values = taken["ours"][answer]
        return Figure(id=f"startup.{id_}", what=what, unit="ms", values=values, yardstick=yardstick, **bounds)

    return [
        figure("initialize", INITIALIZE, "initialize", beside="pygls", named="bare pygls", limit=0.4, ratio_goal=0.45),
        figure("open", HISTORY, OPEN, beside="pygls", named="bare pygls, the same answers", limit=0.6, ratio_goal=0.45),
        figure("initialize.plain", INITIALIZE, "initialize", beside="plain", named="bare asyncio"),
        figure("open.plain", HISTORY, OPEN, beside="plain", named="bare asyncio, the same answers"),
        figure("python", INITIALIZE, "initialize", beside="python", named="python -c pass"),
    ]  # fmt: skip


def _taken(starts: Starts, count: int) -> dict[str, dict[str, list[float]]]:
    """Milliseconds by who was started and what was answered."""
    taken: dict[str, dict[str, list[float]]] = {}
    for attempt in range(count + 1):
        for who, start in starts.items():
            seconds = start()
            if attempt > 0:
                for answer, each in seconds.items():
                    taken.setdefault(who, {}).setdefault(answer, []).append(each * 1e3)
        if attempt == 0:
            check_byte_code()
    return taken


def _ours(workshop: Workshop) -> dict[str, float]:
    began = time.perf_counter()
    with workshop.editor() as editor:
        editor.begin(workshop.code)
        taken = {"initialize": editor.answered_at - began}
        opened = editor.open(limit=OPENED)
        taken[OPEN] = editor.answered_at - began
        assert len(opened["messages"]) == OPENED
        editor.shut_down()
    return taken


def _bare(workshop: Workshop, server: Path, answers: dict[str, Any]) -> dict[str, float]:
    """The first answer from a server without any feature, the second from one that has them."""
    began = time.perf_counter()
    with workshop.bare(server) as bare:
        bare.initialize()
        taken = {"initialize": bare.answered_at - began}
        bare.process.kill()
    began = time.perf_counter()
    with workshop.bare(server, answers) as bare:
        bare.initialize()
        bare.result(OPEN, {})
        taken[OPEN] = bare.answered_at - began
        bare.process.kill()
    return taken


def _python(workshop: Workshop) -> dict[str, float]:
    began = time.perf_counter()
    workshop.run_python("pass")
    return {"initialize": time.perf_counter() - began}
