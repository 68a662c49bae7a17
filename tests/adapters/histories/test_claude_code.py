"""Claude Code's projects: the tree, pieces of answers, tools, subagents, and what names a session."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.support.histories import (
    CLAUDE_ID,
    claude,
    content,
    problems,
    said,
    session,
    sessions,
    thought,
    visible,
    written,
)
from threadkeep.adapters.histories.claude_code import ClaudeCodeHistory
from threadkeep.domain.messages import Usage

READER = ClaudeCodeHistory()
FIRST = claude("u1", None, "user", "Why is it slow?")
ANSWER = claude("a1", "u1", "assistant", [{"type": "text", "text": "Because."}])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "projects" / "-home-me-app" / f"{CLAUDE_ID}.jsonl"


def test_a_session_tells_where_and_when_it_was_held(file):
    found = session(READER, written(file, [FIRST, ANSWER]))
    assert (found.origin, found.origin_id) == ("claude-code", CLAUDE_ID)
    assert (found.folder, found.branch, found.remote) == ("/home/me/app", "feature", None)
    assert (found.created_at, found.updated_at) == ("2025-05-26T07:02:00.079Z", "2025-05-26T07:02:00.079Z")
    assert said(found) == [("user", "Why is it slow?"), ("assistant", "Because.")]
    assert found.messages[1].model == "claude-x"
    assert found.messages[1].provider == "anthropic"
    assert found.metadata == {"version": "2.0.1"}


def test_the_pieces_of_an_answer_are_one_message_and_its_usage_is_counted_once(file):
    usage = {"input_tokens": 10, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 1000}
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
    call = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}}
    records = [
        FIRST,
        claude("a1", "u1", "assistant", [thinking], answer="m", usage=usage | {"output_tokens": 1}),
        claude(
            "a2",
            "a1",
            "assistant",
            [{"type": "text", "text": "I look."}],
            answer="m",
            usage=usage | {"output_tokens": 5},
        ),
        claude("a3", "a2", "assistant", [call], answer="m", usage=usage | {"output_tokens": 7}),
    ]
    found = session(READER, written(file, records))
    answer = found.messages[1]
    assert thought(answer) == "Hm."
    assert content(answer) == "I look.\n\nTool call: Bash\ncommand:\n```\nls\n```"
    assert answer.usage == Usage(input_tokens=1110, output_tokens=7, cached_tokens=100)
    assert all(part.signature is None for part in answer.parts)


def test_results_of_calls_made_at_once_follow_each_other(file):
    def call(name: str) -> dict[str, object]:
        return {"type": "tool_use", "id": name, "name": name, "input": {"a": 1, "b": [2]}}

    def result(name: str, **more: object) -> list[dict[str, object]]:
        return [{"type": "tool_result", "tool_use_id": name, "content": f"{name} said", **more}]

    records = [
        FIRST,
        claude("a1", "u1", "assistant", [call("Read")], answer="m"),
        claude("a2", "a1", "assistant", [call("Grep")], answer="m"),
        claude("r1", "a1", "user", result("Read")),
        claude("r2", "a2", "user", result("Grep", is_error=True)),
        claude("a4", "r1", "assistant", [{"type": "text", "text": "Done."}]),
    ]
    found = session(READER, written(file, records))
    assert visible(found) == ["Why is it slow?", "Tool call: Read", "Read said", "Grep said", "Done."]
    assert [message.role for message in found.messages] == ["user", "assistant", "tool", "tool", "assistant"]
    assert found.messages[3].metadata == {"callId": "Grep", "failed": True}


def test_an_edited_question_is_a_branch_and_the_newest_is_seen(file):
    records = [
        FIRST,
        ANSWER,
        claude("u2", None, "user", "Why is it fast?"),
        claude("a2", "u2", "assistant", "So."),
    ]
    found = session(READER, written(file, records))
    assert len(found.messages) == 4
    assert visible(found) == ["Why is it fast?", "So."]


def test_records_without_conversation_lead_on_and_are_counted(file):
    progress = {"type": "progress", "uuid": "p1", "parentUuid": "u1", "sessionId": CLAUDE_ID, "data": {}}
    snapshot = {"type": "file-history-snapshot", "messageId": "x", "snapshot": {}}
    records = [snapshot, FIRST, progress, claude("a1", "p1", "assistant", "Yes.")]
    found = session(READER, written(file, records))
    assert visible(found) == ["Why is it slow?", "Yes."]
    assert found.metadata["leftOut"] == {"file-history-snapshot": 1, "progress": 1}


def test_a_compacted_session_shows_what_was_before(file):
    boundary = {
        "type": "system",
        "subtype": "compact_boundary",
        "content": "Conversation compacted",
        "uuid": "s1",
        "parentUuid": None,
        "logicalParentUuid": "a1",
        "timestamp": "2025-05-26T08:00:00Z",
    }
    summary = claude("u2", "s1", "user", "This session is continued…", isCompactSummary=True)
    records = [FIRST, ANSWER, boundary, summary, claude("u3", "u2", "user", "Go on")]
    found = session(READER, written(file, records))
    assert visible(found) == [
        "Why is it slow?",
        "Because.",
        "Conversation compacted",
        "This session is continued…",
        "Go on",
    ]
    assert [message.role for message in found.messages] == ["user", "assistant", "system", "system", "user"]


def test_what_a_person_typed_meanwhile_is_kept(file):
    queued = {
        "type": "attachment",
        "uuid": "q1",
        "parentUuid": "a1",
        "timestamp": "2025-05-26T08:00:00Z",
        "attachment": {"type": "queued_command", "prompt": "And faster!"},
    }
    found = session(READER, written(file, [FIRST, ANSWER, queued]))
    assert said(found)[-1] == ("user", "And faster!")


def test_pictures_leave_a_word_behind(file):
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    found = session(
        READER, written(file, [claude("u1", None, "user", [{"type": "text", "text": "See"}, picture])])
    )
    assert content(found.messages[0]) == "See\n\n[image: image/png]"


@pytest.mark.parametrize(
    ("records", "title"),
    [
        ([{"type": "summary", "summary": "Slow  start", "leafUuid": "a1"}], "Slow start"),
        (
            [
                {"type": "custom-title", "customTitle": "Mine", "sessionId": CLAUDE_ID},
                {"type": "ai-title", "aiTitle": "Its", "sessionId": CLAUDE_ID},
                {"type": "summary", "summary": "Old", "leafUuid": "a1"},
            ],
            "Mine",
        ),
        ([], None),
    ],
)
def test_the_title_is_the_one_that_weighs_most(file, records, title):
    assert session(READER, written(file, [*records, FIRST, ANSWER])).title == title


def test_a_subagent_in_the_same_file_is_a_session_of_its_own(file):
    records = [
        FIRST,
        claude("s1", None, "user", "Look for slow tests", isSidechain=True),
        claude("s2", "s1", "assistant", "Found two", isSidechain=True),
        ANSWER,
    ]
    main, agent = sessions(READER, written(file, records))
    assert said(main) == [("user", "Why is it slow?"), ("assistant", "Because.")]
    assert (agent.origin_id, agent.title) == (f"{CLAUDE_ID}/s1", "Subagent: Look for slow tests")
    assert agent.metadata["subagentOf"] == CLAUDE_ID


def test_a_subagent_in_its_own_file_tells_whose_it_is(file):
    records = [claude("s1", None, "user", "Look", isSidechain=True, agentId="32335b9b")]
    found = session(READER, written(file.parent / "agent-32335b9b.jsonl", records))
    assert found.origin_id == f"{CLAUDE_ID}/32335b9b"
    assert found.metadata["subagentOf"] == CLAUDE_ID


def test_a_folder_gives_all_its_sessions(file, tmp_path):
    written(file, [FIRST, ANSWER])
    written(file.with_name("0f0e0d0c-0000-4000-8000-000000000002.jsonl"), [FIRST])
    (file.parent / "notes.txt").write_text("not ours")
    assert READER.recognises(tmp_path)
    assert len(sessions(READER, tmp_path)) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX links")
def test_links_are_not_followed_out_of_the_folder(file, tmp_path):
    elsewhere = written(tmp_path / "elsewhere" / "a.jsonl", [FIRST])
    file.parent.mkdir(parents=True)
    (file.parent / "link.jsonl").symlink_to(elsewhere)
    (file.parent / "folder").symlink_to(elsewhere.parent, target_is_directory=True)
    assert list(READER.read(tmp_path / "projects")) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_a_problem_and_is_not_waited_for(file, tmp_path):
    file.parent.mkdir(parents=True)
    os.mkfifo(file)
    assert not READER.recognises(tmp_path)
    assert problems(READER, tmp_path) == ["The file cannot be read: it is not a regular file."]


def test_a_circle_of_parents_is_read_once(file):
    records = [
        claude("u1", "a1", "user", "One"),
        claude("a1", "u1", "assistant", "Two"),
        claude("s1", "s2", "user", "Three", isSidechain=True),
        claude("s2", "s1", "user", "Four", isSidechain=True),
    ]
    found = sessions(READER, written(file, records))
    assert [said(each) for each in found] == [
        [("user", "One"), ("assistant", "Two")],
        [("user", "Three"), ("user", "Four")],
    ]


def test_a_broken_line_is_named_and_the_rest_is_read(file):
    deep = "[" * 200_000
    found = list(
        READER.read(written(file, ["{", deep, "7", "\x00\x01", FIRST, '{"type": "user", "message": 5}']))
    )
    assert [(each.line, each.message) for each in found[:4]] == [
        (1, "The line cannot be read: it is not valid JSON."),
        (2, "The line cannot be read: it is nested too deep."),
        (3, "The line cannot be read: it is no record."),
        (4, "The line cannot be read: it is not valid JSON."),
    ]
    assert said(found[4]) == [("user", "Why is it slow?")]


def test_lone_surrogates_become_readable(file):
    found = session(READER, written(file, [claude("u1", None, "user", "a\ud800b \U0001f600")]))
    assert content(found.messages[0]) == "a�b \U0001f600"


@pytest.mark.parametrize(
    "first",
    [
        claude("u", None, "user", [{"type": "image", "source": {"type": "base64", "data": "A" * 1_500_000}}]),
        {"type": "file-history-snapshot", "snapshot": {"x": "y" * 1_500_000}},
    ],
)
def test_a_session_is_known_by_a_first_record_that_is_longer_than_what_is_looked_at(file, first):
    for before in ([], [{"type": "progress"}]):
        assert ClaudeCodeHistory().recognises(written(file, [*before, first]))


@pytest.mark.parametrize(
    "first",
    [
        {"type": "row", "data": json.dumps({"type": "user", "sessionId": "x"}) * 40_000},
        {"x": "y" * 1_500_000},
    ],
)
def test_another_long_record_is_not_taken_for_a_session(file, first):
    assert not ClaudeCodeHistory().recognises(written(file, [first]))
