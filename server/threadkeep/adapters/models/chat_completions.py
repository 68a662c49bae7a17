"""The chat completions format: a request as it is sent, and the events that an answer's pieces mean."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from threadkeep.adapters.models.deltas import Delta, Deltas
from threadkeep.adapters.models.dialect import CONTINUE, Change, Changes, is_unsupported
from threadkeep.adapters.models.failures import Refusal
from threadkeep.domain.messages import Usage
from threadkeep.ports.models import ModelEvent, ModelRequest, ReasoningDelta, Stop, TextDelta, UsageReport

Said = tuple[type[Delta], str]

STREAM_PARAM = re.compile(r'"param":\s*"stream"')

STOP_REASONS: Mapping[str, str] = {
    "stop": "endTurn",
    "length": "maxTokens",
    "content_filter": "contentFilter",
}


class ChatCompletions:
    """Implements Dialect for OpenAI's chat completions and whatever is compatible with them."""

    path = "/chat/completions"
    tails: tuple[str, ...] = ("/chat/completions",)

    def headers(self, key: str | None) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"} if key is not None else {}

    def body(self, request: ModelRequest, changes: Changes) -> dict[str, Any]:
        """The JSON body that asks for an answer; messages without words, and all reasoning, are left out."""
        without = {change.part for change in changes}
        messages = [
            {"role": message.role, "content": message.content}
            for message in request.messages
            if message.content.strip()
        ]
        if messages and messages[-1]["role"] == "assistant":
            messages.append({"role": "user", "content": CONTINUE})
        if request.system and request.system.strip():
            messages.insert(0, {"role": "system", "content": request.system})
        streamed = "stream" not in without
        body: dict[str, Any] = {"model": request.model, "messages": messages, "stream": streamed}
        if streamed and "stream_options" not in without:
            body["stream_options"] = {"include_usage": True}
        if request.temperature is not None and "temperature" not in without:
            body["temperature"] = request.temperature
        return body

    def answer(self) -> "Answer":
        return Answer()

    def change(self, refusal: Refusal, body: Mapping[str, Any]) -> Change | None:
        """Some models take no temperature, and some endpoints no `stream_options` or no stream."""
        if refusal.status not in {400, 422}:
            return None
        words = refusal.words.casefold()
        if "stream_options" in words and "stream_options" in body:
            return Change(part="stream_options")
        if "to stream this model" in words or STREAM_PARAM.search(words):
            return Change(part="stream")
        if "temperature" in body and is_unsupported("temperature", refusal):
            return Change(part="temperature")
        return None


class Answer:
    """Reads the pieces of one answer; `has_begun` once a choice came, whatever it says."""

    is_over = False
    """The format's terminal event, `[DONE]`, is no JSON."""

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self.usage: Usage | None = None
        self.has_begun = False
        self._deltas = Deltas()

    @property
    def is_complete(self) -> bool:
        return self.finish_reason is not None

    def add(self, piece: Mapping[str, Any]) -> None:
        """Takes in a piece: a chunk of a stream (`delta`) or a whole answer (`message`)."""
        usage = piece.get("usage")
        if isinstance(usage, dict):
            self.usage = read_usage(usage)
        choices = piece.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict):
            return
        self.has_begun = True
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self.finish_reason = reason
        said = choice.get("delta") or choice.get("message")
        if isinstance(said, dict):
            for kind, text in _said(said):
                self._deltas.add(kind, text)

    def events(self) -> list[Delta]:
        """What was added since the last call; pieces of one kind that came together are one delta."""
        return self._deltas.take()

    def closing(self) -> list[ModelEvent]:
        """The events that end the answer: the usage, if it came, and the stop."""
        events: list[ModelEvent] = [*self._deltas.rest()]
        if self.usage is not None:
            events.append(UsageReport(usage=self.usage))
        reason = self.finish_reason or "stop"
        return [*events, Stop(reason=STOP_REASONS.get(reason, reason))]


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Tokens as the domain counts them.

    Some providers leave the reasoning out of `completion_tokens`; only the total tells.
    """
    input_tokens = count_of(usage, "prompt_tokens")
    completion = count_of(usage, "completion_tokens")
    output_tokens = max(completion, count_of(usage, "total_tokens") - input_tokens)
    cached = count_of(usage.get("prompt_tokens_details"), "cached_tokens")
    cached = cached or count_of(usage, "prompt_cache_hit_tokens")
    reasoning = count_of(usage.get("completion_tokens_details"), "reasoning_tokens")
    reasoning = reasoning or output_tokens - completion
    cost = usage.get("cost")
    is_amount = isinstance(cost, int | float) and not isinstance(cost, bool) and cost >= 0
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=min(cached, input_tokens),
        reasoning_tokens=min(reasoning, output_tokens),
        cost=float(cost) if is_amount and cost is not None else None,
    )


def _said(said: Mapping[str, Any]) -> list[Said]:
    found: list[Said] = []
    reasoning = said.get("reasoning_content") or said.get("reasoning")
    if isinstance(reasoning, str):
        found.append((ReasoningDelta, reasoning))
    content = said.get("content")
    if isinstance(content, str):
        found.append((TextDelta, content))
    elif isinstance(content, list):
        found += _parts(content)
    refusal = said.get("refusal")
    if isinstance(refusal, str):
        found.append((TextDelta, refusal))
    return found


def _parts(parts: list[Any]) -> Iterator[Said]:
    for part in parts:
        if not isinstance(part, dict):
            continue
        if isinstance(part.get("text"), str):
            yield TextDelta, part["text"]
        thinking = part.get("thinking")
        for thought in thinking if isinstance(thinking, list) else ():
            if isinstance(thought, dict) and isinstance(thought.get("text"), str):
                yield ReasoningDelta, thought["text"]


def count_of(usage: Any, name: str) -> int:
    """A number of tokens from a provider's JSON; 0 for anything that is none."""
    number = usage.get(name) if isinstance(usage, dict) else None
    is_count = isinstance(number, int | float) and not isinstance(number, bool) and 0 < number < 1e15
    return int(number) if is_count and number is not None else 0
