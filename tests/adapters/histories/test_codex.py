"""Codex CLI's rollouts: items, tools, tokens, and what was rolled back."""

from pathlib import Path

import pytest

from tests.support.histories import content, item, problems, rollout, said, session, thought, visible, written
from threadkeep.adapters.histories.codex import CodexHistory
from threadkeep.domain.messages import Usage

READER = CodexHistory()
META = rollout(
    "session_meta",
    {
        "id": "0199-abc",
        "timestamp": "2025-10-01T09:59:00.000Z",
        "cwd": "/home/me/app",
        "cli_version": "0.46.0",
        "model_provider": "openai",
        "git": {"commit_hash": "c", "branch": "main", "repository_url": "git@example.org:me/app.git"},
    },
)
CONTEXT = rollout("turn_context", {"cwd": "/home/me/app", "model": "gpt-x"})


def text(role: str, said: str, second: int = 0) -> dict[str, object]:
    kind = "output_text" if role == "assistant" else "input_text"
    return item("message", second, role=role, content=[{"type": kind, "text": said}])


def tokens(total: int, last: int) -> dict[str, object]:
    def usage(count: int) -> dict[str, int]:
        return {
            "input_tokens": count,
            "cached_input_tokens": count // 2,
            "output_tokens": count // 10,
            "reasoning_output_tokens": 1,
        }

    info = {"total_token_usage": usage(total), "last_token_usage": usage(last)}
    return rollout("event_msg", {"type": "token_count", "info": info})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sessions" / "2025" / "10" / "01" / "rollout-2025-10-01T09-59-00-0199-abc.jsonl"


def test_a_session_tells_its_repository(file, tmp_path):
    found = session(READER, written(file, [META, CONTEXT, text("user", "Hi", 1), text("assistant", "Ho", 2)]))
    assert (found.origin, found.origin_id, found.title) == ("codex", "0199-abc", None)
    assert (found.folder, found.branch, found.remote) == (
        "/home/me/app",
        "main",
        "git@example.org:me/app.git",
    )
    assert (found.created_at, found.updated_at) == ("2025-10-01T09:59:00.000Z", "2025-10-01T10:00:02.500Z")
    assert said(found) == [("user", "Hi"), ("assistant", "Ho")]
    assert (found.messages[1].model, found.messages[1].provider) == ("gpt-x", "openai")
    assert READER.recognises(tmp_path)


def test_what_the_tool_adds_is_not_said_by_the_person(file):
    records = [
        META,
        text("developer", "<permissions instructions>…"),
        text("user", "<environment_context>\n<cwd>/x</cwd></environment_context>"),
        text("user", "Why?"),
    ]
    assert [role for role, _ in said(session(READER, written(file, records)))] == ["system", "system", "user"]


def test_thoughts_words_and_calls_in_a_row_are_one_answer(file):
    records = [
        META,
        CONTEXT,
        text("user", "Why?"),
        item("reasoning", summary=[{"type": "summary_text", "text": "Hm."}], encrypted_content="x"),
        text("assistant", "I look."),
        item("function_call", name="shell", arguments='{"command": ["ls", "-l"]}', call_id="c1"),
        item("function_call_output", 3, call_id="c1", output='{"output":"a.py"}'),
        item("custom_tool_call", name="apply_patch", input="*** Begin Patch", call_id="c2"),
        item("custom_tool_call_output", call_id="c2", output=[{"type": "input_text", "text": "Done"}]),
        item("reasoning", summary=[], encrypted_content="x"),
        item("web_search_call", action={"type": "search", "query": "tea"}),
    ]
    found = session(READER, written(file, records))
    answer = found.messages[1]
    assert thought(answer) == "Hm."
    assert content(answer).startswith("I look.\n\nTool call: shell\n```json\n{")
    assert said(found)[2:5] == [
        ("tool", '{"output":"a.py"}'),
        ("assistant", "Tool call: apply_patch"),
        ("tool", "Done"),
    ]
    assert found.messages[2].metadata == {"tool": "shell", "callId": "c1"}
    assert thought(found.messages[5]) == "[reasoning that its provider keeps to itself]"
    assert content(found.messages[5]).startswith("Tool call: web_search")


def test_tokens_are_counted_once_however_often_they_are_told(file):
    records = [
        META,
        CONTEXT,
        text("user", "Why?"),
        text("assistant", "So."),
        tokens(100, 100),
        tokens(100, 100),
    ]
    records += [text("user", "And?"), text("assistant", "Thus."), tokens(300, 200)]
    found = session(READER, written(file, records))
    assert found.messages[1].usage == Usage(
        input_tokens=100, cached_tokens=50, output_tokens=10, reasoning_tokens=1
    )
    assert found.messages[3].usage == Usage(
        input_tokens=200, cached_tokens=100, output_tokens=20, reasoning_tokens=1
    )


def test_what_was_rolled_back_is_a_branch(file):
    back = rollout("event_msg", {"type": "thread_rolled_back", "num_turns": 1})
    records = [
        META,
        text("user", "A"),
        text("assistant", "a"),
        text("user", "B"),
        text("assistant", "b"),
        back,
    ]
    records += [text("user", "C"), text("assistant", "c")]
    found = session(READER, written(file, records))
    assert len(found.messages) == 6
    assert visible(found) == ["A", "a", "C", "c"]


def test_events_are_read_where_there_are_no_items(file):
    records = [
        META,
        rollout("event_msg", {"type": "user_message", "message": "Hi"}),
        rollout("event_msg", {"type": "agent_message", "message": "Ho"}),
    ]
    assert said(session(READER, written(file, records))) == [("user", "Hi"), ("assistant", "Ho")]


def test_the_first_releases_had_no_types(file):
    old = {
        "id": "old-1",
        "timestamp": "2025-06-01T00:00:00.000Z",
        "instructions": None,
        "git": {"branch": "dev"},
    }
    records = [
        old,
        {"record_type": "state"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
    ]
    written(file, records)
    found = session(READER, file)
    assert (found.origin_id, found.branch, said(found)) == ("old-1", "dev", [("user", "Hi")])
    assert READER.recognises(file)


def test_a_summary_stands_in_its_place(file):
    records = [META, text("user", "A"), rollout("compacted", {"message": "They greeted."}), text("user", "B")]
    assert said(session(READER, written(file, records))) == [
        ("user", "A"),
        ("system", "They greeted."),
        ("user", "B"),
    ]


def test_a_compressed_rollout_is_told(file, tmp_path):
    file.parent.mkdir(parents=True)
    file.with_suffix(".jsonl.zst").write_bytes(b"\x28\xb5\x2f\xfd")
    assert problems(READER, tmp_path) == ["The file is compressed. Unpack it with `zstd -d` first."]


def test_a_description_longer_than_what_is_looked_at_is_recognised(file):
    long = META | {"payload": META["payload"] | {"base_instructions": {"text": "x" * 2_000_000}}}
    import json

    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(long, separators=(",", ":")) + "\n")
    assert READER.recognises(file)
