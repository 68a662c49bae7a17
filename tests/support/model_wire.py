"""The pieces of an answer in chat completions, as a provider writes them."""

import json
from typing import Any, Protocol


class Texts(Protocol):
    """The part of a plan that a whole answer is made of."""

    @property
    def tokens(self) -> int: ...
    @property
    def texts(self) -> tuple[str, ...] | None: ...
    @property
    def finish_reason(self) -> str | None: ...


def token(index: int) -> str:
    return f" t{index:05d}"


def sse(piece: Any, line_end: str = "\n") -> bytes:
    return f"data: {json.dumps(piece, separators=(',', ':'))}{line_end * 2}".encode()


def chunk(delta: dict[str, Any] | None, *, finish_reason: str | None = None) -> dict[str, Any]:
    """One piece of a stream; without a delta its choices are empty."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish_reason}]
    base = {"id": "chatcmpl-test", "object": "chat.completion.chunk", "created": 1, "model": "test-model"}
    return {**base, "choices": choices}


def error_piece(error: Any) -> dict[str, Any]:
    return {"error": error}


def usage_block(count: int) -> dict[str, Any]:
    return {
        "prompt_tokens": 10,
        "completion_tokens": count,
        "total_tokens": 10 + count,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": min(2, count)},
    }


def whole_answer(plan: Texts) -> dict[str, Any]:
    texts = plan.texts if plan.texts is not None else tuple(token(index) for index in range(plan.tokens))
    message = {"role": "assistant", "content": "".join(texts)}
    return {
        "id": "chatcmpl-test",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": plan.finish_reason}],
        "usage": usage_block(len(texts)),
    }


class ChatWire:
    """Writes an answer as chat completions."""

    done = "data: [DONE]"

    def opening(self, plan: Any) -> list[Any]:
        return [chunk({"reasoning_content": text}) for text in plan.reasoning]

    def text(self, text: str) -> Any:
        return chunk({"content": text})

    def ending(self, plan: Any, count: int) -> list[Any]:
        pieces = []
        if plan.finish_reason is not None:
            last = chunk({}, finish_reason=plan.finish_reason)
            pieces.append({**last, "usage": usage_block(count)} if plan.usage == "last" else last)
        if plan.usage == "own":
            pieces.append({**chunk(None), "usage": usage_block(count)})
        return pieces

    def error(self, error: Any) -> Any:
        return error_piece(error)

    def whole(self, plan: Any) -> Any:
        return whole_answer(plan)
