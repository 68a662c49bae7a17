"""llm's log: old and new tables, read without a trace."""

import sqlite3
from pathlib import Path

import pytest

from tests.support.histories import (
    NEW_LLM,
    OLD_LLM,
    content,
    llm_log,
    problems,
    said,
    session,
    sessions,
    thought,
    visible,
)
from threadkeep.adapters.histories.llm_logs import LlmLogs
from threadkeep.domain.messages import Usage

READER = LlmLogs()
RESPONSE = {
    "id": "r1",
    "model": "gpt-x",
    "resolved_model": "gpt-x-2025",
    "prompt": "Why?",
    "system": "Be kind.",
    "response": "So.",
    "reasoning": "Hm.",
    "conversation_id": "c1",
    "datetime_utc": "2025-05-14T16:25:01.123456+00:00",
    "input_tokens": 10,
    "output_tokens": 3,
    "token_details": '{"prompt_tokens_details": {"cached_tokens": 4}}',
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs.db"


def test_a_conversation_is_a_session(path, tmp_path):
    later = RESPONSE | {
        "id": "r2",
        "prompt": "And?",
        "response": "Thus.",
        "datetime_utc": "2025-05-14T16:26:00",
    }
    rows = {"conversations": [{"id": "c1", "name": "Why", "model": "gpt-x"}], "responses": [RESPONSE, later]}
    found = session(READER, llm_log(path, OLD_LLM, rows))
    assert (found.origin, found.origin_id, found.title) == ("llm", "c1", "Why")
    assert (found.created_at, found.updated_at) == ("2025-05-14T16:25:01.123Z", "2025-05-14T16:26:00.000Z")
    assert said(found) == [
        ("system", "Be kind."),
        ("user", "Why?"),
        ("assistant", "So."),
        ("user", "And?"),
        ("assistant", "Thus."),
    ]
    assert thought(found.messages[2]) == "Hm."
    assert found.messages[2].model == "gpt-x-2025"
    assert found.messages[2].usage == Usage(input_tokens=10, output_tokens=3, cached_tokens=4)
    assert READER.recognises(path)
    assert READER.recognises(tmp_path)


def test_fragments_attachments_and_tools_are_kept_as_text(path):
    rows = {
        "conversations": [{"id": "c1", "name": None, "model": "m"}],
        "responses": [
            RESPONSE | {"response": ""},
            RESPONSE | {"id": "r2", "prompt": "", "response": "Four."},
        ],
        "fragments": [{"id": 7, "content": "A long story."}],
        "prompt_fragments": [{"response_id": "r1", "fragment_id": 7, "order": 0}],
        "attachments": [{"id": "x", "type": "image/png", "path": "/tmp/a.png"}],
        "prompt_attachments": [{"response_id": "r1", "attachment_id": "x", "order": 0}],
        "tool_calls": [{"id": 1, "response_id": "r1", "name": "add", "arguments": '{"a": 2, "b": 2}'}],
        "tool_results": [{"id": 1, "response_id": "r2", "name": "add", "output": "4", "tool_call_id": "t"}],
    }
    found = session(READER, llm_log(path, OLD_LLM, rows))
    assert content(found.messages[1]) == "A long story.\nWhy?\n\n[attachment: /tmp/a.png]"
    assert said(found)[2:] == [("assistant", "Tool call: add"), ("tool", "4"), ("assistant", "Four.")]
    assert found.messages[3].metadata == {"tool": "add", "callId": "t"}


def test_threads_share_messages_and_branch(path):
    def message(hash_: str, parent: str | None, role: str) -> dict[str, object]:
        return {"hash": hash_, "parent_hash": parent, "role": role}

    def part(hash_: str, said: str | None, kind: str = "text", **more: object) -> dict[str, object]:
        return {
            "message_hash": hash_,
            "position": more.pop("position", 0),
            "type": kind,
            "text": said,
            **more,
        }

    rows = {
        "messages": [
            message("h1", None, "user"),
            message("h2", "h1", "assistant"),
            message("h3", "h1", "assistant"),
            message("h4", "h3", "tool"),
        ],
        "parts": [
            part("h1", None, payload='{"text_ref": [{"literal": "Read: "}, {"fragment": 7}]}'),
            part("h2", "First."),
            part("h3", "Hm.", "reasoning"),
            part(
                "h3",
                None,
                "tool_call",
                position=1,
                tool_name="now",
                payload='{"name": "now", "arguments": {}}',
            ),
            part(
                "h4", None, "tool_result", tool_name="now", payload='{"output": "noon", "tool_call_id": "t"}'
            ),
        ],
        "threads": [{"id": "t1", "name": "Story", "tip_message_hash": "h4"}],
        "turns": [
            {
                "id": "1",
                "thread_id": "t1",
                "tip_message_hash": "h2",
                "model": "m",
                "datetime_utc": "2026-08-01T10:00:00+00:00",
                "input_tokens": 5,
                "output_tokens": 1,
            },
            {
                "id": "2",
                "thread_id": "t1",
                "tip_message_hash": "h3",
                "model": "n",
                "datetime_utc": "2026-08-01T10:01:00+00:00",
            },
            {
                "id": "3",
                "thread_id": "t1",
                "tip_message_hash": "h4",
                "model": "n",
                "datetime_utc": "2026-08-01T10:02:00+00:00",
            },
        ],
        "fragments": [{"id": 7, "content": "a tale"}],
        "conversations": [{"id": "t1", "name": "old"}, {"id": "c9", "name": "older"}],
        "responses": [RESPONSE | {"conversation_id": "t1"}, RESPONSE | {"id": "r9", "conversation_id": "c9"}],
    }
    thread, old = sessions(READER, llm_log(path, OLD_LLM + NEW_LLM, rows))
    assert (thread.origin_id, thread.title, old.origin_id) == ("t1", "Story", "c9")
    assert visible(thread) == ["Read: a tale", "Tool call: now", "noon"]
    assert len(thread.messages) == 4
    assert [(message.model, message.usage) for message in thread.messages[1:3]] == [
        ("m", Usage(input_tokens=5, output_tokens=1)),
        ("n", None),
    ]


def test_reading_leaves_no_file_and_no_change_behind(path):
    llm_log(path, OLD_LLM, {"conversations": [{"id": "c1"}], "responses": [RESPONSE]})
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("INSERT INTO conversations VALUES ('c2', 'two', 'm')")
    database.commit()
    database.close()
    before = path.read_bytes()
    assert len(sessions(READER, path)) == 1
    assert [each.name for each in path.parent.iterdir()] == ["logs.db"]
    assert path.read_bytes() == before


def test_what_is_still_in_the_log_of_the_database_is_read(path):
    llm_log(path, OLD_LLM, {})
    database = sqlite3.connect(path)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("INSERT INTO conversations VALUES ('c1', 'one', 'm')")
        database.execute(
            "INSERT INTO responses (id, prompt, response, conversation_id, datetime_utc) VALUES ('r', 'p', 'q', 'c1', '2025-01-01T00:00:00')"
        )
        database.commit()
        assert said(session(READER, path)) == [("user", "p"), ("assistant", "q")]
    finally:
        database.close()


def test_a_view_is_not_asked(path):
    llm_log(
        path, "CREATE TABLE conversations (id TEXT, name TEXT); CREATE VIEW responses AS SELECT 1 AS id;", {}
    )
    assert not READER.recognises(path)
    assert list(READER.read(path)) == []


@pytest.mark.parametrize("spoilt", [b"SQLite format 3\0" + b"\xff" * 5000, b"hello", b""])
def test_what_is_no_log_is_a_problem(path, spoilt):
    path.write_bytes(spoilt)
    assert not READER.recognises(path)
    assert len(problems(READER, path)) == 1


def test_missing_columns_are_a_problem(path):
    llm_log(path, "CREATE TABLE conversations (id TEXT, name TEXT); CREATE TABLE responses (id TEXT);", {})
    assert problems(READER, path) == ["The database cannot be read: no such column: conversation_id."]


def test_values_of_the_wrong_type_read_as_absent(path):
    odd = RESPONSE | {
        "prompt": 5,
        "response": b"\xff",
        "input_tokens": "many",
        "datetime_utc": 3,
        "token_details": "[",
    }
    rows = {"conversations": [{"id": "c1", "name": b"\x00"}], "responses": [odd, RESPONSE | {"id": "r2"}]}
    assert said(session(READER, llm_log(path, OLD_LLM, rows)))[0] == ("system", "Be kind.")
