"""What a store must know: every acknowledged write, and the one that was under way, done or not done."""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.soak.audit import under_way, words_of
from tests.support.product import Editor
from tests.support.wire import Json
from threadkeep.values import Mutable, Value, field


class Text(Value):
    """A user's message that was sent."""

    words: str
    """Unique; the plan for the model server is not among them."""
    answer: str | None = None
    """None as long as the end of its turn was not told."""
    is_erased: bool = False


class Known(Value):
    """A session as it must be."""

    title: str
    task: str
    tags: tuple[str, ...] = ()
    note: str = ""
    status: str = "active"
    is_archived: bool = False
    is_fork: bool = False
    """It shares its key with another session: `session/open` gives that one."""
    agent: str = "assistant"
    draft: str = ""
    entries: tuple[str, ...] = ()
    """The reasons of the visible entries of the timeline."""
    texts: tuple[Text, ...] = ()
    """The visible ones, and behind them those that wait for their turn."""

    @property
    def is_opened(self) -> bool:
        """Whether `session/open` gives it."""
        return self.status != "ended" and not self.is_archived and not self.is_fork


class InFlight(Value):
    """A request that is not answered yet, and what the sessions that it changes are after it."""

    kind: str
    after: Mapping[str, Known]
    """By id; that of a fork is not known and stands as its title."""


class Remembered(Mutable, kw_only=False):
    """The oracle. It lives in the test's process and outlives every server."""

    sessions: dict[str, Known] = field(factory=dict)
    in_flight: InFlight | None = None
    maybe_running: set[str] = field(factory=set)
    """Sessions in which the server has begun a turn whose end was not told."""
    erased: list[str] = field(factory=list)
    """Words whose erasing was acknowledged, until their traces were looked for."""
    apart: set[str] = field(factory=set)
    """Sessions of which two stores went on: one of them is shown, and the words of the other are on a branch."""
    faults: list[str] = field(factory=list)
    _touched: set[str] = field(factory=set)

    def begin(self, kind: str, after: Mapping[str, Known]) -> None:
        """A request is about to be sent."""
        self.in_flight = InFlight(kind=kind, after=after)
        self._touched |= set(after)

    def acknowledge(self) -> None:
        """It was answered: its effect counts from now on."""
        assert self.in_flight is not None
        self.sessions.update(self.in_flight.after)
        self.in_flight = None

    def refuse(self) -> None:
        """It was answered with an error: it has no effect."""
        self.in_flight = None

    def check(self, editor: Editor, *, is_thorough: bool) -> int:
        """Compares with what a fresh server shows; 1 if the request in flight had taken effect."""
        flight, self.in_flight = self.in_flight, None
        effects = self._settle(editor, flight) if flight else 0
        chance = random.Random(len(self.sessions))
        wanted = set(self.sessions) if is_thorough else self._touched & set(self.sessions)
        wanted |= set(chance.sample(sorted(self.sessions), min(2, len(self.sessions))))
        for session_id in sorted(wanted & self.apart):
            self.faults += _unlike_on_branches(self.sessions[session_id], words_of(editor.store, session_id))
        for session_id in sorted(wanted - self.apart):
            self.faults += differences(self.sessions[session_id], shown(editor, session_id))
        self._touched.clear()
        self.maybe_running.clear()
        return effects

    def unfinished(self, editor: Editor) -> str:
        """What a dead process had begun and a fresh server is still to bring to its end: nothing, after a while."""
        if any(_is_running(editor, session_id) for session_id in self.maybe_running):
            return "a turn of a dead process still runs"
        pending = under_way(editor.store)
        return f"work of a dead process is not brought to its end: {pending}" if pending else ""

    def traces(self, store: Path) -> list[str]:
        """Erased words that are still in a file of the store."""
        erased, self.erased = self.erased, []
        files = [file for file in store.iterdir() if file.is_file()] if erased else []
        held = [(file.name, file.read_bytes()) for file in files]
        return [
            f"{words} is still in {name}" for words in erased for name, data in held if words.encode() in data
        ]

    def _settle(self, editor: Editor, flight: InFlight) -> int:
        """Adopts all that was before the request in flight, or all that is after it."""
        if flight.kind == "fork":
            flight = _with_the_forks_id(editor, flight)
        seen = {session_id: shown(editor, session_id) for session_id in flight.after}
        after = [each for id_, known in flight.after.items() for each in differences(known, seen[id_])]
        if not after:
            self.sessions.update(flight.after)
            return len(flight.after) and 1
        before = [each for id_ in flight.after for each in self._unlike_before(id_, seen[id_])]
        if before:
            self.faults.append(f"{flight.kind} by halves: before it {before}; after it {after}")
        return 0

    def _unlike_before(self, session_id: str, seen: "Shown | None") -> list[str]:
        if session_id in self.sessions:
            return differences(self.sessions[session_id], seen)
        return [] if seen is None else [f"{session_id} is there"]


class Shown(Value):
    """A session as a server shows it."""

    session: Json
    opened: Json
    """What `session/open` gives for its key."""
    messages: list[Json]
    queued: list[str]


def shown(editor: Editor, session_id: str) -> Shown | None:
    """Everything about a session; None if there is none."""
    answer = editor.call("session/get", {"sessionId": session_id})
    if "error" in answer:
        assert answer["error"]["data"]["kind"] == "sessionNotFound", answer
        return None
    session = answer["result"]["session"]
    return Shown(
        session=session,
        opened=editor.result("session/open", {"task": session["task"], "limit": 1, "createIfMissing": False}),
        messages=_history(editor, session_id),
        queued=[each["text"] for each in editor.result("chat/queue", {"sessionId": session_id})["queued"]],
    )


def differences(known: Known, seen: Shown | None) -> list[str]:
    """What is not as it must be."""
    if seen is None:
        return [f"{known.title} is not there"]
    session = seen.session
    pairs = {
        "title": (known.title, session["title"]),
        "tags": (list(known.tags), session.get("tags", [])),
        "note": (known.note, session.get("note", "")),
        "status": (known.status, session["status"]),
        "archived": (known.is_archived, "archivedAt" in session),
        "agent": (known.agent, session["agent"]),
        "entries": (list(known.entries), [m["event"].get("reason") for m in seen.messages if "event" in m]),
        "texts": ([_told(text) for text in known.texts], [_words(text) for text in _texts(seen)]),
    }
    if known.is_opened:
        pairs["open"] = (session["id"], seen.opened.get("session", {}).get("id"))
        pairs["draft"] = (known.draft, seen.opened.get("draft", {}).get("text", ""))
    wrong = [f"{name}: {want!r} is {have!r}" for name, (want, have) in pairs.items() if want != have]
    return [f"{known.title}: {each}" for each in (*wrong, *_wrong_answers(known, seen))]


def _unlike_on_branches(known: Known, said: str) -> list[str]:
    """What of a session with branches is not as it must be."""
    kept = [each for text in known.texts if not text.is_erased for each in (text.words, text.answer or "")]
    gone = [text.words for text in known.texts if text.is_erased]
    lost = [f"{known.title}: {each} is on no branch" for each in kept if each not in said]
    return lost + [f"{known.title}: {each} was erased" for each in gone if each in said]


def _is_running(editor: Editor, session_id: str) -> bool:
    answer = editor.call("session/get", {"sessionId": session_id})
    return "result" in answer and answer["result"]["session"]["activity"] in {"running", "stopping"}


def _with_the_forks_id(editor: Editor, flight: InFlight) -> InFlight:
    ((title, known),) = flight.after.items()
    found = editor.result("session/list", {"filter": {"title": title}})["sessions"]
    return InFlight(kind="fork", after={session["id"]: known for session in found})


def _history(editor: Editor, session_id: str) -> list[Json]:
    messages: list[Json] = []
    before: Json = {}
    while True:
        page = editor.result("session/history", {"sessionId": session_id, "limit": 200, **before})
        messages = page["messages"] + messages
        if "beforeCursor" not in page:
            return messages
        before = {"before": page["beforeCursor"]}


def _texts(seen: Shown) -> list[str]:
    return [m["content"] for m in seen.messages if m["role"] == "user"] + seen.queued


def _words(content: str) -> str:
    return content.partition(" [[")[0]


def _told(text: Text) -> str:
    return "" if text.is_erased else text.words


def _wrong_answers(known: Known, seen: Shown) -> Iterator[str]:
    questions = [m["id"] for m in seen.messages if m["role"] == "user"]
    answers = {m["parentId"]: m for m in seen.messages if m["role"] == "assistant"}
    for id_, text in zip(questions, known.texts, strict=False):
        answer = answers.get(id_)
        if answer is None:
            yield f"nothing answers {text.words}"
        elif text.answer is not None and answer["content"] != text.answer:
            yield f"{text.words} is answered {answer['content']!r}, not {text.answer!r}"
        elif answer["status"] == "streaming" and known.is_fork:
            yield f"a copy of the answer to {text.words} is being written"
