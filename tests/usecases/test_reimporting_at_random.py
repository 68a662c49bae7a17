"""Any line of actions on both sides of imports: nothing that was said goes, and the store hangs together."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.soak.audit import problems
from tests.support.fake_models import FakeModel
from tests.support.store import FixedClock, at
from tests.support.world import World
from tests.usecases.test_importing import stored, take_foreign
from tests.usecases.test_reimporting import exported, mark, taken
from threadkeep.adapters.store import open_store
from threadkeep.domain.messages import Message, text_part
from threadkeep.domain.transfer import ForeignMessage, ForeignSession
from threadkeep.ports.models import Stop, TextDelta
from threadkeep.usecases.transfer.importing import Imported
from threadkeep.values import evolve

pytestmark = pytest.mark.medium

HERE: Final = ("send", "retry", "rewind", "select", "clear", "erase", "title", "tag", "note", "pause")
THERE: Final = ("append", "append", "branch", "shorten", "vanish", "edit", "rename")
MODES: Final = ("skip", "newer", "newer", "replace")

steps = st.lists(
    st.one_of(
        st.tuples(st.just("here"), st.sampled_from(HERE), st.integers(0, 50)),
        st.tuples(st.just("there"), st.sampled_from(THERE), st.integers(0, 50)),
        st.tuples(st.just("import"), st.sampled_from(MODES), st.just(0)),
    ),
    min_size=4,
    max_size=24,
)


class Elsewhere:
    """Another tool's history, in which somebody works on."""

    def __init__(self) -> None:
        self.messages: list[ForeignMessage] = []
        self.head: str | None = None
        self.title: str | None = None
        self.count = 0
        self.told: set[tuple[str, str]] = set()
        """Every record with all that it ever said."""
        for _ in range(2):
            self.append()

    def session(self) -> ForeignSession:
        return ForeignSession(
            origin="other-tool",
            origin_id="f1",
            title=self.title,
            created_at=at(0),
            updated_at=at(self.count),
            head_origin_id=self.head,
            messages=tuple(self.messages),
        )

    def line(self) -> list[tuple[str, str]]:
        """What it shows, oldest first."""
        by_id = {message.origin_id: message for message in self.messages}
        path, at_ = [], self.head
        while at_ is not None:
            path.append((at_, by_id[at_].parts[0].text))
            at_ = by_id[at_].parent_origin_id
        return path[::-1]

    def append(self) -> None:
        role: Literal["user", "assistant"] = "assistant" if self.count % 2 else "user"
        self.count += 1
        made = ForeignMessage(
            origin_id=f"{self.count}",
            parent_origin_id=self.head,
            role=role,
            parts=(text_part(f"there {self.count}"),),
            at=at(self.count),
        )
        self.messages.append(made)
        self.told.add((made.origin_id, made.parts[0].text))
        self.head = made.origin_id

    def do(self, action: str, number: int) -> None:
        chosen = self.messages[number % len(self.messages)] if self.messages else None
        if action == "append" or chosen is None:
            self.append()
        elif action == "branch":
            self.head = chosen.origin_id
            self.append()
        elif action == "shorten":
            self.vanish(self.messages[-1])
        elif action == "vanish":
            self.vanish(chosen)
        elif action == "edit":
            self.count += 1
            parts = (text_part(f"edited {self.count}"),)
            self.told.add((chosen.origin_id, parts[0].text))
            self.messages = [evolve(m, parts=parts) if m is chosen else m for m in self.messages]
        elif action == "rename":
            self.title = f"Renamed {number}"

    def vanish(self, gone: ForeignMessage) -> None:
        up = gone.parent_origin_id
        self.messages = [
            evolve(m, parent_origin_id=up) if m.parent_origin_id == gone.origin_id else m
            for m in self.messages
            if m is not gone
        ]
        if self.head == gone.origin_id:
            self.head = up
        if not self.messages:
            self.append()
        self.head = self.head or self.messages[-1].origin_id


class Talk:
    """A session here, and what must still be there of it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.session_id = ""
        self.said: set[str] = set()
        """Texts that were in the store once."""
        self.erased: set[str] = set()
        self.marks: dict[str, Any] = {}
        self.count = 0

    def messages(self) -> tuple[Message, ...]:
        transcript = stored(self.world, self.session_id)
        assert transcript is not None
        return transcript.messages

    async def do(self, action: str, number: int) -> None:
        world, session_id = self.world, self.session_id
        messages = self.messages()
        chosen = messages[number % len(messages)]
        self.count += 1
        world.model.script = (TextDelta(text=f"answer {self.count}"), Stop(reason="endTurn"))
        if world.session(session_id).status == "paused":
            await world.lifecycle.move(session_id, "active")
        if action == "send":
            await world.say(session_id, f"here {self.count}")
        elif action == "retry" and any(m.role == "user" for m in world.messages(session_id)):
            begun = await world.chat.retry(session_id)
            await world.chat.wait(session_id, begun.turn.id)
        elif action == "rewind":
            world.branches.rewind(session_id, chosen.id)
        elif action == "select":
            world.branches.select(session_id, chosen.id)
        elif action == "clear":
            world.branches.clear(session_id)
        elif action == "pause":
            await world.lifecycle.move(session_id, "paused")
        elif action == "erase" and chosen.content:
            self.erased.add(chosen.content)
            await world.annotations.erase(chosen.id)
        elif action in {"title", "note"}:
            self.marks[action] = f"mine {number}"
            mark(world, session_id, **{action: f"mine {number}"})
        elif action == "tag":
            self.marks["tags"] = ("mine",)
            mark(world, session_id, tags=["mine"])
        self.look()

    def look(self) -> None:
        """What is there now, and all that must be."""
        texts = {message.content for message in self.messages() if message.content}
        assert self.said - self.erased <= texts
        assert not self.erased & texts
        self.said |= texts
        session = self.world.session(self.session_id)
        for name, value in self.marks.items():
            assert getattr(session, name) == value

    def check_counts(self) -> None:
        session, messages = self.world.session(self.session_id), self.messages()
        assert session.message_count == sum(message.is_counted for message in messages)
        assert len({message.seq for message in messages}) == len(messages)
        assert max(message.seq for message in messages) <= session.seq


@given(line=steps)
async def test_another_tools_history(line: list[tuple[str, str, int]]) -> None:
    with TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "store", clock=FixedClock())
        try:
            await _another_tools_history(Talk(World(FakeModel(), store=store)), line)
        finally:
            store.close()
        assert problems(Path(folder) / "store") == []


async def _another_tools_history(talk: Talk, line: list[tuple[str, str, int]]) -> None:
    there = Elsewhere()
    (talk.session_id,) = (await take_foreign(talk.world, there.session())).session_ids
    touched: set[str] = set()
    """Of the source's records, those of which the text was erased here, whatever they say later."""
    for who, action, number in [*line, ("import", "newer", 0)]:
        if who == "there":
            there.do(action, number)
        elif who == "here":
            await talk.do(action, number)
            touched = {origin_id for origin_id, text in there.told if text in talk.erased}
        else:
            await _import(talk, there, action, touched)


async def _import(talk: Talk, there: Elsewhere, mode: str, touched: set[str]) -> None:
    async def run() -> Imported:
        return await take_foreign(talk.world, there.session(), mode=mode)

    before = talk.world.session(talk.session_id)
    is_mine = before.head_id is not None and any(
        message.id.startswith("id-") for message in talk.world.messages(talk.session_id)
    )
    talk.world.audience.forget()
    done = await run()
    talk.look()
    talk.check_counts()
    after = talk.world.session(talk.session_id)
    assert done.imported + done.skipped == 1
    if mode == "skip":
        assert after == before
        return
    texts = {message.content for message in talk.messages()}
    for each in there.messages:
        assert each.parts[0].text in texts or each.origin_id in touched
    if is_mine and mode == "newer":
        assert after.head_id == before.head_id
    if mode == "replace":
        shown = iter(message.content for message in talk.world.messages(talk.session_id))
        for origin_id, text in there.line():
            assert origin_id in touched or text in shown, "in this order"
    assert (after == before) == (not talk.world.audience.events)
    assert after.seq >= before.seq
    await run()
    assert talk.world.session(talk.session_id) == after


@pytest.mark.parametrize("format_", ["json", "jsonl", "markdown"])
@given(line=steps)
async def test_our_own_export(format_: str, line: list[tuple[str, str, int]]) -> None:
    with TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "store", clock=FixedClock())
        try:
            await _our_own_export(Talk(World(FakeModel(), store=store)), line, format_)
        finally:
            store.close()
        assert problems(Path(folder) / "store") == []


async def _our_own_export(here: Talk, line: list[tuple[str, str, int]], format_: str) -> None:
    here.session_id = here.world.new_session().id
    here.world.model.script = (TextDelta(text="first answer"), Stop(reason="endTurn"))
    await here.world.say(here.session_id, "first")
    here.look()
    there = Talk(World(FakeModel(), id_prefix="there"))
    there.session_id = here.session_id
    there.count = 1000
    await taken(there.world, await exported(here.world, here.session_id, format_), "skip")
    for who, action, number in [*line, ("import", "newer", 0)]:
        if who == "there":
            await there.do(HERE[number % 5], number)
        elif who == "here":
            await here.do(action, number)
        else:
            await _import_export(here, there, action, format_)


async def _import_export(here: Talk, there: Talk, mode: Any, format_: str) -> None:
    here.world.clock.advance(minutes=1)
    there.world.clock.advance(minutes=1)
    content = await exported(there.world, there.session_id, format_)
    told = there.world.messages(there.session_id) if format_ == "markdown" else there.messages()
    before = here.world.session(here.session_id)
    if not told:
        return
    await taken(here.world, content, mode)
    here.look()
    here.check_counts()
    after = here.world.session(here.session_id)
    if mode == "skip":
        assert after == before
        return
    texts = {message.content for message in here.messages()}
    if format_ != "markdown" or not here.erased:  # which may stand where another answer of that minute did
        for text in {message.content for message in told if message.content} - here.erased:
            # what a person did after it stands below it in Markdown
            assert text in texts or any(each.startswith(f"{text}\n\n*") for each in texts)
    if mode == "newer" and after.head_id != before.head_id:
        ids = {message.id for message in told}
        assert format_ == "markdown" or before.head_id in {*ids, None}
    await taken(here.world, content, mode)
    assert here.world.session(here.session_id) == after
