"""What every store promises about finding earlier messages by their words."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.each_store import EACH_STORE
from tests.support.store import KEY, a_message, a_session, at, opened_store, put
from threadkeep.ports.store import Passage, Store
from threadkeep.values import evolve


@pytest.fixture(params=EACH_STORE)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened_store(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture(params=[0, 80], ids=["few messages", "many messages"])
def filled(request: pytest.FixtureRequest, store: Store) -> Store:
    """A store in which new messages come after none or many others."""
    put(store, a_session("before", key=evolve(KEY, repository_id="r9")))
    put(
        store,
        *(a_message(f"b{n}", seq=n + 1, session_id="before", text="filler") for n in range(request.param)),
    )
    return store


def found(store: Store, query: str, *, repository_id: str = "r1", limit: int = 10) -> list[str]:
    with store.reading() as records:
        return [
            passage.message_id
            for passage in records.passages(query, repository_id=repository_id, limit=limit)
        ]


def add(store: Store, *texts: str) -> None:
    put(store, a_session(title="About it"))
    put(store, *(a_message(f"m{n}", seq=n, text=text) for n, text in enumerate(texts, 1)))


def test_a_passage_says_where_it_stands(filled: Store) -> None:
    add(filled, "The quick fox")
    with filled.reading() as records:
        passages = list(records.passages("quick", repository_id="r1", limit=5))
    assert passages == [
        Passage(
            session_id="s1",
            session_title="About it",
            message_id="m1",
            role="user",
            text="The quick fox",
            at=at(1),
        )
    ]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("The Quick fox", "QUICK"),
        ("Ein Ärgernis, wirklich", "argernis"),
        ("call my_function(x) now", "my_function"),
        ("我喜歡猫咪", "歡猫"),
        ("昨日の会議は長かった", "会議について"),
        ("한국어 문장입니다", "문장"),
        ("one 猫 alone", "猫"),
        ("a b c", '"b" OR (*'),
        ("mixed中文words", "words"),
    ],
)
def test_words_are_found_without_case_accents_or_spaces(filled: Store, text: str, query: str) -> None:
    add(filled, text)
    assert found(filled, query) == ["m1"]


@pytest.mark.parametrize(
    "query", ["", "   ", '"', "absent", "func", "AND", "\x00", "\ud800", "NEAR(a b)" * 50]
)
def test_nothing_is_found_where_no_word_stands(filled: Store, query: str) -> None:
    add(filled, "my_function is here")
    assert found(filled, query) == []


def test_more_of_the_words_rank_first(filled: Store) -> None:
    add(filled, "alpha only", "alpha beta gamma", "beta gamma")
    assert found(filled, "alpha beta gamma") == ["m2", "m3", "m1"]
    assert found(filled, "alpha beta gamma", limit=1) == ["m2"]


def test_only_messages_of_the_repository_are_found(filled: Store) -> None:
    add(filled, "word")
    put(filled, a_session("s2", key=evolve(KEY, repository_id="r2")))
    put(filled, a_message("other", session_id="s2", text="word"))
    assert found(filled, "word") == ["m1"]
    assert found(filled, "word", repository_id="r2") == ["other"]


def test_a_moved_session_takes_its_passages_along(filled: Store) -> None:
    add(filled, "word")
    put(filled, a_session(key=evolve(KEY, repository_id="r2")))
    assert found(filled, "word") == []
    assert found(filled, "word", repository_id="r2") == ["m1"]


def test_trashed_and_private_text_and_events_are_not_found(filled: Store) -> None:
    put(filled, a_session("s1"), a_session("s2", trashed_at=at(1)), a_session("s3", is_private=True))
    put(
        filled,
        a_message("event", role="event", text="word"),
        a_message("trashed", session_id="s2", text="word"),
        a_message("private", session_id="s3", text="word"),
    )
    assert found(filled, "word") == []
    put(filled, a_session("s2"))
    assert found(filled, "word") == ["trashed"]


def test_a_changed_message_is_found_by_its_new_words_only(filled: Store) -> None:
    add(filled, "before")
    put(filled, a_message("m1", text="after"))
    assert (found(filled, "before"), found(filled, "after")) == ([], ["m1"])


def test_an_answer_is_found_when_it_is_stored_whole(filled: Store) -> None:
    put(filled, a_session(), a_message("m1", role="assistant", status="streaming"))
    put(filled, *(a_message(f"later{n}", seq=n + 2, text="x") for n in range(80)))
    assert found(filled, "answer") == []
    put(filled, a_message("m1", role="assistant", text="the answer"))
    assert found(filled, "answer") == ["m1"]
