"""What every store promises about vectors of messages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.each_store import EACH_STORE
from tests.support.fake_embeddings import vector_of
from tests.support.store import KEY, a_message, a_session, at, opened_store, put
from threadkeep.domain.messages import text_part
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.ports.store import Store
from threadkeep.ports.vector_records import EMBEDDED_LENGTH
from threadkeep.values import evolve

LISTED = SessionFilter()
TEXTS = ("a whale", "an orca", "a car", "a truck and a car")


@pytest.fixture(params=EACH_STORE)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened_store(request.param, tmp_path) as opened:
        put(opened, a_session(), *(a_message(f"m{n}", seq=n, text=text) for n, text in enumerate(TEXTS, 1)))
        yield opened


def embedded(store: Store, model: str = "m", *, limit: int = 3) -> list[str]:
    """Gives every message a vector that lacks one; their texts in the order in which they came."""
    texts: list[str] = []
    for _ in range(99):
        with store.reading() as records:
            batch = records.unembedded(model, limit=limit)
        if batch is None:
            return texts
        assert len(batch.ids) == len(batch.texts) <= limit
        texts += batch.texts
        with store.writing() as changes:
            changes.put_vectors(model, batch, [vector_of(text) if text else None for text in batch.texts])
    raise AssertionError("it does not end")


def nearest(
    store: Store, text: str, wanted: SessionFilter = LISTED, *, limit: int = 9, skip: int = 0
) -> list[str]:
    with store.reading() as records:
        found = records.nearest_texts("m", vector_of(text), wanted, limit=limit, skip=skip)
    scores = [each.score or 0 for each in found]
    assert scores == sorted(scores, reverse=True)
    return [each.message_id or "" for each in found]


def test_every_message_comes_once_the_newest_first(store: Store) -> None:
    assert embedded(store) == list(reversed(TEXTS))
    assert embedded(store) == []
    put(store, a_message("m5", seq=5, text="later"), a_message("m6", seq=6, role="event", text="never"))
    assert sorted(embedded(store)) == ["", "later"]
    assert len(embedded(store, "another")) == 6


def test_the_nearest_come_first(store: Store) -> None:
    embedded(store)
    assert nearest(store, "whale")[:2] == ["m1", "m2"]
    assert nearest(store, "truck", limit=1) == ["m4"]
    assert nearest(store, "whale", limit=1, skip=1) == ["m2"]
    with store.reading() as records:
        assert list(records.nearest_texts("other", vector_of("whale"), LISTED, limit=9)) == []
        assert list(records.nearest_texts("m", b"\x00\x00", LISTED, limit=9)) == []
        (text, *_) = records.nearest_texts("m", vector_of("whale"), LISTED, limit=1)
    assert (text.field, text.text, text.session.id, text.seq) == ("content", "a whale", "s1", 1)


def test_only_wanted_sessions_are_compared(store: Store) -> None:
    put(store, a_session("s2", trashed_at=at(1)), a_message("t", session_id="s2", text="whale"))
    put(store, a_session("s3", key=evolve(KEY, task="x")), a_message("x", session_id="s3", text="whale"))
    embedded(store)
    assert nearest(store, "whale", limit=3) == ["x", "m1", "m2"]
    assert nearest(store, "whale", SessionFilter(task="x")) == ["x"]
    assert nearest(store, "whale", SessionFilter(trashed="only")) == ["t"]
    with store.reading() as records:
        found = records.nearest_texts("m", vector_of("whale"), LISTED, limit=9, session_id="s3")
        assert [each.message_id for each in found] == ["x"]
        assert list(records.nearest_texts("m", vector_of("a"), LISTED, limit=9, session_id="\x00")) == []


def test_a_changed_message_gets_another_vector_and_an_erased_one_none(store: Store) -> None:
    embedded(store)
    put(store, a_message("m1", seq=1, text="a car"), a_message("m2", seq=2))
    assert nearest(store, "whale", limit=2) != ["m1", "m2"]
    assert not {"m1", "m2"} & set(nearest(store, "whale"))
    assert sorted(embedded(store)) == ["", "a car"]
    assert nearest(store, "car", limit=2) in (["m1", "m3"], ["m3", "m1"])
    assert "m2" not in nearest(store, "whale")
    with store.writing() as changes:
        changes.erase_session("s1")
    assert nearest(store, "whale") == []


def test_an_answer_that_was_being_written_gets_its_vector_when_it_is_whole(store: Store) -> None:
    put(store, a_message("m5", seq=5, role="assistant", status="streaming"))
    embedded(store)
    put(store, a_message("m5", seq=5, role="assistant", text="whale whale"))
    assert embedded(store) == ["whale whale"]
    assert "m5" in nearest(store, "whale", limit=2)


def test_a_vector_of_what_was_changed_meanwhile_is_not_kept(store: Store) -> None:
    with store.reading() as records:
        batch = records.unembedded("m", limit=9)
    assert batch is not None
    put(store, a_message("m1", seq=1, text="a secret no more"))
    with store.writing() as changes:
        changes.put_vectors("m", batch, [vector_of(text) for text in batch.texts])
    assert "m1" not in nearest(store, "whale")
    assert embedded(store) == ["a secret no more"]


def test_long_texts_are_cut(store: Store) -> None:
    put(store, a_message("m5", seq=5, parts=(text_part("whale " * 9_999),)))
    assert len(embedded(store)[0]) in range(EMBEDDED_LENGTH - 9, EMBEDDED_LENGTH + 1)


def test_one_process_at_a_time_makes_vectors(store: Store) -> None:
    alive = {"a", "b"}
    with store.writing() as changes:
        claims = [changes.claim_vectors(owner, is_alive=alive.__contains__) for owner in ("a", "b", "a")]
        assert claims == [True, False, True]
        alive.remove("a")
        assert changes.claim_vectors("b", is_alive=alive.__contains__)


def test_vectors_of_other_models_are_forgotten(store: Store) -> None:
    embedded(store, "m")
    embedded(store, "other")
    with store.writing() as changes:
        changes.forget_vectors(but="other")
    assert nearest(store, "whale") == []
    assert embedded(store, "other") == []
    assert len(embedded(store, "m")) == 4


def test_what_comes_after_an_erased_session_gets_its_vectors(store: Store) -> None:
    put(store, a_session("s2"), *(a_message(f"w{n}", session_id="s2", seq=n, text="car") for n in range(9)))
    embedded(store)
    with store.writing() as changes:
        changes.erase_session("s2")
    put(store, *(a_message(f"later{n}", seq=n + 9, text="whale") for n in range(5)))
    assert embedded(store) == ["whale"] * 5


def test_a_comparison_can_be_ended(store: Store) -> None:
    embedded(store)

    def end() -> None:
        raise ZeroDivisionError

    with store.reading() as records, pytest.raises(ZeroDivisionError):
        records.nearest_texts("m", vector_of("whale"), LISTED, limit=1, check=end)
