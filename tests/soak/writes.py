"""Every kind of write that an editor can ask for, each told to the oracle before it is sent."""

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.soak.remembered import Known, Remembered, Text
from tests.support.product import Editor, plan
from tests.support.wire import Json
from threadkeep.values import evolve

KINDS: Final[Mapping[str, int]] = {
    "create": 2,
    "update": 4,
    "draft": 3,
    "say": 6,
    "stream": 4,
    "queue": 4,
    "unqueue": 2,
    "cancel": 2,
    "pause": 2,
    "resume": 3,
    "end": 1,
    "archive": 1,
    "unarchive": 2,
    "switch": 2,
    "fork": 1,
    "clear": 1,
    "erase": 2,
}
"""And how often each is tried."""
AGENTS: Final = ("assistant", "coder", "reviewer", "writer")
AT_HAND: Final = 6
"""Sessions that are worked in: the newest ones."""
STREAM: Final[Mapping[str, Any]] = {"tokens": 40, "token_delay": 0.004, "stall_after": 40}
"""Text comes for a while; then the turn stays until it is stopped, and holds the queue up."""


class Writes:
    """One editor's writes. A method does nothing and gives False where no session is fit for it."""

    def __init__(self, editor: Editor, remembered: Remembered, chance: random.Random) -> None:
        self._editor = editor
        self._all = remembered
        self._chance = chance
        self._held: set[str] = set()
        """Sessions with a turn of this process that stays."""
        self.acknowledged: dict[str, int] = {}

    def one(self) -> None:
        """Some write. Raises OSError or EOFError once the server is dead."""
        (kind,) = self._chance.choices(list(KINDS), list(KINDS.values()))
        write: Callable[[], bool] = getattr(self, f"_{kind}")
        if write():
            self.acknowledged[kind] = self.acknowledged.get(kind, 0) + 1

    def _create(self) -> bool:
        name = self._name("S")
        params = {"id": name, "task": name, "title": name, "tags": [name], "metadata": {"n": name}}
        self._ask("create", "session/create", params, {name: Known(title=name, task=name, tags=(name,))})
        return True

    def _update(self) -> bool:
        chosen = self._choose(lambda _, known: known.status != "ended")
        if chosen is None:
            return self._create()
        session_id, known = chosen
        name = self._name("U")
        after = evolve(known, title=name, tags=(name,), note=name)
        params = {"sessionId": session_id, "title": name, "tags": [name], "note": name}
        self._ask("update", "session/update", params, {session_id: after})
        return True

    def _draft(self) -> bool:
        chosen = self._choose(lambda _, known: known.is_opened)
        if chosen is None:
            return False
        session_id, known = chosen
        text = self._chance.choice(("", self._name("D")))
        params = {"sessionId": session_id, "text": text}
        self._ask("draft", "draft/set", params, {session_id: evolve(known, draft=text)})
        return True

    def _say(self) -> bool:
        chosen = self._choose(lambda id_, known: known.status == "active" and id_ not in self._held)
        if chosen is None:
            return False
        session_id, _ = chosen
        words = self._name("Q")
        # It is not the first in the queue, if there is one.
        answer = self._name("A")
        sent = self._send("say", session_id, words, texts=[answer[:5], answer[5:]])
        waited = self._editor.result("chat/wait", {"sessionId": session_id, "turnId": sent["turnId"]})
        assert waited["turn"]["status"] == "completed", waited  # else it is shown, and not stored
        assert waited["message"]["content"] == answer, waited
        known = self._all.sessions[session_id]
        texts = tuple(evolve(t, answer=answer) if t.words == words else t for t in known.texts)
        self._all.sessions[session_id] = evolve(known, texts=texts)
        self._all.maybe_running.discard(session_id)
        return True

    def _stream(self) -> bool:
        chosen = self._choose(lambda id_, known: known.status == "active" and id_ not in self._held)
        if chosen is None or self._queued(chosen[0]):
            return False
        self._send("stream", chosen[0], self._name("Q"), **STREAM)
        self._held.add(chosen[0])
        return True

    def _queue(self) -> bool:
        chosen = self._choose(lambda id_, _: id_ in self._held)
        if chosen is None:
            return False
        words = self._name("Q")
        sent = self._send("queue", chosen[0], words, when_busy="queue", texts=["Yes"])
        assert sent["isQueued"] is True, sent
        return True

    def _unqueue(self) -> bool:
        """The message joins the history, before all that still wait."""
        chosen = self._choose(lambda id_, known: id_ in self._held and bool(self._queued(id_)))
        if chosen is None:
            return False
        session_id, known = chosen
        queued = self._queued(session_id)
        out = self._chance.randrange(len(queued))
        said, waiting = known.texts[: -len(queued)], list(known.texts[-len(queued) :])
        taken = waiting.pop(out)
        after = evolve(known, texts=(*said, taken, *waiting))
        params = {"sessionId": session_id, "clear": [queued[out]["turnId"]]}
        self._ask("unqueue", "chat/queue", params, {session_id: after})
        return True

    def _cancel(self) -> bool:
        chosen = self._choose(lambda id_, _: id_ in self._held)
        if chosen is None:
            return False
        session_id, known = chosen
        self._ask("cancel", "chat/cancel", {"sessionId": session_id}, {session_id: known})
        self._held.discard(session_id)
        self._until_idle(session_id)
        return True

    def _pause(self) -> bool:
        return self._move("pause", "paused", from_=("active",))

    def _resume(self) -> bool:
        return self._move("resume", "active", from_=("paused",))

    def _end(self) -> bool:
        return self._move("end", "ended", from_=("active", "paused"))

    def _move(self, verb: str, status: str, *, from_: tuple[str, ...]) -> bool:
        chosen = self._choose(lambda _, known: known.status in from_)
        if chosen is None:
            return False
        session_id, known = chosen
        reason = self._name("R")
        after = evolve(known, status=status, entries=(*known.entries, reason))
        self._ask(verb, f"session/{verb}", {"sessionId": session_id, "reason": reason}, {session_id: after})
        self._held.discard(session_id)
        if status == "active":
            self._all.maybe_running.add(session_id)
            self._until_idle(session_id)
        return True

    def _archive(self) -> bool:
        return self._shelve("archive", is_archived=True)

    def _unarchive(self) -> bool:
        return self._shelve("unarchive", is_archived=False)

    def _shelve(self, verb: str, *, is_archived: bool) -> bool:
        chosen = self._choose(lambda _, known: known.is_archived != is_archived)
        if chosen is None:
            return False
        session_id, known = chosen
        after = evolve(known, is_archived=is_archived)
        self._ask(verb, f"session/{verb}", {"sessionId": session_id}, {session_id: after})
        return True

    def _switch(self) -> bool:
        chosen = self._choose(lambda id_, known: known.status != "ended" and id_ not in self._held)
        if chosen is None:
            return False
        session_id, known = chosen
        agent = self._chance.choice([name for name in AGENTS if name != known.agent])
        reason = self._name("R")
        after = evolve(known, agent=agent, entries=(*known.entries, reason))
        params = {"sessionId": session_id, "agent": agent, "reason": reason}
        self._ask("switch", "session/switchAgent", params, {session_id: after})
        return True

    def _fork(self) -> bool:
        chosen = self._choose(lambda id_, _: id_ not in self._held and not self._queued(id_))
        if chosen is None:
            return False
        session_id, known = chosen
        title = self._name("F")
        texts = tuple(evolve(text) for text in known.texts)
        after = Known(
            title=title,
            task=known.task,
            tags=known.tags,
            agent=known.agent,
            is_fork=True,
            entries=known.entries,
            texts=texts,
        )
        params = {"sessionId": session_id, "title": title, "makeCurrent": False}
        result = self._ask("fork", "session/fork", params, {title: after})
        self._all.sessions[result["session"]["id"]] = self._all.sessions.pop(title)
        return True

    def _clear(self) -> bool:
        chosen = self._choose(
            lambda id_, known: known.status == "active" and id_ not in self._held and not self._queued(id_)
        )
        if chosen is None:
            return False
        session_id, known = chosen
        after = evolve(known, texts=(), entries=())
        self._ask("clear", "session/clear", {"sessionId": session_id}, {session_id: after})
        return True

    def _erase(self) -> bool:
        """The copies in forks go with it."""
        chosen = self._choose(
            lambda _, known: (
                not known.is_fork and any(not t.is_erased for t in known.texts) and not self._held
            )
        )
        if chosen is None:
            return False
        history = self._editor.result("session/history", {"sessionId": chosen[0], "limit": 200})["messages"]
        said = [m for m in history if m["role"] == "user" and m["content"]]
        if not said:
            return False
        message = self._chance.choice(said)
        words = message["content"].split(" [[")[0]
        after = {
            session_id: evolve(known, texts=tuple(_without(text, words) for text in known.texts))
            for session_id, known in self._all.sessions.items()
            if any(text.words == words for text in known.texts)
        }
        self._ask("erase", "message/erase", {"messageId": message["id"]}, after)
        self._all.erased.append(words)
        return True

    def _send(
        self, kind: str, session_id: str, words: str, *, when_busy: str = "reject", **planned: Any
    ) -> Json:
        known = self._all.sessions[session_id]
        after = evolve(known, texts=(*known.texts, Text(words=words)))
        params = {"sessionId": session_id, "text": plan(words, **planned), "whenBusy": when_busy}
        self._all.maybe_running.add(session_id)
        return self._ask(kind, "chat/send", params, {session_id: after})

    def _ask(self, kind: str, method: str, params: Json, after: Mapping[str, Known]) -> Json:
        self._all.begin(kind, after)
        answer = self._editor.call(method, params)
        if "error" in answer:
            self._all.refuse()
            raise AssertionError(f"{method} {params} is refused: {answer['error']}")
        self._all.acknowledge()
        return dict(answer["result"])

    def _choose(self, is_fit: Callable[[str, Known], bool]) -> tuple[str, Known] | None:
        at_hand = list(self._all.sessions.items())[-AT_HAND:]
        fit = [(session_id, known) for session_id, known in at_hand if is_fit(session_id, known)]
        return self._chance.choice(fit) if fit else None

    def _queued(self, session_id: str) -> list[Json]:
        return list(self._editor.result("chat/queue", {"sessionId": session_id})["queued"])

    def _until_idle(self, session_id: str) -> None:
        deadline = time.monotonic() + self._editor.timeout
        while True:
            # the queue first: the last of it may have begun since
            is_empty = not self._queued(session_id)
            session = self._editor.result("session/get", {"sessionId": session_id})["session"]
            # the end of an answer that the store refused is shown, and not stored
            assert session["activity"] != "failed", session
            if session["activity"] in {"idle", "interrupted"} and is_empty:
                self._all.maybe_running.discard(session_id)
                return
            assert time.monotonic() < deadline, f"{session_id} stays {session['activity']}"
            time.sleep(0.005)

    def _name(self, kind: str) -> str:
        return f"{kind}{self._chance.getrandbits(64):016x}"


def _without(text: Text, words: str) -> Text:
    return evolve(text, is_erased=True) if text.words == words else text
