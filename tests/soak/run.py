"""Reliability under fire, as `poe soak`: spoilt frames, kills, load, a day of use, stores that are taken away, windows that are stopped
and long work, over real processes."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.soak import guided
from tests.soak.day import live_through
from tests.soak.figures import Figure, Part, markdown, plain, write_into
from tests.soak.fuzz import fuzz
from tests.soak.kills import kill_again_and_again
from tests.soak.load import stream_side_by_side
from tests.soak.long_work import PROMISED_MS, work_long
from tests.soak.stopped import stop_and_take_over
from tests.soak.taken import take_away
from tests.support.product import ModelProcess
from threadkeep.values import Value

PAGE: Final = Path(__file__).parents[2] / "server" / "docs" / "reliability.md"
PROJECT: Final = Path(__file__).parents[2]


class Size(Value):
    """How much of everything."""

    frames: int
    streams: int
    guided_seconds: int
    kills: int
    worlds: int = 4
    """Stores on which is killed at a time: each waits much."""
    processes: int
    seconds: float
    windows: int
    turns: int
    takings: int
    stops: int
    long_messages: int
    long_windows: int = 6
    long_wait_ms: float = PROMISED_MS


FULL: Final = Size(
    frames=97_000,
    streams=3_000,
    guided_seconds=15,
    kills=1_000,
    processes=20,
    seconds=60,
    windows=40,
    turns=48,
    takings=4,
    stops=60,
    long_messages=100_000,
)
QUICK: Final = Size(
    frames=2_000,
    streams=100,
    guided_seconds=2,
    kills=10,
    processes=3,
    seconds=3,
    windows=4,
    turns=8,
    takings=1,
    stops=3,
    long_messages=2_000,
    long_wait_ms=2_000,
)

Tell = Callable[[str], None]


class Soak(Value):
    """One run in a folder that is empty."""

    size: Size
    folder: Path
    seed: int
    tell: Tell

    def part(self, name: str) -> Part:
        """Runs one part and tells what is wrong at once."""
        folder = self.folder / name
        folder.mkdir()
        began = time.monotonic()
        figures, faults, skipped = PARTS[name](self, folder)
        for fault in faults:
            self.tell(f"FAULT in {name}: {fault}")
        return Part(name=name, seconds=time.monotonic() - began, figures=figures, skipped=skipped)


Found = tuple[Sequence[Figure], Sequence[str], str | None]


def _fuzz(soak: Soak, folder: Path) -> Found:
    size = soak.size
    tally = fuzz(folder, frames=size.frames, streams=size.streams, seed=soak.seed, tell=soak.tell)
    return tally.figures(), tally.faults, None


def _guided(soak: Soak, folder: Path) -> Found:
    if not guided.is_possible():
        return (), (), "atheris is not installed"
    figures, faults = guided.run(folder, seconds=soak.size.guided_seconds, project=PROJECT)
    return figures, faults, None


def _kills(soak: Soak, folder: Path) -> Found:
    size = soak.size
    with closing(ModelProcess()) as model:
        killing = kill_again_and_again(
            folder, model, kills=size.kills, worlds=size.worlds, seed=soak.seed, tell=soak.tell
        )
    return killing.figures(), killing.faults, None


def _load(soak: Soak, folder: Path) -> Found:
    size = soak.size
    with closing(ModelProcess()) as model:
        load = stream_side_by_side(
            folder, model, processes=size.processes, rate=50, seconds=size.seconds, tell=soak.tell
        )
    return load.figures(), load.faults, None


def _day(soak: Soak, folder: Path) -> Found:
    size = soak.size
    with closing(ModelProcess()) as model:
        day = live_through(
            folder, model, windows=size.windows, turns=size.turns, seed=soak.seed, tell=soak.tell
        )
    return day.figures(), day.faults, None


def _taken(soak: Soak, folder: Path) -> Found:
    with closing(ModelProcess()) as model:
        taking = take_away(folder, model, rounds=soak.size.takings, seed=soak.seed, tell=soak.tell)
    return taking.figures(), taking.faults, None


def _stopped(soak: Soak, folder: Path) -> Found:
    with closing(ModelProcess()) as model:
        stopping = stop_and_take_over(folder, model, rounds=soak.size.stops, seed=soak.seed, tell=soak.tell)
    return stopping.figures(), stopping.faults, None


def _long(soak: Soak, folder: Path) -> Found:
    size = soak.size
    work = work_long(
        folder,
        messages=size.long_messages,
        windows=size.long_windows,
        allowed_ms=size.long_wait_ms,
        tell=soak.tell,
    )
    return work.figures(), work.faults, None


PARTS: Final[Mapping[str, Callable[[Soak, Path], Found]]] = {
    "fuzz": _fuzz,
    "guided": _guided,
    "kills": _kills,
    "load": _load,
    "day": _day,
    "taken": _taken,
    "stopped": _stopped,
    "long": _long,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the parts; 1 if a bound is broken."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.write and (given.quick or given.only):
        parser.error("--write takes the figures of a full run, not of --quick or --only")
    with tempfile.TemporaryDirectory(dir=given.folder, ignore_cleanup_errors=True) as folder:
        # where the system names its temporary folder by a link, the product names the real one
        place = Path(folder).resolve()
        soak = Soak(size=QUICK if given.quick else FULL, folder=place, seed=given.seed, tell=_tell)
        parts = [soak.part(name) for name in given.only or PARTS]
    print(markdown(parts))
    if given.json:
        given.json.write_text(json.dumps(plain(parts), indent=2) + "\n", encoding="utf-8")
    if given.write:
        write_into(PAGE, parts)
    broken = [(part, figure) for part in parts for figure in part.failures]
    for part, figure in broken:
        print(f"BROKEN: {part.name}: {figure.what}: {figure.value:g}, not {figure.bound}", file=sys.stderr)
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="poe soak", description="Reliability under fire; takes twenty-five minutes on two cores."
    )
    parser.add_argument("--quick", action="store_true", help="a minute's worth of everything")
    parser.add_argument("--only", action="append", choices=list(PARTS), metavar="NAME", help=", ".join(PARTS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to a file")
    parser.add_argument(
        "--write", action="store_true", help="write the tables into server/docs/reliability.md"
    )
    parser.add_argument("--seed", type=int, default=1, help="of everything that is left to chance")
    parser.add_argument("--folder", type=Path, help="where to work; a real disk")
    return parser


def _tell(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
