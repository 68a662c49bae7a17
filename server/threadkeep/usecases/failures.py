"""Errors as they are kept with what failed."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from threadkeep.domain.errors import (
    ContextTooLong,
    ProviderBadRequest,
    ProviderError,
    ProviderOverloaded,
    ThreadkeepError,
)
from threadkeep.domain.exhaustion import exhausted
from threadkeep.domain.messages import MAX_TOKENS, Failure, Message
from threadkeep.domain.text import without_steering

if TYPE_CHECKING:
    from threadkeep.ports.models import Stop

logger = logging.getLogger(__name__)


def failure_of(error: BaseException) -> Failure:
    """A named error as it is kept; an unnamed one tells no detail, the log does."""
    if not isinstance(error, ThreadkeepError):
        error = exhausted(error) or error
    if isinstance(error, ThreadkeepError):
        return Failure(
            kind=error.kind,
            message=without_steering(error.message),
            retryable=error.retryable,
            data=error.data,
        )
    logger.error("a turn failed", exc_info=error)
    return Failure(kind="internalError", message="Internal error, see the log.")


_NO_SUCCESS: Mapping[str, tuple[type[ProviderError], str]] = {
    "error": (ProviderOverloaded, "The provider broke its answer off with an error: try again."),
    "contentFilter": (
        ProviderBadRequest,
        "The provider's content filter kept the answer back: say it in other words, or choose another model.",
    ),
    "refusal": (
        ProviderBadRequest,
        "The model refuses to answer: say it in other words, or choose another one.",
    ),
    "toolCalls": (
        ProviderBadRequest,
        "The model asked for a tool instead of answering, and was offered none: say so, or choose another model.",
    ),
    MAX_TOKENS: (
        ProviderBadRequest,
        "The limit of tokens was reached by thinking alone: shorten the conversation, or raise the limit.",
    ),
}


def check_room(stop: "Stop", answer: Message, *, provider: str) -> None:
    """Raises ContextTooLong for a limit that was reached before anything was said: nothing of the model's window
    was left for an answer (some servers cut what they are sent until it just fits)."""
    if stop.reason == MAX_TOKENS and not (answer.content.strip() or answer.reasoning.strip()):
        told = "The conversation leaves the model no room for an answer: clear or shorten it."
        raise ContextTooLong(f"{provider}: {told}", provider=provider)


def check_end(stop: "Stop", answer: Message, *, provider: str) -> None:
    """Raises ProviderError for an end that is no success: an error, or one before any text."""
    if stop.reason != "error" and answer.content.strip():
        return
    kind, told = _NO_SUCCESS.get(stop.reason) or (ProviderOverloaded, _nothing(stop.reason, answer))
    said = f" It said: {stop.words}" if stop.words else ""
    raise kind(f"{provider}: {told}{said}", provider=provider)


def _nothing(reason: str, answer: Message) -> str:
    told = "" if reason == "endTurn" else f" ({reason})"
    if answer.reasoning.strip():
        return f"The model thought, but gave no answer{told}: try again."
    return f"The answer is empty{told}: try again. Some servers do this when a conversation is too long."
