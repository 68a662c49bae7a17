"""Only the lock tells whether a process lives: no process id, no zombie, no namespace, no clock."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import apsw
import psutil  # type: ignore[import-untyped]  # it comes without types
import pytest

from tests.support.fake_models import FakeModel
from tests.support.product import Editor, ModelProcess, plan
from tests.support.surroundings import START, FakeClock
from tests.support.wire import Json, RawClient
from tests.support.world import World
from threadkeep.domain.errors import SessionBusy
from threadkeep.ports.models import TextDelta
from threadkeep.usecases.chat.turn_start import Outgoing
from threadkeep.usecases.order import IdempotencyKey, Replayed

HELD = plan(texts=["Half"], stall_after=1)
SOON = 10.0
"""Seconds; two are promised, the rest is for a busy machine."""


@pytest.fixture(scope="module")
def model() -> Iterator[ModelProcess]:
    process = ModelProcess()
    yield process
    process.close()


class _InNamespace(RawClient):
    """Starts its command as the first process of a new namespace of process ids, as a container would."""

    def __init__(self, command: Sequence[str], **options: Any) -> None:
        super().__init__([*NAMESPACE, *command], **options)


class Contained(Editor, _InNamespace):
    """An editor in a container that shares the store."""


NAMESPACE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")


def namespaces_are_permitted() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True, timeout=30).returncode == 0


def begun(editor: Editor) -> tuple[str, Json]:
    """A session with a turn that stays, and that turn as it is told."""
    editor.begin()
    session_id = editor.open()["session"]["id"]
    editor.result("chat/send", {"sessionId": session_id, "text": HELD})
    editor.notification("chat/delta")
    deadline = time.monotonic() + SOON
    while stored(editor.store, "SELECT count(*) FROM journal") == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    return session_id, editor.received[-1]


def stored(store: Path, sql: str, *values: Any) -> Any:
    """The first value of a statement on the store's file."""
    connection = apsw.Connection(str(store / "threadkeep.db"))
    try:
        connection.set_busy_timeout(5_000)
        rows = connection.execute(sql, values).fetchall()
    finally:
        connection.close()
    return rows[0][0] if rows else None


def show_another_pid(store: Path, pid: int) -> None:
    """As if the running turn's process had that id, which a process of another container or time may have."""
    stored(
        store,
        "UPDATE turns SET doc = json_set(doc, '$.holder.pid', ?) WHERE is_running = 1 AND doc ->> 'status' = 'running'",
        pid,
    )


def holder_told_to(editor: Editor, session_id: str) -> Json:
    error = editor.error("chat/send", {"sessionId": session_id, "text": "Me too"})
    assert error["data"]["kind"] == "sessionBusy"
    return dict(error["data"]["holder"])


def is_interrupted_soon(editor: Editor, session_id: str) -> bool:
    deadline = time.monotonic() + SOON
    while time.monotonic() < deadline:
        session = editor.result("session/get", {"sessionId": session_id})["session"]
        if session["activity"] == "interrupted":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no zombies")
def test_a_zombie_holds_no_turn(tmp_path: Path, model: ModelProcess) -> None:
    with Editor(tmp_path, model=model.base_url) as left, Editor(tmp_path, model=model.base_url) as right:
        session_id, _ = begun(left)
        right.begin()
        holder_told_to(right, session_id)
        left.process.kill()  # and not waited for
        process = psutil.Process(left.process.pid)
        deadline = time.monotonic() + SOON
        while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(left.process.pid, 0)  # it still answers to its id
        assert is_interrupted_soon(right, session_id)
        assert process.status() == psutil.STATUS_ZOMBIE
        assert right.say(session_id, plan(texts=["Now"]))["message"]["content"] == "Now"


@pytest.mark.slow
def test_a_dead_process_whose_id_lives_on_holds_no_turn(tmp_path: Path, model: ModelProcess) -> None:
    with Editor(tmp_path, model=model.base_url) as left:
        session_id, _ = begun(left)
        left.kill()
    show_another_pid(tmp_path / "store", os.getpid())
    with Editor(tmp_path, model=model.base_url) as right:
        right.begin()
        assert is_interrupted_soon(right, session_id)
        assert right.open()["messages"][-1]["content"] == "Half"


@pytest.mark.slow
def test_a_living_process_whose_id_looks_dead_holds_its_turn(tmp_path: Path, model: ModelProcess) -> None:
    with Editor(tmp_path, model=model.base_url) as left, Editor(tmp_path, model=model.base_url) as right:
        session_id, _ = begun(left)
        show_another_pid(tmp_path / "store", 2**22 + 1)  # above the highest that Linux gives
        right.begin()
        assert holder_told_to(right, session_id)["pid"] == 2**22 + 1
        time.sleep(2.5)  # it has looked for dead processes since
        holder_told_to(right, session_id)
        assert right.result("chat/cancel", {"sessionId": session_id})["turn"]["status"] == "cancelled"


@pytest.mark.slow
@pytest.mark.skipif(not namespaces_are_permitted(), reason="no namespace of process ids may be made here")
def test_a_process_of_another_namespace_lives_and_dies_by_its_lock(
    tmp_path: Path, model: ModelProcess
) -> None:
    with (
        Contained(tmp_path, model=model.base_url) as inside,
        Editor(tmp_path, model=model.base_url) as outside,
    ):
        session_id, _ = begun(inside)
        outside.begin()
        assert holder_told_to(outside, session_id)["pid"] < 10  # some quite different process out here
        time.sleep(2.5)
        holder_told_to(outside, session_id)
        inside.kill()
        assert is_interrupted_soon(outside, session_id)
        assert outside.open()["messages"][-1]["content"] == "Half"


BACK = timedelta(days=400)


async def test_a_clock_that_jumps_back_changes_no_order() -> None:
    world = World(FakeModel(TextDelta(text="A")))
    session = world.new_session()
    for number in range(3):
        await world.say(session.id, f"Q{number}")
        world.clock.time -= BACK
    messages = world.messages(session.id)
    assert [m.content for m in messages] == ["Q0", "A", "Q1", "A", "Q2", "A"]
    assert [m.seq for m in messages] == sorted(m.seq for m in messages)
    with world.store.reading() as records:
        events = records.events(session.id, after_seq=0, limit=100)
    assert [event.seq for event in events] == list(range(1, world.session(session.id).seq + 1))


async def test_a_clock_that_jumps_back_changes_no_queue() -> None:
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    session = world.new_session()
    await world.chat.send(Outgoing(session_id=session.id, text="Now"))
    await world.streamed()
    for text in ("first", "second", "third"):
        await world.chat.send(Outgoing(session_id=session.id, text=text, when_busy="queue"))
        world.clock.time -= BACK
    waiting = await world.chat.queue(session.id)
    assert [turn.waiting.parts[0].text for turn in waiting if turn.waiting] == ["first", "second", "third"]
    await world.chat.stop_all()


async def test_a_clock_that_jumps_makes_no_living_process_dead() -> None:
    clock = FakeClock(START)
    one = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD), clock=clock)
    session = one.new_session()
    await one.chat.send(Outgoing(session_id=session.id, text="Now"))
    await one.streamed()
    other = World(store=one.store, clock=clock, id_prefix="other")
    for jump in (BACK, -2 * BACK):
        clock.time += jump
        other.following.reap_dead_owners()
        with pytest.raises(SessionBusy):
            await other.chat.send(Outgoing(session_id=session.id, text="Me too"))
    assert one.session(session.id).activity == "running"
    await one.chat.stop_all()


async def test_what_was_sent_once_stays_sent_once_when_the_clock_jumps_back() -> None:
    world = World(FakeModel(TextDelta(text="A")))
    session = world.new_session()
    once = IdempotencyKey(method="chat/send", key="k", fingerprint="f", encode=lambda _: {"turnId": "t"})
    begun_ = await world.chat.send(Outgoing(session_id=session.id, text="Hi"), once=once)
    await world.chat.wait(session.id, begun_.turn.id)
    world.clock.time -= BACK
    with pytest.raises(Replayed):
        await world.chat.send(Outgoing(session_id=session.id, text="Hi"), once=once)
    assert len(world.messages(session.id)) == 2
