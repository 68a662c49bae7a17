"""Windows that are stopped (SIGSTOP) in mid-answer, taken over from, and continued or killed: nothing that was taken
over is written by who had it, and nothing that was acknowledged is lost."""

import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from tests.soak.audit import problems
from tests.soak.figures import Figure
from tests.support.product import Editor, ModelProcess, plan
from tests.support.wire import Json
from threadkeep.values import Mutable, field

OVER_WITHIN: Final = 10.0
"""Seconds in which a session is free again; a process that does not react is waited for three."""
TOKEN_DELAY: Final = 0.02
LOOKED_AT: Final = 100
"""Messages of the history that are compared: a page holds 200."""
SETTLED: Final = 0.5
"""Seconds that who is continued gets to do what it must not."""


class Stopping(Mutable, kw_only=False):
    """What was found, over all rounds."""

    stopped: int = 0
    in_a_transaction: int = 0
    """Stopped while they kept the store from being written: nothing helps then but to continue or end them."""
    continued: int = 0
    slowest: float = 0.0
    faults: list[str] = field(factory=list)

    def figures(self) -> list[Figure]:
        """For the report."""
        return [
            Figure(what="windows stopped in mid-answer", value=self.stopped, at_least=1),
            Figure(what="of them within a transaction", value=self.in_a_transaction),
            Figure(what="continued after they were taken over from, the others killed", value=self.continued),
            Figure(what="slowest taking over", value=round(self.slowest, 2), unit="s", at_most=OVER_WITHIN),
            Figure(what="lost, doubled or written after the end", value=len(self.faults), at_most=0),
        ]


def stop_and_take_over(
    folder: Path, model: ModelProcess, *, rounds: int, seed: int, tell: Callable[[str], None]
) -> Stopping:
    """So many rounds on one store. Nothing where the system cannot stop a process."""
    stopping = Stopping()
    if sys.platform == "win32":
        return stopping
    chance = random.Random(seed)
    with _editor(folder, model) as right:
        session_id = right.open()["session"]["id"]
        right.say(session_id, plan("First", texts=["Kept."]))
        for number in range(rounds):
            with _editor(folder, model) as left:
                left.open()
                _round(left, right, session_id, number=number, chance=chance, stopping=stopping)
        tell(f"stopped: {stopping.stopped}, faults: {len(stopping.faults)}")
        right.shut_down()
    stopping.faults += problems(folder / "store")
    return stopping


@contextlib.contextmanager
def _editor(folder: Path, model: ModelProcess) -> Iterator[Editor]:
    with Editor(folder, model=model.base_url) as editor:
        editor.begin(folder)
        yield editor


def _round(
    left: Editor, right: Editor, session_id: str, *, number: int, chance: random.Random, stopping: Stopping
) -> None:
    before = _history(right, session_id)
    words = [f"r{number}w{word} " for word in range(400)]
    text = plan(f"Round {number}", texts=words, token_delay=TOKEN_DELAY)
    turn_id = left.result("chat/send", {"sessionId": session_id, "text": text})["turnId"]
    left.notification("chat/delta")
    time.sleep(chance.uniform(0, 0.5))
    os.kill(left.process.pid, signal.SIGSTOP)
    stopping.stopped += 1
    began = time.monotonic()
    taken = right.call("chat/takeOver", {"sessionId": session_id})
    if taken.get("error", {}).get("data", {}).get("kind") == "storeUnavailable":
        stopping.in_a_transaction += 1
        os.kill(left.process.pid, signal.SIGKILL)
        left.process.wait()
        taken = right.call("chat/takeOver", {"sessionId": session_id})
    else:
        stopping.slowest = max(stopping.slowest, time.monotonic() - began)
    if "error" in taken:
        stopping.faults.append(f"round {number}: not taken over: {taken['error']}")
        return
    after = _history(right, session_id)
    said = after[-1]
    ids = [each["id"] for each in after]
    if not set(ids) > {each["id"] for each in before[-LOOKED_AT:]}:
        stopping.faults.append(f"round {number}: the earlier history changed")
    if said["status"] != "interrupted" or not "".join(words).startswith(said["content"]):
        stopping.faults.append(f"round {number}: {said['status']} with {said['content'][-80:]!r}")
    asked = right.say(session_id, plan(f"Next {number}", texts=["Free again."]))
    if asked["message"]["content"] != "Free again.":
        stopping.faults.append(f"round {number}: the session is not free: {asked['turn']['status']}")
    wanted = _history(right, session_id)
    _let_go(left, turn_id, said, chance=chance, stopping=stopping)
    if _history(right, session_id) != wanted:
        stopping.faults.append(f"round {number}: who was continued wrote")


def _let_go(left: Editor, turn_id: str, said: Json, *, chance: random.Random, stopping: Stopping) -> None:
    """Continues the window, which must tell its client what is stored, or kills it."""
    if left.process.poll() is not None:
        return
    if chance.random() < 0.5:
        left.process.kill()
        return
    stopping.continued += 1
    os.kill(left.process.pid, signal.SIGCONT)

    def is_end(message: Json) -> bool:
        params: Any = message.get("params")
        return message.get("method") == "chat/turnCompleted" and params["turn"]["id"] == turn_id

    try:
        told = left.wait_for(is_end)["params"]
    except TimeoutError:
        stopping.faults.append("who was continued never told its client of the end")
        return
    if told["message"]["content"] != said["content"]:
        stopping.faults.append("who was continued shows another text than is stored")
    time.sleep(SETTLED)


def _history(editor: Editor, session_id: str) -> list[Json]:
    found: list[Json] = editor.result("session/history", {"sessionId": session_id, "limit": 200})["messages"]
    return found
