"""All benchmarks one after the other, on one store that is filled once."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.benchmarks import (
    histories,
    idle,
    lists,
    lookup,
    many_sessions,
    memory,
    search,
    startup,
    store,
    streaming,
    wire,
)
from tests.benchmarks.figures import Figure, Table
from tests.benchmarks.filling import MESSAGES_PER_SESSION, Filling
from tests.benchmarks.processes import Workshop
from tests.benchmarks.progress import Progress
from tests.benchmarks.report import Report, machine
from tests.benchmarks.yardsticks import stock_tinydb
from threadkeep.adapters.runtime import SystemClock
from threadkeep.adapters.store import open_store
from threadkeep.values import Mutable, Value, field


class Size(Value):
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
    idle: float
    """Seconds for which nothing happens."""
    exported: int
    """Sessions in an export."""
    stock: tuple[int, ...]
    """Documents in a stock TinyDB."""
    listed: tuple[int, int]
    """Sessions in the two stores that lists are measured on, a small and a large one."""


FULL: Final = Size(
    steps=(100, 1_000, 10_000, 100_000, 1_000_000),
    long_session=10_000,
    calls=500,
    requests=200,
    answers=30,
    starts=12,
    memories=3,
    pause=2.0,
    idle=60.0,
    exported=1_350,
    stock=(1_000, 10_000),
    listed=(lists.SMALL, 100_000),
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
    idle=6.0,
    exported=20,
    stock=(1_000,),
    listed=(200, 2_000),
)

FILLING: Final = "filling and growth"
SESSIONS: Final = "sessions to work with"


class Suite(Mutable):
    """One run in a folder that is empty."""

    size: Size
    folder: Path
    progress: Progress
    only: frozenset[str] = frozenset()
    """The parts to run, besides filling; none named: all."""
    figures: list[Figure] = field(factory=list, init=False)
    tables: list[Table] = field(factory=list, init=False)
    _stored: str = field(default="nothing", init=False)
    _long_session: str = field(default="", init=False)

    def run(self) -> Report:
        """Every part, also after one that fails; takes minutes at full size."""
        with self.progress.part(FILLING):
            self._fill()
        with self.progress.part(SESSIONS):
            self._prepare_sessions()
        for name, part in PARTS.items():
            if name in (self.only or PARTS):
                with self.progress.part(name):
                    part(self)
        return Report(
            machine=machine(),
            stored=self._stored,
            seconds=self.progress.seconds,
            figures=self.figures,
            tables=self.tables,
            unfinished=self.progress.unfinished,
        )

    def _fill(self) -> None:
        opened = open_store(self._place, clock=SystemClock())
        try:
            filling = Filling(folder=self._place, store=opened, bare_sessions=self.size.bare_sessions)
            filling.begin()
            count = self.size.calls // 2
            self.tables.append(store.grown(filling, self.size.steps, folder=self.folder, count=count))
            self.progress.seconds["of which filling"] = filling.seconds
            self._stored = (
                f"{filling.messages:,} messages in {filling.sessions + filling.bare_sessions:,} sessions, and "
                f"what measuring added, {opened.facts().size / 1e6:,.0f} MB"
            )
        finally:
            opened.close()

    def _prepare_sessions(self) -> None:
        workshop = self._workshop()
        workshop.prepare_session(wire.OPENED)
        self._long_session = workshop.new_session()
        workshop.add_messages(self._long_session, self.size.long_session)

    def _store(self) -> None:
        with self._filled() as filling:
            self.figures += store.figures(filling, folder=self.folder, count=self.size.calls)
            figure, table = store.disk(filling)
            self.figures.append(figure)
            self.tables.append(table)

    def _search(self) -> None:
        with self._filled() as filling:
            self.figures += search.figures(filling, count=max(5, self.size.calls // 5))

    def _stock(self) -> None:
        self.tables.append(stock_tinydb(self.size.stock, folder=self.folder, count=20))

    def _lists(self) -> None:
        count = max(3, self.size.calls // 50)
        for prefix, sessions in zip(("lists_small", "lists"), self.size.listed, strict=True):
            place = self.folder / prefix
            found, table = lists.figures(place, sessions=sessions, count=count, prefix=prefix)
            self.figures += found
        self.tables.append(table)  # of the large one
        workshop = Workshop(self.folder / "lister", place)
        repository_id = many_sessions.repository_id(5)
        self.figures += wire.figures_of_many(
            workshop, repository_id=repository_id, count=self.size.requests // 2
        )
        self.figures.append(wire.written_by_creating(workshop, place, count=self.size.requests // 2))

    def _requests(self) -> None:
        with self._filled() as filling:
            word = search.common_word(filling)
            with filling.store.reading() as records:
                session = records.session(self._long_session)
                assert session is not None
                far = records.path_after(session, limit=self.size.long_session // 10, after_seq=0)[-1].id
        found, table = wire.figures(
            self._workshop(),
            long_session=self._long_session,
            far=far,
            word=word,
            count=self.size.requests,
        )
        self.figures += found
        self.tables.append(table)

    def _histories(self) -> None:
        self.figures += histories.figures(
            self._workshop(),
            long_session=self._long_session,
            messages=self.size.long_session,
            fresh=self.folder,
            count=self.size.memories * 4,
            pause=self.size.pause,
        )

    def _lookup(self) -> None:
        with self._filled() as filling:
            word = search.common_word(filling)
        self.figures += lookup.figures(
            self._workshop(),
            word=word,
            count=self.size.requests // 2,
            starts=self.size.starts,
            pause=self.size.pause,
        )

    def _streaming(self) -> None:
        self.figures += streaming.figures(self._workshop(), count=self.size.answers)

    def _memory(self) -> None:
        self.figures += memory.figures(
            self._workshop(),
            fresh=self.folder / "fresh",
            exported=self.size.exported,
            count=self.size.memories,
            pause=self.size.pause,
        )

    def _idle(self) -> None:
        self.figures += idle.figures(self._workshop(), seconds=self.size.idle)

    def _starts(self) -> None:
        self.figures += startup.figures(self._workshop(), count=self.size.starts)

    @property
    def _place(self) -> Path:
        return self.folder / "store"

    def _workshop(self) -> Workshop:
        return Workshop(self.folder, self._place)

    @contextmanager
    def _filled(self) -> Iterator[Filling]:
        """The store as it was filled, opened again."""
        opened = open_store(self._place, clock=SystemClock())
        try:
            sessions = self.size.steps[-1] // MESSAGES_PER_SESSION
            yield Filling(folder=self._place, store=opened, sessions=sessions)
        finally:
            opened.close()


PARTS: Final[Mapping[str, Callable[[Suite], None]]] = {
    "store": Suite._store,
    "search": Suite._search,
    "stock TinyDB": Suite._stock,
    "lists": Suite._lists,
    "requests": Suite._requests,
    "histories": Suite._histories,
    "lookup": Suite._lookup,
    "streaming": Suite._streaming,
    "memory": Suite._memory,
    "idle": Suite._idle,
    "starts": Suite._starts,
}
"""By name; none needs what another one does."""
