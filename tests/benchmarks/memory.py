"""What the processes hold in memory, as the system counts it."""

import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it comes without types

from tests.benchmarks.figures import Figure, Yardstick
from tests.benchmarks.processes import Workshop
from tests.benchmarks.provider import Provider
from tests.support.wire import RawClient

TOKENS = 2_000


def figures(workshop: Workshop, *, fresh: Path, count: int, pause: float) -> list[Figure]:
    """Resident bytes `pause` seconds after session/open; fresh: where an empty store may be made."""
    bare, empty, filled, chatted = [], [], [], []
    with Provider() as provider:
        for attempt in range(count):
            bare.append(_bare(workshop, pause))
            empty.append(_opened(workshop, fresh / str(attempt), provider, pause)[0])
            taken = _opened(workshop, workshop.store, provider, pause)
            filled.append(taken[0])
            chatted.append(taken[1])
    measured = (
        ("fresh", "RSS after session/open, a fresh store", empty),
        ("filled", "RSS after session/open, the filled store", filled),
        ("chatted", f"RSS after a chat of {TOKENS:,} tokens", chatted),
    )
    return [
        Figure(
            id=f"memory.{id_}",
            what=what,
            unit="MB",
            values=values,
            yardstick=Yardstick(what="bare pygls", values=bare),
            limit=2.5,
            goal=50,
        )
        for id_, what, values in measured
    ]


def _bare(workshop: Workshop, pause: float) -> float:
    with workshop.bare() as server:
        server.initialize()
        time.sleep(pause)
        held = _resident(server)
        server.process.kill()
    return held


def _opened(workshop: Workshop, store: Path, provider: Provider, pause: float) -> tuple[float, float]:
    with workshop.editor(model=provider.base_url, store=store) as editor:
        editor.begin(workshop.code)
        editor.open()
        time.sleep(pause)
        opened = _resident(editor)
        session_id = editor.result("session/create", {"makeCurrent": False})["session"]["id"]
        editor.say(session_id, f"tokens={TOKENS}")
        time.sleep(pause)
        chatted = _resident(editor)
        editor.shut_down()
    return opened, chatted


def _resident(client: RawClient) -> float:
    """Of the server itself: where a launcher starts it, that is the launcher's child."""
    process = psutil.Process(client.process.pid)
    family = [process, *process.children(recursive=True)]
    return max(float(member.memory_info().rss) for member in family) / 1e6
