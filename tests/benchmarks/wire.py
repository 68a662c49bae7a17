"""Requests over stdio to the real process, beside bare servers that answer with the same bytes."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.benchmarks.clients import StampingClient
from tests.benchmarks.figures import Figure, Row, Table, Yardstick, in_turn, timing
from tests.benchmarks.many_sessions import REPOSITORIES
from tests.benchmarks.processes import ASYNCIO, PYGLS, Workshop
from tests.benchmarks.yardsticks import LogSize, RawCommits
from tests.support.wire import Json
from threadkeep.adapters.store.opening import DATABASE
from threadkeep.values import Value, field

OPENED: Final = 50
FOUND: Final = 20


class Asked(Value):
    """A request that is measured."""

    id: str
    what: str
    method: str
    params: Json = field(factory=dict)
    goal: float | None = None
    """Milliseconds."""
    limit: float | None = 10.0
    over_a_commit: float | None = None
    """Milliseconds that it may take longer than a durable commit; only of what is durable."""
    is_enough: Callable[[Any], bool] = field(default=lambda _: True)
    """Whether a result holds what it should."""


def figures(
    workshop: Workshop, *, long_session: str, far: str, word: str, count: int
) -> tuple[list[Figure], Table]:
    """What an editor asks for most; far: a message near the begin of the long session; word: stands in many."""
    asked = (
        Asked(
            id="session/open",
            what=f"session/open with {OPENED} messages",
            method="session/open",
            params={"limit": OPENED},
            goal=5.0,
            is_enough=lambda result: len(result["messages"]) == OPENED,
        ),
        Asked(
            id="session/list",
            what=f"session/list, {FOUND} newest",
            method="session/list",
            params={"limit": FOUND},
            goal=1.0,
            is_enough=lambda result: len(result["sessions"]) == FOUND,
        ),
        Asked(
            id="title",
            what=f"session/list, newest {FOUND} by a part of their title",
            method="session/list",
            params={"limit": FOUND, "filter": {"title": "sion 7"}},
            goal=5.0,
            is_enough=lambda result: bool(result["sessions"]),
        ),
        Asked(
            id="title_of_none",
            what="session/list by a part of a title that none has",
            method="session/list",
            params={"limit": FOUND, "filter": {"title": "nothing has this title"}},
            goal=5.0,
            is_enough=lambda result: not result["sessions"],
        ),
        Asked(
            id="session/search",
            what=f"session/search, newest {FOUND} with a common word",
            method="session/search",
            params={"query": word, "limit": FOUND},
            goal=5.0,
            is_enough=lambda result: len(result["hits"]) == FOUND,
        ),
        Asked(
            id="session/history",
            what=f"session/history, newest {OPENED} of a long session",
            method="session/history",
            params={"sessionId": long_session, "limit": OPENED},
            goal=2.0,
            is_enough=lambda result: len(result["messages"]) == OPENED,
        ),
        Asked(
            id="around",
            what=f"session/history, {OPENED} around a message far back in a long session",
            method="session/history",
            params={"sessionId": long_session, "limit": OPENED, "around": far},
            goal=150.0,
            is_enough=lambda result: far in [each["id"] for each in result["messages"]],
        ),
        Asked(
            id="session/create",
            what="session/create, durable",
            method="session/create",
            params={"makeCurrent": False},
            over_a_commit=0.5,
        ),
    )
    found, rows = _measured(workshop, asked, count=count)
    return found, Table(id="requests", title="request, ms", rows=rows)


def figures_of_many(workshop: Workshop, *, repository_id: str, count: int) -> list[Figure]:
    """What is counted over all sessions, in the store that lists are measured on."""
    asked = (
        Asked(
            id="repository/list",
            what="repository/list over all sessions",
            method="repository/list",
            goal=2.0,
            limit=None,
            is_enough=lambda result: bool(result["repositories"]),
        ),
        Asked(
            id="task/list",
            what=f"task/list of one repository of {REPOSITORIES}",
            method="task/list",
            params={"repository": {"id": repository_id}},
            limit=None,
            is_enough=lambda result: bool(result["tasks"]),
        ),
    )
    return _measured(workshop, asked, count=count)[0]


def written_by_creating(workshop: Workshop, store: Path, *, count: int) -> Figure:
    """Bytes that each of `count` new sessions writes into the log of the store in that folder."""
    log = LogSize(store / DATABASE)
    written = []
    with workshop.editor() as editor:
        editor.begin(workshop.code)
        for _ in range(count):
            before = log.bytes()
            editor.result("session/create", {"makeCurrent": False})
            after = log.bytes()
            if after > before:  # else the log was begun anew
                written.append(float(after - before))
    log.close()
    return Figure(
        id="wire.session/create.written",
        what="what session/create writes into the log",
        unit="bytes",
        values=written,
        goal=45_000,
    )


def _measured(workshop: Workshop, asked: Sequence[Asked], *, count: int) -> tuple[list[Figure], list[Row]]:
    """Round trips of each request, `count` times in turn with the bare servers'."""
    with workshop.editor() as editor:
        editor.begin(workshop.code)
        answers = {each.id: editor.result(each.method, each.params) for each in asked}
        for each in asked:
            assert each.is_enough(answers[each.id]), each.what
        with workshop.bare(PYGLS, answers) as pygls, workshop.bare(ASYNCIO, answers) as plain:
            pygls.initialize()
            plain.initialize()
            clients = Clients(editor=editor, pygls=pygls, plain=plain)
            found = []
            rows = []
            for each in asked:
                size = len(json.dumps(answers[each.id]))
                taken = clients.taken(each, workshop.folder, size=size, count=count)
                found += _figures(each, taken)
                rows.append(_row(each, taken, size))
            pygls.process.kill()
    return found, rows


class Clients(Value):
    """Of the product, and of bare servers that have its answers."""

    editor: StampingClient
    pygls: StampingClient
    plain: StampingClient

    def taken(self, asked: Asked, folder: Path, *, size: int, count: int) -> dict[str, list[float]]:
        """Milliseconds by who answers; folder: where commits of `size` bytes can be made."""
        actions: dict[str, Callable[[], float]] = {
            "ours": lambda: self.editor.round_trip(asked.method, asked.params),
            "pygls": lambda: self.pygls.round_trip(asked.id, {}),
            "plain": lambda: self.plain.round_trip(asked.id, {}),
        }
        if asked.over_a_commit is None:
            return in_turn(actions, count, unit="ms")
        raw = RawCommits(folder, size=size)
        try:
            return in_turn({**actions, "commit": timing(raw.commit)}, count, unit="ms")
        finally:
            raw.close()


def _figures(asked: Asked, taken: Mapping[str, list[float]]) -> list[Figure]:
    figure = Figure(
        id=f"wire.{asked.id}",
        what=asked.what,
        unit="ms",
        values=taken["ours"],
        yardstick=Yardstick(what="bare pygls, the same bytes", values=taken["pygls"]),
        limit=asked.limit,
        goal=asked.goal,
    )
    if asked.over_a_commit is None:
        return [figure]
    return [
        figure,
        Figure(
            id=f"wire.{asked.id}.commit",
            what=f"{asked.what}, beside a commit alone",
            unit="ms",
            values=taken["ours"],
            yardstick=Yardstick(what="raw SQLite FULL commit of as many bytes", values=taken["commit"]),
            margin_goal=asked.over_a_commit,
        ),
    ]


def _row(asked: Asked, taken: Mapping[str, list[float]], size: int) -> Row:
    ours, pygls, plain = (median(taken[who]) for who in ("ours", "pygls", "plain"))
    values: dict[str, float | str] = {
        "bytes": size,
        "ours": f"{ours:.2f}",
        "bare pygls": f"{pygls:.2f}",
        "bare asyncio": f"{plain:.2f}",
        "over bare asyncio": f"{ours - plain:.2f}",
    }
    return Row(what=asked.what, values=values)
