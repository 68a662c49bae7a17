"""Anthropic's Messages format: a request as it is sent, and the events that an answer's pieces mean."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from threadkeep.adapters.models.dialect import Change, Changes, is_unsupported, turns_of
from threadkeep.adapters.models.endpoint import Wrap
from threadkeep.adapters.models.failures import Refusal
from threadkeep.adapters.models.http_model import HTTP_SETTINGS, HttpModel
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.messages_answer import REDACTED, THOUGHT, Answer
from threadkeep.ports.models import (
    ModelMessage,
    ModelRequest,
    ReasoningText,
)
from threadkeep.ports.provider_settings import ProviderSettings

VERSION = "2023-06-01"

MAX_TOKENS = 64_000
"""The format wants a limit for the answer. Today's models take this one; a model that takes less says so and is
asked again with what it said."""

MIN_TOKENS = 1024
"""With less room than this for an answer, the conversation counts as too long."""

THINKS_UNASKED = re.compile(r"claude-[a-z]+-(?:[5-9]|\d\d)(?!\d)")
"""Models that think by themselves, but show it only when asked to."""

BESIDES_LIMIT = re.compile(r"(\d+)\s*\+\s*(\d+)\s*>\s*(\d+)")
"""Input, answer and window, in the refusal of a request whose sum is too large."""


class MessagesApi:
    """Implements Dialect for Anthropic and whatever is compatible with it."""

    path = "/v1/messages"
    tails: tuple[str, ...] = ("/v1/messages", "/v1")
    interface = "anthropic"
    models_path = "/v1/models"
    models_query: Mapping[str, str] = {"limit": "1000"}

    def headers(self, key: str | None) -> dict[str, str]:
        return {"anthropic-version": VERSION, **({"x-api-key": key} if key is not None else {})}

    def body(self, request: ModelRequest, changes: Changes, so_far: Sequence[Any] = ()) -> dict[str, Any]:
        """The JSON body that asks for an answer; messages without words are left out."""
        without = {change.part for change in changes if change.most is None}
        limits = [change.most for change in changes if change.most is not None]
        body: dict[str, Any] = {
            "model": request.model,
            "max_tokens": min([MAX_TOKENS, *limits]),
            "messages": _messages(request.messages, with_reasoning="reasoning" not in without),
            "stream": True,
        }
        if so_far:
            body["messages"].append({"role": "assistant", "content": list(so_far)})
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
        if refusal.status not in {None, 400, 422}:
            return None
        words = refusal.words.casefold()
        if "max_tokens" in words or "maximum tokens" in words or "output tokens" in words:
            return _smaller_limit(refusal.message, body["max_tokens"])
        if "temperature" in body and is_unsupported("temperature", refusal):
            return Change(part="temperature")
        if not ("thinking" in words or "signature" in words):
            return None
        # Signed reasoning belongs to one account and one course of the conversation; both may have changed.
        if _has_reasoning(body):
            return Change(part="reasoning", lasts="session")
        return Change(part="thinking") if "thinking" in body else None


def _messages(messages: Sequence[ModelMessage], *, with_reasoning: bool) -> list[dict[str, Any]]:
    """Turn by turn: what one side said in several messages is one message with several blocks."""
    return [
        {
            "role": role,
            "content": _content(
                [block for message in group for block in _blocks(message, with_reasoning=with_reasoning)]
            ),
        }
        for role, group in turns_of(messages)
    ]


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


class Anthropic(HttpModel):
    """The kind `anthropic`: Anthropic, and whatever is compatible with it."""

    name = "anthropic"
    label = "Anthropic, or compatible with it"
    settings = HTTP_SETTINGS
    dialect = MessagesApi

    def __init__(self, settings: ProviderSettings, key: ApiKey, *, wrap: Wrap | None = None) -> None:
        super().__init__(settings, key, MessagesApi(), wrap=wrap)
