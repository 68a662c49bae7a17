"""What a benchmark finds out: measured values beside a yardstick of the same run, a limit and a goal."""

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from threadkeep.values import Value

Unit = Literal["µs", "ms", "MB", "bytes", "s", "/s"]

PER_SECOND: Mapping[Unit, float] = {"µs": 1e6, "ms": 1e3, "s": 1.0}


class Yardstick(Value):
    """Something plain that does the same job, measured in the same run and in the same unit."""

    what: str
    values: Sequence[float]


class Figure(Value):
    """One measured thing. Less is better."""

    id: str
    what: str
    unit: Unit
    values: Sequence[float]
    yardstick: Yardstick | None = None
    limit: float | None = None
    """The ratio to the yardstick above which the run fails."""
    goal: float | None = None
    """An absolute value to reach, on the machine that the design was measured on; decides nothing."""
    ratio_goal: float | None = None
    """A ratio to reach; decides nothing."""
    margin_goal: float | None = None
    """How much more than the yardstick's median it may be; decides nothing."""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def p99(self) -> float:
        """The nearest rank: of few values the highest."""
        return sorted(self.values)[math.ceil(len(self.values) * 0.99) - 1]

    @property
    def mean(self) -> float:
        return statistics.fmean(self.values)

    @property
    def yardstick_median(self) -> float | None:
        return statistics.median(self.yardstick.values) if self.yardstick else None

    @property
    def ratio(self) -> float | None:
        """How many times the yardstick; None without one."""
        return None if self.yardstick_median is None else self.median / self.yardstick_median

    @property
    def is_ok(self) -> bool:
        """Whether the limit, if there is one, is kept."""
        return self.limit is None or (self.ratio is not None and self.ratio <= self.limit)

    @property
    def is_reached(self) -> bool | None:
        """Whether the goals are; None without any."""
        reached = [] if self.goal is None else [self.median <= self.goal]
        if self.ratio_goal is not None:
            reached.append(self.ratio is not None and self.ratio <= self.ratio_goal)
        if self.margin_goal is not None:
            of = self.yardstick_median
            reached.append(of is not None and self.median <= of + self.margin_goal)
        return all(reached) if reached else None


class Row(Value):
    """A line of a table that shows how something changes; `values` by the heading of their column."""

    what: str
    values: Mapping[str, float | str]


class Table(Value):
    """Lines with the same headings."""

    id: str
    title: str
    rows: Sequence[Row]


def timed(actions: Mapping[str, Callable[[], object]], count: int, *, unit: Unit) -> dict[str, list[float]]:
    """The durations of each action, `count` times in turn, so that all meet the same disturbances.

    Each runs once before, unmeasured.
    """
    return in_turn({name: timing(action) for name, action in actions.items()}, count, unit=unit)


def in_turn(actions: Mapping[str, Callable[[], float]], count: int, *, unit: Unit) -> dict[str, list[float]]:
    """Like `timed`, for actions that tell their duration themselves, in seconds."""
    factor = PER_SECOND[unit]
    durations: dict[str, list[float]] = {name: [] for name in actions}
    for action in actions.values():
        action()
    for _ in range(count):
        for name, action in actions.items():
            durations[name].append(action() * factor)
    return durations


def timing(action: Callable[[], object]) -> Callable[[], float]:
    """The same action, telling how many seconds it took."""

    def taken() -> float:
        began = time.perf_counter()
        action()
        return time.perf_counter() - began

    return taken
