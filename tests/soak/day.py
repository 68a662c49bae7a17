"""A day of use at speed: windows come and go, one stays; memory, files and events stay within bounds."""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import psutil  # type: ignore[import-untyped]  # it comes without types

from tests.soak.audit import most_events, problems
from tests.soak.figures import Figure
from tests.support.product import Editor, ModelProcess, plan
from threadkeep.values import Mutable, field

EVENTS_KEPT: Final = 1_063
"""The newest 1,000 of a session, and those since they were last gone through, which is each 64th time."""
MESSAGES_FOR_A_LINE: Final = 2_000
GROWTH_ALLOWED: Final = 6.0
"""MB for each 1,000 messages, in the window that stays."""
LOG_ALLOWED: Final = 64.0
"""MB of SQLite's write-ahead log."""
KILLED: Final = 0.3
"""The share of the windows that are killed and not closed."""


class Sample(Mutable, kw_only=False):
    """The window that stays, at one moment."""

    messages: int
    resident: float
    """MB."""
    descriptors: int
    log: float
    """MB."""


class Day(Mutable, kw_only=False):
    """What was found."""

    sessions: int = 0
    messages: int = 0
    windows: int = 0
    killed: int = 0
    events: int = 0
    """Of the session that has the most."""
    samples: list[Sample] = field(factory=list)
    left: list[str] = field(factory=list)
    """Files of dead processes, after all windows were closed and one more was opened and closed."""
    faults: list[str] = field(factory=list)

    @property
    def growth(self) -> float:
        """MB for each 1,000 messages, fitted to the second half: at first caches fill."""
        half = self.samples[len(self.samples) // 2 :]
        return slope([s.messages / 1000 for s in half], [s.resident for s in half])

    def figures(self) -> list[Figure]:
        """For the report."""
        half = self.samples[len(self.samples) // 2 :] or [Sample(0, 0.0, 0, 0.0)]
        return [
            Figure(what="sessions", value=self.sessions),
            Figure(what="messages", value=self.messages),
            Figure(what="windows that came and went", value=self.windows),
            Figure(what="of them killed", value=self.killed),
            Figure(what="errors, and rows that do not fit", value=len(self.faults), at_most=0),
            Figure(
                what="memory of the window that stays, at the end",
                value=round(half[-1].resident, 1),
                unit="MB",
            ),
            Figure(
                what="its growth, second half",
                value=round(self.growth, 2),
                unit="MB for 1,000 messages",
                # few messages lie on no line: what is imported once counts as if it came again and again
                at_most=GROWTH_ALLOWED if self.messages >= MESSAGES_FOR_A_LINE else None,
            ),
            Figure(
                what="its further open files, second half",
                value=half[-1].descriptors - half[0].descriptors,
                at_most=4,
            ),
            Figure(
                what="write-ahead log, largest",
                value=round(max(s.log for s in self.samples), 1) if self.samples else 0.0,
                unit="MB",
                at_most=LOG_ALLOWED,
            ),
            Figure(what="events of one session, most", value=self.events, at_most=EVENTS_KEPT),
            Figure(what="files that dead processes left", value=len(self.left), at_most=0),
        ]


def live_through(
    folder: Path, model: ModelProcess, *, windows: int, turns: int, seed: int, tell: Callable[[str], None]
) -> Day:
    """So many windows that come and go; beside each, the one that stays takes so many turns."""
    chance, day = random.Random(seed), Day()
    with Editor(folder, model=model.base_url, timeout=60) as staying:
        staying.begin(client="stays")
        for number in range(windows):
            _another(folder, model, day, chance, number)
            _use(staying, day, chance, turns, sessions=max(1, turns // 8))
            staying.received.clear()
            staying._pending.clear()  # notifications of the other windows that nobody waits for
            day.samples.append(_sample(staying, day))
            if number % 10 == 9:
                tell(f"day: {number + 1} windows, {day.messages:,} messages")
        _one_long_session(staying, day, messages=max(20, windows * 10))
        day.faults += problems(staying.store)
        day.faults += [f"the doctor finds {each}" for each in staying.result("store/doctor")["problems"]]
        day.events = most_events(staying.store)
        day.sessions = staying.result("store/info")["sessions"]
        staying.shut_down()
    with Editor(folder, model=model.base_url, timeout=60) as last:
        last.begin()
        last.open()
        last.shut_down()
    day.left = sorted(file.name for file in (folder / "store" / "owners").iterdir())
    return day


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Of the line that fits best; 0 where there is none."""
    if len(set(xs)) < 2:
        return 0.0
    return statistics.linear_regression(xs, ys).slope


def _another(folder: Path, model: ModelProcess, day: Day, chance: random.Random, number: int) -> None:
    """A window that opens, takes some turns, and is closed or killed, now and then in mid-answer."""
    with Editor(folder, model=model.base_url, timeout=60) as window:
        window.begin(client=f"window {number}")
        window.open(task=f"task-{chance.randrange(20)}", windowId=f"w{number % 5}")
        _use(window, day, chance, 4, sessions=2)
        day.windows += 1
        if chance.random() >= KILLED:
            if window.shut_down() != 0:
                day.faults.append(f"window {number} ended with {window.process.returncode}")
            return
        session_id = window.result("session/create", {"task": "killed"})["session"]["id"]
        text = plan("Long", tokens=500, token_delay=0.01)
        window.result("chat/send", {"sessionId": session_id, "text": text})
        time.sleep(chance.uniform(0, 0.1))
        window.kill()
        day.killed += 1
        day.messages += 2


def _use(editor: Editor, day: Day, chance: random.Random, turns: int, *, sessions: int) -> None:
    """Sessions with turns, edits, forks, drafts, marks, searches for the current one; some are put away."""
    for number in range(sessions):
        task = f"task-{chance.randrange(20)}"
        session_id = editor.result("session/create", {"task": task, "title": f"{task} {number}"})["session"][
            "id"
        ]
        for _ in range(turns // sessions):
            words = " ".join(f"w{chance.randrange(5000)}" for _ in range(chance.randint(3, 40)))
            said = editor.say(session_id, plan(words, texts=[words[:20], words[20:]]))
            if said["turn"]["status"] != "completed":
                day.faults.append(f"a turn {said['turn']['status']}: {said['turn'].get('error')}")
            day.messages += 2
        editor.result("draft/set", {"sessionId": session_id, "windowId": "w1", "text": "to be said"})
        _look_back(editor, day, session_id, said["turn"]["userMessageId"], chance)


def _look_back(editor: Editor, day: Day, session_id: str, message_id: str, chance: random.Random) -> None:
    what = chance.randrange(5)
    if what == 0:
        params = {"sessionId": session_id, "messageId": message_id, "text": plan("Edited", texts=["Again"])}
        edited = editor.result("chat/edit", params)
        editor.result("chat/wait", {"sessionId": session_id, "turnId": edited["turnId"]})
        day.messages += 2
    elif what == 1:
        fork = editor.result("session/fork", {"sessionId": session_id})["session"]
        day.messages += fork["messageCount"]
    elif what == 2:
        editor.result("session/pause", {"sessionId": session_id})
        editor.result("session/archive", {"sessionId": session_id})
    elif what == 3:
        editor.result("session/clear", {"sessionId": session_id})
    else:
        editor.result("message/update", {"messageId": message_id, "isFavourite": True})
        editor.result("session/end", {"sessionId": session_id})
    editor.result("session/list", {"limit": 20, "withTotal": True})
    editor.result("session/history", {"sessionId": session_id, "limit": 50})
    editor.result("session/close", {"sessionId": session_id})


def _one_long_session(editor: Editor, day: Day, *, messages: int) -> None:
    """More events than are kept."""
    session_id = editor.result("session/create", {"task": "long"})["session"]["id"]
    for _ in range(messages // 2):
        editor.say(session_id, plan("On", texts=["and on"]))
        day.messages += 2
    for number in range(messages):
        editor.result("session/update", {"sessionId": session_id, "note": str(number)})
    editor.received.clear()


def _sample(editor: Editor, day: Day) -> Sample:
    process = psutil.Process(editor.process.pid)
    log = editor.store / "threadkeep.db-wal"
    return Sample(
        messages=day.messages,
        resident=process.memory_info().rss / 1e6,
        descriptors=process.num_fds() if hasattr(process, "num_fds") else process.num_handles(),
        log=log.stat().st_size / 1e6 if log.exists() else 0.0,
    )
