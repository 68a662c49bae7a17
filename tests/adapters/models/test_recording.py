"""What is recorded of a provider: all of its form, and no key, no account and no word."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.models import KEY, collected, openai_model, question, reasoning_of, text_of
from tests.support.quirks import ERRORS, SHAPES, STOPS, THOUGHTS, Quirk
from tests.support.raw_server import RawServer, refused, said, stream
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.recording import without_words
from threadkeep.adapters.models.trial import tried
from threadkeep.domain.errors import ProviderBadRequest
from threadkeep.ports.models import Stop, Tried
from threadkeep.ports.provider_settings import ProviderSettings

PLAYED = [
    quirk
    for quirk in (*STOPS, *ERRORS, *SHAPES, *THOUGHTS)
    if isinstance(quirk.raw, bytes) and quirk.status == "completed" and quirk.kind == "openai"
]


@given(
    text=st.text(st.characters(categories=["L", "N"]), min_size=3),
    name=st.sampled_from(["content", "id", "x"]),
)
def test_no_word_of_a_model_is_kept(text: str, name: str) -> None:
    piece = {"choices": [{"delta": {name: text}, "finish_reason": "stop"}]}
    recorded = without_words(f"data: {json.dumps(piece)}\n\ndata: [DONE]\n\n")
    if text.strip("x0"):
        assert text not in recorded
    assert '"finish_reason": "stop"' in recorded
    assert recorded.endswith("\n\ndata: [DONE]\n\n")


def test_an_errors_words_are_kept_without_keys_and_accounts() -> None:
    message = f"Incorrect key {KEY} of org-1234abcd5678 and ada@example.org: see https://example.org"
    recorded = without_words(json.dumps({"error": {"message": message, "code": "invalid_api_key"}}))
    assert "Incorrect key" in recorded
    assert "invalid_api_key" in recorded
    assert not any(secret in recorded for secret in (KEY, "org-1234", "ada@"))


def test_a_page_keeps_its_tags() -> None:
    assert without_words("<html><p>Hello Ada 7</p></html>") == "<html><p>xxxxx xxx 0</p></html>"


@pytest.mark.parametrize("quirk", PLAYED, ids=lambda quirk: quirk.name)
async def test_what_is_recorded_plays_back_to_the_same_end(quirk: Quirk) -> None:
    assert isinstance(quirk.raw, bytes)
    head, blank, body = quirk.raw.partition(b"\r\n\r\n")
    masked = head + blank + without_words(body.decode()).encode()
    with RawServer({"as it came": quirk.raw, "masked": masked}) as server:
        ends = []
        for model_name in ("as it came", "masked"):
            model = openai_model(server.base_url)
            events = await collected(model.stream(question(model=model_name)))
            await model.aclose()
            (stop,) = [event for event in events if isinstance(event, Stop)]
            ends.append((stop.reason, len(text_of(events)), len(reasoning_of(events))))
    assert ends[0] == ends[1]


def _answer(body: dict[str, Any]) -> bytes:
    if "temperature" in body:
        return refused(400, {"error": {"message": "Unsupported parameter: 'temperature'"}})
    asked = body["messages"][-1]["content"]
    text = " ".join(map(str, range(150))) if "Count" in asked else "Hello kiwi"
    return stream(said(text), said(reason="stop"))


async def _tried(base_url: str, model: str, *, kind: Any = "openai") -> list[tuple[Tried, list[bytes]]]:
    settings = ProviderSettings(name="work", kind=kind, base_url=base_url, api_key=KEY)
    return [each async for each in tried(settings, ApiKey(settings, {}), model)]


async def test_a_model_is_tried_and_every_response_recorded() -> None:
    with RawServer({"m": _answer}) as server:
        results = await _tried(server.base_url, "m")
    assert [(result.name, result.is_working) for result, _ in results] == [
        ("text", True),
        ("long text", True),
        ("system", True),
        ("temperature", True),
    ]
    assert "takes no temperature" in results[-1][0].told
    assert [len(responses) for _, responses in results] == [1, 1, 1, 2]
    assert results[-1][1][0].startswith(b"HTTP/1.1 400 X")
    assert all(KEY.encode() not in raw for _, responses in results for raw in responses)


async def test_nothing_more_is_asked_of_a_model_that_does_not_answer() -> None:
    with RawServer({"m": refused(401, {"error": {"message": f"bad key {KEY}"}})}) as server:
        ((result, responses),) = await _tried(server.base_url, "m")
    assert not result.is_working
    assert KEY not in result.told
    assert KEY.encode() not in responses[0]


async def test_a_model_that_is_no_http_is_not_tried() -> None:
    with pytest.raises(ProviderBadRequest, match="openai and anthropic"):
        await _tried("http://127.0.0.1:1", "m", kind="pydantic-ai")
