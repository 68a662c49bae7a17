"""Why an answer ended, from the words of many providers to ours (`ports.models.Stop`)."""

import re
from collections.abc import Mapping

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
