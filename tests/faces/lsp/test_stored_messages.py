"""A message that goes from the store to the wire as it is stored is the same there as one that was a value between."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.store import a_message, at
from threadkeep.adapters.store.engine.json_text import json_text
from threadkeep.adapters.store.engine.short_json import Cell, joined, short_id
from threadkeep.adapters.store.tables.documents import message_document, parsed, stored_message
from threadkeep.adapters.store.tables.short_documents import SHORT
from threadkeep.domain.errors import StoreCorrupt
from threadkeep.domain.messages import Attachment, Failure, Message, Part, TimelineEvent, Usage, text_part
from threadkeep.faces.jsonrpc.json_text import encode
from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.stored_messages import LARGE, with_messages
from threadkeep.ports.history_records import StoredMessage
from threadkeep.protocol.converter import unstructure
from threadkeep.protocol.types import lists
from threadkeep.protocol.types import messages as on_wire
from threadkeep.values import evolve, fields, members
from threadkeep.values.forms import Filled

WORDS = st.text(max_size=20)
MAYBE = st.none() | WORDS
IDS = WORDS | st.uuids().map(str)
TIMES = st.sampled_from(["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:01.000Z"])
SAID = WORDS | st.sampled_from(
    ['"', "\\", "\n\t", "\x1b[0m", "%s", "\ud800", "\ue0001\ue001", "1000000000000001"]
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
ATTACHMENT = Part(type="attachment", text="x = 1", attachment=Attachment(kind="text", hash="0" * 64))
PARTS = st.builds(
    Part, type=st.sampled_from(["text", "reasoning"]), text=SAID, signature=st.none() | WORDS
) | st.just(ATTACHMENT)
COUNT = st.integers(0, 10**6)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    return Message(
        id=draw(IDS),
        session_id=draw(IDS),
        seq=draw(COUNT),
        role=draw(st.sampled_from(["system", "user", "assistant", "tool", "event"])),
        parts=tuple(draw(st.lists(PARTS, max_size=4))),
        status=draw(st.sampled_from(["complete", "interrupted", "cancelled", "failed", "streaming"])),
        usage=draw(
            st.none()
            | st.builds(
                Usage,
                input_tokens=COUNT,
                output_tokens=COUNT,
                cost=st.none() | st.floats(0, 9, allow_nan=False),
            )
        ),
        is_favourite=draw(st.booleans()),
        metadata=draw(st.dictionaries(WORDS, PLAIN, max_size=3)),
        event=draw(st.none() | st.just(TimelineEvent(kind="paused", at="now", to="x"))),
        error=draw(st.none() | st.just(Failure(kind="providerTimeout", message="late"))),
        created_at=draw(TIMES),
        completed_at=draw(st.none() | WORDS | TIMES),
        **{
            name: draw(st.none() | st.uuids().map(str) | WORDS if name.endswith("_id") else MAYBE)
            for name in (
                *("stop_reason", "turn_id", "parent_id", "agent", "model", "provider", "note", "erased_at"),
            )
        },
    )


def cell(message: Message) -> Cell:
    """As it stands in the store, in the short form if it has one."""
    text, key = json_text(message_document(message)), short_id(message.id)
    doc = SHORT.cell(text) if isinstance(key, bytes) else None
    return text if doc is None else joined(key, doc)


def passed(documents: Sequence[Cell], siblings: dict[str, tuple[int, int]] | None = None) -> bytes:
    page = lists.SessionHistoryResult(messages=(), before_cursor="older")
    entries = [stored_message(document) for document in documents]
    return b"".join(with_messages(page, entries, siblings or {}).pieces)


def as_values(kept: list[Message], siblings: dict[str, tuple[int, int]] | None = None) -> bytes:
    page = tuple(wire.message(each, siblings or {}) for each in kept)
    return encode(unstructure(lists.SessionHistoryResult(messages=page, before_cursor="older")))


@pytest.mark.medium
@given(st.lists(messages(), max_size=4), st.data())
def test_what_is_passed_on_is_what_values_would_give(kept: list[Message], data: st.DataObject) -> None:
    places = st.dictionaries(
        st.sampled_from([each.id for each in kept] or [""]), st.just((1, 3)), max_size=len(kept)
    )
    siblings = data.draw(places)
    documents = [json_text(message_document(each)) for each in kept]
    assert passed(documents, siblings) == as_values(kept, siblings)
    cells = [cell(each) for each in kept]
    assert passed(cells, siblings) == as_values(kept, siblings)
    assert [parsed(each, Message) for each in cells] == kept
    shown = [found for each in cells if isinstance(found := stored_message(each), StoredMessage)]
    by_id = {each.id: each for each in kept}
    for entry in shown:
        message = by_id[entry.id]
        names = ("id", "session_id", "seq", "role", "status", "turn_id", "parent_id", "is_counted")
        assert [getattr(entry, name) for name in names] == [getattr(message, name) for name in names]


def test_what_everybody_says_goes_to_the_wire_without_a_value_of_it() -> None:
    made = {
        "agent": "assistant",
        "model": "m",
        "provider": "p",
        "turn_id": str(uuid4()),
        "stop_reason": "endTurn",
    }
    usage = Usage(input_tokens=1, output_tokens=2, cached_tokens=3, cost=0.5)
    for said in ("Hello", 'He said:\n"C:\\x" \t é🌊', "100 %s", "\ue0007\ue001"):
        question = a_message(str(uuid4()), session_id=str(uuid4()), text=said, completed_at=at(1))
        answer = evolve(
            question,
            id=str(uuid4()),
            role="assistant",
            parent_id=question.id,
            usage=usage,
            completed_at=at(2),
            **made,
        )
        for message in (question, answer):
            entry = stored_message(cell(message))
            assert isinstance(entry, StoredMessage)
            assert isinstance(entry.stored, Filled)
            assert passed([cell(message)]) == as_values([message])
            assert parsed(cell(message), Message) == message


def test_what_is_passed_on_has_every_member_of_the_wire() -> None:
    everything = Message(
        **{
            **members(a_message()),
            **dict.fromkeys(
                ("stop_reason", "turn_id", "parent_id", "agent", "model", "provider", "note"), "x"
            ),
            "usage": Usage(),
            "completed_at": "then",
        }
    )
    entry = stored_message(json_text(message_document(everything)))
    assert isinstance(entry, StoredMessage)
    (found,) = json.loads(passed([json_text(message_document(everything))], {"m1": (0, 2)}))["messages"]
    names = [field.name for field in fields(on_wire.Message) if field.name not in {"event", "error"}]
    assert len(found) == len(names)


@pytest.mark.parametrize(
    "parts",
    [
        (text_part("é\n" * LARGE),),
        (text_part('"' * (LARGE + 1)), Part(type="reasoning", text="hm" * LARGE)),
        (text_part("a" * LARGE), Part(type="reasoning", text="hm"), text_part("b" * LARGE)),
    ],
)
def test_a_large_text_is_the_same_on_the_wire(parts: tuple[Part, ...]) -> None:
    kept = [a_message(text="before"), a_message("m2", parts=parts), a_message("m3", text="behind")]
    documents = [json_text(message_document(each)) for each in kept]
    assert passed(documents) == as_values(kept)


def test_a_large_text_is_encoded_once() -> None:
    document = json_text(message_document(a_message(text="a" * LARGE * 2)))
    entries = [stored_message(document)]
    pieces = with_messages(lists.SessionHistoryResult(messages=()), entries, {}).pieces
    first, second = (piece for piece in pieces if len(piece) > LARGE)
    assert first is second


@pytest.mark.parametrize(
    "looked_at",
    [
        {"status": "streaming"},
        {"parts": (ATTACHMENT,)},
        {"event": TimelineEvent(kind="paused", at="now")},
        {"error": Failure(kind="providerTimeout", message="late")},
    ],
)
def test_a_value_is_made_where_something_is_looked_at(looked_at: dict[str, Any]) -> None:
    kept = a_message(**looked_at)
    assert stored_message(json_text(message_document(kept))) == kept


def test_what_older_and_newer_versions_stored_is_passed_on_too() -> None:
    older = (
        '{"id":"m","session_id":"s","seq":1,"role":"user","created_at":"now","parts":[{"type":"text","text":"Hi",'
        '"attachment":null,"signature":null}],"status":"complete","usage":{"input_tokens":3,"cost":null},'
        '"note":null,"metadata":{},"invented":{"later":true}}'
    )
    (found,) = json.loads(passed([older]))["messages"]
    assert found["usage"] == {"inputTokens": 3, "outputTokens": 0, "cachedTokens": 0, "reasoningTokens": 0}
    assert found["content"] == "Hi"
    assert found["parts"] == [{"type": "text", "text": "Hi"}]
    assert not {"note", "invented"} & found.keys()


@pytest.mark.parametrize("document", ['{"id":"m"}', "[]", "3", '{"id":"m"', "null"])
def test_a_damaged_document_is_told(document: str) -> None:
    with pytest.raises(StoreCorrupt):
        stored_message(document)
