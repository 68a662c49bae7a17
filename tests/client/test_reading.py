"""Reading is tolerant of additions and firm about what is missing."""

from typing import Any

import pytest

from threadkeep.client.errors import MalformedAnswer
from threadkeep.client.reading import read
from threadkeep.protocol.methods import METHODS
from threadkeep.protocol.types.common import Empty
from threadkeep.protocol.types.messages import Message, TimelineEvent
from threadkeep.protocol.types.parts import AttachmentPart, Position, Range, TextPart
from threadkeep.protocol.types.server import SettingValue
from threadkeep.values.json_codec import Malformed


def message(**members: Any) -> dict[str, Any]:
    return {
        "id": "m1",
        "sessionId": "s1",
        "seq": 1,
        "role": "user",
        "content": "hi",
        "status": "complete",
        "createdAt": "2025-01-02T03:04:05.678Z",
        **members,
    }


def test_camel_case_and_keyword_names_are_read() -> None:
    event = {"kind": "modelChanged", "from": "a", "to": "b", "at": "now"}
    read_message = read(message(event=event, turnId="t1"), Message)

    assert read_message.turn_id == "t1"
    assert read_message.event == TimelineEvent(kind="modelChanged", from_="a", to="b", at="now")


def test_unknown_members_values_and_parts_do_not_fail() -> None:
    parts = [{"type": "text", "text": "hi", "bold": True}, {"type": "hologram"}]
    read_message = read(message(role="oracle", aura="blue", parts=parts), Message)

    assert read_message.role == "oracle"
    assert read_message.parts == (TextPart(text="hi"),)


def test_a_snapshot_that_was_sent_along_is_read() -> None:
    snapshot = {
        "type": "attachment",
        "kind": "range",
        "uri": "file:///work/a.py",
        "range": {"start": {"line": 1, "character": 0}, "end": {"line": 2, "character": 4}},
        "text": "one",
        "languageId": "python",
        "hash": "ab12",
        "stale": "rotten",
        "mood": "new",
    }
    (part,) = read(message(parts=[snapshot]), Message).parts

    assert part == AttachmentPart(
        kind="range",
        uri="file:///work/a.py",
        range=Range(start=Position(line=1, character=0), end=Position(line=2, character=4)),
        text="one",
        language_id="python",
        hash="ab12",
        stale="rotten",  # type: ignore[arg-type]  # open enums are kept as they came
    )


def test_null_is_as_good_as_absent() -> None:
    assert read(message(metadata=None, error=None), Message) == read(message(), Message)


def test_opaque_json_is_kept_as_it_came() -> None:
    metadata = {"camelCase": [1, None, {"jsonrpc": "2.0"}]}

    assert read(message(metadata=metadata), Message).metadata == metadata
    assert read({"name": "a", "value": {"b": [1]}, "source": "flag"}, SettingValue).value == {"b": [1]}


@pytest.mark.parametrize("data", [None, [], "text", {}, {"parts": [1]}, {"parts": 5}])
def test_what_is_no_message_is_refused(data: object) -> None:
    with pytest.raises(MalformedAnswer, match="not a Message"):
        read(data, Message)


def test_an_empty_result_may_hold_anything() -> None:
    assert read({"more": 1}, Empty) == Empty()


@pytest.mark.parametrize(
    "cls", [method.result or method.params for method in METHODS], ids=lambda cls: cls.__name__
)
def test_every_result_and_notification_can_be_read(cls: type) -> None:
    try:
        read({}, cls)
    except MalformedAnswer as error:
        assert isinstance(error.__cause__, Malformed)  # noqa: PT017 - both outcomes are right
