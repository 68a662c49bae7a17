"""The pieces of an answer in Anthropic's Messages format, as a provider writes them."""

from typing import Any

from tests.support.model_wire import Texts, token

USAGE = {"input_tokens": 5, "cache_creation_input_tokens": 1, "cache_read_input_tokens": 4}
"""With what the cache gives and takes: ten tokens."""
STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
"""What a plan calls them, which speaks as chat completions do."""


def message(**fields: Any) -> dict[str, Any]:
    base = {"id": "msg_test", "type": "message", "role": "assistant", "model": "test-model", "content": []}
    return {**base, "stop_reason": None, "stop_sequence": None, **fields}


def start(index: int, block: dict[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def stop(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


class MessagesWire:
    """Writes an answer as the Messages API does. A plan's reasoning is one signed block."""

    done = ""

    def opening(self, plan: Any) -> list[Any]:
        usage = {"usage": {**USAGE, "output_tokens": 1}} if plan.usage != "none" else {}
        pieces: list[Any] = [{"type": "message_start", "message": message(**usage)}, {"type": "ping"}]
        if plan.reasoning:
            pieces.append(start(0, {"type": "thinking", "thinking": "", "signature": ""}))
            pieces += [delta(0, "thinking_delta", thinking=text) for text in plan.reasoning]
            pieces += [delta(0, "signature_delta", signature=plan.signature), stop(0)]
        return [*pieces, start(1, {"type": "text", "text": ""})]

    def text(self, text: str) -> Any:
        return delta(1, "text_delta", text=text)

    def ending(self, plan: Any, count: int) -> list[Any]:
        pieces: list[Any] = [stop(1)]
        if plan.finish_reason is not None:
            reason = STOP_REASONS.get(plan.finish_reason, plan.finish_reason)
            last = {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}}
            thought = {"output_tokens_details": {"thinking_tokens": min(2, count)}}
            usage = {"usage": {"output_tokens": count, **thought}} if plan.usage != "none" else {}
            pieces.append({**last, **usage})
        return [*pieces, {"type": "message_stop"}] if plan.done else pieces

    def error(self, error: Any) -> Any:
        return {"type": "error", "error": error}

    def whole(self, plan: Texts) -> Any:
        texts = plan.texts if plan.texts is not None else tuple(token(index) for index in range(plan.tokens))
        return message(
            content=[{"type": "text", "text": "".join(texts)}],
            stop_reason=STOP_REASONS.get(plan.finish_reason or "stop"),
            usage={**USAGE, "output_tokens": len(texts), "output_tokens_details": {"thinking_tokens": 2}},
        )
