"""Long work beside six windows that write all the time: what it does, and how long the others wait for it."""

import itertools
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Final

from tests.benchmarks.exchanges import put_exchange
from tests.soak.figures import Figure
from tests.support.product import Editor
from tests.support.wire import Json
from threadkeep.adapters.runtime import SystemClock
from threadkeep.adapters.store import open_store
from threadkeep.usecases import timeline
from threadkeep.values import Mutable, evolve, field

PROMISED_MS: Final = 100.0
AT_ONCE: Final = 2_000
"""Messages of one transaction while the store is filled, which nobody waits for."""
PAUSE: Final = 0.05
"""Seconds between two writes of a window."""
OF_MANY: Final = 20
"""Messages of each of the sessions that are merged."""
NOTHING: Final = "nothing else"
"""What goes on at first, for comparison: the windows alone."""
ALONE_SECONDS: Final = 10.0

PROBE: Final = """
import json, sys, time
from pathlib import Path
from threadkeep.adapters.store.opening import open_storage
storage = open_storage(Path(sys.argv[1]), busy_timeout_ms=5_000)
print("ready", flush=True)
while sys.stdin.readline():
    began = time.monotonic()
    with storage.transaction(durable=False):
        waited = (time.monotonic() - began) * 1_000
    print(json.dumps(waited), flush=True)
"""
"""A process that does nothing but take the store's lock, as often as it is asked."""


class LongWork(Mutable, kw_only=False):
    """What was found."""

    messages: int
    windows: int
    allowed_ms: float = PROMISED_MS
    """Seven servers and their clients may share few cores with others: what they wait for those is in it."""
    waits: dict[str, list[float]] = field(factory=dict)
    """Milliseconds from a window's request to its response, by what went on meanwhile."""
    locks: dict[str, list[float]] = field(factory=dict)
    """Milliseconds that a process waited for the store's lock alone."""
    took: dict[str, float] = field(factory=dict)
    faults: list[str] = field(factory=list)

    def figures(self) -> list[Figure]:
        """For the report."""
        figures = [
            Figure(what="messages of the session", value=self.messages),
            Figure(what="windows that write meanwhile", value=self.windows),
        ]
        for what, waits in self.waits.items():
            figures += [
                Figure(what=what, value=round(self.took[what], 1), unit="s"),
                Figure(what=f"{what}: writes of the others", value=len(waits)),
                Figure(what=f"{what}: of 1,000 of them 999 were answered in", value=_p999(waits), unit="ms"),
                Figure(
                    what=f"{what}: longest wait for the store (promised: {PROMISED_MS:.0f} ms)",
                    value=round(max(self.locks[what], default=0.0), 1),
                    unit="ms",
                    at_most=None if what == NOTHING else self.allowed_ms,
                ),
            ]
        return [*figures, Figure(what="errors, and rows that do not fit", value=len(self.faults), at_most=0)]


def work_long(
    folder: Path, *, messages: int, windows: int, allowed_ms: float, tell: Callable[[str], None]
) -> LongWork:
    """Forks, purges, merges and imports so many messages while so many windows write."""
    found = LongWork(messages=messages, windows=windows, allowed_ms=allowed_ms)
    store, app, old = folder / "store", folder / "app", folder / "old"
    worker = Editor(folder, timeout=3_600)
    try:
        worker.begin(_made(app), _made(old))
        big = worker.open(repository={"uri": app.as_uri()})["session"]
        other = worker.open(repository={"uri": old.as_uri()})["session"]
        began = time.monotonic()
        fill(store, big["id"], messages=messages)
        fill_many(store, other["id"], sessions=messages // OF_MANY)
        tell(f"filled with {messages * 2:,} messages in {time.monotonic() - began:.0f} s")
        with _windows(folder, windows, found) as during:
            with during(NOTHING):
                time.sleep(min(ALONE_SECONDS, messages / 10_000))
            _all_work(worker, during, found, big=big, old=old, export=folder / "big.jsonl")
        # counting all anew for each session, as the audit does, takes hours here
        found.faults += [each["message"] for each in worker.result("store/doctor")["problems"]]
    finally:
        worker.close()
    for what, seconds in found.took.items():
        longest = max(found.waits[what], default=0), max(found.locks[what], default=0)
        tell(
            f"{what} took {seconds:.1f} s, longest answer {longest[0]:.0f} ms, wait for the store {longest[1]:.0f} ms"
        )
    return found


During = Callable[[str], AbstractContextManager[None]]


def _all_work(worker: Editor, during: During, found: LongWork, *, big: Json, old: Path, export: Path) -> None:
    messages = found.messages
    with during("fork"):
        forked = worker.result("session/fork", {"sessionId": big["id"], "makeCurrent": False})["session"]
    if forked["messageCount"] != messages:
        found.faults.append(f"a fork of {forked['messageCount']} messages")
    worker.result("session/delete", {"sessionId": forked["id"]})
    with during("purge"):
        worker.result("session/purge", {"sessionId": forked["id"]})
    with during("merge"):
        merged = worker.result(
            "repository/relocate",
            {"repository": {"id": big["repository"]["id"]}, "uri": old.as_uri(), "merge": True},
        )
    if merged["movedSessions"] != messages // OF_MANY + 1:
        found.faults.append(f"{merged['movedSessions']} sessions were merged")
    worker.result("session/export", {"sessionId": big["id"], "format": "jsonl", "path": str(export)})
    with during("import"):
        imported = worker.result("session/import", {"path": str(export), "onConflict": "duplicate"})
    if imported["imported"] != 1:
        found.faults.append(f"the import gave {imported}")


def fill(store: Path, session_id: str, *, messages: int) -> None:
    """Adds so many messages to a session."""
    chance, ids = random.Random(1), _ids("1")
    with closing(open_store(store, clock=SystemClock())) as opened:
        for _ in range(0, messages, AT_ONCE):
            with opened.writing(durable=False) as changes:
                session = timeline.found(changes, session_id)
                for _ in range(min(AT_ONCE, messages - session.message_count) // 2):
                    session = put_exchange(changes, session, ids, chance, origin="filling")


def fill_many(store: Path, session_id: str, *, sessions: int) -> None:
    """Adds so many sessions, with their messages, to the repository of another one."""
    chance, ids = random.Random(2), _ids("2")
    with closing(open_store(store, clock=SystemClock())) as opened:
        for start in range(0, sessions, AT_ONCE // OF_MANY):
            with opened.writing(durable=False) as changes:
                like = timeline.found(changes, session_id)
                for _ in range(start, min(start + AT_ONCE // OF_MANY, sessions)):
                    session = evolve(like, id=next(ids), title="One of many", seq=0)
                    changes.put_session(session)
                    for _ in range(OF_MANY // 2):
                        session = put_exchange(changes, session, ids, chance, origin="filling")


class _State(Mutable, kw_only=False):
    """What the windows share."""

    now: str = ""
    """What goes on."""
    ready: list[str] = field(factory=list)
    is_over: threading.Event = field(factory=threading.Event)


@contextmanager
def _windows(folder: Path, count: int, found: LongWork) -> Iterator[During]:
    """So many windows, each with a session of its own to which it writes all the time."""
    state = _State()
    editors = [Editor(folder) for _ in range(count)]
    threads = [
        threading.Thread(target=_write, args=(editor, place, state, found))
        for editor, place in zip(editors, (_made(folder / f"w{n}") for n in range(count)), strict=True)
    ]
    threads.append(threading.Thread(target=_probe, args=(folder / "store", state, found)))

    @contextmanager
    def during(what: str) -> Iterator[None]:
        found.waits[what], found.locks[what] = [], []
        began = time.monotonic()
        state.now = what
        try:
            yield
        finally:
            state.now = ""
            found.took[what] = time.monotonic() - began

    try:
        for thread in threads:
            thread.start()
        while len(state.ready) < count and not found.faults:
            time.sleep(PAUSE)
        yield during
    finally:
        state.is_over.set()
        for thread in threads:
            thread.join()
        for editor in editors:
            editor.close()


def _write(editor: Editor, place: Path, state: _State, found: LongWork) -> None:
    try:
        editor.begin(place)
        session_id = editor.open()["session"]["id"]
        number = 0
        state.ready.append(session_id)
        while not state.is_over.wait(PAUSE):
            what, began, number = state.now, time.monotonic(), number + 1
            editor.result("session/update", {"sessionId": session_id, "note": f"note {number}"})
            if what:
                found.waits[what].append((time.monotonic() - began) * 1_000)
    except Exception as error:  # noqa: BLE001 - whatever went wrong is told at the end
        found.faults.append(f"a window that writes: {error!r}")


def _probe(store: Path, state: _State, found: LongWork) -> None:
    command = [sys.executable, "-c", PROBE, str(store)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as probe:
        assert probe.stdin is not None
        assert probe.stdout is not None
        probe.stdout.readline()
        while not state.is_over.wait(PAUSE):
            what = state.now
            probe.stdin.write("\n")
            probe.stdin.flush()
            waited = json.loads(probe.stdout.readline())
            if what:
                found.locks[what].append(waited)
        probe.stdin.close()


def _p999(waits: list[float]) -> float:
    return round(sorted(waits)[len(waits) * 999 // 1_000], 1) if waits else 0.0


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _ids(first: str) -> Iterator[str]:
    """Shaped and sorted like the ids of the product."""
    return (f"0190000{first}-{n >> 16:04x}-7000-8000-{n:012x}" for n in itertools.count(1))
