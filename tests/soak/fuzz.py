"""Spoilt messages to the real process: each request is answered exactly once, and memory stays within a bound."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import psutil  # type: ignore[import-untyped]  # it comes without types

from tests.soak.figures import Figure
from tests.soak.frames import Frames, Owed, id_key, is_in, owed
from tests.support.product import Editor
from tests.support.wire import Framing, frame
from threadkeep.values import Mutable, field

BATCH: Final = 100
"""Frames that are sent without waiting for an answer."""
PATIENCE: Final = 60.0
"""Seconds in which the answers of a batch must be there."""
SETTLING: Final = 10_000
"""Frames after which memory has found its level."""
GROWTH_ALLOWED: Final = 40.0
"""MB above that level."""


class Listener(Editor):
    """Counts the answers as they come and keeps nothing else."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.answers: Counter[Any] = Counter()
        self.strays: list[str] = []
        """What came that is neither an answer nor a notification."""
        self._count = threading.Condition()
        self._answered = 0
        self.is_counting = False
        super().__init__(folder, **options)

    def _messages(self) -> Iterator[Any]:
        for message in super()._messages():
            if not self.is_counting:
                yield message
            elif "method" not in message:
                with self._count:
                    self.answers[id_key(message.get("id"))] += 1
                    self._answered += 1
                    if ("result" in message) == ("error" in message):
                        self.strays.append(repr(message)[:200])
                    self._count.notify_all()

    def answered(self, count: int, *, within: float) -> bool:
        """Waits until so many answers have come in all; whether they did."""
        with self._count:
            return self._count.wait_for(lambda: self._answered >= count, within)

    def has_answered(self, id_: Any, *, within: float) -> bool:
        """Waits for the answer to one request; whether it came."""
        with self._count:
            return self._count.wait_for(lambda: self.answers[id_] > 0, within)


class Tally(Mutable, kw_only=False):
    """What was found, over all connections."""

    frames: int = 0
    requests: int = 0
    """Frames that are owed an answer."""
    unreadable: int = 0
    """Those of them that are no JSON."""
    answers: int = 0
    restarts: int = 0
    faults: list[str] = field(factory=list)
    settled: dict[str, float] = field(factory=dict)
    peaks: dict[str, float] = field(factory=dict)

    @property
    def growth(self) -> float:
        """MB that the worst connection grew by after its first `SETTLING` frames."""
        return max((self.peaks[name] - self.settled[name] for name in self.settled), default=0.0)

    def figures(self) -> list[Figure]:
        """For the report."""
        return [
            Figure(what="frames sent", value=self.frames),
            Figure(what="of them owed an answer", value=self.requests),
            Figure(what="of those no JSON", value=self.unreadable),
            Figure(what="answers that came", value=self.answers),
            Figure(
                what="faults: lost, double or strange answers, hangs, exits",
                value=len(self.faults),
                at_most=0,
            ),
            Figure(what="servers started anew, where a stream cannot be read on", value=self.restarts),
            Figure(
                what=f"memory above that after the first {SETTLING:,} frames",
                value=round(self.growth, 1),
                unit="MB",
                at_most=GROWTH_ALLOWED,
            ),
        ]


def fuzz(folder: Path, *, frames: int, streams: int, seed: int, tell: Callable[[str], None]) -> Tally:
    """Sends so many frames in two long connections, and so many broken streams in others."""
    tally = Tally()
    shares: Sequence[tuple[Framing, int]] = (("headers", frames * 7 // 10), ("lines", frames * 3 // 10))
    for framing, share in shares:
        tell(f"fuzz: {share:,} frames, {framing}")
        _frames(folder / framing, framing, share, random.Random(seed), tally)
    tell(f"fuzz: {streams} broken streams")
    _broken_streams(folder / "streams", streams, random.Random(seed + 1), tally)
    return tally


def _frames(folder: Path, framing: Framing, count: int, chance: random.Random, tally: Tally) -> None:
    with Listener(folder, framing=framing) as editor:
        editor.begin()
        source = Frames(chance, _begun(editor))
        editor.is_counting = True
        due: list[tuple[bytes, Owed]] = []
        before = 0
        for start in range(0, count, BATCH):
            bodies = [_for(framing, source.body()) for _ in range(min(BATCH, count - start))]
            found = [(part, owed(part)) for body in bodies for part in _parts(framing, body)]
            due += [(part, one) for part, one in found if one is not None]
            tally.frames += len(bodies)
            try:
                editor.send_bytes(b"".join(frame(body, framing=framing) for body in bodies))
                is_there = editor.answered(len(due), within=PATIENCE)
            except OSError:
                is_there = False
            if not is_there:
                tally.faults.append(_missing(editor, due[before:]))
                break
            before = len(due)
            _weigh(editor, framing, start + len(bodies), tally)
        time.sleep(0.2)  # an answer too many would come now
        _check(editor, due, tally)
        _still_lives(editor, tally)


def _begun(editor: Editor) -> dict[str, list[str]]:
    """Ids of things that exist: a session with a finished turn, a paused one, an ended one."""
    ids: dict[str, list[str]] = {"sessionId": [], "messageId": [], "turnId": []}
    for state in ("none", "session/pause", "session/end"):
        session_id = editor.result("session/create", {"task": state})["session"]["id"]
        said = editor.say(session_id, "Hello")
        if state != "none":
            editor.result(state, {"sessionId": session_id})
        ids["sessionId"].append(session_id)
        ids["messageId"].append(said["message"]["id"])
        ids["turnId"].append(said["turn"]["id"])
    return ids


def _for(framing: Framing, body: bytes) -> bytes:
    return body if framing == "headers" else body.replace(b"\n", b" ")


def _parts(framing: Framing, body: bytes) -> list[bytes]:
    """What the server sees of a body: a blank line is none."""
    return [body] if framing == "headers" or body.strip(b" \t\r\n") else []


def _weigh(editor: Editor, name: str, sent: int, tally: Tally) -> None:
    if sent % 1000:
        return
    held = psutil.Process(editor.process.pid).memory_info().rss / 1e6
    if sent <= SETTLING:
        tally.settled[name] = max(held, tally.settled.get(name, 0.0))
    tally.peaks[name] = max(held, tally.peaks.get(name, 0.0))


def _check(editor: Listener, due: list[tuple[bytes, Owed]], tally: Tally) -> None:
    exact = Counter(one.id for _, one in due if one.is_certain)
    vague = [body for body, one in due if not one.is_certain]
    tally.requests += len(due)
    tally.unreadable += len(vague)
    tally.answers += editor.answers.total()
    tally.faults += [f"{n} × no answer to {id_!r}" for id_, n in (exact - editor.answers).items()]
    beyond = editor.answers - exact
    strange = [id_ for id_ in beyond if id_ is not None and not is_in(id_, vague)]
    tally.faults += [f"{beyond[id_]} × too many for {id_!r}" for id_ in strange]
    if beyond.total() > len(vague):
        tally.faults.append(f"{beyond.total() - len(vague)} answers to nothing")
    tally.faults += editor.strays


def _missing(editor: Listener, batch: list[tuple[bytes, Owed]]) -> str:
    code = editor.process.poll()
    missing = [body for body, one in batch if one.is_certain and not editor.answers[one.id]]
    vague = [body for body, one in batch if not one.is_certain]
    what = f"the server ended with {code}" if code is not None else "answers are missing"
    return f"{what}; unanswered: {missing[:3]!r}; or one of: {vague[:20]!r}; stderr: {editor.stderr[-500:]}"


def _still_lives(editor: Listener, tally: Tally) -> None:
    try:
        editor.request("store/info", id_="at last")
        if not editor.has_answered("at last", within=PATIENCE):
            tally.faults.append("a sound request at the end is not answered")
    except OSError:
        tally.faults.append("the server is gone at the end")


def _broken_streams(folder: Path, count: int, chance: random.Random, tally: Tally) -> None:
    """Bytes between frames, wrong lengths, half frames: what follows them is heard again."""
    done = 0
    while done < count:
        with Listener(folder) as editor:
            editor.begin()
            editor.is_counting = True
            source = Frames(chance)
            while done < count:
                done += 1
                tally.frames += 1
                spoilt, is_lost = _spoilt_stream(chance, source.body())
                if not _is_heard_again(editor, spoilt, number=done, is_lost=is_lost, tally=tally):
                    break
            tally.restarts += done < count


def _spoilt_stream(chance: random.Random, body: bytes) -> tuple[bytes, bool]:
    """Bytes, and whether a stream ends with them for good: it promises more than ever will come."""
    size = len(body)
    ways: Sequence[tuple[bytes, bool]] = (
        (b"Content-Length: %d\r\n\r\n%b" % (size + chance.randint(1, 60), body), False),
        (b"Content-Length: %d\r\n\r\n%b" % (max(0, size - chance.randint(1, 60)), body), False),
        (b"Content-Length: -5\r\n\r\n" + body, False),
        (b"Content-Length: 1e3\r\n\r\n" + body, False),
        (b"Content-Length: \r\n\r\n" + body, False),
        (b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n" + body, False),
        (b"Content-Type: text/plain\r\n\r\n" + body, False),
        (b"content-LENGTH :%d \n\n%b" % (size, body), False),
        (body + b"\r\n\r\n", False),
        (chance.randbytes(chance.randint(1, 300)), False),
        (b"x" * 10_000, False),
        (b"\r\n" * chance.randint(1, 50), False),
        (b"Content-Length: 999999999\r\n\r\n" + body, True),
        (b"Content-Length: 60000000\r\n\r\n" + body, True),
    )
    weights = [4 if not is_lost else 0.05 for _, is_lost in ways]
    return chance.choices(ways, weights)[0]


def _is_heard_again(editor: Listener, spoilt: bytes, *, number: int, is_lost: bool, tally: Tally) -> bool:
    """Sends fences behind the spoilt bytes until one is answered; False where the connection is over."""
    try:
        editor.send_bytes(spoilt)
        for attempt in range(40):
            id_ = f"fence {number}.{attempt}"
            editor.request("store/info", id_=id_)
            tally.requests += 1
            if editor.has_answered(id_, within=0.05 if attempt < 20 else 0.5):
                double = [key for key, count in editor.answers.items() if key is not None and count > 1]
                tally.faults += [f"{key!r} is answered twice" for key in double]
                tally.answers += editor.answers.total()
                editor.answers.clear()
                return True
            if is_lost:
                break
    except OSError:
        tally.faults.append(f"the server ended after {spoilt[:200]!r}: {editor.stderr[-500:]}")
        return False
    if not is_lost:
        tally.faults.append(f"nothing is heard any more after {spoilt[:200]!r}")
    editor.close_input()
    if editor.wait() != 0:
        tally.faults.append(f"a bad end of the input, exit code {editor.process.returncode}")
    return False
