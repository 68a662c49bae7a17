"""The store's files taken away under a living server, in every way and among writes of every kind: what was
acknowledged is in the store or in what was rescued, and the doctor brings it together."""

import random
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.soak.audit import problems
from tests.soak.figures import Figure
from tests.soak.remembered import Remembered
from tests.soak.writes import Writes
from tests.support.product import Editor, ModelProcess
from tests.support.wire import Json
from threadkeep.adapters.store.taken import SETTLED_SECONDS
from threadkeep.values import Mutable, field

LONGEST: Final = 0.5
"""Seconds of writing before the files are taken, at most."""
NOTICED_WITHIN: Final = 30.0
"""Seconds in which that must be told; a write, or else a look each second, notices it."""
GOES_ON_WITHIN: Final = 30.0
"""Seconds in which the same server must take writes again, in the store that lies at the path then."""

SETTLED_WITHIN: Final = 10.0
"""Seconds in which what was under way must be at its end, once the doctor has taken it in."""


def _delete_folder(store: Path) -> None:
    while store.exists():  # something may just be written into it
        shutil.rmtree(store, ignore_errors=True)


def _delete_database(store: Path) -> None:
    for name in ("threadkeep.db", "threadkeep.db-wal", "threadkeep.db-shm"):
        (store / name).unlink()


def _move(store: Path) -> None:
    store.rename(store.with_name("moved"))


def _link(store: Path) -> None:
    elsewhere = store.with_name("elsewhere")
    elsewhere.mkdir()
    store.rename(store.with_name("moved"))
    store.symlink_to(elsewhere, target_is_directory=True)


def _older(store: Path) -> None:
    store.with_name("older.db").replace(store / "threadkeep.db")


WAYS: Final[Mapping[str, Callable[[Path], object]]] = {
    "folder": _delete_folder,
    "database": _delete_database,
    "log": lambda store: (store / "threadkeep.db-wal").unlink(),
    "index": lambda store: (store / "threadkeep.db-shm").unlink(),
    "moved": _move,
    "link": _link,
    "older": _older,
}
"""What another program does; `older` puts a backup in the place of the database."""


class Doubtful(Remembered):
    """A write that was refused may have got into what is rescued: all of it, or nothing."""

    def refuse(self) -> None:
        pass


class Taking(Mutable, kw_only=False):
    """What was found, over all ways."""

    taken: int = 0
    acknowledged: int = 0
    """Writes, before the files were taken."""
    went_on: int = 0
    """Servers that took writes again."""
    took_effect: int = 0
    """Writes that were refused and are there all the same, whole."""
    slowest_notice: float = 0.0
    """Seconds from the taking until a client that writes has met it; it may just wait for an answer."""
    faults: list[str] = field(factory=list)

    def figures(self) -> list[Figure]:
        """For the report."""
        return [
            Figure(what="times the files were taken away", value=self.taken),
            Figure(what="ways", value=len(WAYS)),
            Figure(what="writes acknowledged before", value=self.acknowledged, at_least=1),
            Figure(what="refused writes that were rescued, whole", value=self.took_effect),
            Figure(what="servers that went on by themselves", value=self.went_on, at_least=1),
            Figure(
                what="slowest to meet it, waits for answers included",
                value=round(self.slowest_notice, 2),
                unit="s",
                at_most=NOTICED_WITHIN,
            ),
            Figure(what="lost, halved or broken", value=len(self.faults), at_most=0),
        ]


def take_away(
    folder: Path, model: ModelProcess, *, rounds: int, seed: int, tell: Callable[[str], None]
) -> Taking:
    """Each way so many times, each on a store of its own."""
    taking = Taking()
    for number in range(rounds):
        for way in WAYS:
            place = folder / f"{way} {number}"
            place.mkdir(parents=True)
            _Round(place, model, way, seed=seed * 1000 + number, taking=taking).run()
        tell(f"taken away: {taking.taken}, faults: {len(taking.faults)}")
    return taking


class _Round:
    """A server that writes, whose files go; then a fresh one, the doctor, and the comparison."""

    def __init__(self, folder: Path, model: ModelProcess, way: str, *, seed: int, taking: Taking) -> None:
        self._folder = folder
        self._model = model
        self._way = way
        self._chance = random.Random(f"{way} {seed}")
        self._taking = taking
        self._remembered = Doubtful()
        self._going_since = 0.0
        self._taken_at = 0.0

    def run(self) -> None:
        with self._editor() as editor:
            editor.begin()
            self._fill(editor)
            self._write_until_refused(editor)
            ending = self._chance.choice(("leaves", "goes on", "killed"))
            if ending == "goes on":
                self._go_on(editor)
            if ending == "killed":  # what it was asked last was answered: all of it is written out
                editor.kill()
            else:
                editor.shut_down()
        with self._editor() as fresh:
            fresh.begin()
            self._look(fresh, ending)
            fresh.shut_down()
        self._taking.taken += 1

    def _editor(self) -> Editor:
        return Editor(self._folder, model=self._model.base_url, timeout=60)

    def _fill(self, editor: Editor) -> None:
        writes = Writes(editor, self._remembered, self._chance)
        for _ in range(self._chance.randrange(1, 10)):
            while not sum(writes.acknowledged.values()):  # the store is made by the first one
                writes.one()
            writes.one()
        if self._way == "older":
            editor.result("session/list", {})
            made = editor.result("store/backup", {"path": str(self._folder / "older.db")})
            assert Path(made["path"]).exists()
            for _ in range(self._chance.randrange(6)):
                writes.one()
        self._writes = writes

    def _write_until_refused(self, editor: Editor) -> None:
        thief = threading.Timer(self._chance.uniform(0, LONGEST), self._take, [editor.store])
        thief.start()
        try:
            while not self._is_told(editor):
                if self._taken_at and time.monotonic() > self._taken_at + NOTICED_WITHIN:
                    return self._fault("nobody noticed it")
                self._write()
        except AssertionError as error:
            if not self._taken_at:
                self._fault(f"refused before: {error}")
        finally:
            thief.join()
        editor.wait_for(lambda m: _warning(m) == "takenAway")
        self._taking.slowest_notice = max(self._taking.slowest_notice, time.monotonic() - self._taken_at)
        self._taking.acknowledged += sum(self._writes.acknowledged.values())
        if not list(editor.store.glob("threadkeep-rescued-*.db")):
            self._fault("nothing was rescued")
        return None

    def _write(self) -> None:
        """Something. What is acknowledged so long after the files began to go may be in the store that lies there now,
        whenever it was asked for."""
        before = dict(self._remembered.sessions)
        try:
            self._writes.one()
        finally:  # a part of it may be acknowledged before another is refused
            if self._going_since and time.monotonic() > self._going_since + SETTLED_SECONDS:
                now = self._remembered.sessions
                self._remembered.apart |= {id_ for id_, known in before.items() if now[id_] != known}

    @staticmethod
    def _is_told(editor: Editor) -> bool:
        return any(_warning(message) == "takenAway" for message in editor.received)

    def _take(self, store: Path) -> None:
        self._going_since = time.monotonic()
        try:
            WAYS[self._way](store)
        finally:
            self._taken_at = time.monotonic()

    def _go_on(self, editor: Editor) -> None:
        """In the store that lies at the path; that is told, and what it is told is kept, too."""
        until = time.monotonic() + GOES_ON_WITHIN
        while "error" in editor.call("session/create", {"id": "later", "title": "later"}):
            if time.monotonic() > until:
                return self._fault("the server does not go on")
            time.sleep(0.5)
        self._taking.went_on += 1
        editor.wait_for(lambda m: _warning(m) == "storeReopened")
        return None

    def _look(self, fresh: Editor, ending: str) -> None:
        checked = fresh.result("store/doctor", {"repair": True})
        if not checked["isHealthy"]:
            self._fault(f"the doctor leaves {checked['problems']}")
        until = time.monotonic() + SETTLED_WITHIN
        while unfinished := self._remembered.unfinished(fresh):
            if time.monotonic() > until:
                self._fault(unfinished)
                break
            time.sleep(0.05)
        self._taking.took_effect += self._remembered.check(fresh, is_thorough=True)
        found = self._remembered.faults + problems(fresh.store)
        if ending == "goes on" and "error" in fresh.call("session/get", {"sessionId": "later"}):
            found.append("what was stored later is gone")
        again = fresh.result("store/doctor", {"repair": True})["problems"]
        found += [f"the doctor finds {each} the second time" for each in again]
        left = list(fresh.store.glob("threadkeep-rescued-*.db"))
        found += [f"{file.name} was not taken in" for file in left]
        for each in found:
            self._fault(f"({ending}) {each}")

    def _fault(self, what: str) -> None:
        self._taking.faults.append(f"{self._folder.name}: {what}")


def _warning(message: Json) -> str | None:
    return message["params"]["kind"] if message.get("method") == "store/warning" else None
