"""Results as a model reads them: bounded, and each cut says how to go on."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.store import a_session
from threadkeep.domain.messages import Attachment, Message, Part, TimelineEvent, text_part
from threadkeep.faces.mcp.texts import (
    HISTORY_CHARACTERS,
    SEARCH_CHARACTERS,
    history_text,
    passages_text,
    sessions_text,
)
from threadkeep.usecases.search.lookup import (
    Passage,
    Passages,
    SeenHistory,
    SeenMessage,
    SeenSession,
    SeenSessions,
)
from threadkeep.values import evolve

SEEN = SeenSession(session=a_session("s1", message_count=3), title="About kiwis", repository="app")


def passage(text: str = "kiwi", **fields: object) -> Passage:
    return evolve(
        Passage(
            seen=SEEN,
            field="content",
            message_id="m1",
            role="user",
            text=text,
            is_begun=False,
            is_cut=False,
            at="2026-03-01T12:34:56.000Z",
        ),
        **fields,
    )


def seen_message(text: str, number: int = 1, **fields: object) -> SeenMessage:
    message = Message(
        id=f"m{number}",
        session_id="s1",
        seq=number,
        role="user",
        parts=(text_part(text),),
        created_at="2026-03-01T12:34:56.000Z",
    )
    return SeenMessage(message=evolve(message, **fields), text=text, reasoning_length=0)


def test_a_passage_has_what_is_needed_to_go_on() -> None:
    told = passages_text(Passages(passages=(passage(),), next_cursor="c1"), "kiwi", scope="all repositories")
    for words in (
        "Session s1",
        '"About kiwis"',
        "repository app",
        "task main",
        "2026-03-01 12:34",
        "message m1",
    ):
        assert words in told
    assert "> kiwi" in told
    assert 'cursor "c1"' in told


def test_what_is_not_all_of_the_words_is_said() -> None:
    told = passages_text(Passages(passages=(passage(),), holds_all=False), "kiwi zebra", scope="x")
    assert told.startswith("No passage holds all the words")


def test_nothing_found_says_what_to_do() -> None:
    assert "try fewer or other words" in passages_text(Passages(), "kiwi", scope="x")
    assert "No session is kept in x" in sessions_text(SeenSessions(), scope="x")


@given(st.lists(st.integers(0, 3_000), max_size=50))
def test_a_search_is_bounded_and_never_ends_in_silence(lengths: list[int]) -> None:
    found = Passages(passages=tuple(passage("k" * length) for length in lengths))
    told = passages_text(found, "k", scope="x")
    assert len(told) < SEARCH_CHARACTERS + 1_000
    shown = told.count("message m1")
    assert shown == len(lengths) or f"{len(lengths) - shown} more passages had no room" in told


@given(st.lists(st.integers(0, 40_000), min_size=1, max_size=40))
def test_a_history_is_bounded_and_says_how_to_read_on(lengths: list[int]) -> None:
    messages = tuple(seen_message("k" * length, number) for number, length in enumerate(lengths))
    told = history_text(SeenHistory(seen=SEEN, messages=messages))
    assert len(told) < HISTORY_CHARACTERS + 2_000
    for number, length in enumerate(lengths):
        block = f", message m{number}\n"
        if block not in f"{told}\n":
            assert f'around "m{number}"' in told or any(f'around "m{n}"' in told for n in range(number))
        elif f'around "m{number}", limit 1' in told:
            assert length > 0
        else:
            assert "k" * length in told


def test_a_long_message_can_be_read_to_its_end() -> None:
    text = "".join(f"{number:06d}" for number in range(20_000))
    read, start = "", 0
    while True:
        told = history_text(SeenHistory(seen=SEEN, messages=(seen_message(text),)), start=start)
        body = told.split("message m1\n", 1)[1].split("\n(", 1)[0]
        read += body.strip()
        start = len(read)
        if "limit 1, start" not in told:
            break
        assert f"start {start})" in told
    assert read == text


def test_what_is_not_text_is_a_line() -> None:
    attached = Part(
        type="attachment", text="x" * 30, attachment=Attachment(kind="file", uri="file:///a.py", hash="h")
    )
    event = TimelineEvent(kind="agentSwitched", at="2026-03-01T12:00:00.000Z", from_="a", to="b")
    messages = (
        seen_message("look", 1, parts=(text_part("look"), attached)),
        seen_message("", 2, role="event", event=event),
        evolve(
            seen_message("so", 3, role="assistant", agent="coder", status="interrupted"), reasoning_length=5
        ),
    )
    told = history_text(SeenHistory(seen=SEEN, messages=messages, before="m0", after="m9"))
    assert "(attached: file:///a.py, 30 characters)" in told
    assert "agentSwitched a → b" in told
    assert "coder, interrupted" in told
    assert "(thought for 5 characters)" in told
    assert 'around "m0"' in told
    assert 'around "m9"' in told
