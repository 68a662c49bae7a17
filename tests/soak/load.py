"""Many processes on one store, each with an answer coming in: nothing is lost, and reading stays quick."""

import itertools
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from tests.soak.audit import problems
from tests.soak.figures import Figure
from tests.support.model_wire import token
from tests.support.product import Editor, ModelProcess, plan
from tests.support.wire import Json
from threadkeep.values import Mutable, field

PROMISED_MS: Final = 50.0
ALLOWED_MS: Final = 2_000.0
"""Whoever runs this has other processes than these, and the test's own share of the cores."""
LOOK_EACH: Final = 0.5
"""Seconds between two session/get of one process."""
TURN_SECONDS: Final = 10.0
KILL_SECONDS: Final = 2.0
"""How long an answer comes before its process is killed, and at most twice that."""


class Load(Mutable, kw_only=False):
    """What was found, over all processes."""

    processes: int = 0
    answers: int = 0
    tokens: int = 0
    took: list[float] = field(factory=list)
    """Milliseconds of each session/get, from the request to the reading of the response."""
    faults: list[str] = field(factory=list)
    lost: list[float] = field(factory=list)
    """Milliseconds for which the oldest text that a kill -9 took had been shown, one a process; 0 for none."""
    slowest_rate: float = 0.0
    """Tokens a second that the slowest process got."""
    lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)
    """For all of it."""

    @property
    def p99(self) -> float:
        """Milliseconds."""
        return statistics.quantiles(self.took, n=100)[98] if len(self.took) > 1 else 0.0

    def figures(self) -> list[Figure]:
        """For the report."""
        return [
            Figure(what="processes on one store", value=self.processes),
            Figure(what="answers, each compared with what the provider sent", value=self.answers),
            Figure(what="tokens", value=self.tokens),
            Figure(what="tokens a second of the slowest process", value=round(self.slowest_rate, 1)),
            Figure(what="lost or wrong texts, wrong offsets, errors", value=len(self.faults), at_most=0),
            Figure(
                what="session/get, median", value=round(statistics.median(self.took or [0.0]), 1), unit="ms"
            ),
            Figure(
                what=f"session/get, p99 (promised: {PROMISED_MS:.0f} ms where nothing else runs)",
                value=round(self.p99, 1),
                unit="ms",
                at_most=ALLOWED_MS,
            ),
            *(
                Figure(
                    what=f"text lost by kill -9 under this load had been shown for, {name}",
                    value=value,
                    unit="ms",
                )
                for name, value in self._lost_figures()
            ),
        ]

    def _lost_figures(self) -> Iterator[tuple[str, float]]:
        if self.lost:
            yield "median", round(statistics.median(self.lost), 1)
            yield f"most, of {len(self.lost)} kills", round(max(self.lost), 1)


class Window(Editor):
    """Notes when each response was read, before anybody waits for it."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.read_at: dict[Any, float] = {}
        self.shown: list[tuple[int, float]] = []
        """Where each piece of text began, and when it was read."""
        self.saved = 0
        self.killed_at: float | None = None
        super().__init__(folder, **options)

    def _messages(self) -> Iterator[Json]:
        for message in super()._messages():
            if "method" not in message:
                self.read_at[message["id"]] = time.perf_counter()
            elif message["method"] == "chat/delta":
                self.shown.append((message["params"]["offset"], time.perf_counter()))
                self.saved = message["params"]["savedOffset"]
            yield message


def stream_side_by_side(
    folder: Path,
    model: ModelProcess,
    *,
    processes: int,
    rate: int,
    seconds: float,
    tell: Callable[[str], None],
) -> Load:
    """Each process streams `rate` tokens a second for so many seconds into a session of its own."""
    load = Load(processes=processes)
    windows: list[Window] = []
    try:
        for number in range(processes):
            # the home of each is its own, so that its log is; the store is one
            window = Window(folder / str(number), model=model.base_url, store=folder / "store", timeout=60)
            windows.append(window)
        for window in windows:
            window.begin()
        tell(f"load: {processes} processes are up")
        threads = [
            threading.Thread(
                target=_one, args=(window, number, load), kwargs={"rate": rate, "seconds": seconds}
            )
            for number, window in enumerate(windows)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(seconds * 4 + 120)
        if any(thread.is_alive() for thread in threads):
            load.faults.append("a process hangs")
        _look_what_was_lost(folder, windows, load)
        load.faults += problems(folder / "store")
    finally:
        for window in windows:
            window.close()
    return load


def _one(window: Window, number: int, load: Load, *, rate: int, seconds: float) -> None:
    try:
        session_id = window.open(task=f"task-{number}")["session"]["id"]
        count = int(rate * TURN_SECONDS)
        turns = max(1, round(seconds / TURN_SECONDS))
        # people do not send at the same moment
        time.sleep(number * TURN_SECONDS / load.processes)
        began = time.monotonic()
        for turn in range(turns):
            _stream(window, session_id, f"{number}-{turn}", load, count=count, rate=rate)
        took = time.monotonic() - began
        kept = window.result("session/history", {"sessionId": session_id, "limit": 200})["messages"]
        contents = [message["content"] for message in kept if message["role"] == "assistant"]
        whole = [_whole(count)] * turns
        with load.lock:
            load.tokens += count * turns
            got = count * turns / took
            load.slowest_rate = min(load.slowest_rate or got, got)
            if contents != whole:
                load.faults.append(f"process {number}: what is stored is not what was sent")
        _kill_in_mid_answer(window, session_id, number, count=count, rate=rate)
    except (OSError, EOFError, AssertionError, TimeoutError) as error:
        with load.lock:
            load.faults.append(f"process {number}: {type(error).__name__}: {error}"[:500])


def _stream(window: Window, session_id: str, name: str, load: Load, *, count: int, rate: int) -> None:
    """One answer, with looks at the session while it comes."""
    text = plan(name, tokens=count, token_delay=1 / rate)
    sent = window.result("chat/send", {"sessionId": session_id, "text": text})
    waiting = window.request("chat/wait", {"sessionId": session_id, "turnId": sent["turnId"]})
    took = []
    while waiting not in window.read_at:
        begun = time.perf_counter()
        looking = window.request("session/get", {"sessionId": session_id})
        answer = window.response(looking)
        took.append((window.read_at[looking] - begun) * 1000)
        assert "result" in answer, answer
        time.sleep(LOOK_EACH)
    ended = window.response(waiting)["result"]
    grown = ""
    for message in window.received:
        if message.get("method") == "chat/delta" and message["params"]["turnId"] == sent["turnId"]:
            assert message["params"]["offset"] == len(grown), f"{name}: a gap or a repeat"
            grown += message["params"]["text"]
    window.received.clear()
    is_whole = grown == ended["message"]["content"] == _whole(count)
    with load.lock:
        load.answers += 1
        load.took += took
        if not is_whole or ended["turn"]["status"] != "completed":
            load.faults.append(f"{name}: {ended['turn']['status']}, {len(grown)} of {len(_whole(count))}")


def _kill_in_mid_answer(window: Window, session_id: str, number: int, *, count: int, rate: int) -> None:
    """While the others still stream, or are killed as well."""
    window.shown.clear()
    text = plan(f"{number}-killed", tokens=count, token_delay=1 / rate)
    window.result("chat/send", {"sessionId": session_id, "text": text})
    window.notification("chat/delta")
    time.sleep(KILL_SECONDS * (1 + number % 7 / 7))
    window.process.kill()
    window.killed_at = time.perf_counter()


def _look_what_was_lost(folder: Path, windows: list[Window], load: Load) -> None:
    with Editor(folder / "after", store=folder / "store", timeout=60) as reader:
        reader.begin()
        for number, window in enumerate(windows):
            if window.killed_at is None:
                continue
            opened = reader.open(task=f"task-{number}")
            message = opened["messages"][-1]
            if message["status"] != "interrupted" or not _whole(10_000).startswith(message["content"]):
                load.faults.append(f"process {number}: what a kill left is {message['status']}")
            if len(message["content"]) < window.saved:
                load.faults.append(f"process {number}: text that was said to be saved is lost")
            shown = [
                at
                for offset, at in window.shown
                if offset >= len(message["content"]) and at < window.killed_at
            ]
            load.lost.append((window.killed_at - min(shown)) * 1000 if shown else 0.0)


def _whole(count: int) -> str:
    return "".join(itertools.islice(map(token, itertools.count()), count))
