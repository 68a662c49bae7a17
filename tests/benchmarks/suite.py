"""All benchmarks one after the other, on one store that is filled once."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs

from tests.benchmarks import lists, memory, search, startup, store, streaming, wire
from tests.benchmarks.figures import Figure, Table
from tests.benchmarks.filling import Filling
from tests.benchmarks.processes import Workshop
from tests.benchmarks.report import Report, machine
from tests.benchmarks.yardsticks import stock_tinydb
from threadkeep.adapters.store import open_store
from threadkeep.adapters.surroundings import SystemClock


@attrs.frozen(kw_only=True)
class Size:
    """How much is stored, and how often things are repeated."""

    steps: tuple[int, ...]
    """Messages stored; at each step the growth is measured, at the last one all else."""
    bare_sessions: int = 20
    long_session: int
    """Messages of one further session."""
    calls: int
    """Of one operation of the store."""
    requests: int
    """Of one kind over stdio."""
    answers: int
    starts: int
    memories: int
    pause: float
    """Seconds before memory is looked at."""
    stock: tuple[int, ...]
    """Documents in a stock TinyDB."""
    listed: int
    """Sessions in the store that lists are measured on."""


FULL: Final = Size(
    steps=(100, 1_000, 10_000, 100_000, 1_000_000),
    long_session=10_000,
    calls=500,
    requests=200,
    answers=30,
    starts=12,
    memories=3,
    pause=2.0,
    stock=(1_000, 10_000),
    listed=100_000,
)
QUICK: Final = Size(
    steps=(1_000, 10_000),
    bare_sessions=900,
    long_session=1_000,
    calls=20,
    requests=10,
    answers=3,
    starts=2,
    memories=1,
    pause=0.2,
    stock=(1_000,),
    listed=2_000,
)


@attrs.define(kw_only=True)
class Suite:
    """One run in a folder that is empty."""

    size: Size
    folder: Path
    tell: Callable[[str], None]
    """Is told what is measured now."""
    seconds: dict[str, float] = attrs.field(factory=dict, init=False)
    word: str = attrs.field(default="", init=False)
    """What is searched for over stdio."""
    figures: list[Figure] = attrs.field(factory=list, init=False)
    tables: list[Table] = attrs.field(factory=list, init=False)

    def run(self) -> Report:
        """Everything; takes minutes at full size."""
        place = self.folder / "store"
        stored = self._in_process(place)
        with self._part("lists"):
            found, table = lists.figures(
                self.folder / "lists", sessions=self.size.listed, count=max(3, self.size.calls // 50)
            )
            self.figures += found
            self.tables.append(table)
        workshop = Workshop(self.folder, place)
        with self._part("sessions"):
            workshop.prepare_session(wire.OPENED)
            long_session = workshop.new_session()
            workshop.add_messages(long_session, self.size.long_session)
        with self._part("requests"):
            self.figures += wire.figures(workshop, long_session=long_session, count=self.size.requests)
            self.figures += search.wire_figures(workshop, word=self.word, count=self.size.requests)
        with self._part("streaming"):
            self.figures += streaming.figures(workshop, count=self.size.answers)
        with self._part("memory"):
            fresh = self.folder / "fresh"
            self.figures += memory.figures(
                workshop, fresh=fresh, count=self.size.memories, pause=self.size.pause
            )
        with self._part("starts"):
            self.figures += startup.figures(workshop, count=self.size.starts)
        return Report(
            machine=machine(), stored=stored, seconds=self.seconds, figures=self.figures, tables=self.tables
        )

    def _in_process(self, place: Path) -> str:
        """What needs no process; tells what is stored then."""
        opened = open_store(place, clock=SystemClock())
        try:
            filling = Filling(folder=place, store=opened, bare_sessions=self.size.bare_sessions)
            with self._part("filling and growth"):
                filling.begin()
                self.tables.append(
                    store.grown(filling, self.size.steps, folder=self.folder, count=self.size.calls // 2)
                )
            self.seconds["of which filling"] = filling.seconds
            with self._part("store"):
                self.figures += store.figures(filling, folder=self.folder, count=self.size.calls)
                self.figures += search.figures(filling, count=max(5, self.size.calls // 5))
                self.word = search.common_word(filling)
                figure, table = store.disk(filling)
                self.figures.append(figure)
                self.tables.append(table)
            with self._part("stock TinyDB"):
                self.tables.append(stock_tinydb(self.size.stock, folder=self.folder, count=20))
            facts = opened.facts()
        finally:
            opened.close()
        return (
            f"{filling.messages:,} messages in {filling.sessions + filling.bare_sessions:,} sessions, and "
            f"what measuring added, {facts.size / 1e6:,.0f} MB"
        )

    @contextmanager
    def _part(self, name: str) -> Iterator[None]:
        self.tell(name)
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began
