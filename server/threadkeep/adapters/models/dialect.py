"""What differs between the HTTP interfaces of providers: address, headers, request, and how an answer reads."""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Literal, Protocol

from threadkeep.adapters.models.failures import Refusal
from threadkeep.adapters.models.wordings import REFUSES, says
from threadkeep.ports.models import ModelEvent, ModelMessage, ModelRequest
from threadkeep.values import Value

CONTINUE = "Your answer was cut off. Carry on exactly where it stops, and repeat nothing of it."
"""Asks for the rest of a partial answer: not every provider takes one as the last message."""

EARLIER = "(What came before is left out.)"
"""Stands before an answer whose question is no longer sent: many models want the first message to be the user's."""

NOTICES: Mapping[str, str] = {
    "temperature": "The model takes no temperature: it is left out.",
    "stream_options": "The provider knows no stream_options: they are left out, and the use of tokens may be missing.",
    "stream": "The model does not stream: its answers come whole.",
    "system": "The model takes no system prompt: it stands in the first message.",
    "thinking": "The model shows no thoughts: they are not asked for.",
    "reasoning": "The provider does not take the earlier thoughts back: they are left out in this session.",
}
_WORDS: Mapping[str, tuple[str, ...]] = {
    # "eos" is Together's and TGI's, COMPLETE Cohere's, STOP Gemini's, "finished" and "normal" of smaller servers.
    "endTurn": (
        "stop",
        "end_turn",
        "stop_sequence",
        "eos",
        "eos_token",
        "end_of_turn",
        "complete",
        "completed",
        "finished",
        "finish",
        "normal",
        "done",
    ),
    # "model_length" is Mistral's; the window that is full is Anthropic's and Zhipu's.
    "maxTokens": (
        "length",
        "max_tokens",
        "max_token",
        "max_output_tokens",
        "max_completion_tokens",
        "model_length",
        "model_context_window_exceeded",
        "context_length_exceeded",
        "token_limit",
        "error_limit",
    ),
    # Gemini's in capitals, Bedrock's two in the middle, "sensitive" is Zhipu's.
    "contentFilter": (
        "content_filter",
        "content_filtered",
        "contentfilter",
        "guardrail_intervened",
        "safety",
        "recitation",
        "blocklist",
        "prohibited_content",
        "spii",
        "image_safety",
        "image_prohibited_content",
        "sensitive",
        "moderation",
        "flagged",
        "blocked",
        "error_toxic",
    ),
    "refusal": ("refusal", "refused"),
    "toolCalls": (
        "tool_calls",
        "tool_call",
        "tool_use",
        "function_call",
        "malformed_function_call",
        "unexpected_tool_call",
    ),
    # "abort" is vLLM's, SGLang's and Zhipu's, the resource DeepSeek's.
    "error": (
        "error",
        "abort",
        "aborted",
        "network_error",
        "insufficient_system_resource",
        "internal_error",
        "server_error",
        "timeout",
        "failed",
        "failure",
    ),
}
_REASONS: Mapping[str, str] = {word: reason for reason, words in _WORDS.items() for word in words}
_PLAIN = frozenset({"length", "max_tokens", "content_filter", "refusal", "tool_calls", "tool_use", "error"})
"""Words that say no more than ours."""
PAUSED = "pause_turn"
"""Anthropic's word for an answer that goes on when it is sent back as it is."""


class Change(Value):
    """What a provider refused that the same request may pass without, or with less of."""

    part: str
    most: int | None = None
    """The largest value that the provider takes; None to leave the part out."""
    lasts: Literal["model", "session", "request"] = "model"
    """For which later requests it holds too."""


Changes = frozenset[Change]


def notice_of(change: Change) -> str:
    """What a person is told of a change that is remembered, once."""
    if change.most is not None:
        return f"The model's answers may have {change.most:,} tokens: no more are asked for."
    return NOTICES.get(change.part, f"The provider refuses {change.part}: it is left out.")


class Answer(Protocol):
    """Reads the pieces of one answer."""

    @property
    def has_begun(self) -> bool:
        """Whether anything of the format came, whatever it says."""
        ...

    @property
    def is_complete(self) -> bool:
        """Whether all text has come; usage and the end of the stream may be missing."""
        ...

    @property
    def paused(self) -> Sequence[Any]:
        """What the provider wants back to go on with this answer; empty where it is whole."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether the format's own terminal event came."""
        ...

    def add(self, piece: Mapping[str, Any]) -> None:
        """Takes in the JSON of an event, or of a whole answer."""
        ...

    def events(self) -> Sequence[ModelEvent]:
        """What the pieces since the last call mean."""
        ...

    def closing(self) -> Sequence[ModelEvent]:
        """The events that end the answer; the last is the stop."""
        ...


class Dialect(Protocol):
    """One interface."""

    path: str
    """Behind the base URL."""
    tails: tuple[str, ...]
    """Ends of a base URL that say part of the path already; the longest first."""
    interface: str
    """The kind of provider that speaks it, as the settings name it."""
    models_path: str
    models_query: Mapping[str, str]
    """Where it lists its models, behind the base URL."""

    def headers(self, key: str | None) -> dict[str, str]: ...

    def body(self, request: ModelRequest, changes: Changes, so_far: Sequence[Any] = ()) -> dict[str, Any]:
        """so_far: what a paused answer of this very request wants back."""
        ...

    def answer(self) -> Answer: ...

    def change(self, refusal: Refusal, body: Mapping[str, Any]) -> Change | None:
        """How to ask again what was refused; None where there is no way."""
        ...


def is_unsupported(part: str, refusal: Refusal) -> bool:
    """Whether a refusal says that the model does not take the part, or not with a value of ours."""
    words = refusal.words.casefold()
    return refusal.status in {None, 400, 422} and part in words and says(REFUSES, words)


def turns_of(messages: Sequence[ModelMessage]) -> list[tuple[str, list[ModelMessage]]]:
    """The messages that have words, by who speaks: neighbours of one role are one turn, the first is the user's,
    and so is the last, which asks for the rest of an answer that was cut off."""
    worded = [message for message in messages if message.content.strip()]
    turns: list[tuple[str, list[ModelMessage]]] = [
        (role, list(group)) for role, group in groupby(worded, key=lambda message: message.role)
    ]
    if turns and turns[0][0] == "assistant":
        turns.insert(0, ("user", [ModelMessage(role="user", content=EARLIER)]))
    if turns and turns[-1][0] == "assistant":
        turns.append(("user", [ModelMessage(role="user", content=CONTINUE)]))
    return turns


def stop_reason(word: str) -> str:
    """Our word; the provider's own where it is none that is known. What stands behind a colon tells more than
    is needed (Gemini's `content_filter: PROHIBITED_CONTENT`)."""
    first = re.split(r"[:\s]", word.strip(), maxsplit=1)[0]
    # Some end with one of the model's own tokens, such as `<|eot_id|>`.
    if re.fullmatch(r"<.*(?:eo[ts]|end).*>|</s>", first, re.IGNORECASE):
        return "endTurn"
    return _REASONS.get(first.lower().removeprefix("finish_reason_"), word.strip())


def words_of(word: str) -> str:
    """The provider's word where it tells more than ours."""
    reason = stop_reason(word)
    is_plain = reason in {"endTurn", word.strip()} or word.strip().lower() in _PLAIN
    return "" if is_plain else word.strip()
