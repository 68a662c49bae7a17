"""Lines for people."""

import json
import os
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.cli import formats
from threadkeep.protocol.types.common import Usage
from threadkeep.protocol.types.messages import Message, TimelineEvent
from threadkeep.protocol.types.parts import AttachmentPart, Position, Range
from threadkeep.protocol.types.repositories import Repository
from threadkeep.protocol.types.sessions import Link, Session

AT = "2025-01-02T03:04:05.678Z"


def session(**fields: Any) -> Session:
    usual = {
        "id": "s1",
        "repository": Repository(id="r1", name="garden"),
        "task": "main",
        "title": "Roses",
        "title_source": "user",
        "status": "active",
        "activity": "idle",
        "agent": "assistant",
        "usage": Usage(),
        "created_at": AT,
        "updated_at": AT,
        "last_activity_at": AT,
        "revision": 1,
        "seq": 1,
    }
    return Session(**{**usual, **fields})


def message(content: str = "hello", **fields: Any) -> Message:
    usual = {"id": "m1", "session_id": "s1", "seq": 1, "role": "user", "status": "complete", "created_at": AT}
    return Message(**{**usual, "content": content, **fields})


def test_where_names_everything_that_is_there() -> None:
    here = session(workflow="review", model="big", provider="work")

    assert formats.where(here, default_model="offline:offline") == (
        "garden · main · review · Roses · assistant · work:big"
    )


@pytest.mark.parametrize(
    ("model", "provider", "expected"),
    [(None, None, "a:b"), ("big", "work", "work:big"), ("work:big", "work", "work:big"), ("x", None, "x")],
)
def test_a_model_is_named_with_its_provider(model: str | None, provider: str | None, expected: str) -> None:
    assert formats.model_of(session(model=model, provider=provider), default="a:b") == expected


def test_the_tail_of_a_long_message_is_its_end() -> None:
    long = message("\n".join(map(str, range(20))), role="assistant", agent="reviewer", status="cancelled")

    assert formats.tail_lines(long, most=2) == ["reviewer: …", "18", "19 [cancelled]"]


def test_what_a_person_did_is_told_in_words() -> None:
    event = TimelineEvent(kind="modelChanged", from_="a:b", to="c:d", reason="cheaper", at=AT)
    paused = TimelineEvent(kind="paused", at=AT)

    assert formats.tail_lines(message("", role="event", event=event)) == [
        "— model changed: a:b → c:d (cheaper)"
    ]
    assert formats.event_line(message("", role="event", event=paused)) == "paused"


def test_a_message_in_full_says_who_when_and_how_it_ended() -> None:
    lines = formats.message_lines(
        message("Hi\n", role="assistant", agent="assistant", model="big", provider="work", status="failed")
    )

    assert lines[0].startswith("── assistant · 2025-01-0")
    assert lines[0].endswith("work:big · failed · #1")
    assert lines[1:] == ["Hi", ""]


def test_a_message_in_full_says_what_cut_it_off_and_names_its_sources() -> None:
    links = [{"uri": "https://a.example", "title": "A\x1b[2J"}, "odd"]
    metadata = {"links": links, "notices": ["No temperature."]}
    cut = message("Hi", role="assistant", stop_reason="contentFilter", metadata=metadata)

    assert "stopped by a content filter" in formats.message_lines(cut)[0]
    sources = ["(1) A\ufffd[2J https://a.example", "(No temperature.)"]
    assert formats.message_lines(cut)[2:4] == sources
    assert formats.tail_lines(cut) == ["assistant: Hi [stopped by a content filter]"]
    assert formats.beside_lines(message(metadata={"links": 7, "notices": None})) == []


@pytest.mark.parametrize(
    ("end", "expected"), [((3, 2), "(attached: a b.py:2-4)"), ((3, 0), "(attached: a b.py:2-3)")]
)
def test_a_message_in_full_names_what_was_sent_along(end: tuple[int, int], expected: str) -> None:
    part = AttachmentPart(
        kind="range",
        uri="file:///work/a%20b.py",
        range=Range(start=Position(line=1, character=0), end=Position(line=end[0], character=end[1])),
        text="one",
        hash="ab",
    )

    assert formats.message_lines(message(parts=(part,)))[2] == expected


def test_attachments_without_a_place_are_named_by_their_kind() -> None:
    parts = [AttachmentPart(kind=kind, text="one", hash="ab") for kind in ("text", "diff")]

    assert formats.message_lines(message(parts=tuple(parts)))[2] == "(attached: text, diff)"


def test_a_message_in_full_tells_how_a_person_marked_it() -> None:
    lines = formats.message_lines(message(is_favourite=True, note="see\x1b[2J here", seq=7))

    assert lines[0].endswith(" · favourite · #7")
    assert lines[-2:] == ["(note: see\ufffd[2J here)", ""]


def test_a_session_is_shown_with_its_marks() -> None:
    link = Link(kind="issue", value="7", url="https://x/7")
    lines = formats.session_lines(session(links=(link,), is_favourite=True))

    assert "  links          issue:7 (https://x/7)" in lines
    assert "  favourite      yes" in lines


@pytest.mark.parametrize(("uri", "path"), [("file:///a%20b/c", "/a b/c"), ("memory:x", "memory:x")])
def test_a_uri_is_told_as_the_path_it_means(uri: str, path: str) -> None:
    assert formats.path_of(uri) == path.replace("/", os.sep)


def test_a_switch_of_the_agent_is_told_in_words() -> None:
    switched = TimelineEvent(kind="agentSwitched", from_="assistant", to="coder", at="now")

    assert formats.event_line(message("", role="event", event=switched)) == (
        "agent switched: assistant → coder"
    )


def test_a_session_is_shown_without_what_it_does_not_have() -> None:
    lines = formats.session_lines(
        session(tags=("b",), links=(Link(kind="issue", value="7"),), archived_at=AT)
    )

    assert lines[0] == "Roses"
    assert "  status         active, archived" in lines
    assert "  links          issue:7" in lines
    assert not any("note" in line or "workflow" in line for line in lines)


def test_times_are_shown_to_the_minute_and_strange_ones_as_they_came() -> None:
    assert formats.moment(AT, zone=UTC) == "2025-01-02 03:04"
    assert formats.moment("yesterday") == "yesterday"


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (1_572_864, "1.6 MB"), (5 * 10**12, "5000.0 GB")],
)
def test_sizes_take_the_unit_that_reads_best(count: int, expected: str) -> None:
    assert formats.size(count) == expected


@given(st.text())
def test_clean_text_commands_no_terminal(text: str) -> None:
    cleaned = formats.clean(text)

    assert not any(character in cleaned for character in "\x1b\x07\x08\x9b\x9d\r\x00")
    assert cleaned.isprintable() or not text.isprintable()


MIRRORS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def test_what_mirrors_text_is_shown_as_a_sign_of_its_own() -> None:
    assert formats.clean(f"a{MIRRORS}b") == "a" + "\ufffd" * len(MIRRORS) + "b"
    assert formats.clean("שלום \u200f👩\u200d🌾") == "שלום \u200f👩\u200d🌾"


@given(st.text() | st.text(f"{MIRRORS}\x1b\x7f\x9b\n"))
def test_json_loses_nothing_and_commands_no_terminal(text: str) -> None:
    written = formats.json_text({"title": text})

    assert json.loads(written) == {"title": text}
    assert formats.clean(written) == written


@given(st.text(), st.integers(1, 40))
def test_cut_text_fits(text: str, width: int) -> None:
    assert formats.columns(formats.cut(text, width)) <= width


def test_columns_line_up_under_wide_characters() -> None:
    assert formats.table(("A", "B"), [("字字", "x"), ("é", "multi\nline")]) == [
        "A     B",
        "字字  x",
        "é     multi line",
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "-"), ("x", "x"), (False, "false"), (["ü"], '["ü"]'), ({"a": 1}, '{"a": 1}')],
)
def test_settings_are_shown_as_they_are_written(value: object, expected: str) -> None:
    assert formats.setting_value(value) == expected
