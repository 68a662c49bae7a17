"""opencode's export: messages, tools, tokens, and what was taken back."""

import json
from pathlib import Path
from typing import Any

from tests.support.histories import content, problems, said, session, thought, visible
from threadkeep.adapters.histories.opencode import OpencodeExport
from threadkeep.domain.messages import Usage

READER = OpencodeExport()
TOKENS = {"input": 10, "output": 5, "reasoning": 2, "cache": {"read": 100, "write": 1000}}


def part(kind: str, **more: Any) -> dict[str, Any]:
    return {"id": f"prt_{kind}", "sessionID": "ses_1", "messageID": "m", "type": kind} | more


def message(message_id: str, role: str, *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    info = {"id": message_id, "sessionID": "ses_1", "role": role, "time": {"created": 1771249728176}} | more
    return {"info": info, "parts": list(parts)}


def exported(path: Path, *messages: dict[str, Any], **info: Any) -> Path:
    told = {
        "id": "ses_1",
        "slug": "brave-planet",
        "projectID": "global",
        "directory": "/home/me/app",
        "title": "Two files",
        "version": "1.2.0",
        "time": {"created": 1771249728176, "updated": 1771249760164},
    } | info
    path.write_text(json.dumps({"info": told, "messages": messages}, indent=2), encoding="utf-8")
    return path


ASKED = message("m1", "user", part("text", text="Make two"))


def answered(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = {"modelID": "model-x", "providerID": "anthropic", "tokens": TOKENS, "cost": 0.25, "agent": "build"}
    return message("m2", "assistant", *parts, **(told | more))


def test_an_export_is_a_session(tmp_path):
    path = exported(
        tmp_path / "a.json",
        ASKED,
        answered(part("step-start"), part("reasoning", text="Hm."), part("text", text="Done.")),
    )
    found = session(READER, path)
    assert (found.origin, found.origin_id, found.title) == ("opencode", "ses_1", "Two files")
    assert (found.folder, found.created_at, found.updated_at) == (
        "/home/me/app",
        "2026-02-16T13:48:48.176Z",
        "2026-02-16T13:49:20.164Z",
    )
    assert said(found) == [("user", "Make two"), ("assistant", "Done.")]
    answer = found.messages[1]
    assert thought(answer) == "Hm."
    assert (answer.model, answer.provider, answer.metadata) == ("model-x", "anthropic", {"agent": "build"})
    assert answer.usage == Usage(
        input_tokens=1110, output_tokens=7, cached_tokens=100, reasoning_tokens=2, cost=0.25
    )
    assert found.metadata == {"version": "1.2.0", "leftOut": {"step-start": 1}}
    assert READER.recognises(path)


def test_a_tool_speaks_between_two_parts_of_an_answer(tmp_path):
    state = {
        "status": "completed",
        "input": {"filePath": "/a"},
        "output": "text of a",
        "title": "a",
        "time": {"end": 1771249730000},
    }
    failed = {"status": "error", "input": {}, "error": "no such file"}
    path = exported(
        tmp_path / "a.json",
        ASKED,
        answered(
            part("text", text="I look."),
            part("tool", tool="read", callID="c1", state=state),
            part("tool", tool="list", callID="c2", state=failed),
            part("step-finish", reason="stop"),
            part("text", text="Done."),
        ),
    )
    found = session(READER, path)
    assert visible(found) == ["Make two", "I look.", "text of a", "Tool call: list", "no such file", "Done."]
    assert content(found.messages[1]) == "I look.\n\nTool call: read\nfilePath:\n```\n/a\n```"
    assert found.messages[2].metadata == {"tool": "read", "callId": "c1"}
    assert found.messages[4].metadata == {"tool": "list", "callId": "c2", "failed": True}
    assert [message.usage is not None for message in found.messages] == [
        False,
        True,
        False,
        False,
        False,
        False,
    ]


def test_what_was_taken_back_is_kept_and_not_seen(tmp_path):
    messages = [ASKED, answered(part("text", text="Done.")), message("m3", "user", part("text", text="No"))]
    found = session(READER, exported(tmp_path / "a.json", *messages, revert={"messageID": "m3"}))
    assert len(found.messages) == 3
    assert visible(found) == ["Make two", "Done."]


def test_an_unknown_price_is_no_price(tmp_path):
    found = session(READER, exported(tmp_path / "a.json", ASKED, answered(part("text", text="x"), cost=0)))
    assert found.messages[1].usage is not None
    assert found.messages[1].usage.cost is None


def test_an_error_and_a_file_leave_a_word_behind(tmp_path):
    failed = answered(error={"name": "APIError", "data": {"message": "overloaded"}})
    asked = message(
        "m1", "user", part("text", text="See"), part("file", mime="image/png", url="data:…", filename="a.png")
    )
    found = session(READER, exported(tmp_path / "a.json", asked, failed))
    assert [content(message) for message in found.messages] == [
        "See\n\n[file: a.png]",
        "[APIError: overloaded]",
    ]


def test_what_is_no_export_is_a_problem(tmp_path):
    for number, text in enumerate(["", "[]", '{"info": 5, "messages": []}', "[" * 100_000, '{"info": {"id"']):
        (tmp_path / f"{number}.json").write_text(text)
    assert not READER.recognises(tmp_path)
    assert len(problems(READER, tmp_path)) == 5
    assert (
        session(
            READER,
            exported(tmp_path / "x.json", 5, {"info": 5}, {"info": {"role": "user"}, "parts": 7}, ASKED),
        ).origin_id
        == "ses_1"
    )  # type: ignore[arg-type]
