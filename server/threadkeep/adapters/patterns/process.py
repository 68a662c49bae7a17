"""A process that tries one pattern, and what watches it: neither time nor memory is left to the engine's word."""

import json
import marshal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

from threadkeep.adapters.patterns.memory import resident_bytes
from threadkeep.domain.errors import ExtraMissing, InvalidValue
from threadkeep.domain.search import MAX_RANGES, Range
from threadkeep.values import Value, field

Excess = Literal["time", "memory"]
MEBIBYTE: Final = 1024 * 1024
LIST_CHARACTERS: Final = MEBIBYTE
"""Of the texts that are sent at once, but for one that is longer."""
MAX_ANSWER_BYTES: Final = 64 * MEBIBYTE
WORKER: Final = Path(__file__).with_name("worker.py")
_HEAD: Final = 4


class Bounds(Value):
    """What a pattern may take, in seconds by the wall and in bytes."""

    start: float = 10.0
    """Until the process is there."""
    reading: float = 2.0
    """Until the pattern is compiled."""
    text: float = 1.0
    """For one text, as the engine is told: an ordinary pattern needs far less for the longest."""
    texts: float = 1.0
    """After so long the process tells how far it has come with a list of texts."""
    grace: float = 1.0
    """So much later the process is killed: the engine does not always keep to what it is told."""
    in_all: float = 60.0
    """For all texts of one search: what others store goes before it meanwhile, but other patterns wait."""
    memory: int = 160 * MEBIBYTE
    """Of the process; it has 12 MiB before it does anything. A text that is sent counts for itself."""
    look: float = 0.02
    """How often it is looked at."""


class PatternProcesses(Value):
    """Tries each pattern in a process of its own: the Patterns port over the package `regex`."""

    bounds: Bounds = field(factory=Bounds)
    memory_of: Callable[[int], int] = resident_bytes
    """The bytes that a process has in memory; 0 where that cannot be told."""
    worker: Path = WORKER
    """The program of the process."""

    @contextmanager
    def read(self, query: str, *, check: Callable[[], None]) -> Generator["_Trial"]:
        """As the port says."""
        check()
        trial = _Trial(
            _started(self.worker, self.bounds), bounds=self.bounds, memory_of=self.memory_of, check=check
        )
        try:
            trial.read(query)
            yield trial
        finally:
            trial.close()


class _Trial:
    """One pattern in one process. Used by one thread; a second one watches while the first waits."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        *,
        bounds: Bounds,
        memory_of: Callable[[int], int],
        check: Callable[[], None],
    ) -> None:
        self._process = process
        self._bounds = bounds
        self._memory_of = memory_of
        self._check = check
        self._spent = 0.0
        self._sent = 0
        self._until: float | None = None
        self._excess: Excess | None = None
        self._given_up: BaseException | None = None
        self._is_over = threading.Event()
        self._watch = threading.Thread(target=self._look, name="threadkeep-pattern-watch", daemon=True)
        self._watch.start()

    def read(self, query: str) -> None:
        """Raises InvalidValue for what is no pattern, or takes too much."""
        self._ask([], within=self._bounds.start)
        answer = self._ask(query, within=self._bounds.reading)
        if "error" in answer:
            where = answer.get("at")
            place = f" (at character {where + 1})" if isinstance(where, int) else ""
            raise InvalidValue("query", f"is not a valid regular expression: {answer.get('told')}{place}")

    def ranges(self, texts: Sequence[str]) -> list[list[Range]]:
        """As the port says."""
        found: list[list[Range]] = [[] for _ in texts]
        at = 0
        while at < len(texts):
            end, characters = at + 1, len(texts[at])
            while end < len(texts) and (characters := characters + len(texts[end])) <= LIST_CHARACTERS:
                end += 1
            began = time.monotonic()
            answer = self._ask(list(texts[at:end]), within=self._bounds.texts + self._bounds.text)
            self._spent += time.monotonic() - began
            for place, ranges in answer["found"]:
                found[at + place] = [(start, stop) for start, stop in ranges]
            at += answer["done"]
            if at < len(texts) and self._spent > self._bounds.in_all:
                raise _too_much("time", self._bounds, seconds=self._bounds.in_all, what="all texts")
        return found

    def close(self) -> None:
        """Ends the process, whatever it does."""
        self._is_over.set()
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                assert stream is not None  # noqa: S101 - both are pipes
                stream.close()
        self._process.wait()
        self._watch.join()

    def _ask(self, value: Any, *, within: float) -> dict[str, Any]:
        frame = marshal.dumps(value)
        self._sent = len(frame)
        self._until = time.monotonic() + within + self._bounds.grace
        try:
            answer = self._exchanged(frame)
        except (OSError, EOFError, ValueError):
            answer = {}
            if self._given_up is not None:
                raise self._given_up from None
            if self._excess is None:
                raise InvalidValue(
                    "query", "the engine of regular expressions broke off at this pattern"
                ) from None
        finally:
            self._until = None
        excess = self._excess or answer.get("error")
        if excess in ("time", "memory"):
            what = "reading it" if isinstance(value, str) else "one text"
            seconds = self._bounds.reading if isinstance(value, str) else self._bounds.text
            raise _too_much(excess, self._bounds, seconds=seconds, what=what)
        return answer

    def _exchanged(self, frame: bytes) -> dict[str, Any]:
        outgoing, incoming = self._process.stdin, self._process.stdout
        assert outgoing is not None and incoming is not None  # noqa: S101, PT018 - both are pipes
        outgoing.write(len(frame).to_bytes(_HEAD, "big"))
        outgoing.write(frame)
        outgoing.flush()
        length = int.from_bytes(_exactly(incoming.read, _HEAD), "big")
        if length > MAX_ANSWER_BYTES:
            raise ValueError("an answer that is none")
        answer = json.loads(_exactly(incoming.read, length))
        if not isinstance(answer, dict):
            raise ValueError("an answer that is none")
        return answer

    def _look(self) -> None:
        while not self._is_over.wait(self._bounds.look):
            until = self._until
            if until is None:
                continue
            try:
                self._check()
            except BaseException as error:  # noqa: BLE001 - whoever waits gets it
                self._given_up = error
            if self._given_up is None and time.monotonic() > until:
                self._excess = "time"
            elif self._memory_of(self._process.pid) > self._bounds.memory + 8 * self._sent:
                self._excess = "memory"
            if self._given_up is not None or self._excess is not None:
                self._process.kill()
                return


def _started(worker: Path, bounds: Bounds) -> "subprocess.Popen[bytes]":
    found = find_spec("regex")
    if found is None or found.origin is None:
        raise ExtraMissing("regex", purpose="Searching by regular expression")
    # apart from the person's environment, and from the folder that is open: only the standard library and the engine
    command = [sys.executable, "-I", "-S", str(worker), str(Path(found.origin).parents[1])]
    last = max(bounds.reading, bounds.text + bounds.texts) + 2 * bounds.grace
    numbers = (bounds.text, bounds.texts, last, MAX_RANGES, bounds.memory)
    try:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and file
            [*command, *map(str, numbers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise InvalidValue(
            "mode", f"regex needs a process of its own, which cannot be started: {error.strerror or error}"
        ) from None


def _exactly(read: Callable[[int], bytes], length: int) -> bytes:
    data = read(length)
    if len(data) < length:
        raise EOFError
    return data


def _too_much(excess: str, bounds: Bounds, *, seconds: float, what: str) -> InvalidValue:
    if excess == "memory":
        return InvalidValue(
            "query", f"the pattern took more than {bounds.memory // MEBIBYTE} MiB of memory: make it simpler"
        )
    return InvalidValue(
        "query",
        f"the pattern took more than {seconds:g} s for {what}: avoid a repetition inside of a repetition, such as (a+)+",
    )
