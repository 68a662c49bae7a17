"""What well-known models can read."""

import pytest

from threadkeep.adapters.models.context_windows import context_window


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4o", 128_000),
        ("gpt-4o-2024-08-06", 128_000),
        ("claude-sonnet-4-20250514", 200_000),
        ("claude-3-5-haiku-latest", 200_000),
        ("claude-opus-5-5", 1_000_000),
        ("claude-opus-99", None),
        ("gpt-4o-realtime-preview", None),
        ("my-model", None),
        ("", None),
    ],
)
def test_only_what_is_known_is_told(model: str, expected: int | None) -> None:
    assert context_window(model) == expected
