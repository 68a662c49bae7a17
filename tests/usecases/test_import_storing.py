"""Sessions are stored some at a time: never so many that others wait long, and none takes another one along."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.transcripts import a_conversation
from tests.support.world import World
from threadkeep.adapters.plugins import exporters
from threadkeep.domain.errors import ImportInvalid
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.messages import Message
from threadkeep.domain.transfer import Transcript, TransferProblem
from threadkeep.usecases.progress import Cancelled, Progress
from threadkeep.usecases.transfer.import_merging import OnConflict
from threadkeep.usecases.transfer.import_planning import Put, Refuse, Skip
from threadkeep.usecases.transfer.import_sources import Source
from threadkeep.usecases.transfer.import_storing import MOST_CHARACTERS, MOST_MESSAGES, MOST_SESSIONS, Storing
from threadkeep.usecases.transfer.importing import Imported, Wish
from threadkeep.values import evolve


class CountingStore:
    """A store that counts what its transactions store, and takes some messages not at all."""

    def __init__(self, store: Any, refused: frozenset[str] = frozenset()) -> None:
        self._store = store
        self._refused = refused
        self.messages: list[int] = []
        """Of each transaction that was committed."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def writing(self, **how: Any) -> Iterator[Any]:
        with self._store.writing(**how) as changes:
            counting = CountingChanges(changes, self._refused)
            yield counting
        self.messages.append(counting.messages)


class CountingChanges:
    """The changes of one of its transactions."""

    def __init__(self, changes: Any, refused: frozenset[str]) -> None:
        self._changes = changes
        self._refused = refused
        self.messages = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._changes, name)

    def put_message(self, message: Message) -> None:
        if message.id in self._refused:
            raise ValueError("no room for it")
        self.messages += 1
        self._changes.put_message(message)


def storing_in(world: World, *refused: str) -> tuple[Storing, CountingStore]:
    store = CountingStore(world.store, frozenset(refused))
    storing = world.importing.storing
    return evolve(storing, context=evolve(storing.context, store=store)), store


async def take(world: World, storing: Storing, *given: Transcript, **wish: Any) -> Imported:
    content = b"".join(exporters()["jsonl"].pieces(given, is_single=False)).decode()
    importing = evolve(world.importing, storing=storing)
    return await importing.run(Source(content=content), Wish(**wish), progress=Progress())


async def test_many_small_sessions_share_transactions_that_stay_short() -> None:
    world = World()
    storing, store = storing_in(world)
    count = 3 * MOST_SESSIONS + 1
    imported = await take(world, storing, *(a_conversation("Hi", session_id=f"s{n}") for n in range(count)))
    assert imported.session_ids == [f"s{n}" for n in range(count)]
    assert store.messages == [MOST_SESSIONS, MOST_SESSIONS, MOST_SESSIONS, 1, 0]  # the last one settles
    assert len(world.audience.of(SessionChanged)) == count


@pytest.mark.parametrize(
    ("texts", "together"),
    [(["Hi"] * (MOST_MESSAGES // 2), 2), (["x" * (MOST_CHARACTERS // 2)], 2), (["x" * MOST_CHARACTERS], 1)],
    ids=["messages", "words", "very long"],
)
async def test_a_transaction_is_bounded_by_what_it_stores(texts: list[str], together: int) -> None:
    world = World()
    storing, store = storing_in(world)
    await take(world, storing, *(a_conversation(*texts, session_id=f"s{n}") for n in range(4)))
    assert store.messages == [*[len(texts) * together] * (4 // together), 0]


async def test_a_session_that_the_store_does_not_take_takes_no_other_one_along() -> None:
    world = World()
    storing, store = storing_in(world, "s2-m2")
    given = [a_conversation("Hi", "Ho", session_id=f"s{n}") for n in range(5)]
    imported = await take(world, storing, *given)
    assert imported.session_ids == ["s0", "s1", "s3", "s4"]
    assert [problem.message for problem in imported.problems] == [
        "The session 's2' is not imported: the store does not take it (no room for it)."
    ]
    with world.store.reading() as records:
        assert records.session("s2") is None
        assert records.message("s2-m1") is None
    assert store.messages == [2, 2, 2, 2, 0]
    assert [event.view.session.id for event in world.audience.of(SessionChanged)] == ["s0", "s1", "s3", "s4"]


async def test_sessions_that_are_here_need_no_transaction() -> None:
    world = World()
    storing, store = storing_in(world)
    given = [a_conversation("Hi", session_id=f"s{n}") for n in range(5)]
    await take(world, storing, *given)
    store.messages.clear()
    again = await take(world, storing, *given)
    assert (again.skipped, store.messages) == (5, [])
    dry = await take(world, storing, *given, a_conversation("Hi", session_id="s9"), dry_run=True)
    assert (dry.imported, dry.skipped, store.messages) == (1, 5, [])


async def test_each_is_planned_beside_what_was_stored_before_it() -> None:
    world = World()
    storing, _ = storing_in(world)
    thief = a_conversation("Mine", session_id="s1")
    other = evolve(
        a_conversation("Stolen", session_id="s2"),
        messages=(evolve(thief.messages[0], session_id="s2"),),
    )
    other = evolve(other, session=evolve(other.session, head_id="s1-m1"))
    planned = storing.store([thief, other, thief], "skip")
    assert [type(each) for each in planned] == [Put, Refuse, Skip]


class BreakingFormat:
    """Gives sessions, and then what ends the import."""

    name = "jsonl"

    def __init__(self, sessions: int, end: Exception) -> None:
        self._sessions = sessions
        self._end = end

    def recognises(self, head: bytes) -> bool:
        return True

    def read(self, source: Iterable[bytes]) -> Iterator[Transcript | TransferProblem]:
        for number in range(self._sessions):
            yield a_conversation("Hi", session_id=f"s{number}")
        raise self._end


@pytest.mark.parametrize("end", [ImportInvalid("newer"), Cancelled()])
async def test_what_was_read_before_an_early_end_is_stored(end: Exception) -> None:
    world = World()
    sources = world.importing.sources
    own = (BreakingFormat(MOST_SESSIONS + 3, end),)
    tools = evolve(sources.tools, own=lambda: own)
    importing = evolve(world.importing, sources=evolve(sources, tools=tools))
    with pytest.raises(type(end)):
        await importing.run(Source(content="x"), Wish(), progress=Progress())
    for number in range(MOST_SESSIONS + 3):
        assert world.session(f"s{number}").message_count == 1


@pytest.mark.parametrize("mode", ["skip", "duplicate", "replace", "newer"])
async def test_a_dry_run_tells_of_messages_that_sessions_of_the_source_share(mode: OnConflict) -> None:
    mine = a_conversation("Mine", session_id="s1")
    message = evolve(mine.messages[0], session_id="s2")
    other = evolve(a_conversation("", session_id="s2", head_id="s1-m1"), messages=(message,))
    dry, real = World(), World()
    told = await take(dry, dry.importing.storing, mine, other, mode=mode, dry_run=True)
    done = await take(real, real.importing.storing, mine, other, mode=mode)
    assert (told.imported, told.skipped, told.problems) == (done.imported, done.skipped, done.problems)
    assert done.imported == (2 if mode == "duplicate" else 1)
