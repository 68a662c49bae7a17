"""Finds what a piece of an answer is if it is no answer: an error, in whichever shape, or another interface's."""

from collections.abc import Mapping
from typing import Any

MESSAGES = ("message", "msg", "detail", "error_msg", "error_message", "errorMessage", "err_msg", "errmsg")
"""What holds the words of an error that has no other sign of being one."""

CODES = ("error_code", "errorCode", "err_code", "errcode", "error_msg", "error_message", "errorMessage")
"""Members that only errors have: FastChat's and Baidu's code, and others' message."""

SIGNS = frozenset(["error", "base_resp", "x_groq", *CODES])
"""Without one of these, a piece with a choice can tell an error there alone."""

BASE_STATUS: Mapping[int, int] = {
    1001: 504,
    1002: 429,
    1004: 401,
    1008: 402,
    1026: 400,
    1027: 400,
    1039: 429,
    2013: 400,
    2049: 401,
    2056: 429,
}
"""MiniMax's codes (its page "Error Codes"), as HTTP statuses; all others are its own trouble."""


def error_of(piece: Mapping[str, Any]) -> Any:
    """The error that the piece tells; None where it tells none.

    A dict, a string or a list, in the form that `failures.status_of` and `message_of` read.
    """
    choices = piece.get("choices")
    if choices and SIGNS.isdisjoint(piece) and isinstance(choices, list):
        choice = choices[0]  # as nearly every piece of an answer
        return choice["error"] if isinstance(choice, dict) and choice.get("error") else None
    error = piece.get("error")
    if error and _says_something(error):
        return error if isinstance(error, dict | list) else piece
    choice = choices[0] if isinstance(choices, list) and choices else None
    base = piece.get("base_resp")
    if isinstance(base, dict) and base.get("status_code"):
        return _of_base(base)  # MiniMax
    for holder in (choice, piece.get("x_groq")):  # OpenRouter; Groq
        if isinstance(holder, dict) and holder.get("error"):
            return holder["error"] if isinstance(holder["error"], dict) else holder
    if choice is not None:
        return piece if _has_code(piece) else None
    is_error = (
        piece.get("object") == "error"  # vLLM, FastChat
        or piece.get("type") == "error"
        or piece.get("event") == "error"
        or piece.get("success") is False
        or bool(piece.get("errors"))
        or _has_code(piece)
        or _only_speaks(piece)
    )
    return piece if is_error else None


def interface_of(piece: Mapping[str, Any]) -> str | None:
    """Whose the piece is, by what no other interface has: `openai`, `anthropic`, or a name for people."""
    kind = piece.get("type")
    if isinstance(kind, str):
        if kind.startswith(("content_block", "message_")) or (kind == "message" and "content" in piece):
            return "anthropic"
        if kind.startswith("response."):
            return "the Responses API"
    if "choices" in piece:
        return "openai"
    if "candidates" in piece:
        return "Gemini's own interface"
    if "done" in piece and ("response" in piece or isinstance(piece.get("message"), dict)):
        return "Ollama's own interface"
    return None


def _says_something(error: Any) -> bool:
    return not isinstance(error, dict) or any(error.values())


def _has_code(piece: Mapping[str, Any]) -> bool:
    return any(piece[name] not in (None, "", 0, "0", False) for name in CODES if name in piece)


def _only_speaks(piece: Mapping[str, Any]) -> bool:
    """Whether it is nothing but words for people: `{"detail": …}`, `{"code": …, "message": …}`."""
    if "type" in piece or "usage" in piece or "choices" in piece:
        return False
    return any(isinstance(piece.get(name), str | list) and piece[name] for name in MESSAGES)


def _of_base(base: Mapping[str, Any]) -> dict[str, Any]:
    code = base["status_code"]
    status = BASE_STATUS.get(code, 500) if isinstance(code, int) else 500
    return {"code": status, "message": base.get("status_msg") or f"base_resp {code}", "base_code": code}
