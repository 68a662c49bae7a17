"""Anthropic's Messages format: a request as it is sent, and the events that an answer's pieces mean."""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from threadkeep.adapters.models.chat_completions import count_of
from threadkeep.adapters.models.deltas import Deltas
from threadkeep.adapters.models.dialect import CONTINUE, Change, Changes, is_unsupported
from threadkeep.adapters.models.failures import Refusal
from threadkeep.domain.messages import Usage
from threadkeep.ports.models import (
    ModelEvent,
    ModelMessage,
    ModelRequest,
    ReasoningDelta,
    ReasoningText,
    Stop,
    TextDelta,
    UsageReport,
)

VERSION = "2023-06-01"

MAX_TOKENS = 64_000
"""The format wants a limit for the answer. Today's models take this one; a model that takes less says so and is
asked again with what it said."""

MIN_TOKENS = 1024
"""With less room than this for an answer, the conversation counts as too long."""

EARLIER = "(What came before is left out.)"
"""Stands before an answer whose question is no longer sent: the first message has to be the user's."""

THOUGHT, REDACTED = "anthropic/thinking:", "anthropic/redacted:"
"""How our signatures begin, so that the two kinds are told apart, and those of others left out."""

THINKS_UNASKED = re.compile(r"claude-[a-z]+-(?:[5-9]|\d\d)(?!\d)")
"""Models that think by themselves, but show it only when asked to."""

BESIDES_LIMIT = re.compile(r"(\d+)\s*\+\s*(\d+)\s*>\s*(\d+)")
"""Input, answer and window, in the refusal of a request whose sum is too large."""

STOP_REASONS: Mapping[str, str] = {
    "end_turn": "endTurn",
    "stop_sequence": "endTurn",
    "max_tokens": "maxTokens",
    "model_context_window_exceeded": "maxTokens",
    "refusal": "contentFilter",
}


class MessagesApi:
    """Implements Dialect for Anthropic and whatever is compatible with it."""

    path = "/v1/messages"
    tails: tuple[str, ...] = ("/v1/messages", "/v1")

    def headers(self, key: str | None) -> dict[str, str]:
        return {"anthropic-version": VERSION, **({"x-api-key": key} if key is not None else {})}

    def body(self, request: ModelRequest, changes: Changes) -> dict[str, Any]:
        """The JSON body that asks for an answer; messages without words are left out."""
        without = {change.part for change in changes if change.most is None}
        limits = [change.most for change in changes if change.most is not None]
        body: dict[str, Any] = {
            "model": request.model,
            "max_tokens": min([MAX_TOKENS, *limits]),
            "messages": _messages(request.messages, with_reasoning="reasoning" not in without),
            "stream": True,
        }
        if request.system and request.system.strip():
            body["system"] = request.system
        if request.temperature is not None and "temperature" not in without:
            body["temperature"] = min(request.temperature, 1.0)
        if THINKS_UNASKED.search(request.model) and "thinking" not in without:
            body["thinking"] = {"type": "adaptive", "display": "summarized"}
        return body

    def answer(self) -> "Answer":
        return Answer()

    def change(self, refusal: Refusal, body: Mapping[str, Any]) -> Change | None:
        """Models differ in what they take: how long an answer, a temperature, earlier reasoning."""
        if refusal.status not in {400, 422}:
            return None
        words = refusal.words.casefold()
        if "max_tokens" in words:
            return _smaller_limit(refusal.message, body["max_tokens"])
        if "temperature" in body and is_unsupported("temperature", refusal):
            return Change(part="temperature")
        if not ("thinking" in words or "signature" in words):
            return None
        # Signed reasoning belongs to one account and one course of the conversation; both may have changed.
        if _has_reasoning(body):
            return Change(part="reasoning", lasts="session")
        return Change(part="thinking") if "thinking" in body else None


class Answer:
    """Reads the events of one answer, or a whole one."""

    def __init__(self) -> None:
        self.has_begun = False
        self.is_over = False
        self._stop_reason: str | None = None
        self._usage: dict[str, Any] = {}
        self._report: UsageReport | None = None
        self._deltas = Deltas()

    @property
    def is_complete(self) -> bool:
        return self._stop_reason is not None

    def add(self, piece: Mapping[str, Any]) -> None:
        """Takes in an event; kinds that are not known mean nothing."""
        kind = piece.get("type")
        if kind == "content_block_delta":
            self._add_block(_table(piece.get("delta")))
        elif kind == "content_block_start":
            self._add_block(_table(piece.get("content_block")))
        elif kind == "message_start":
            self.has_begun = True
            self._count(_table(piece.get("message")).get("usage"))
            self._report = self._reported()
        elif kind == "message_delta":
            self._stop(_table(piece.get("delta")).get("stop_reason"))
            self._count(piece.get("usage"))
        elif kind == "message_stop":
            self.is_over = True
        elif kind == "message":
            self._add_whole(piece)

    def events(self) -> Sequence[ModelEvent]:
        """What was added since the last call; pieces of one kind that came together are one delta."""
        report, self._report = self._report, None
        deltas = self._deltas.take()
        return [report, *deltas] if report else deltas

    def closing(self) -> Sequence[ModelEvent]:
        """The events that end the answer: the usage, if it came, and the stop."""
        report = self._reported()
        reason = self._stop_reason or "end_turn"
        stop = Stop(reason=STOP_REASONS.get(reason, reason))
        return [*self._deltas.rest(), *([report] if report else []), stop]

    def _add_whole(self, message: Mapping[str, Any]) -> None:
        content = message.get("content")
        self.has_begun = isinstance(content, list)
        for block in content if isinstance(content, list) else ():
            self._add_block(_table(block))
        self._count(message.get("usage"))
        self._stop(message.get("stop_reason"))

    def _add_block(self, block: Mapping[str, Any]) -> None:
        """A block as it begins, as it goes on, or as it is in a whole answer."""
        self.has_begun = True
        for name, kind in (("text", TextDelta), ("thinking", ReasoningDelta)):
            text = block.get(name)
            if isinstance(text, str) and text:
                self._deltas.add(kind, text)
        signature = block.get("signature")
        if isinstance(signature, str) and signature:
            self._deltas.sign(THOUGHT + signature)
        data = block.get("data")
        if block.get("type") == "redacted_thinking" and isinstance(data, str) and data:
            self._deltas.sign(REDACTED + data)

    def _stop(self, reason: Any) -> None:
        if isinstance(reason, str) and reason:
            self._stop_reason = reason

    def _count(self, usage: Any) -> None:
        self._usage.update((name, value) for name, value in _table(usage).items() if value is not None)

    def _reported(self) -> UsageReport | None:
        return UsageReport(usage=read_usage(self._usage)) if self._usage else None


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Tokens as the domain counts them: `input_tokens` alone leaves out what the cache takes and gives."""
    cached = count_of(usage, "cache_read_input_tokens")
    output = count_of(usage, "output_tokens")
    thought = count_of(usage.get("output_tokens_details"), "thinking_tokens")
    return Usage(
        input_tokens=count_of(usage, "input_tokens")
        + cached
        + count_of(usage, "cache_creation_input_tokens"),
        output_tokens=output,
        cached_tokens=cached,
        reasoning_tokens=min(thought, output),
    )


def _messages(messages: Sequence[ModelMessage], *, with_reasoning: bool) -> list[dict[str, Any]]:
    """Turn by turn: what one side said in several messages is one message with several blocks."""
    worded = [message for message in messages if message.content.strip()]
    turns = [
        (role, [block for message in group for block in _blocks(message, with_reasoning=with_reasoning)])
        for role, group in groupby(worded, key=lambda message: message.role)
    ]
    if turns and turns[0][0] == "assistant":
        turns.insert(0, ("user", [_text(EARLIER)]))
    if turns and turns[-1][0] == "assistant":
        turns.append(("user", [_text(CONTINUE)]))
    return [{"role": role, "content": _content(blocks)} for role, blocks in turns]


def _blocks(message: ModelMessage, *, with_reasoning: bool) -> list[dict[str, Any]]:
    thoughts = message.reasoning if with_reasoning and message.role == "assistant" else ()
    reasoning = [block for thought in thoughts if (block := _thought(thought))]
    return [*reasoning, _text(message.content)]


def _thought(thought: ReasoningText) -> dict[str, Any] | None:
    """The block as it came; None for reasoning that is unsigned or another vendor's."""
    signature = thought.signature or ""
    if signature.startswith(THOUGHT):
        return {
            "type": "thinking",
            "thinking": thought.text,
            "signature": signature.removeprefix(THOUGHT),
        }
    if signature.startswith(REDACTED):
        return {"type": "redacted_thinking", "data": signature.removeprefix(REDACTED)}
    return None


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _content(blocks: list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    is_plain = len(blocks) == 1 and blocks[0]["type"] == "text"
    return str(blocks[0]["text"]) if is_plain else blocks


def _has_reasoning(body: Mapping[str, Any]) -> bool:
    blocks = [block for message in body["messages"] for block in message["content"]]
    return any(isinstance(block, dict) and block["type"] != "text" for block in blocks)


def _smaller_limit(message: str, asked: int) -> Change | None:
    """What is left for the answer, from the numbers in a refusal of `max_tokens`."""
    besides = BESIDES_LIMIT.search(message)
    if besides:
        room = int(besides[3]) - int(besides[1])
        return Change(part="max_tokens", most=room, lasts="request") if MIN_TOKENS <= room < asked else None
    smaller = [number for number in map(int, re.findall(r"\d{3,9}", message)) if number < asked]
    return Change(part="max_tokens", most=max(smaller)) if smaller else None


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
