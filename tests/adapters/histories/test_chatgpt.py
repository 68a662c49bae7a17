"""ChatGPT's export: trees of nodes, kinds of content, large files, and zips that mean harm."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.histories import (
    content,
    conversation,
    node,
    problems,
    said,
    session,
    sessions,
    thought,
    visible,
)
from threadkeep.adapters.histories import values
from threadkeep.adapters.histories.chatgpt import ChatGptExport

READER = ChatGptExport()
ROOT = {"id": "root", "parent": None, "children": ["u"], "message": None}
ASKED = node("u", "root", "user", ["Green or black?"], 1)
ANSWERED = node("a", "u", "assistant", ["Green."], 2, metadata={"model_slug": "gpt-x"})
TEA = conversation(ROOT, ASKED, ANSWERED, current="a")


def exported(path: Path, *conversations: Any) -> Path:
    path.write_text(json.dumps(conversations), encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "conversations.json"


def test_a_conversation_is_a_session(path, tmp_path):
    found = session(READER, exported(path, TEA))
    assert (found.origin, found.origin_id, found.title) == ("chatgpt", "c-1", "Tea")
    assert (found.created_at, found.updated_at) == ("2023-11-14T22:13:20.500Z", "2023-11-14T22:15:00.250Z")
    assert said(found) == [("user", "Green or black?"), ("assistant", "Green.")]
    assert (found.messages[1].model, found.messages[1].provider) == ("gpt-x", "openai")
    assert found.messages[0].parent_origin_id is None
    assert READER.recognises(path)
    assert READER.recognises(tmp_path)


def test_other_answers_are_branches_in_the_order_of_their_time(path):
    again = node("b", "u", "assistant", ["Black."], 3)
    found = session(READER, exported(path, conversation(again, ANSWERED, ASKED, ROOT, current="a")))
    assert [message.origin_id for message in found.messages] == ["u", "a", "b"]
    assert visible(found) == ["Green or black?", "Green."]


def test_every_kind_of_content_becomes_text(path):
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "Weighing", "content": "Hm."}]}
    code = {"content_type": "code", "language": "python", "text": "1+1"}
    picture = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"}
    quote = {"content_type": "tether_quote", "url": "https://e.org", "title": "Tea", "text": "It is hot."}
    about = {
        "content_type": "user_editable_context",
        "user_profile": "I am me",
        "user_instructions": "Be brief",
    }
    unheard = {"content_type": "hologram", "frames": [1]}
    nodes = [
        node(
            "0", None, "user", None, 0, content=about, metadata={"is_visually_hidden_from_conversation": True}
        ),
        node(
            "1", "0", "user", None, 1, content={"content_type": "multimodal_text", "parts": ["See", picture]}
        ),
        node("2", "1", "assistant", None, 2, content=thoughts),
        node("3", "2", "assistant", None, 3, content=code, recipient="python"),
        node(
            "4",
            "3",
            "tool",
            None,
            4,
            content={"content_type": "execution_output", "text": "2"},
            author="python",
        ),
        node("5", "4", "tool", None, 5, content=quote),
        node("6", "5", "assistant", None, 6, content=unheard),
        node("7", "6", "assistant", [""], 7),
    ]
    found = session(READER, exported(path, conversation(*nodes, current="7")))
    assert [(message.role, content(message)) for message in found.messages] == [
        ("system", "I am me\n\nBe brief"),
        ("user", "See\n\n[image_asset_pointer: file-service://x]"),
        ("assistant", ""),
        ("assistant", "Tool call: python\n```\n1+1\n```"),
        ("tool", "2"),
        ("tool", "Tea https://e.org\n\nIt is hot."),
        ("assistant", "[hologram]"),
    ]
    assert thought(found.messages[2]) == "Weighing\nHm."
    assert found.messages[4].metadata == {"tool": "python"}
    assert found.head_origin_id == "6"
    assert found.metadata == {"leftOut": {"empty": 1}}


def test_a_zip_is_read_as_it_is(tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("chat.html", "<html>")
        archive.writestr("conversations-000.json", json.dumps([TEA]))
        archive.writestr("conversations-001.json", json.dumps([TEA | {"conversation_id": "c-2"}]))
        archive.writestr("../conversations.json", json.dumps([TEA]))
        archive.writestr("user.json", "{}")
    assert READER.recognises(path)
    assert [found.origin_id for found in sessions(READER, path)] == ["c-1", "c-2"]
    assert [each.name for each in tmp_path.iterdir()] == ["export.zip"]


def test_a_zip_bomb_is_refused(tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", " " * 20_000_000)
    assert problems(READER, path) == [
        "conversations.json is packed in a way that only hostile files are, and is not read."
    ]


@pytest.mark.parametrize("spoil", ["cut", "flipped", "empty", "other"])
def test_a_spoilt_zip_is_a_problem(tmp_path, spoil):
    path = tmp_path / "export.zip"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("other.json" if spoil == "other" else "conversations.json", json.dumps([TEA] * 50))
    data = bytearray(packed.getvalue())
    if spoil == "flipped":
        data[60:200] = bytes(140)
    path.write_bytes({"cut": data[: len(data) // 2], "empty": b"PK\x03\x04"}.get(spoil, data))
    assert len(problems(READER, path)) == 1


def test_a_large_file_is_read_a_conversation_at_a_time(path, monkeypatch):
    monkeypatch.setattr(values, "_CHUNK", 50)
    found = sessions(
        READER, exported(path, *(TEA | {"conversation_id": f"c-{number}"} for number in range(20)))
    )
    assert [each.origin_id for each in found] == [f"c-{number}" for number in range(20)]


def test_a_conversation_that_is_too_large_is_refused(path, monkeypatch):
    monkeypatch.setattr(values, "_CHUNK", 50)
    monkeypatch.setattr(values, "MAX_ELEMENT", 2000)
    huge = TEA | {"mapping": {"u": node("u", None, "user", ["x" * 10_000])}}
    found = list(READER.read(exported(path, TEA, huge, TEA)))
    assert said(found[0])[0] == ("user", "Green or black?")
    assert (
        found[1].message == "The file cannot be read behind its conversation 1: a conversation is too large."
    )
    assert len(found) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        '[{"mapping": {}',
        "[1, 2",
        '[{"mapping": 5}]',
        '{"mapping": "x"}',
        "[" * 100_000,
        "\x00\x00",
        "[}",
    ],
)
def test_what_is_no_export_is_a_problem(path, text):
    path.write_text(text)
    assert len(problems(READER, path)) >= 1


def test_wrong_types_read_as_absent(path):
    odd = conversation(ROOT, ASKED, current="nowhere", title=5, create_time="x", update_time=1e300)
    odd["mapping"]["z"] = 5
    odd["mapping"]["y"] = {
        "parent": ["u"],
        "message": {"content": {"parts": [None, 1, {"text": 5}]}, "author": 7},
    }
    odd["mapping"]["x"] = {"parent": "w", "message": ANSWERED["message"]}
    odd["mapping"]["w"] = {"parent": "x", "message": None}
    found = session(READER, exported(path, odd))
    assert (found.title, found.created_at) == (None, "2023-11-14T22:13:21.000Z")
    assert ("user", "Green or black?") in said(found)


def test_a_zip_whose_list_of_members_is_huge_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("threadkeep.adapters.histories.chatgpt.MAX_DIRECTORY_BYTES", 100_000)
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conversations.json", json.dumps([TEA]))
        for number in range(2_000):
            archive.writestr(f"{number:064}", b"")
    assert not READER.recognises(path)
    assert problems(READER, path) == ["The zip cannot be read (BadZipFile)."]
