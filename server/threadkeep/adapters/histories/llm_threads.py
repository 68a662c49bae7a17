"""llm's tables `threads`, `turns` and `messages`, which releases from 0.32 on write: chains of shared messages; apart, since older releases have none of them."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from threadkeep.adapters.histories import values
from threadkeep.adapters.histories.building import (
    Draft,
    call_text,
    first_at,
    in_order,
    last_at,
    placeholder,
    session_metadata,
    title_of,
)
from threadkeep.adapters.histories.llm_responses import Row, usage
from threadkeep.domain.messages import Role
from threadkeep.domain.transfer import ForeignSession
from threadkeep.values import Value

_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "system": "system", "tool": "tool"}
MAX_CHAIN = 100_000
"""Messages of one thread."""


def threads(database: sqlite3.Connection, tables: set[str]) -> Iterator[ForeignSession]:
    """A session for each thread that has a turn. Raises sqlite3.Error."""
    columns = {row["name"] for row in database.execute("PRAGMA table_info(threads)")}
    named = {"id", "name", "tip_message_hash", "forked_from"} <= columns
    told = {row["id"]: dict(row) for row in database.execute("SELECT * FROM threads")} if named else {}
    chains = _Chains(database=database, has_fragments="fragments" in tables)
    rows = database.execute("SELECT * FROM turns ORDER BY coalesce(thread_id, id), datetime_utc, id")
    for thread_id, turns in groupby(map(dict, rows), key=lambda row: str(row["thread_id"] or row["id"])):
        session = _session(values.text(thread_id), told.get(thread_id, {}), list(turns), chains)
        if session is not None:
            yield session


def _session(thread_id: str, thread: Row, turns: list[Row], chains: "_Chains") -> ForeignSession | None:
    drafts: dict[str, Draft] = {}
    for turn in turns:
        at = values.moment(turn.get("datetime_utc"))
        newest = None
        for draft in chains.up(turn.get("tip_message_hash"), known=drafts):
            draft.at = at
            drafts[draft.origin_id] = draft
            if newest is None and draft.role == "assistant":
                newest = draft
        if newest is not None:
            newest.model = values.named(turn.get("resolved_model")) or values.named(turn.get("model"))
            newest.usage = usage(turn)
    messages = in_order([draft.made() for draft in drafts.values()])
    created_at = first_at(messages)
    if not messages or created_at is None:
        return None
    ids = {message.origin_id for message in messages}
    head = values.named(thread.get("tip_message_hash")) or values.named(turns[-1].get("tip_message_hash"))
    return ForeignSession(
        origin="llm",
        origin_id=thread_id,
        title=title_of(thread.get("name")),
        created_at=created_at,
        updated_at=last_at(messages) or created_at,
        head_origin_id=head if head in ids else None,
        messages=messages,
        metadata=session_metadata(Counter(), forkedFrom=values.named(thread.get("forked_from"))),
    )


class _Chains(Value):
    """Reads messages by their hashes."""

    database: sqlite3.Connection
    has_fragments: bool

    def up(self, tip: Any, *, known: dict[str, Draft]) -> Iterator[Draft]:
        """The messages from a tip up to the first that is known, or that follows none."""
        seen: set[str] = set()
        while isinstance(tip, str) and tip not in known and tip not in seen and len(seen) < MAX_CHAIN:
            seen.add(tip)
            row = self.database.execute(
                "SELECT role, parent_hash FROM messages WHERE hash = ?", (tip,)
            ).fetchone()
            if row is None:
                return
            draft = Draft(
                origin_id=values.text(tip),
                parent=values.named(row["parent_hash"]),
                role=_ROLES.get(values.text(row["role"]), "system"),
            )
            self._fill(draft, tip)
            yield draft
            tip = row["parent_hash"]

    def _fill(self, draft: Draft, tip: str) -> None:
        rows = self.database.execute(
            "SELECT type, tool_name, text, payload FROM parts WHERE message_hash = ? ORDER BY position",
            (tip,),
        )
        for row in rows.fetchall():
            payload = values.mapping(values.unpacked(row["payload"]))
            self._add(draft, values.text(row["type"]), values.named(row["tool_name"]), row["text"], payload)

    def _add(self, draft: Draft, kind: str, tool: str | None, said: Any, payload: Row) -> None:
        text = values.text(said) or self._borrowed(payload)
        if kind == "text":
            draft.say(text)
        elif kind == "reasoning":
            draft.think(text)
        elif kind == "tool_call":
            draft.say(call_text(tool, payload.get("arguments")))
        elif kind == "tool_result":
            told = {"tool": tool, "callId": values.named(payload.get("tool_call_id"))}
            draft.metadata.update({key: value for key, value in told.items() if value})
            failure = values.named(payload.get("exception"))
            if failure:
                draft.metadata["failed"] = True
            draft.say(
                "\n\n".join(each for each in (failure, values.text(payload.get("output"))) if each)
                or "[no output]"
            )
        elif kind == "attachment":
            draft.say(placeholder("attachment", self._attachment(payload)))
        else:
            draft.say(text or placeholder(kind or "unknown"))

    def _borrowed(self, payload: Row) -> str:
        """A text that is put together from literals and fragments."""
        pieces = []
        for each in values.sequence(payload.get("text_ref")):
            piece = values.mapping(each)
            pieces.append(values.text(piece.get("literal")))
            if self.has_fragments and isinstance(piece.get("fragment"), int):
                row = self.database.execute(
                    "SELECT content FROM fragments WHERE id = ?", (piece["fragment"],)
                ).fetchone()
                pieces.append(values.text(row["content"]) if row else "[fragment that is gone]")
        return "".join(pieces)

    def _attachment(self, payload: Row) -> str | None:
        attachment_id = values.mapping(payload.get("attachment")).get("id")
        if not isinstance(attachment_id, str):
            return None
        try:
            row = self.database.execute(
                "SELECT type, path, url FROM attachments WHERE id = ?", (attachment_id,)
            ).fetchone()
        except sqlite3.OperationalError:  # no such table
            return None
        return (
            None
            if row is None
            else (values.named(row["path"]) or values.named(row["url"]) or values.named(row["type"]))
        )
