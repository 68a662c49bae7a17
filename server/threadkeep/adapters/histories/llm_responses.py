"""llm's tables `conversations` and `responses`, which releases before 0.32 write."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from threadkeep.adapters.histories import values
from threadkeep.adapters.histories.building import (
    Thread,
    call_text,
    first_at,
    last_at,
    placeholder,
    session_metadata,
    title_of,
)
from threadkeep.domain.messages import Usage
from threadkeep.domain.transfer import ForeignSession

Row = dict[str, Any]

_SIDES = {
    "prompt_fragments": "SELECT content FROM fragments WHERE id = ?",
    "system_fragments": "SELECT content FROM fragments WHERE id = ?",
    "prompt_attachments": "SELECT type, path, url FROM attachments WHERE id = ?",
    "tool_calls": "SELECT name, arguments, tool_call_id FROM tool_calls WHERE rowid = ?",
    "tool_results": "SELECT * FROM tool_results WHERE rowid = ?",
}
"""Tables beside the responses, and how to get what a row of theirs stands for."""
_SIDE_KEYS = {
    "prompt_fragments": 'fragment_id AS key, "order"',
    "system_fragments": 'fragment_id AS key, "order"',
    "prompt_attachments": 'attachment_id AS key, "order"',
    "tool_calls": "rowid AS key, rowid",
    "tool_results": "rowid AS key, rowid",
}


def conversations(
    database: sqlite3.Connection, tables: set[str], *, but: set[str]
) -> Iterator[ForeignSession]:
    """A session for each conversation whose id is not in `but`. Raises sqlite3.Error."""
    names = {row["id"]: row["name"] for row in database.execute("SELECT id, name FROM conversations")}
    sides = _Sides(database, tables)
    rows = database.execute(
        "SELECT * FROM responses ORDER BY coalesce(conversation_id, id), datetime_utc, id"
    )
    grouped = groupby(map(dict, rows), key=lambda row: str(row["conversation_id"] or row["id"]))
    for conversation_id, responses in grouped:
        if conversation_id in but:
            continue
        session = _session(values.text(conversation_id), names.get(conversation_id), list(responses), sides)
        if session is not None:
            yield session


class _Sides:
    """What hangs beside responses; only its keys are held, for no index leads to it."""

    def __init__(self, database: sqlite3.Connection, tables: set[str]) -> None:
        self._database = database
        self._keys: dict[str, dict[str, list[Any]]] = {}
        for table, columns in _SIDE_KEYS.items():
            held = self._keys.setdefault(table, {})
            if table not in tables:
                continue
            for row in database.execute(f"SELECT response_id, {columns} FROM {table} ORDER BY 3"):  # noqa: S608 - names of ours
                held.setdefault(str(row["response_id"]), []).append(row["key"])

    def of(self, table: str, response_id: str) -> Iterator[Row]:
        """The rows of a response, in their order."""
        for key in self._keys[table].get(response_id, []):
            row = self._database.execute(_SIDES[table], (key,)).fetchone()
            if row is not None:
                yield dict(row)


def _session(conversation_id: str, name: Any, responses: list[Row], sides: _Sides) -> ForeignSession | None:
    thread, system = Thread(), ""
    for response in responses:
        system = _ask(thread, response, sides, system=system)
        _answer(thread, response, sides)
    messages = thread.made()
    created_at = first_at(messages)
    if not messages or created_at is None:
        return None
    return ForeignSession(
        origin="llm",
        origin_id=conversation_id,
        title=title_of(name),
        created_at=created_at,
        updated_at=last_at(messages) or created_at,
        messages=messages,
        metadata=session_metadata(Counter()),
    )


def _ask(thread: Thread, response: Row, sides: _Sides, *, system: str) -> str:
    """What was sent: the system prompt where it is another one, results of tools, and the prompt."""
    response_id, at = str(response["id"]), values.moment(response.get("datetime_utc"))
    fragments = [values.text(row["content"]) for row in sides.of("system_fragments", response_id)]
    told = "\n".join([*fragments, values.text(response.get("system"))]).strip()
    if told and told != system:
        thread.open("system", f"{response_id}/system", at=at).say(told)
    for row in sides.of("tool_results", response_id):
        draft = thread.open("tool", f"{response_id}/result", at=at)
        name, call_id = values.named(row.get("name")), values.named(row.get("tool_call_id"))
        draft.metadata = {key: value for key, value in (("tool", name), ("callId", call_id)) if value}
        if failure := values.named(row.get("exception")):
            draft.metadata["failed"] = True
            draft.say(failure)
        draft.say(values.text(row.get("output")))
        if draft.is_empty:
            draft.say("[no output]")
    fragments = [values.text(row["content"]) for row in sides.of("prompt_fragments", response_id)]
    draft = thread.open("user", f"{response_id}/prompt", at=at)
    draft.say("\n".join([*fragments, values.text(response.get("prompt"))]))
    for row in sides.of("prompt_attachments", response_id):
        where = values.named(row.get("path")) or values.named(row.get("url")) or values.named(row.get("type"))
        draft.say(placeholder("attachment", where))
    return told or system


def _answer(thread: Thread, response: Row, sides: _Sides) -> None:
    draft = thread.open("assistant", str(response["id"]), at=values.moment(response.get("datetime_utc")))
    draft.model = values.named(response.get("resolved_model")) or values.named(response.get("model"))
    draft.usage = usage(response)
    draft.think(values.text(response.get("reasoning")))
    draft.say(values.text(response.get("response")))
    for row in sides.of("tool_calls", str(response["id"])):
        draft.say(call_text(values.named(row.get("name")), values.unpacked(row.get("arguments"))))


def usage(row: Row) -> Usage | None:
    """What an answer took, as far as it was told; whether cached tokens are among the input differs by plugin."""
    if row.get("input_tokens") is None and row.get("output_tokens") is None:
        return None
    details = values.mapping(values.unpacked(row.get("token_details")))
    cached = values.mapping(details.get("prompt_tokens_details")).get("cached_tokens")
    reasoning = values.mapping(details.get("completion_tokens_details")).get("reasoning_tokens")
    return Usage(
        input_tokens=values.tokens(row.get("input_tokens")),
        output_tokens=values.tokens(row.get("output_tokens")),
        cached_tokens=values.tokens(cached if cached is not None else details.get("cache_read_input_tokens")),
        reasoning_tokens=values.tokens(reasoning),
    )
