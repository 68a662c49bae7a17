"""Cold start: from the start of the process to its first answers."""

import time
from typing import Any, Final

from tests.benchmarks.figures import Figure, Yardstick
from tests.benchmarks.processes import Workshop, check_byte_code

OPEN: Final = "session/open"


def figures(workshop: Workshop, *, count: int) -> list[Figure]:
    """Each `count` times in turn, after a first start that writes byte code."""
    with workshop.editor() as editor:
        editor.begin(workshop.code)
        answers = {OPEN: editor.open(limit=50)}
    ours: list[list[float]] = []
    bare: list[list[float]] = []
    python: list[float] = []
    for attempt in range(count + 1):
        taken = (_ours(workshop), _bare(workshop), _with_answers(workshop, answers), _python(workshop))
        if attempt == 0:
            check_byte_code()
            continue
        ours.append(taken[0])
        bare.append([taken[1], taken[2]])
        python.append(taken[3])
    initialized, opened = ([taken[at] for taken in ours] for at in (0, 1))
    bare_initialized, bare_opened = ([taken[at] for taken in bare] for at in (0, 1))
    return [
        _figure("initialize", "start to initialize answered", initialized, bare_initialized, limit=1.5),
        _figure("open", "start to session/open with 50 messages answered", opened, bare_opened, limit=2.5),
        Figure(
            id="startup.python",
            what="start to initialize answered, beside Python alone",
            unit="ms",
            values=initialized,
            yardstick=Yardstick(what="python -c pass", values=python),
        ),
    ]


def _figure(id_: str, what: str, values: list[float], yardstick: list[float], *, limit: float) -> Figure:
    return Figure(
        id=f"startup.{id_}",
        what=what,
        unit="ms",
        values=values,
        yardstick=Yardstick(what="bare pygls, the same answers", values=yardstick),
        limit=limit,
        ratio_goal=1.1,
    )


def _ours(workshop: Workshop) -> list[float]:
    began = time.perf_counter()
    with workshop.editor() as editor:
        editor.begin(workshop.code)
        initialized = _since(began)
        opened = editor.open(limit=50)
        taken = [initialized, _since(began)]
        assert len(opened["messages"]) == 50
        editor.shut_down()
    return taken


def _bare(workshop: Workshop) -> float:
    began = time.perf_counter()
    with workshop.bare() as server:
        server.initialize()
        taken = _since(began)
        server.process.kill()
    return taken


def _with_answers(workshop: Workshop, answers: dict[str, Any]) -> float:
    began = time.perf_counter()
    with workshop.bare(answers) as server:
        server.initialize()
        server.result(OPEN, {})
        taken = _since(began)
        server.process.kill()
    return taken


def _python(workshop: Workshop) -> float:
    began = time.perf_counter()
    workshop.run_python("pass")
    return _since(began)


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1e3
