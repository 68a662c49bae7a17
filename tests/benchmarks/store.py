"""The store inside this process: appending, finding, listing, paging, opening, and how each of them grows."""

from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import apsw

from tests.benchmarks import search
from tests.benchmarks.figures import Figure, Row, Table, Yardstick, timed
from tests.benchmarks.filling import Filling
from tests.benchmarks.operations import LISTED, PAGE, Appending, Operations
from tests.benchmarks.yardsticks import RawReads
from threadkeep.adapters.runtime import SystemClock
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.opening import DATABASE


def grown(filling: Filling, steps: tuple[int, ...], *, folder: Path, count: int) -> Table:
    """Fills the store step by step and measures the same things at each."""
    rows = []
    for messages in steps:
        filling.grow_to(messages)
        raw = RawReads(filling.folder / DATABASE)
        operations = Operations(store=filling.store, raw=raw, sessions=filling.sessions)
        appending = Appending(filling.store, folder)
        word = search.common_word(filling)
        index = apsw.Connection(str(filling.folder / DATABASE), flags=apsw.SQLITE_OPEN_READONLY)
        pairs = {
            "append": (appending.append, appending.raw),
            "find by key": (operations.find, operations.raw_find),
            f"list of {LISTED}": (operations.newest, operations.raw_newest),
            f"page of {PAGE}": (operations.page, operations.raw_page),
            f"search of {LISTED}": (search.newest(filling.store, word), search.raw_newest(index, word)),
        }
        values: dict[str, float] = {"sessions": filling.sessions}
        for name, (ours, yardstick) in pairs.items():
            taken = timed({"ours": ours, "raw": yardstick}, count, unit="µs")
            values[f"{name}, µs"] = median(taken["ours"])
            values[f"{name}, × raw"] = values[f"{name}, µs"] / median(taken["raw"])
        appending.close()
        raw.close()
        index.close()
        rows.append(Row(what=f"{messages:,}", values=values))
    return Table(id="growth", title="messages stored", rows=rows)


def figures(filling: Filling, *, folder: Path, count: int) -> list[Figure]:
    """On the store as it is filled now, beside raw SQLite on the same file."""
    raw = RawReads(filling.folder / DATABASE)
    operations = Operations(store=filling.store, raw=raw, sessions=filling.sessions)
    try:
        return [
            _appended(filling, folder=folder, count=count),
            *_read(operations, count=count),
            _found_after_write(operations, folder=folder, count=count),
            _of_repository(operations, count=count),
            _opened(filling.folder, count=max(10, count // 20)),
        ]
    finally:
        raw.close()


def disk(filling: Filling) -> tuple[Figure, Table]:
    """Bytes of the store's files for each message, and what they hold."""
    facts = filling.store.facts()
    raw = RawReads(filling.folder / DATABASE)
    held = dict.fromkeys(("messages", "indexes of messages", "full text", "events", "turns", "others"), 0.0)
    for name, size in raw.sizes():
        held[_kind(name)] += size / facts.messages
    raw.close()
    figure = Figure(
        id="store.bytes_per_message",
        what="disk a message of 300 characters, all included",
        unit="bytes",
        values=[facts.size / facts.messages],
    )
    rows = [Row(what=kind, values={"bytes a message": size}) for kind, size in held.items()]
    return figure, Table(id="disk", title="on disk", rows=rows)


def _kind(name: str) -> str:
    if name.startswith("messages"):
        return "messages" if name == "messages" else "indexes of messages"
    if name.startswith("message_text"):
        return "full text"
    return next((kind for kind in ("events", "turns") if name.startswith(kind)), "others")


def _appended(filling: Filling, *, folder: Path, count: int) -> Figure:
    appending = Appending(filling.store, folder)
    taken = timed({"ours": appending.append, "raw": appending.raw}, count * 4, unit="µs")
    appending.close()
    return Figure(
        id="store.append",
        what="append a message, durable (message, session, event)",
        unit="µs",
        values=taken["ours"],
        yardstick=Yardstick(what="raw SQLite FULL commit of as many bytes", values=taken["raw"]),
        limit=5.0,
        ratio_goal=2.6,
    )


def _read(operations: Operations, *, count: int) -> list[Figure]:
    wanted: tuple[tuple[str, str, Callable[[], None], Callable[[], None], float | None], ...] = (
        (
            "current",
            "the current session of a repository and task",
            operations.current,
            operations.raw_find,
            60,
        ),
        (
            "find_by_key",
            "find a session by repository and task (a query)",
            operations.find,
            operations.raw_find,
            60,
        ),
        ("find_by_id", "find a session by id", operations.by_id, operations.raw_by_id, None),
        ("list", f"list of {LISTED}, newest first", operations.newest, operations.raw_newest, 3_000),
        ("page", f"newest {PAGE} messages of a session", operations.page, operations.raw_page, None),
    )
    found = []
    for id_, what, ours, raw, goal in wanted:
        taken = timed({"ours": ours, "raw": raw}, count, unit="µs")
        yardstick = Yardstick(what="raw SQLite on the same file", values=taken["raw"])
        found.append(
            Figure(
                id=f"store.{id_}",
                what=what,
                unit="µs",
                values=taken["ours"],
                yardstick=yardstick,
                limit=12.0,
                goal=goal,
            )
        )
    return found


def _found_after_write(operations: Operations, *, folder: Path, count: int) -> Figure:
    appending = Appending(operations.store, folder)
    actions = {
        "write": appending.append,
        "ours": operations.find,
        "again": appending.append,
        "raw": operations.raw_find,
    }
    taken = timed(actions, count, unit="µs")
    appending.close()
    return Figure(
        id="store.find_after_write",
        what="find a session by repository and task (a query), after a write",
        unit="µs",
        values=taken["ours"],
        yardstick=Yardstick(what="raw SQLite on the same file", values=taken["raw"]),
        limit=12.0,
    )


def _of_repository(operations: Operations, *, count: int) -> Figure:
    taken = timed({"ours": operations.of_repository}, count, unit="µs")
    return Figure(
        id="store.list_of_repository",
        what=f"list of {LISTED} of one repository",
        unit="µs",
        values=taken["ours"],
        goal=3_000,
    )


def _opened(folder: Path, *, count: int) -> Figure:
    opened: list[Any] = []

    def ours() -> None:
        opened.append(open_store(folder, clock=SystemClock()))

    def raw() -> None:
        opened.append(RawReads(folder / DATABASE))

    def closed() -> None:
        opened.pop().close()

    taken = timed({"ours": ours, "close": closed, "raw": raw, "close too": closed}, count, unit="ms")
    return Figure(
        id="store.open",
        what="open the store, once its engine is imported",
        unit="ms",
        values=taken["ours"],
        yardstick=Yardstick(what="raw SQLite on the same file", values=taken["raw"]),
        limit=20.0,
        goal=5,
    )
