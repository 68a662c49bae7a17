"""The parser of event streams."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.adapters.models import sse
from threadkeep.adapters.models.sse import EventData, EventTooLong


def parsed(*blocks: bytes) -> list[bytes]:
    stream = EventData()
    found = [data for block in blocks for data in stream.feed(block)]
    return found + stream.end()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data:a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
        (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b": hello\n\nevent: x\nid: 3\nretry: 5\ndata: a\n\n", [b"a"]),
        (b"data: a\n\n\n\n\n", [b"a"]),
        (b"data: a", [b"a"]),
        (b"data: a\n", [b"a"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"database: a\n\nnonsense\n\n", []),
        (b"", []),
    ],
)
def test_events_are_found_in_every_form(text: bytes, expected: list[bytes]) -> None:
    assert parsed(text) == expected


EVENTS = st.lists(
    st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1)
    .map(str.strip)
    .filter(bool)
)


@given(events=EVENTS, line_end=st.sampled_from(["\n", "\r\n", "\r"]), data=st.data())
def test_it_does_not_matter_where_the_bytes_are_cut(
    events: list[str], line_end: str, data: st.DataObject
) -> None:
    whole = "".join(f"data: {event}{line_end}{line_end}" for event in events).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    blocks = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert parsed(*blocks) == [event.encode().strip() for event in events]


@given(st.binary())
def test_any_bytes_are_taken(garbage: bytes) -> None:
    assert all(isinstance(data, bytes) for data in parsed(garbage))


@pytest.mark.parametrize("block", [b"data: " + b"x" * 60, b"data: xxxxxxxxxx\n" * 6])
def test_an_event_without_end_is_refused(block: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 50)
    with pytest.raises(EventTooLong):
        EventData().feed(block)
