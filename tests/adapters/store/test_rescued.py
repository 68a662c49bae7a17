"""What was rescued is taken in: what is missing comes back, what went apart stays as branches, nothing is lost."""

import json
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from tests.support.store import KEY, FixedClock, a_holder, a_message, a_session, a_turn, an_outcome, at, put
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.upkeep import SqliteUpkeep
from threadkeep.domain.events import StoredEvent
from threadkeep.domain.messages import Part, text_part
from threadkeep.domain.repositories import Alias, Repository
from threadkeep.domain.sessions import LastMessage, Session
from threadkeep.domain.tool_calls import OutputItem, ToolCall
from threadkeep.ports.store import Draft, Store
from threadkeep.ports.upkeep import Checkup
from threadkeep.values import evolve

Fill = Callable[[Store], None]


def event(seq: int, session_id: str = "s1", **fields: object) -> StoredEvent:
    given = {"kind": "messageAdded", "origin": "a window"} | fields
    return StoredEvent(session_id=session_id, seq=seq, at=at(seq), **given)  # type: ignore[arg-type]


def said(store: Store, *texts: str, after: int = 0, origin: str = "a window", **fields: object) -> None:
    """The usual session with so many messages more behind its message `m{after}`."""
    with store.writing() as changes:
        last = after + len(texts)
        for seq, text in enumerate(texts, after + 1):
            parent = f"m{seq - 1}" if seq > 1 else None
            changes.put_message(a_message(f"m{seq}", seq=seq, text=text, parent_id=parent))
            changes.put_event(event(seq, message_id=f"m{seq}", origin=origin))
        newest = LastMessage(role="user", preview=texts[-1], at=at(last))
        given = {"head_id": f"m{last}", "seq": last, "message_count": last, "last_message": newest} | fields
        changes.put_session(a_session(**given))


def store_of(folder: Path, *fills: Fill) -> Path:
    """The database of a new store that went through all of this."""
    store = open_store(folder, clock=FixedClock())
    with store.writing() as changes:
        changes.put_repository(Repository(id="r1", name="app", aliases=(Alias(kind="path", value="/app"),)))
    for fill in fills:
        fill(store)
    store.close()
    return folder / "threadkeep.db"


def rescue(tmp_path: Path, *fills: Fill) -> Path:
    """A store as it was rescued, in the folder of the store."""
    database = store_of(tmp_path / "other", *fills)
    (tmp_path / "store").mkdir(exist_ok=True)
    file = tmp_path / "store" / "threadkeep-rescued-2026-03-01T12-00-00.000Z.db"
    upkeep = SqliteUpkeep(lambda: database.parent, clock=FixedClock())
    Path(upkeep.back_up(str(tmp_path / "rescue.db")).path).rename(file)
    return file


def check(tmp_path: Path, *, repairs: bool = True) -> Checkup:
    return SqliteUpkeep(lambda: tmp_path / "store", clock=FixedClock()).check(repairs=repairs)


def taken_in(tmp_path: Path) -> Store:
    """The store after a repair, which leaves nothing to do."""
    checkup = check(tmp_path)
    assert checkup.is_healthy, checkup
    assert checkup.problems[0].kind == "rescued"
    assert list((tmp_path / "store").glob("threadkeep-rescued-*")) == []
    assert check(tmp_path) == Checkup()
    return open_store(tmp_path / "store", clock=FixedClock())


def history(store: Store, session_id: str = "s1") -> list[str]:
    with store.reading() as records:
        session = records.session(session_id)
        assert session is not None
        return [message.content for message in records.path(session, limit=100)]


def found(store: Store, session_id: str = "s1") -> Session:
    with store.reading() as records:
        session = records.session(session_id)
    assert session is not None
    return session


def test_a_rescue_is_told_and_stays_until_it_is_taken_in(tmp_path: Path) -> None:
    file = rescue(tmp_path, lambda store: said(store, "one"))
    (problem,) = check(tmp_path, repairs=False).problems
    assert (problem.kind, problem.count, problem.is_repaired) == ("rescued", 1, False)
    assert str(file) in problem.message
    assert file.exists()
    taken_in(tmp_path).close()
    (kept,) = (tmp_path / "store" / "set-aside").iterdir()
    assert kept.name == file.name


def test_a_session_that_is_missing_comes_back_whole(tmp_path: Path) -> None:
    def more(store: Store) -> None:
        said(store, "one", "two", title="Mine")
        with store.writing() as changes:
            changes.put_draft(Draft(session_id="s1", window_id=None, text="unsent", scroll=None, at=at(5)))
            changes.put_outcome(an_outcome("k", at(5)))
            changes.make_current(a_session())

    rescue(tmp_path, more)
    store = taken_in(tmp_path)
    assert history(store) == ["one", "two"]
    assert (found(store).title, found(store).message_count) == ("Mine", 2)
    with store.reading() as records:
        draft = records.draft("s1", None)
        assert draft is not None
        assert draft.text == "unsent"
        assert records.outcome("chat/send", "k") is not None
        assert records.current_session_id(KEY) == "s1"
        assert [each.session_id for each in records.passages("two", repository_id="r1", limit=5)] == ["s1"]
    store.close()


def test_a_repository_that_got_another_id_meanwhile_is_the_same(tmp_path: Path) -> None:
    rescue(tmp_path, lambda store: said(store, "one"))
    store = open_store(tmp_path / "store", clock=FixedClock())
    with store.writing() as changes:
        changes.put_repository(Repository(id="r9", name="app", aliases=(Alias(kind="path", value="/app"),)))
    store.close()
    store = taken_in(tmp_path)
    assert found(store).key.repository_id == "r9"
    with store.reading() as records:
        assert [repository.id for repository in records.repositories()] == ["r9"]
    store.close()


def test_an_older_state_goes_on_as_it_did(tmp_path: Path) -> None:
    first: Fill = lambda store: said(store, "one", title="Old")  # noqa: E731
    rescue(tmp_path, first, lambda store: said(store, "two", after=1, title="New"))
    store_of(tmp_path / "store", first)
    store = taken_in(tmp_path)
    assert history(store) == ["one", "two"]
    assert found(store).title == "New"
    with store.reading() as records:
        assert [e.seq for e in records.events("s1", after_seq=0, limit=9)] == [1, 2, 3]
    assert found(store).seq == 3
    store.close()


def test_a_store_that_is_ahead_stays_as_it_is(tmp_path: Path) -> None:
    first: Fill = lambda store: said(store, "one", title="Old")  # noqa: E731
    rescue(tmp_path, first)
    store_of(tmp_path / "store", first, lambda store: said(store, "two", after=1, title="New"))
    before = open_store(tmp_path / "store", clock=FixedClock())
    session = found(before)
    before.close()
    store = taken_in(tmp_path)
    assert found(store) == session
    store.close()


def test_what_went_apart_is_kept_as_branches(tmp_path: Path) -> None:
    first: Fill = lambda store: said(store, "one")  # noqa: E731
    rescue(tmp_path, first, lambda store: said(store, "theirs", after=1, origin="theirs"))
    store_of(
        tmp_path / "store", first, lambda store: said(store, "ours", after=1, origin="ours", title="Ours")
    )
    store = taken_in(tmp_path)
    assert history(store) == ["one", "ours"]
    assert (found(store).title, found(store).message_count) == ("Ours", 3)
    with store.reading() as records:
        ends = {message.content for message in records.ends(found(store))}
    assert ends == {"ours", "theirs"}
    store.close()


def test_the_same_rescue_of_two_windows_is_taken_in_once(tmp_path: Path) -> None:
    first: Fill = lambda store: said(store, "one")  # noqa: E731
    file = rescue(tmp_path, first, lambda store: said(store, "theirs", after=1, origin="theirs"))
    store_of(tmp_path / "store", first, lambda store: said(store, "ours", after=1, origin="ours"))
    again = file.with_name("threadkeep-rescued-2026-03-01T12-00-00.001Z.db")
    again.write_bytes(file.read_bytes())
    store = taken_in(tmp_path)
    assert found(store).message_count == 3
    store.close()


def test_what_is_longer_there_is_taken_and_marks_stay(tmp_path: Path) -> None:
    answer = a_message("m2", seq=2, role="assistant", text="It is", parent_id="m1", turn_id="t1")

    def begun(store: Store) -> None:
        said(store, "one")
        put(store, evolve(answer, status="streaming"), a_turn("t1", holder=a_holder("0" * 32)))
        put(store, event(2, kind="turnStarted", message_id="m2", turn_id="t1"))
        put(store, a_session(head_id="m2", seq=2, message_count=2, running_turn_id="t1", activity="running"))

    def done(store: Store) -> None:
        put(store, evolve(answer, parts=(text_part("It is here."),)), a_turn("t1", status="completed"))
        put(store, event(3, kind="turnCompleted", message_id="m2", turn_id="t1"))
        put(store, a_session(head_id="m2", seq=3, message_count=2))

    def died(store: Store) -> None:
        marked = evolve(answer, status="interrupted", is_favourite=True)
        put(store, marked, a_turn("t1", status="interrupted"))
        put(store, event(3, kind="turnCompleted", message_id="m2", turn_id="t1", origin="another"))
        put(store, event(4, kind="sessionChanged", origin="another"))
        put(store, a_session(head_id="m2", seq=4, message_count=2, activity="interrupted", title="Named"))

    rescue(tmp_path, begun, done)
    store_of(tmp_path / "store", begun, died)
    store = taken_in(tmp_path)
    assert history(store) == ["one", "It is here."]
    with store.reading() as records:
        message, turn = records.message("m2"), records.turn("t1")
    assert message is not None
    assert (message.is_favourite, message.status) == (True, "complete")
    assert turn is not None
    assert turn.status == "completed"
    assert (found(store).title, found(store).activity) == ("Named", "idle")
    store.close()


def test_a_running_answer_comes_back_with_its_journal(tmp_path: Path) -> None:
    def running(store: Store) -> None:
        said(store, "one")
        answer = a_message("m2", seq=2, role="assistant", parent_id="m1", turn_id="t1", status="streaming")
        put(store, answer, a_turn("t1", holder=a_holder("0" * 32)))
        put(store, event(2, kind="turnStarted", message_id="m2", turn_id="t1"))
        put(store, a_session(head_id="m2", seq=2, message_count=2, running_turn_id="t1", activity="running"))
        with store.writing() as changes:
            changes.append_journal("m2", "text", "It ")
            changes.append_journal("m2", "text", "goes")

    rescue(tmp_path, running)
    store = taken_in(tmp_path)
    assert history(store) == ["one", "It goes"]
    assert found(store).running_turn_id == "t1"
    store.close()


def test_what_was_erased_or_purged_here_does_not_come_back(tmp_path: Path) -> None:
    first: Fill = lambda store: said(store, "secret")  # noqa: E731

    def erased(store: Store) -> None:
        put(store, a_message("m1", seq=1), event(2, message_id="m1"))
        put(store, a_session(head_id="m1", seq=2, message_count=1))

    def purged(store: Store) -> None:
        with store.writing() as changes:
            changes.erase_session("s2")
            changes.put_event(event(2, session_id="s2", kind="sessionRemoved"))

    second: Fill = lambda store: put(store, a_session("s2", seq=1), event(1, session_id="s2"))  # noqa: E731
    rescue(tmp_path, first, second, lambda store: put(store, a_session(seq=1, head_id="m1", title="x")))
    store_of(tmp_path / "store", first, second, erased, purged)
    store = taken_in(tmp_path)
    assert history(store) == [""]
    with store.reading() as records:
        assert records.session("s2") is None
    store.close()


def test_what_was_erased_there_is_to_be_erased_where_it_went_on_apart(tmp_path: Path) -> None:
    first: Fill = lambda store: said(store, "secret")  # noqa: E731

    def erased(store: Store) -> None:
        put(
            store, evolve(a_message("m1", seq=1), erased_at=at(2)), event(2, message_id="m1", origin="theirs")
        )
        put(store, a_session(head_id="m1", seq=2, message_count=1))

    rescue(tmp_path, first, erased)
    store_of(tmp_path / "store", first, lambda store: said(store, "ours", after=1, origin="ours"))
    store = taken_in(tmp_path)
    with store.reading() as records:
        assert [(each.kind, each.subject, each.source) for each in records.pending()] == [
            ("emptying", "m1", None)
        ]
        assert not store.is_alive(a_holder(records.pending()[0].owner))
    store.close()


def test_a_draft_that_was_sent_later_is_gone_and_kept_beside(tmp_path: Path) -> None:
    def typed(store: Store) -> None:
        said(store, "one")
        with store.writing() as changes:
            changes.put_draft(Draft(session_id="s1", window_id=None, text="typed", scroll=None, at=at(2)))

    def sent(store: Store) -> None:
        with store.writing() as changes:
            changes.put_draft(Draft(session_id="s1", window_id=None, text="", scroll=None, at=at(3)))

    rescue(tmp_path, typed, sent)
    store_of(tmp_path / "store", typed)
    store = taken_in(tmp_path)
    with store.reading() as records:
        assert records.draft("s1", None) is None
    store.close()
    kept = [file.read_text() for file in (tmp_path / "store" / "quarantine").iterdir()]
    assert [json.loads(text)["text"] for text in kept] == ["typed"]


@pytest.mark.parametrize("broken", ["a document", "all of it"])
def test_what_cannot_be_read_is_told_and_kept(tmp_path: Path, broken: str) -> None:
    file = rescue(tmp_path, lambda store: said(store, "one"), lambda store: put(store, a_session("s2")))
    if broken == "all of it":
        file.write_bytes(b"no database " * 1000)
    else:
        connection = apsw.Connection(str(file))
        connection.execute("UPDATE sessions SET doc = 'half' WHERE id = 's1'").fetchall()
        connection.close()
    (problem,) = check(tmp_path).problems
    if broken == "all of it":
        assert (problem.is_repaired, file.exists()) == (False, True)
        assert "could not be taken in" in problem.message
        return
    assert problem.is_repaired
    assert "1 could not be read" in problem.message
    assert (tmp_path / "store" / "set-aside" / file.name).exists()
    store = open_store(tmp_path / "store", clock=FixedClock())
    assert found(store, "s2").id == "s2"
    store.close()


def test_turns_that_cannot_be_read_keep_no_words_back(tmp_path: Path) -> None:
    file = rescue(tmp_path, lambda store: said(store, "one", "two"), lambda store: put(store, a_turn()))
    connection = apsw.Connection(str(file))
    connection.execute("UPDATE turns SET doc = 'half'").fetchall()
    connection.close()
    (problem,) = check(tmp_path).problems
    assert "1 could not be read" in problem.message
    store = open_store(tmp_path / "store", clock=FixedClock())
    assert history(store) == ["one", "two"]
    store.close()


@pytest.mark.parametrize("status", ["complete", "streaming"])
def test_what_an_agent_did_comes_back_in_its_place(tmp_path: Path, status: str) -> None:
    call = ToolCall(id="c1", state="running", output=(OutputItem(type="terminal"),))
    part = Part(type="toolCall", text="", call=call)
    answer = a_message("m1", seq=1, role="assistant", status="streaming", text="First. ")
    put_out = "0123456789" * 10_000

    def did(store: Store) -> None:
        with store.writing() as changes:
            changes.put_session(a_session(head_id="m1", seq=1, message_count=1))
            changes.put_message(answer)
            changes.put_part(answer, 0, part, seq=1, is_new=True)
            changes.append_output(answer, 0, put_out)
            changes.append_journal("m1", "text", "Last.")
        with store.writing() as changes:
            if status == "complete":
                ended = changes.put_part(answer, 0, _ended(part), seq=1, is_new=False)
                parts = (*answer.parts, ended, text_part("Last."))
                changes.put_message(evolve(answer, status="complete", parts=parts))

    rescue(tmp_path, did)
    store_of(tmp_path / "store")
    SqliteUpkeep(lambda: tmp_path / "store", clock=FixedClock()).check(repairs=True)
    store = open_store(tmp_path / "store", clock=FixedClock())
    with store.reading() as records:
        (found,) = records.all_messages("s1")
    store.close()
    assert [each.type for each in found.parts] == ["text", "toolCall", "text"]
    assert found.content == "First. Last."
    assert found.parts[1].call is not None
    assert found.parts[1].call.output[0].text == put_out


def _ended(part: Part) -> Part:
    assert part.call is not None
    return evolve(part, call=part.call.moved_to("completed", at=at(2)))
