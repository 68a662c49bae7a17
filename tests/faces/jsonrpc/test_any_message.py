"""Arbitrary and nearly valid messages: each request is answered exactly once."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.wire_endpoint import Bench
from tests.support.wire_handlers import load

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["jsonrpc", "id", "method", "params", "text", "class", "_x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
METHODS = st.sampled_from(
    [
        *("echo", "turn", "wait", "forever", "stubborn", "raise", "bad", "initialize", "nonsense", "$/x", ""),
        *("textDocument/didOpen", "textDocument/didChange", "textDocument/didClose", "textDocument/hover"),
        *("$/setTrace", "$/cancelRequest", "workspace/didChangeConfiguration", "workspace/executeCommand"),
        *("workspace/didChangeWorkspaceFolders", "window/workDoneProgress/cancel", "initialized"),
    ]
)
IDS = st.integers(-3, 12) | st.text(max_size=2) | st.floats(-3, 3) | JSON
NEAR_MESSAGES = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0") | JSON, "method": METHODS | JSON},
    optional={
        "id": IDS,
        "params": st.fixed_dictionaries({}, optional={"id": IDS, "text": JSON}) | JSON,
        "result": JSON,
    },
)


@pytest.mark.medium
@settings(deadline=None, max_examples=150)
@given(values=st.lists(NEAR_MESSAGES | JSON, max_size=15), is_initialized=st.booleans())
def test_each_request_is_answered_exactly_once(values: list[Any], is_initialized: bool) -> None:
    async def answers() -> list[dict[str, Any]]:
        bench = Bench(load)
        if is_initialized:
            bench.initialize()
        bench.put(*values)
        async with asyncio.timeout(5):
            while bench.pump._queue:  # noqa: ASYNC110 - the loop itself is what is waited for
                await asyncio.sleep(0)
        await bench.endpoint.wind_down()
        return await bench.until_quiet()

    sent = asyncio.run(answers())
    assert Counter(_key(m.get("id")) for m in sent) == Counter(key for v in values for key in _due(v))
    assert all(("result" in m) != ("error" in m) for m in sent)
    assert all({"kind", "retryable"} <= m["error"]["data"].keys() for m in sent if "error" in m)


def _due(value: Any) -> list[Any]:
    """The ids that are owed an answer, None where the message is no message."""
    if not isinstance(value, dict):
        return [_key(None)]
    id_ = value.get("id")
    is_id = isinstance(id_, str | int | float) and not isinstance(id_, bool)
    if "method" not in value and ("result" in value or "error" in value):
        return []
    is_sound = value.get("jsonrpc") == "2.0" and isinstance(value.get("method"), str)
    if "id" not in value and is_sound:
        return []
    return [_key(id_ if is_id else None)]


def _key(id_: Any) -> tuple[str, Any]:
    return ("text" if isinstance(id_, str) else "number", id_)
