"""What holds for every reader: it never recognises what is not its own, and nothing makes it crash."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.histories import OLD_LLM, claude, conversation, item, llm_log, node, rollout, written
from threadkeep.adapters.plugins import history_readers
from threadkeep.domain.transfer import ForeignSession, TransferProblem
from threadkeep.ports.transfer import HistoryReader

READERS = history_readers()
NAMES = ["claude-code", "codex", "llm", "opencode", "chatgpt", "markdown"]
FILE_NAMES = ["a.jsonl", "rollout-a.jsonl", "logs.db", "a.json", "conversations.json", "a.md"]


def test_auto_asks_the_surest_first():
    assert [reader.name for reader in READERS] == NAMES


@pytest.fixture
def histories(tmp_path: Path) -> dict[str, Path]:
    opencode = tmp_path / "opencode.json"
    opencode.write_text(json.dumps({"info": {"id": "ses_1", "directory": "/a"}, "messages": []}))
    chatgpt = tmp_path / "conversations.json"
    chatgpt.write_text(json.dumps([conversation(node("u", None, "user", ["Hi"]), current="u")]))
    markdown = tmp_path / "a.md"
    markdown.write_text("## User\nHi\n## Assistant\nHo\n")
    return {
        "claude-code": written(tmp_path / "a.jsonl", [claude("u", None, "user", "Hi")]),
        "codex": written(tmp_path / "rollout-a.jsonl", [rollout("session_meta", {"id": "x"})]),
        "llm": llm_log(tmp_path / "logs.db", OLD_LLM, {}),
        "opencode": opencode,
        "chatgpt": chatgpt,
        "markdown": markdown,
    }


def test_every_history_is_recognised_by_its_reader_alone(histories):
    recognised = {
        name: [reader.name for reader in READERS if reader.recognises(path)]
        for name, path in histories.items()
    }
    assert recognised == {name: [name] for name in NAMES}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("name", [name for name in NAMES if name != "llm"])  # which is a database
def test_a_history_that_was_saved_in_another_unicode_is_the_same(histories, name: str, encoding: str):
    path, reader = histories[name], next(reader for reader in READERS if reader.name == name)
    before, status = list(reader.read(path)), path.stat()
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    path.write_bytes((mark + path.read_text(encoding="utf-8")).encode(encoding))
    os.utime(
        path, ns=(status.st_atime_ns, status.st_mtime_ns)
    )  # which stands for times that it does not tell
    assert [each.name for each in READERS if each.recognises(path)] == [name]
    assert list(reader.read(path)) == before


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_what_is_not_there_is_not_recognised_and_an_error_to_read(reader: HistoryReader, tmp_path):
    for path in (tmp_path / "none", Path("a\0b"), tmp_path):
        assert not reader.recognises(path)
    with pytest.raises(OSError, match="none"):
        list(reader.read(tmp_path / "none"))
    assert list(reader.read(tmp_path)) == []


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
LAYOUTS: list[Any] = [
    claude("u", "p", "user", [{"type": "tool_result", "content": [{"type": "text", "text": "x"}]}]),
    claude(
        "a",
        "u",
        "assistant",
        [{"type": "tool_use", "name": "n", "input": {"a": "b"}}],
        usage={"input_tokens": 1},
    ),
    {"type": "summary", "summary": "s", "leafUuid": "u"},
    {"type": "attachment", "uuid": "q", "attachment": {"type": "queued_command", "prompt": "p"}},
    rollout("session_meta", {"id": "x", "timestamp": "2025-01-01T00:00:00Z", "git": {"branch": "b"}}),
    item("message", role="user", content=[{"type": "input_text", "text": "x"}]),
    item("function_call", name="n", arguments="{}", call_id="c"),
    item("function_call_output", call_id="c", output="x"),
    item("reasoning", summary=[{"text": "x"}]),
    rollout("event_msg", {"type": "token_count", "info": {"total_token_usage": {"input_tokens": 1}}}),
    rollout("event_msg", {"type": "thread_rolled_back", "num_turns": 1}),
    {
        "info": {"id": "ses_1", "time": {"created": 1}, "revert": {"messageID": "m"}},
        "messages": [
            {
                "info": {"id": "m", "role": "assistant", "time": {"created": 1}, "tokens": {"input": 1}},
                "parts": [{"type": "tool", "state": {"status": "error", "input": {}, "attachments": [{}]}}],
            }
        ],
    },
    conversation(
        node("u", None, "user", ["x", {"text": "y"}]),
        node(
            "t", "u", "assistant", None, content={"content_type": "thoughts", "thoughts": [{"content": "x"}]}
        ),
        current="t",
    ),
]


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """A record as it should be, with something else in one place."""
    record = json.loads(json.dumps(draw(st.sampled_from(LAYOUTS))))
    at = record
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            return record
        key = draw(st.sampled_from(keys))
        if not isinstance(at[key], dict | list) or draw(st.integers(0, 2)) == 0:
            at[key] = draw(anything)
            return record
        at = at[key]


@given(records=st.lists(spoilt() | anything, max_size=6), is_list=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_of_the_wrong_kind_never_stop_a_reader(tmp_path, records, is_list):
    for name, reader in zip(FILE_NAMES, READERS, strict=True):
        path = tmp_path / name
        text = json.dumps(records) if is_list else "\n".join(json.dumps(record) for record in records)
        path.write_text(text)
        reader.recognises(path)
        for found in reader.read(path):
            check(found)


@given(data=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_stop_a_reader(tmp_path, data):
    for name, reader in zip(FILE_NAMES, READERS, strict=True):
        path = tmp_path / name
        path.write_bytes(data)
        reader.recognises(path)
        for found in reader.read(path):
            check(found)


def check(found: ForeignSession | TransferProblem) -> None:
    """What everybody behind a reader relies on."""
    if isinstance(found, TransferProblem):
        assert found.message.endswith((".", "each."))
        return
    seen: set[str | None] = {None}
    for message in found.messages:
        assert message.parent_origin_id in seen
        assert message.origin_id not in seen
        assert message.parts
        assert all(part.text for part in message.parts)
        seen.add(message.origin_id)
        json.dumps(message.metadata).encode()
        "".join(part.text for part in message.parts).encode()
    assert found.messages
    assert found.head_origin_id in seen
    assert found.created_at <= found.updated_at
    assert found.created_at.endswith("Z")
    json.dumps(found.metadata)
    (found.title or "").encode()
    found.origin_id.encode()
