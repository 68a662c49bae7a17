"""StoreContext for tests: time, ids, an executor and an audience that can be foreseen."""

from collections.abc import Awaitable, Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from threadkeep.domain.events import Event

T = TypeVar("T")

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
"""What a FakeClock shows first."""


class FakeClock:
    """Ticks once a call, so that two readings are never equal; tests may set or move it."""

    def __init__(self, start: datetime = START, *, tick: timedelta = timedelta(milliseconds=1)) -> None:
        self.time = start
        """What the next call tells."""
        self.tick = tick

    def now(self) -> str:
        told, self.time = self.time, self.time + self.tick
        return told.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def advance(self, **by: float) -> None:
        """Moves the clock, e.g. `advance(days=8)`; keywords as `timedelta` takes them."""
        self.time += timedelta(**by)


class FakeIds:
    """`id-000001`, `id-000002`, …: readable, and later ones sort after earlier ones."""

    def __init__(self, prefix: str = "id") -> None:
        self.prefix = prefix
        self.made: list[str] = []

    def new(self) -> str:
        self.made.append(f"{self.prefix}-{len(self.made) + 1:06}")
        return self.made[-1]


class InlineLane:
    """Does the work at the call; the awaitable only hands over what came of it, one loop turn later."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]:
        self.calls += 1
        try:
            return _Finished(value=work())
        except Exception as error:  # noqa: BLE001 - an executor carries whatever the work raises
            return _Finished(error=error)


class _Finished(Awaitable[T]):
    def __init__(self, *, value: T | None = None, error: Exception | None = None) -> None:
        self._value = value
        self._error = error

    def __await__(self) -> Generator[None, None, T]:
        yield  # a real executor always lets others run before it answers
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # without an error, this is the work's own value


class FakeAudience:
    """Remembers every event that it was told, in order."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type[T]) -> list[T]:
        """The events of one type, oldest first."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def names(self) -> list[str]:
        """The types of all events, oldest first."""
        return [type(event).__name__ for event in self.events]

    def forget(self) -> None:
        """Starts over."""
        self.events.clear()
