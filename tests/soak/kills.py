"""kill -9 at random moments of every kind of write: what was acknowledged is there, and nothing by halves."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tests.soak.audit import problems
from tests.soak.figures import Figure
from tests.soak.remembered import Remembered
from tests.soak.writes import Writes
from tests.support.product import Editor, ModelProcess
from threadkeep.values import Mutable, field

LONGEST: Final = 0.35
"""Seconds of writing before a kill, at most; the kinds of writes take their turns within it."""
SETTLED_WITHIN: Final = 10.0
"""Seconds in which a fresh server must have ended the turns and the long work of the killed one; two are promised."""


class Killing(Mutable, kw_only=False):
    """What was found, over all kills."""

    kills: int = 0
    acknowledged: dict[str, int] = field(factory=dict)
    """Requests that were answered before a kill, by kind."""
    in_flight: dict[str, int] = field(factory=dict)
    """Requests that a kill left unanswered, by kind."""
    took_effect: int = 0
    """Those of them whose effect was there all the same, whole."""
    faults: list[str] = field(factory=list)
    slowest_recovery: float = 0.0
    """Seconds from a fresh server's start of work until no turn of the dead one ran any more, nor long work."""

    def add(self, other: "Killing") -> None:
        """Takes in what was found on another store."""
        self.kills += other.kills
        self.took_effect += other.took_effect
        self.faults += other.faults
        self.slowest_recovery = max(self.slowest_recovery, other.slowest_recovery)
        for kind in {*other.acknowledged, *other.in_flight}:
            self.acknowledged[kind] = self.acknowledged.get(kind, 0) + other.acknowledged.get(kind, 0)
            self.in_flight[kind] = self.in_flight.get(kind, 0) + other.in_flight.get(kind, 0)

    def figures(self) -> list[Figure]:
        """For the report."""
        return [
            Figure(what="kills", value=self.kills),
            Figure(what="writes acknowledged before a kill", value=sum(self.acknowledged.values())),
            Figure(what="writes in flight at a kill", value=sum(self.in_flight.values())),
            Figure(what="of them done, and whole", value=self.took_effect),
            Figure(what="kinds of writes hit in flight", value=sum(1 for n in self.in_flight.values() if n)),
            Figure(what="lost, halved or broken", value=len(self.faults), at_most=0),
            Figure(
                what="slowest end of a dead process's turn after a restart",
                value=round(self.slowest_recovery, 2),
                unit="s",
                at_most=SETTLED_WITHIN,
            ),
        ]


def kill_again_and_again(
    folder: Path, model: ModelProcess, *, kills: int, worlds: int, seed: int, tell: Callable[[str], None]
) -> Killing:
    """So many kills, spread over so many stores at a time, each with an oracle of its own."""
    killing = Killing()
    with ThreadPoolExecutor(worlds) as pool:
        shares = [kills // worlds + (world < kills % worlds) for world in range(worlds)]
        results = [
            pool.submit(_world, folder / f"world {world}", model, share, seed + world, tell)
            for world, share in enumerate(shares)
        ]
        for result in results:
            killing.add(result.result())
    return killing


def _world(folder: Path, model: ModelProcess, kills: int, seed: int, tell: Callable[[str], None]) -> Killing:
    """Each round: a fresh server, a look at all that it shall know, further writes, kill -9 among them."""
    chance, remembered, killing = random.Random(seed), Remembered(), Killing()
    while killing.kills < kills and not killing.faults:
        with Editor(folder, model=model.base_url, timeout=60) as editor:
            editor.begin()
            _look(editor, remembered, killing, is_thorough=killing.kills % 25 == 0)
            _write_until_killed(editor, remembered, killing, chance)
        killing.kills += 1
        if killing.kills % 100 == 0:
            tell(f"kills in {folder.name}: {killing.kills}")
    with Editor(folder, model=model.base_url, timeout=60) as editor:
        editor.begin()
        _look(editor, remembered, killing, is_thorough=True)
        killing.faults += [f"the doctor finds {each}" for each in editor.result("store/doctor")["problems"]]
        editor.shut_down()
    return killing


def _look(editor: Editor, remembered: Remembered, killing: Killing, *, is_thorough: bool) -> None:
    began = time.monotonic()
    while unfinished := remembered.unfinished(editor):
        if time.monotonic() - began > SETTLED_WITHIN:
            killing.faults.append(unfinished)
            break
        time.sleep(0.02)
    if remembered.maybe_running:
        killing.slowest_recovery = max(killing.slowest_recovery, time.monotonic() - began)
    flight = remembered.in_flight.kind if remembered.in_flight else "nothing"
    killing.took_effect += remembered.check(editor, is_thorough=is_thorough)
    found = remembered.faults + problems(editor.store) + remembered.traces(editor.store)
    killing.faults += [f"after kill {killing.kills}, in flight {flight}: {each}" for each in found]


def _write_until_killed(
    editor: Editor, remembered: Remembered, killing: Killing, chance: random.Random
) -> None:
    writes = Writes(editor, remembered, chance)
    victim = threading.Timer(chance.uniform(0, LONGEST), editor.process.kill)
    victim.start()
    try:
        while True:
            writes.one()
    except (OSError, EOFError):  # it is dead
        if remembered.in_flight is not None:
            kind = remembered.in_flight.kind
            killing.in_flight[kind] = killing.in_flight.get(kind, 0) + 1
    except AssertionError as error:
        killing.faults.append(f"before kill {killing.kills + 1}: {error}")
    finally:
        victim.join()
        for kind, count in writes.acknowledged.items():
            killing.acknowledged[kind] = killing.acknowledged.get(kind, 0) + count
    editor.process.wait(editor.timeout)
