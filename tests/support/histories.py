"""Other tools' histories as they stand on disk, small, after their published layouts."""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from threadkeep.domain.transfer import ForeignMessage, ForeignSession, TransferProblem
from threadkeep.ports.transfer import HistoryReader


def written(path: Path, records: Iterable[Any]) -> Path:
    """JSON lines; a string stands as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return path


def sessions(reader: HistoryReader, path: Path) -> list[ForeignSession]:
    """The sessions, none of them a problem."""
    found = list(reader.read(path))
    assert [each for each in found if isinstance(each, TransferProblem)] == []
    return [each for each in found if isinstance(each, ForeignSession)]


def session(reader: HistoryReader, path: Path) -> ForeignSession:
    """The only one."""
    (one,) = sessions(reader, path)
    return one


def problems(reader: HistoryReader, path: Path) -> list[str]:
    """What could not be read."""
    return [each.message for each in reader.read(path) if isinstance(each, TransferProblem)]


def content(message: ForeignMessage) -> str:
    """Its text parts."""
    return "".join(part.text for part in message.parts if part.type == "text")


def thought(message: ForeignMessage) -> str:
    """Its reasoning parts."""
    return "".join(part.text for part in message.parts if part.type == "reasoning")


def said(found: ForeignSession) -> list[tuple[str, str]]:
    """Role and first line of every message, in their order."""
    return [(message.role, content(message).split("\n")[0]) for message in found.messages]


def visible(found: ForeignSession) -> list[str]:
    """First lines of the path to the head, oldest first."""
    by_id = {message.origin_id: message for message in found.messages}
    path: list[str] = []
    at: str | None = found.head_origin_id or found.messages[-1].origin_id
    while at:
        path.append(content(by_id[at]).split("\n")[0])
        at = by_id[at].parent_origin_id
    return path[::-1]


CLAUDE_ID = "0f0e0d0c-0000-4000-8000-000000000001"


def claude(uuid: str, parent: str | None, kind: str, content: Any, **more: Any) -> dict[str, Any]:
    """A record of Claude Code; `answer` gives the id of the answer that it is a piece of."""
    message: dict[str, Any] = {"role": kind, "content": content}
    if kind == "assistant":
        message |= {"model": "claude-x", "id": more.pop("answer", f"msg_{uuid}"), "type": "message"}
        message |= {"usage": more.pop("usage")} if "usage" in more else {}
    return {
        "parentUuid": parent,
        "isSidechain": False,
        "userType": "external",
        "cwd": "/home/me/app",
        "sessionId": CLAUDE_ID,
        "version": "2.0.1",
        "gitBranch": "feature",
        "type": kind,
        "message": message,
        "uuid": uuid,
        "timestamp": f"2025-05-26T07:{len(uuid):02d}:00.079Z",
    } | more


def rollout(kind: str, payload: dict[str, Any], second: int = 0) -> dict[str, Any]:
    """A record of Codex CLI."""
    return {"timestamp": f"2025-10-01T10:00:{second:02d}.500Z", "type": kind, "payload": payload}


def item(kind: str, second: int = 0, **payload: Any) -> dict[str, Any]:
    """A response item of Codex CLI."""
    return rollout("response_item", {"type": kind, **payload}, second)


def node(
    node_id: str, parent: str | None, role: str, parts: list[Any] | None, at: float = 1.0, **more: Any
) -> dict[str, Any]:
    """A node of ChatGPT's mapping."""
    content = more.pop("content", {"content_type": "text", "parts": parts})
    return {
        "id": node_id,
        "parent": parent,
        "children": [],
        "message": {
            "id": node_id,
            "author": {"role": role, "name": more.pop("author", None), "metadata": {}},
            "create_time": 1700000000.0 + at,
            "content": content,
            "recipient": more.pop("recipient", "all"),
            "metadata": more.pop("metadata", {}),
        },
    }


def conversation(*nodes: dict[str, Any], current: str, **more: Any) -> dict[str, Any]:
    """A conversation of ChatGPT's export."""
    return {
        "title": "Tea",
        "create_time": 1700000000.5,
        "update_time": 1700000100.25,
        "mapping": {each["id"]: each for each in nodes},
        "current_node": current,
        "conversation_id": "c-1",
    } | more


OLD_LLM = """
CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT);
CREATE TABLE responses (id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, prompt_json TEXT,
  options_json TEXT, response TEXT, response_json TEXT, conversation_id TEXT, duration_ms INTEGER,
  datetime_utc TEXT, input_tokens INTEGER, output_tokens INTEGER, token_details TEXT, resolved_model TEXT,
  reasoning TEXT);
CREATE TABLE fragments (id INTEGER PRIMARY KEY, hash TEXT, content TEXT, datetime_utc TEXT, source TEXT);
CREATE TABLE prompt_fragments (response_id TEXT, fragment_id INTEGER, "order" INTEGER);
CREATE TABLE system_fragments (response_id TEXT, fragment_id INTEGER, "order" INTEGER);
CREATE TABLE attachments (id TEXT PRIMARY KEY, type TEXT, path TEXT, url TEXT, content BLOB);
CREATE TABLE prompt_attachments (response_id TEXT, attachment_id TEXT, "order" INTEGER);
CREATE TABLE tool_calls (id INTEGER PRIMARY KEY, response_id TEXT, tool_id INTEGER, name TEXT, arguments TEXT,
  tool_call_id TEXT);
CREATE TABLE tool_results (id INTEGER PRIMARY KEY, response_id TEXT, tool_id INTEGER, name TEXT, output TEXT,
  tool_call_id TEXT, exception TEXT);
"""
NEW_LLM = """
CREATE TABLE messages (hash TEXT PRIMARY KEY, parent_hash TEXT, role TEXT, provider_metadata TEXT);
CREATE TABLE parts (id INTEGER PRIMARY KEY, message_hash TEXT, position INTEGER, type TEXT, tool_name TEXT,
  text TEXT, payload TEXT);
CREATE TABLE threads (id TEXT PRIMARY KEY, name TEXT, tip_message_hash TEXT, forked_from TEXT,
  datetime_utc TEXT);
CREATE TABLE turns (id TEXT PRIMARY KEY, thread_id TEXT, parent_message_hash TEXT, tip_message_hash TEXT,
  model TEXT, resolved_model TEXT, input_tokens INTEGER, output_tokens INTEGER, token_details TEXT,
  datetime_utc TEXT);
"""


def llm_log(path: Path, schema: str, rows: dict[str, list[dict[str, Any]]]) -> Path:
    """A log of llm with the tables and rows."""
    database = sqlite3.connect(path)
    try:
        database.executescript(schema)
        for table, given in rows.items():
            for row in given:
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" * len(row))
                database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", [*row.values()])
        database.commit()
    finally:
        database.close()
    return path
