"""What the processes hold in memory, as the system counts it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil  # type: ignore[import-untyped]  # it comes without types

from tests.benchmarks.clients import StampingEditor
from tests.benchmarks.figures import Figure, Yardstick
from tests.benchmarks.filling import session_time
from tests.benchmarks.processes import PYGLS, Workshop
from tests.benchmarks.provider import Provider
from tests.support.wire import RawClient
from threadkeep.values import Value

TOKENS: Final = 2_000
MORE_TOKENS: Final = 10_000
EXPORT_SECONDS: Final = 300.0


def figures(workshop: Workshop, *, fresh: Path, exported: int, count: int, pause: float) -> list[Figure]:
    """Resident bytes `pause` seconds after what was done, `count` times.

    fresh: where empty stores may be made. exported: sessions of the filled store that are exported.
    """
    bare: list[float] = []
    empty: list[float] = []
    without: list[float] = []
    used: list[Held] = []
    with Provider() as provider:
        for attempt in range(count):
            bare.append(_bare(workshop, pause))
            with _opened(workshop, fresh / f"{attempt}-without", None) as editor:
                without.append(_resident(editor, pause))
            with _opened(workshop, fresh / str(attempt), provider) as editor:
                empty.append(_resident(editor, pause))
            with _opened(workshop, workshop.store, provider) as editor:
                used.append(_used(editor, workshop.folder / "export.json", exported=exported, pause=pause))
    opened, chatted, answered, written = (
        [getattr(each, name) for each in used] for name in ("opened", "chatted", "answered", "exported")
    )
    size = f"{used[0].megabytes:,.0f} MB"
    return [
        _figure("without", "RSS after session/open, no provider configured", without, bare, goal=40),
        _figure("fresh", "RSS after session/open, a provider configured", empty, bare, goal=40),
        _figure("filled", "RSS after session/open, the filled store, a provider", opened, bare, goal=45),
        _figure("chatted", f"RSS after a chat of {TOKENS:,} tokens", chatted, bare, goal=50),
        _back("answered", f"RSS after a further answer of {MORE_TOKENS:,} tokens", answered, chatted),
        _back("exported", f"RSS after an export of {size}", written, chatted),
    ]


class Held(Value):
    """What one process held after one thing and the next, in MB."""

    opened: float
    chatted: float
    answered: float
    exported: float
    megabytes: float
    """Size of the file that was exported."""


def _bare(workshop: Workshop, pause: float) -> float:
    with workshop.bare(PYGLS) as server:
        server.initialize()
        held = _resident(server, pause)
        server.process.kill()
    return held


@contextmanager
def _opened(workshop: Workshop, store: Path, provider: Provider | None) -> Iterator[StampingEditor]:
    with workshop.editor(model=provider.base_url if provider else None, store=store) as editor:
        editor.begin(workshop.code)
        editor.open()
        yield editor
        editor.shut_down()


def _used(editor: StampingEditor, file: Path, *, exported: int, pause: float) -> Held:
    opened = _resident(editor, pause)
    session_id = editor.result("session/create", {"makeCurrent": False})["session"]["id"]
    editor.say(session_id, f"tokens={TOKENS}")
    chatted = _resident(editor, pause)
    editor.say(session_id, f"tokens={MORE_TOKENS}")
    answered = _resident(editor, pause)
    editor.timeout = EXPORT_SECONDS
    wanted = {"filter": {"createdBefore": session_time(exported)}, "format": "json", "path": str(file)}
    result = editor.result("session/export", wanted)
    assert result["count"] == exported, result
    megabytes = file.stat().st_size / 1e6
    file.unlink()
    return Held(
        opened=opened,
        chatted=chatted,
        answered=answered,
        exported=_resident(editor, pause),
        megabytes=megabytes,
    )


def _figure(id_: str, what: str, values: Sequence[float], bare: Sequence[float], *, goal: float) -> Figure:
    return Figure(
        id=f"memory.{id_}",
        what=what,
        unit="MB",
        values=values,
        yardstick=Yardstick(what="bare pygls", values=bare),
        limit=2.5,
        goal=goal,
    )


def _back(id_: str, what: str, values: Sequence[float], before: Sequence[float]) -> Figure:
    return Figure(
        id=f"memory.{id_}",
        what=what,
        unit="MB",
        values=values,
        yardstick=Yardstick(what="the same process after the chat", values=before),
        limit=1.6,
        ratio_goal=1.1,
    )


def _resident(client: RawClient, pause: float) -> float:
    """Of the server itself, after a pause: where a launcher starts it, that is the launcher's child."""
    time.sleep(pause)
    process = psutil.Process(client.process.pid)
    family = [process, *process.children(recursive=True)]
    return max(float(member.memory_info().rss) for member in family) / 1e6
