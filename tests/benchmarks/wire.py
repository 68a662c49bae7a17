"""Requests over stdio to the real process, beside a bare pygls server that answers with the same bytes."""

from collections.abc import Mapping
from typing import Final

from tests.benchmarks.figures import Figure, Yardstick, timed
from tests.benchmarks.processes import Workshop
from tests.support.product import Editor
from tests.support.wire import Json, RawClient

OPENED: Final = 50


def figures(workshop: Workshop, *, long_session: str, count: int) -> list[Figure]:
    """Round trips, in turn with the bare server's."""
    asked: Mapping[str, tuple[str, Json, float]] = {
        "session/open": (f"session/open with {OPENED} messages", {"limit": OPENED}, 5.0),
        "session/list": ("session/list, 20 newest", {"limit": 20}, 3.0),
        "session/history": (
            f"session/history, newest {OPENED} of a long session",
            {"sessionId": long_session, "limit": OPENED},
            5.0,
        ),
        "session/create": ("session/create, durable", {"makeCurrent": False}, 5.0),
    }
    with workshop.editor() as editor:
        editor.begin(workshop.code)
        results = {method: editor.result(method, params) for method, (_, params, _) in asked.items()}
        assert len(results["session/open"]["messages"]) == OPENED
        assert len(results["session/history"]["messages"]) == OPENED
        with workshop.bare(results) as bare:
            bare.initialize()
            found = [
                _figure(method, what, _taken(editor, bare, method, params, count=count), goal=goal)
                for method, (what, params, goal) in asked.items()
            ]
            bare.process.kill()
    return found


def _taken(
    editor: Editor, bare: RawClient, method: str, params: Json, *, count: int
) -> dict[str, list[float]]:
    actions = {"ours": lambda: editor.result(method, params), "bare": lambda: bare.result(method, {})}
    return timed(actions, count, unit="ms")


def _figure(method: str, what: str, taken: Mapping[str, list[float]], *, goal: float) -> Figure:
    return Figure(
        id=f"wire.{method}",
        what=what,
        unit="ms",
        values=taken["ours"],
        yardstick=Yardstick(what="bare pygls, the same bytes", values=taken["bare"]),
        limit=10.0,
        goal=goal,
    )
