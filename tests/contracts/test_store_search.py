"""What every store promises about finding texts, and about reading them one after another."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.each_store import EACH_STORE
from tests.support.store import KEY, a_message, a_session, at, opened_store, put
from threadkeep.domain.messages import Part, text_part
from threadkeep.domain.search import parse_words
from threadkeep.domain.sessions import Link
from threadkeep.ports.search_records import BEGINNING, StoredText, position_after
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.ports.store import Store
from threadkeep.values import evolve

LISTED = SessionFilter()
EVERYWHERE = SessionFilter(archived="include", trashed="include")


@pytest.fixture(params=EACH_STORE)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened_store(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture(params=[0, 80], ids=["few messages", "many messages"])
def filled(request: pytest.FixtureRequest, store: Store) -> Store:
    """A store in which new messages come after none or many others."""
    put(store, a_session("before", title="Long ago", title_source="user"))
    put(
        store,
        *(a_message(f"b{n}", seq=n + 1, session_id="before", text="filler") for n in range(request.param)),
    )
    return store


def found(store: Store, query: str, wanted: SessionFilter = LISTED, **more: Any) -> list[str]:
    with store.reading() as records:
        texts = records.found_texts(parse_words(query), wanted, **{"limit": 100, **more})
    return [name(text) for text in texts]


def name(text: StoredText) -> str:
    return f"{text.message_id or text.session.id}.{text.field}"


def scanned(store: Store, wanted: SessionFilter = LISTED, **more: Any) -> list[str]:
    """All that is read, a few at a time."""
    texts: list[StoredText] = []
    after = BEGINNING
    while True:
        with store.reading() as records:
            scan = records.scanned_texts(wanted, limit=3, after=after, **more)
        assert 0 <= scan.done <= 1
        texts += scan.texts
        if scan.after is None:
            return [name(text) for text in texts]
        after = scan.after


def fill_all_fields(store: Store) -> None:
    put(
        store,
        a_session(
            title="The whale", title_source="user", tags=("deep sea", "whale"), note="about a whale", seq=2
        ),
        a_message("m1", seq=1, text="A whale, and another whale", note="whale!"),
        a_message("m2", seq=2, role="assistant", parent_id="m1", text="no such fish"),
    )


def test_texts_of_every_kind_are_found_with_what_they_belong_to(filled: Store) -> None:
    fill_all_fields(filled)
    assert sorted(found(filled, "whale")) == ["m1.content", "m1.note", "s1.note", "s1.tags", "s1.title"]
    with filled.reading() as records:
        (text,) = records.found_texts(parse_words("another"), SessionFilter(), limit=5)
        session = records.session("s1")
    assert (text.session, text.text, text.seq, text.at) == (session, "A whale, and another whale", 1, at(1))
    with filled.reading() as records:
        (text,) = records.found_texts(parse_words("deep"), SessionFilter(), limit=5)
    assert (text.field, text.text, text.message_id, text.at) == ("tags", "deep sea, whale", None, at(0))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("quick fox", ["m1.content"]),
        ("quick absent", []),
        ('"quick brown"', ["m1.content"]),
        ('"brown quick"', []),
        ('"quick brow"', []),
        ('"quick brow"*', ["m1.content"]),
        ('"quick brown', ["m1.content"]),
        ("bro*", ["m1.content"]),
        ("bro", []),
        ("my_function", ["m2.content"]),
        ("my", []),
        ("function", []),
        ("os.path", ["m2.content"]),
        ("path.os", []),
        ("STRASSE", ["m3.content"]),
        ("Äpfel apfel", ["m3.content"]),
        ("歡猫", ["m4.content"]),
        ("喜歡猫", ["m4.content"]),
        ("猫", ["m4.content"]),
        ("喜猫", []),
        ("会議は長", ["m4.content"]),
        ("문장", ["m4.content"]),
        ("한국어 猫咪", ["m4.content"]),
        ("mixed words", ["m4.content"]),
        ("AND", []),
        ('"', []),
        ("-quick", ["m1.content"]),
        ("text : fox*", []),
        ("NEAR(quick fox)", []),
        ("^quick + {fox} (((", ["m1.content"]),
        ("* \x00 \ud800 ''", []),
    ],
)
def test_words_phrases_and_prefixes(filled: Store, query: str, expected: list[str]) -> None:
    texts = (
        "The Quick, brown FOX",
        "call my_function(os.path.join) now",
        "die Straße der A\u0308pfel",
        "我喜歡猫咪 昨日の会議は長かった 한국어 문장입니다 mixed中文words",
    )
    put(filled, a_session(), *(a_message(f"m{n}", seq=n, text=text) for n, text in enumerate(texts, 1)))
    assert found(filled, query) == expected


def test_the_newest_come_first_and_a_page_goes_on_where_the_last_one_ended(filled: Store) -> None:
    fill_all_fields(filled)
    put(filled, a_session("s2", title="whale", title_source="user", created_at=at(7)))
    put(filled, *(a_message(f"w{n}", seq=n, session_id="s2", text="whale") for n in range(3, 9)))
    everything = found(filled, "whale")
    assert len(everything) == 12
    assert everything[:6] == [
        "w8.content",
        "w7.content",
        "s2.title",
        "w6.content",
        "w5.content",
        "w4.content",
    ] or (
        everything[:6] == ["w8.content", "s2.title", "w7.content", "w6.content", "w5.content", "w4.content"]
    )
    assert pages(filled, "whale", limit=5) == everything


def pages(store: Store, query: str, *, limit: int, wanted: SessionFilter = EVERYWHERE) -> list[str]:
    names: list[str] = []
    after = BEGINNING
    while True:
        with store.reading() as records:
            texts = records.found_texts(parse_words(query), wanted, limit=limit, after=after)
        names += [name(text) for text in texts]
        if len(texts) < limit:
            return names
        after = position_after(after, texts)


def test_pages_show_nothing_twice_while_messages_come(filled: Store) -> None:
    put(filled, a_session(), *(a_message(f"m{n}", seq=n, text="whale") for n in range(1, 9)))
    with filled.reading() as records:
        first = records.found_texts(parse_words("whale"), SessionFilter(), limit=3)
    put(filled, *(a_message(f"later{n}", seq=20 + n, text="whale") for n in range(70)))
    with filled.reading() as records:
        rest = records.found_texts(
            parse_words("whale"), SessionFilter(), limit=9, after=position_after(BEGINNING, first)
        )
    assert [text.message_id for text in (*first, *rest)] == [f"m{n}" for n in range(8, 0, -1)]


def sessions_for_filters() -> Sequence[Any]:
    return (
        a_session("a", key=evolve(KEY, task="review", workflow="docs"), tags=("x", "y")),
        a_session("b", status="paused", links=(Link(kind="issue", value="7"),), model="m", provider="p"),
        a_session("c", archived_at=at(1), is_favourite=True, title="Ärger", title_source="user"),
        a_session("d", trashed_at=at(1), tags=("x",)),
        a_session("e", key=evolve(KEY, repository_id="r2"), message_count=9, agent="coder"),
    )


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, "abe"),
        ({"archived": "include"}, "abce"),
        ({"archived": "only"}, "c"),
        ({"trashed": "include"}, "abde"),
        ({"trashed": "only"}, "d"),
        ({"repository_id": "r2"}, "e"),
        ({"task": "review"}, "a"),
        ({"workflow": "docs"}, "a"),
        ({"status": frozenset({"paused"})}, "b"),
        ({"tags": frozenset({"x"})}, "a"),
        ({"tags": frozenset({"x"}), "trashed": "include"}, "ad"),
        ({"tags": frozenset({"x", "y"})}, "a"),
        ({"link": ("issue", "7")}, "b"),
        ({"link": ("issue", "8")}, ""),
        ({"model": "m", "provider": "p"}, "b"),
        ({"agent": "coder"}, "e"),
        ({"min_messages": 5}, "e"),
        ({"is_favourite": True, "archived": "include"}, "c"),
        ({"title": "arg", "archived": "include"}, "c"),
        ({"created_after": at(5)}, ""),
        ({"repository_id": "nobody"}, ""),
    ],
)
def test_only_wanted_sessions_are_searched(store: Store, wanted: dict[str, Any], expected: str) -> None:
    put(store, *sessions_for_filters())
    for n, session_id in enumerate("abcde"):
        put(store, a_message(f"{session_id}0", session_id=session_id, seq=n + 1, text="whale", note="whale"))
    names = sorted(f"{each}0.{field}" for each in expected for field in ("content", "note"))
    assert sorted(found(store, "whale", SessionFilter(**wanted))) == names
    put(store, *(a_message(f"filler{n}", session_id="a", seq=n + 10, text="filler") for n in range(70)))
    assert sorted(found(store, "whale", SessionFilter(**wanted))) == names
    in_scan = [each for each in scanned(store, SessionFilter(**wanted)) if each[1] == "0"]
    assert sorted(in_scan) == names


def test_a_session_is_searched_without_the_others(filled: Store) -> None:
    fill_all_fields(filled)
    put(filled, a_session("s2", title="whale", title_source="user"))
    put(filled, a_message("w1", session_id="s2", text="whale"))
    assert sorted(found(filled, "whale", session_id="s2")) == ["s2.title", "w1.content"]
    assert found(filled, "whale", session_id="nobody") == []
    assert found(filled, "whale", session_id="\x00") == []
    assert sorted(scanned(filled, session_id="s2")) == ["s2.title", "w1.content"]


def test_changed_texts_are_found_by_their_new_words_only(filled: Store) -> None:
    fill_all_fields(filled)
    put(filled, a_session(title="Fish", title_source="user", tags=("cod",), note=None))
    put(filled, a_message("m1", seq=1, text="eel", note="ray"))
    assert found(filled, "whale") == []
    assert [found(filled, word) for word in ("fish", "cod", "eel", "ray")] == [
        ["m2.content", "s1.title"],
        ["s1.tags"],
        ["m1.content"],
        ["m1.note"],
    ]
    put(filled, a_message("m1", seq=1, text="eel"))
    assert found(filled, "ray") == []


def test_a_title_that_nobody_gave_is_not_found(store: Store) -> None:
    put(store, a_session())
    assert found(store, "session") == []


def test_nothing_of_an_erased_session_is_found(filled: Store) -> None:
    fill_all_fields(filled)
    with filled.writing() as changes:
        changes.erase_session("s1")
    assert found(filled, "whale") == []
    assert [each for each in scanned(filled) if not each.startswith("b")] == []
    fill_all_fields(filled)
    assert len(found(filled, "whale")) == 5


def test_what_comes_after_an_erased_session_is_found(filled: Store) -> None:
    put(
        filled,
        a_session("s2"),
        *(a_message(f"w{n}", session_id="s2", seq=n, text="x") for n in range(1, 140)),
    )
    with filled.writing() as changes:
        changes.erase_session("s2")
    put(filled, a_session(), *(a_message(f"m{n}", seq=n, text="whale") for n in range(1, 140)))
    assert len(found(filled, "whale", limit=999)) == 139


def test_only_its_own_process_finds_what_is_private(tmp_path: Path) -> None:
    with opened_store("private", tmp_path) as store:
        fill_all_fields(store)
        put(store, a_session("p", title="whale", title_source="user", is_private=True, created_at=at(9)))
        put(store, *(a_message(f"p{n}", session_id="p", seq=n + 9, text="a whale") for n in range(3)))
        names = found(store, "whale")
        assert {"p0.content", "p1.content", "p2.content", "p.title"} < set(names)
        assert len(names) == 9
        assert pages(store, "whale", limit=2) == names
        assert sorted(scanned(store)) == sorted([*names, "m2.content"])
        assert found(store, "whale", session_id="p") == ["p2.content", "p1.content", "p0.content", "p.title"]
        assert len(ranked(store, "whale") or ()) == 9
        with store.reading() as records:
            batch = records.unembedded("m", limit=99)
        assert batch is not None
        assert "a whale" not in batch.texts
    with opened_store("sqlite", tmp_path) as kept:
        assert len(found(kept, "whale")) == 5


def test_events_hold_no_text_and_answers_are_found_when_they_are_whole(filled: Store) -> None:
    put(filled, a_session(), a_message("e", role="event", text="whale"))
    put(filled, a_message("m1", seq=2, role="assistant", status="streaming"))
    put(filled, *(a_message(f"later{n}", seq=n + 3, text="x") for n in range(80)))
    assert found(filled, "whale") == []
    put(filled, a_message("m1", seq=2, role="assistant", text="whale"))
    assert found(filled, "whale") == ["m1.content"]


def ranked(store: Store, query: str, wanted: SessionFilter = LISTED, **more: Any) -> list[str] | None:
    with store.reading() as records:
        texts = records.ranked_texts(parse_words(query), wanted, **{"limit": 9, "most": 100, **more})
    if texts is None:
        return None
    scores = [text.score for text in texts]
    assert None not in scores
    assert scores == sorted(scores, key=lambda score: -(score or 0))
    return [name(text) for text in texts]


def test_the_best_come_first(filled: Store) -> None:
    texts = ("one whale among many other words", "nothing", "whale whale whale", "no", "so", "words")
    put(filled, a_session(), *(a_message(f"m{n}", seq=n, text=text) for n, text in enumerate(texts, 1)))
    assert ranked(filled, "whale") == ["m3.content", "m1.content"]
    assert ranked(filled, "whale", skip=1) == ["m1.content"]
    assert ranked(filled, "whale", limit=1) == ["m3.content"]
    assert ranked(filled, "absent") == []
    assert ranked(filled, "***") == []
    assert ranked(filled, "whale", session_id="before") == []
    assert ranked(filled, "whale", SessionFilter(task="other")) == []


def test_words_of_too_many_texts_are_not_ranked(filled: Store) -> None:
    put(filled, a_session(), *(a_message(f"m{n}", seq=n, text="whale") for n in range(1, 71)))
    put(filled, a_message("n", seq=99, text="x", note="whale"))
    assert ranked(filled, "whale", most=70) is None
    assert len(ranked(filled, "whale", most=71) or ()) == 9


def test_beginnings_of_a_letter_or_two_are_found_but_not_ranked(filled: Store) -> None:
    texts = ("wharf", "whale of a time", "a tide", "what")
    put(filled, a_session(), *(a_message(f"m{n}", seq=n, text=text) for n, text in enumerate(texts, 1)))
    put(filled, *(a_message(f"x{n}", seq=9 + n, text="filler") for n in range(600)))
    put(filled, a_message("last", seq=999, text="whey", note="w"))
    assert found(filled, "wh*") == ["last.content", "m4.content", "m2.content", "m1.content"]
    assert found(filled, "w*")[:3] == ["last.content", "last.note", "m4.content"]
    assert found(filled, "wh* ti*") == ["m2.content"]
    assert found(filled, "ti* whale") == ["m2.content"]
    assert (ranked(filled, "wh*"), ranked(filled, "whale ti*")) == (None, ["m2.content"])
    assert ranked(filled, "whale xx*") == []


@pytest.mark.parametrize("between", [0, 600], ids=["among the newest", "long ago"])
def test_a_beginning_is_found_however_the_text_is_written(store: Store, between: int) -> None:
    texts = ("STRASSEN", "line\nstrasse", "Straße\x00", 'a\tstra"', "os.strategy", "\ud800strand", "abstract")
    put(store, a_session(), *(a_message(f"m{n}", seq=n, text=text) for n, text in enumerate(texts)))
    put(store, *(a_message(f"x{n}", seq=9 + n, text="filler") for n in range(between)))
    assert found(store, "stra*") == [f"m{n}.content" for n in (5, 4, 3, 2, 1, 0)]
    assert found(store, "strass*") == [f"m{n}.content" for n in (2, 1, 0)]
    assert found(store, "os.str*") == ["m4.content"]
    assert found(store, "line stra*") == ["m1.content"]


@pytest.mark.parametrize("between", [0, 100, 600], ids=["waiting", "among the newest", "long ago"])
def test_a_word_that_goes_on_in_the_next_part_is_found(store: Store, between: int) -> None:
    parts = (text_part("stra"), Part(type="reasoning", text="hm"), text_part("sse and more"))
    put(store, a_session(), a_message("m", seq=1, parts=parts))
    put(store, *(a_message(f"x{n}", seq=9 + n, text="filler") for n in range(between)))
    for query in ("strasse", "strasse*", "stras*", '"strasse and"'):
        assert found(store, query) == ["m.content"]


def test_a_scan_gives_every_text_once_and_may_leave_out_what_does_not_hold_a_part(filled: Store) -> None:
    fill_all_fields(filled)
    put(filled, a_session("s2"), a_message("e", session_id="s2", role="event", text="never"))
    everything = scanned(filled)
    assert len(everything) == len(set(everything))
    texts = {"m1.content", "m1.note", "m2.content", "s1.note", "s1.tags", "s1.title", "before.title"}
    assert {each for each in everything if not each.startswith("b") or "title" in each} == texts
    holding = scanned(filled, holding="WHALE")
    assert {"m1.content", "m1.note", "s1.note", "s1.tags", "s1.title"} <= set(holding) <= set(everything)


@pytest.mark.parametrize(
    "part", ['say "hi"', "a\\b", "tab\there", "STRASSE", "ﬁne", "\ud800", "line\nend", "é"]
)
def test_a_scan_leaves_out_nothing_that_holds_the_part(store: Store, part: str) -> None:
    texts = ('Say "HI" to a\\B', "a tab\there, Line\nEnd", "straße, fine É", "with \ud800 in it, fine Straße")
    put(store, a_session(), *(a_message(f"m{n}", seq=n, text=text) for n, text in enumerate(texts, 1)))
    held = {f"m{n}.content" for n, text in enumerate(texts, 1) if part.casefold() in text.casefold()}
    assert held
    assert held <= set(scanned(store, holding=part))
