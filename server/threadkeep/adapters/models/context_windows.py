"""How much the well-known models can read, where their provider does not say; apart, since it is a table."""

import re
from collections.abc import Mapping

WINDOWS: Mapping[str, int] = {
    **dict.fromkeys(
        (
            "claude-3-haiku",
            "claude-3-opus",
            "claude-3-5-haiku",
            "claude-3-5-sonnet",
            "claude-3-7-sonnet",
            "claude-haiku-4-5",
            "claude-opus-4",
            "claude-opus-4-0",
            "claude-opus-4-1",
            "claude-opus-4-5",
            "claude-sonnet-4",
            "claude-sonnet-4-0",
            "claude-sonnet-4-5",
            "o1",
            "o3",
            "o3-mini",
            "o3-pro",
            "o4-mini",
        ),
        200_000,
    ),
    **dict.fromkeys(
        (
            "claude-fable-5",
            "claude-fable-5-1",
            "claude-fable-5-2",
            "claude-haiku-5-5",
            "claude-opus-4-6",
            "claude-opus-4-7",
            "claude-opus-4-8",
            "claude-opus-5",
            "claude-opus-5-5",
            "claude-sonnet-4-6",
            "claude-sonnet-5",
            "claude-sonnet-5-5",
            "gpt-4.1",
            "gpt-4.1-mini",
            "gpt-4.1-nano",
            "gpt-5.5",
            "gpt-5.5-pro",
        ),
        1_000_000,
    ),
    **dict.fromkeys(("gpt-4o", "gpt-4o-mini", "gpt-4-turbo"), 128_000),
    **dict.fromkeys(
        (
            "gpt-5",
            "gpt-5-mini",
            "gpt-5-nano",
            "gpt-5-pro",
            "gpt-5.1",
            "gpt-5.2",
            "gpt-5.4-mini",
            "gpt-5.4-nano",
        ),
        400_000,
    ),
    **dict.fromkeys(
        ("gpt-5.4", "gpt-5.4-pro", "gpt-5.6-luna", "gpt-5.6-sol", "gpt-5.6-terra", "gpt-6-luna", "gpt-6-sol"),
        1_050_000,
    ),
    **dict.fromkeys(("gemini-2.5-flash", "gemini-2.5-pro"), 1_048_576),
    "gpt-4": 8_192,
}
"""Tokens. Only names that mean one model: what a later one can read is not guessed."""

RELEASE = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$")
"""The end of a name that says which release of the model is meant."""


def context_window(model: str) -> int | None:
    """Tokens that a model of a vendor's own service can read; None when unknown."""
    return WINDOWS.get(model) or WINDOWS.get(RELEASE.sub("", model))
