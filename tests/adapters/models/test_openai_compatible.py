"""Answers of a provider of chat completions, in all the forms that they come in."""

import asyncio
import json
import time
from typing import Any

import pytest

from tests.support.model_plan import Plan
from tests.support.model_server import ModelServer
from tests.support.model_wire import chunk, sse, token
from tests.support.models import (
    KEY,
    collected,
    openai_model,
    question,
    reasoning_of,
    said,
    text_of,
)
from threadkeep.adapters.models import http_model
from threadkeep.adapters.models.dialect import CONTINUE
from threadkeep.adapters.models.http_model import HttpModel
from threadkeep.domain.errors import ProviderBadRequest
from threadkeep.domain.messages import Usage
from threadkeep.ports.models import Stop, TextDelta, UsageReport

REPORT = UsageReport(usage=Usage(input_tokens=10, output_tokens=3, cached_tokens=4, reasoning_tokens=2))


async def test_an_answer_is_text_then_usage_then_stop(model: HttpModel) -> None:
    events = await collected(model.stream(question()))
    assert text_of(events) == token(0) + token(1) + token(2)
    assert events[-2:] == [REPORT, Stop(reason="endTurn")]


async def test_the_request_says_what_was_asked(model: HttpModel, server: ModelServer) -> None:
    await collected(model.stream(question("Hello", system="Be brief.", temperature=0.2)))
    assert server.last.path == "/v1/chat/completions"
    assert server.last.headers["authorization"] == f"Bearer {KEY}"
    assert server.last.body == {
        "model": "test-model",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.2,
    }


async def test_empty_messages_are_not_sent_and_neighbours_are_joined(
    model: HttpModel, server: ModelServer
) -> None:
    messages = (said("user", "Hello"), said("assistant", " \n"), said("user", "Again"))
    await collected(model.stream(question(messages=messages, system="")))
    assert [each["content"] for each in server.last.body["messages"]] == ["Hello\n\nAgain"]
    assert "temperature" not in server.last.body


async def test_a_partial_answer_is_followed_by_the_wish_to_carry_on(
    model: HttpModel, server: ModelServer
) -> None:
    await collected(model.stream(question(messages=(said("user", "Count"), said("assistant", "One, two")))))
    assert [each["content"] for each in server.last.body["messages"]] == ["Count", "One, two", CONTINUE]


async def test_reasoning_is_kept_apart_from_text(model: HttpModel, server: ModelServer) -> None:
    server.plan = Plan(reasoning=("Let me ", "think."), texts=("Yes.",))
    events = await collected(model.stream(question()))
    assert (reasoning_of(events), text_of(events)) == ("Let me think.", "Yes.")


@pytest.mark.parametrize("where", ["own", "last"])
async def test_usage_is_read_wherever_it_comes(model: HttpModel, server: ModelServer, where: Any) -> None:
    server.plan = Plan(usage=where)
    assert REPORT in await collected(model.stream(question()))


async def test_no_usage_is_no_report(model: HttpModel, server: ModelServer) -> None:
    server.plan = Plan(usage="none")
    events = await collected(model.stream(question()))
    assert not any(isinstance(event, UsageReport) for event in events)


@pytest.mark.parametrize(
    ("reason", "stop"),
    [("stop", "endTurn"), ("length", "maxTokens"), ("content_filter", "contentFilter"), ("odd", "odd")],
)
async def test_the_stop_tells_why(model: HttpModel, server: ModelServer, reason: str, stop: str) -> None:
    server.plan = Plan(finish_reason=reason)
    assert (await collected(model.stream(question())))[-1] == Stop(reason=stop)


@pytest.mark.parametrize(
    "plan",
    [
        Plan(done=False),
        Plan(finish_reason=None),
        Plan(line_end="\r\n"),
        Plan(line_end="\r"),
        Plan(plain_json=True),
    ],
    ids=["no [DONE]", "no finish_reason", "CRLF", "CR", "plain JSON"],
)
async def test_an_answer_in_another_form_is_complete(
    model: HttpModel, server: ModelServer, plan: Plan
) -> None:
    server.plan = plan
    events = await collected(model.stream(question()))
    assert text_of(events) == token(0) + token(1) + token(2)
    assert events[-2:] == [REPORT, Stop(reason="endTurn")]


async def test_comments_missing_spaces_and_split_data_are_understood(
    model: HttpModel, server: ModelServer
) -> None:
    server.plan = Plan(
        raw=": keep-alive\n\nevent: message\nid: 1\n"
        'data:{"choices":[{"index":0,\ndata:"delta":{"content":"Hi"}}]}\n\n'
        'data: {"choices":[]}\n\ndata: {"choices":[{"delta":{},"finish_reason":"stop"}]}'
    )
    events = await collected(model.stream(question()))
    assert events == [TextDelta(text="Hi"), Stop(reason="endTurn")]


async def test_a_character_cut_in_two_is_put_together(model: HttpModel, server: ModelServer) -> None:
    pieces = [sse(chunk({"content": half})).decode() for half in ("\ud83d", "\ude00", "\udc00!")]
    server.plan = Plan(raw="".join([*pieces, "data: [DONE]\n\n"]))
    assert text_of(await collected(model.stream(question()))) == "😀\ufffd!"


async def test_a_stream_that_stays_open_after_its_end_is_not_waited_for(
    model: HttpModel, server: ModelServer
) -> None:
    server.plan = Plan(hang_at_end=True)
    async with asyncio.timeout(2):
        assert (await collected(model.stream(question())))[-1] == Stop(reason="endTurn")
    await server.closed()


async def test_a_connection_is_used_again(model: HttpModel, server: ModelServer) -> None:
    for _ in range(3):
        await collected(model.stream(question()))
    assert len({seen.port for seen in server.requests}) == 1


async def test_closing_the_stream_closes_the_socket_at_once(model: HttpModel, server: ModelServer) -> None:
    server.plan = Plan(tokens=1000, stall_after=2)
    stream = model.stream(question())
    await anext(stream)
    began = time.monotonic()
    await stream.aclose()
    await asyncio.wait_for(server.last.closed.wait(), 2)
    assert server.last.closed_at is not None
    assert server.last.closed_at - began < 1


async def test_a_cancel_before_the_first_byte_closes_the_socket(
    model: HttpModel, server: ModelServer
) -> None:
    server.plan = Plan(first_delay=60)
    reader = asyncio.create_task(collected(model.stream(question())))
    await server.came.wait()
    reader.cancel()
    await asyncio.wait({reader})
    await asyncio.wait_for(server.last.closed.wait(), 2)
    assert reader.cancelled()


async def test_a_reader_that_stops_reading_does_not_fill_the_memory(
    model: HttpModel, server: ModelServer
) -> None:
    server.plan = Plan(tokens=2_000, texts=tuple("x" * 50_000 for _ in range(400)))
    stream = model.stream(question())
    first = await anext(stream)
    await asyncio.sleep(0.3)
    assert server.last.sent < 400
    rest = await collected(stream)
    assert len(text_of([first, *rest])) == 400 * 50_000


async def test_usage_is_not_asked_for_where_it_is_refused(model: HttpModel, server: ModelServer) -> None:
    server.plan = Plan(refuses=("stream_options",))
    for _ in range(2):
        assert text_of(await collected(model.stream(question())))
    asked = ["stream_options" in seen.body for seen in server.requests]
    assert asked == [True, False, False]


async def test_a_model_that_may_not_stream_answers_in_one_piece(
    model: HttpModel, server: ModelServer
) -> None:
    refusal = {
        "error": {"message": "Your organization must be verified to stream this model.", "param": "stream"}
    }
    server.next_plans = [Plan(status=400, body=json.dumps(refusal)), Plan(plain_json=True)]
    assert text_of(await collected(model.stream(question()))) == token(0) + token(1) + token(2)
    assert [seen.body["stream"] for seen in server.requests] == [True, False]


async def test_two_requests_at_once_both_pass_without_what_is_refused(
    model: HttpModel, server: ModelServer
) -> None:
    server.plan = Plan(refuses=("stream_options",), first_delay=0.05)
    answers = await asyncio.gather(*(collected(model.stream(question())) for _ in range(2)))
    assert [text_of(events) for events in answers] == [token(0) + token(1) + token(2)] * 2


async def test_a_temperature_is_left_out_for_a_model_that_takes_none(
    model: HttpModel, server: ModelServer
) -> None:
    said = "Unsupported value: 'temperature' does not support 0.2 with this model."
    server.next_plans = [
        Plan(status=400, body=json.dumps({"error": {"message": said, "param": "temperature"}}))
    ]
    for name in ("thinker", "thinker", "other"):
        await collected(model.stream(question(model=name, temperature=0.2)))
    asked = [(seen.body["model"], seen.body.get("temperature")) for seen in server.requests]
    assert asked == [("thinker", 0.2), ("thinker", None), ("thinker", None), ("other", 0.2)]


async def test_a_refusal_that_stays_the_same_is_told(model: HttpModel, server: ModelServer) -> None:
    refusal = {"error": {"message": "Your organization must be verified to stream this model."}}
    server.plan = Plan(status=400, body=json.dumps(refusal))
    with pytest.raises(ProviderBadRequest, match="verified"):
        await collected(model.stream(question()))
    assert [seen.body["stream"] for seen in server.requests] == [True, False]


async def test_a_temperature_that_is_wrong_is_told(model: HttpModel, server: ModelServer) -> None:
    server.plan = Plan(status=400, body=json.dumps({"error": {"message": "temperature is out of range"}}))
    with pytest.raises(ProviderBadRequest, match="out of range"):
        await collected(model.stream(question(temperature=2)))
    assert len(server.requests) == 1


async def test_comments_after_the_last_word_keep_nobody_waiting(
    model: HttpModel, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_model, "FINISHED_SECONDS", 0.2)
    server.plan = Plan(done=False, usage="none", hang_at_end=True)
    async with asyncio.timeout(2):
        assert (await collected(model.stream(question())))[-1] == Stop(reason="endTurn")


async def test_a_server_that_ends_every_piece_is_heard_to_its_real_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_model, "FINISHED_SECONDS", 0.3)
    pieces = [sse(chunk({"content": f"{at} "}, finish_reason="stop")).decode() for at in range(5)]

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        for piece in pieces:
            writer.write(piece.encode())
            await writer.drain()
            await asyncio.sleep(0.15)
        writer.close()

    async with await asyncio.start_server(slowly, "127.0.0.1", 0) as slow:
        other = openai_model(f"http://127.0.0.1:{slow.sockets[0].getsockname()[1]}/v1")
        events = await collected(other.stream(question()))
        await other.aclose()
    assert text_of(events) == "0 1 2 3 4 "
