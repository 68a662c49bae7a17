"""The chat completions format: a request as it is sent, and the events that an answer's pieces mean."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from threadkeep.domain.messages import Usage
from threadkeep.ports.models import ModelEvent, ModelRequest, ReasoningDelta, Stop, TextDelta, UsageReport

Delta = TextDelta | ReasoningDelta
Said = tuple[type[Delta], str]

CONTINUE = "Your answer was cut off. Carry on exactly where it stops, and repeat nothing of it."
"""Asks for the rest of a partial answer: not every provider takes one as the last message."""

STOP_REASONS: Mapping[str, str] = {
    "stop": "endTurn",
    "length": "maxTokens",
    "content_filter": "contentFilter",
}


def request_body(request: ModelRequest, *, streamed: bool, with_usage: bool) -> dict[str, Any]:
    """The JSON body that asks for an answer; messages without words are left out."""
    messages = [
        {"role": message.role, "content": message.content}
        for message in request.messages
        if message.content.strip()
    ]
    if messages and messages[-1]["role"] == "assistant":
        messages.append({"role": "user", "content": CONTINUE})
    if request.system and request.system.strip():
        messages.insert(0, {"role": "system", "content": request.system})
    body: dict[str, Any] = {"model": request.model, "messages": messages, "stream": streamed}
    if streamed and with_usage:
        body["stream_options"] = {"include_usage": True}
    if request.temperature is not None:
        body["temperature"] = request.temperature
    return body


class Answer:
    """Reads the pieces of one answer; `has_begun` once a choice came, whatever it says."""

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self.usage: Usage | None = None
        self.has_begun = False
        self._new: list[Said] = []
        self._halves: dict[type[Delta], str] = {}

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
            self._new += _said(said)

    def deltas(self) -> list[Delta]:
        """What was added since the last call; pieces of one kind that came together are one delta."""
        new, self._new = self._new, []
        if len(new) == 1:
            joined = new
        else:
            groups = groupby(new, key=itemgetter(0))
            joined = [(kind, "".join(text for _, text in group)) for kind, group in groups]
        whole = [(kind, self._whole(kind, text)) for kind, text in joined]
        return [kind(text=text) for kind, text in whole if text]

    def closing(self) -> list[ModelEvent]:
        """The events that end the answer: the usage, if it came, and the stop."""
        events: list[ModelEvent] = [kind(text=_with_pairs(half)) for kind, half in self._halves.items()]
        if self.usage is not None:
            events.append(UsageReport(usage=self.usage))
        reason = self.finish_reason or "stop"
        return [*events, Stop(reason=STOP_REASONS.get(reason, reason))]

    def _whole(self, kind: type[Delta], text: str) -> str:
        """The text without half a character at its end, which waits for the next piece."""
        if self._halves:
            text = self._halves.pop(kind, "") + text
        if text.isascii():
            return text
        if "\ud800" <= text[-1] <= "\udbff":
            self._halves[kind] = text[-1]
            text = text[:-1]
        return _with_pairs(text)


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Tokens as the domain counts them.

    Some providers leave the reasoning out of `completion_tokens`; only the total tells.
    """
    input_tokens = _count(usage, "prompt_tokens")
    completion = _count(usage, "completion_tokens")
    output_tokens = max(completion, _count(usage, "total_tokens") - input_tokens)
    cached = _count(usage.get("prompt_tokens_details"), "cached_tokens")
    cached = cached or _count(usage, "prompt_cache_hit_tokens")
    reasoning = _count(usage.get("completion_tokens_details"), "reasoning_tokens")
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


def _with_pairs(text: str) -> str:
    """The text with surrogate pairs made one character, and U+FFFD for one without its other half."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _count(usage: Any, name: str) -> int:
    number = usage.get(name) if isinstance(usage, dict) else None
    is_count = isinstance(number, int | float) and not isinstance(number, bool) and 0 < number < 1e15
    return int(number) if is_count and number is not None else 0
