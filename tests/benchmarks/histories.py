"""A whole history, page by page, and a message of many megabytes: what they take, and what is given back."""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import psutil  # type: ignore[import-untyped]  # it comes without types

from tests.benchmarks.clients import StampingClient
from tests.benchmarks.exchanges import a_question
from tests.benchmarks.figures import Figure, Yardstick, in_turn
from tests.benchmarks.processes import PYGLS, Workshop
from threadkeep.adapters.runtime import SystemClock, Uuid7Ids
from threadkeep.adapters.store import open_store
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.values import evolve

LARGE: Final = 10_000_000
"""Characters of the one message."""


def figures(
    workshop: Workshop, *, long_session: str, messages: int, fresh: Path, count: int, pause: float
) -> list[Figure]:
    """messages: how many the long session has. fresh: where stores may be made. pause: in seconds, before memory
    is looked at."""
    return [
        _whole(workshop, long_session, messages=messages, count=count),
        *_large(workshop, fresh, count=max(1, count // 4), pause=pause),
    ]


def _whole(workshop: Workshop, session_id: str, *, messages: int, count: int) -> Figure:
    with workshop.editor() as editor:
        editor.begin(workshop.code)
        asked = list(_pages(editor, session_id))
        assert sum(len(result["messages"]) for _, result in asked) == messages
        answers = {f"page{number}": result for number, (_, result) in enumerate(asked)}
        with workshop.bare(PYGLS, answers) as pygls:
            pygls.initialize()

            def ours() -> float:
                return sum(editor.round_trip("session/history", params) for params, _ in asked)

            def bare() -> float:
                return sum(pygls.round_trip(page, {}) for page in answers)

            taken = in_turn({"ours": ours, "pygls": bare}, count, unit="ms")
            pygls.process.kill()
    size = sum(len(json.dumps(result)) for result in answers.values()) / 1e6
    return Figure(
        id="wire.whole_history",
        what=f"session/history, all {messages:,} messages in pages of {MAX_PAGE} ({size:,.0f} MB)",
        unit="ms",
        values=taken["ours"],
        yardstick=Yardstick(what="bare pygls, the same bytes", values=taken["pygls"]),
        limit=10.0,
        goal=500,
    )


def _pages(client: StampingClient, session_id: str) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each page of the history with what it was asked with, the newest first."""
    params: dict[str, Any] = {"sessionId": session_id, "limit": MAX_PAGE}
    while True:
        result = client.result("session/history", params)
        yield params, result
        if not result.get("beforeCursor"):
            return
        params = {**params, "before": result["beforeCursor"]}


def _large(workshop: Workshop, fresh: Path, *, count: int, pause: float) -> list[Figure]:
    most, left, before = [], [], []
    store = fresh / "large"
    large = Workshop(workshop.folder / "large", store)
    add_message(store, large.prepare_session(0), "a word of it " * (LARGE // 13))
    for _ in range(count):
        with large.editor() as editor:
            editor.begin(large.code)
            editor.result("store/info")
            time.sleep(pause)
            process = _server(editor)
            before.append(process.memory_info().rss / 1e6)
            assert len(editor.open()["messages"][0]["content"]) >= LARGE - 13
            most.append(_peak(process) / 1e6)
            time.sleep(pause)
            left.append(process.memory_info().rss / 1e6)
            editor.shut_down()
    beside = Yardstick(what="the same process before", values=before)
    return [
        Figure(
            id="memory.large",
            what=f"most RSS while a message of {LARGE / 1e6:.0f} MB is opened",
            unit="MB",
            values=most,
            yardstick=beside,
            goal=90,
        ),
        Figure(
            id="memory.large_left",
            what="RSS after it",
            unit="MB",
            values=left,
            yardstick=beside,
            limit=1.6,
            ratio_goal=1.15,
        ),
    ]


def add_message(folder: Path, session_id: str, text: str) -> None:
    """Stores a user's message as the newest of a session."""
    store = open_store(folder, clock=SystemClock())
    try:
        with store.writing() as changes:
            session = changes.session(session_id)
            assert session is not None
            message = a_question(session, Uuid7Ids().new(), text)
            changes.put_message(message)
            head = {"head_id": message.id, "seq": message.seq, "message_count": session.message_count + 1}
            changes.put_session(evolve(session, **head))
    finally:
        store.close()


def _server(client: StampingClient) -> psutil.Process:
    """The server itself: where a launcher starts it, that is the launcher's child."""
    process = psutil.Process(client.process.pid)
    family = [process, *process.children(recursive=True)]
    return max(family, key=lambda member: member.memory_info().rss)


def _peak(process: psutil.Process) -> float:
    """The most that was resident since the start of the process; what is now, where the system does not tell."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    except OSError:
        return float(process.memory_info().rss)
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return float(line.split()[1]) * 1024
