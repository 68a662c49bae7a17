"""Claude Code: a JSONL file a session, its records a tree by `parentUuid`."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from threadkeep.adapters.histories import claude_code_messages as messages
from threadkeep.adapters.histories import files, values
from threadkeep.adapters.histories.building import (
    first_at,
    in_order,
    last_at,
    nearest,
    session_metadata,
    title_of,
)
from threadkeep.adapters.histories.claude_code_messages import Record
from threadkeep.domain.transfer import ForeignMessage, ForeignSession, TransferProblem
from threadkeep.values import Mutable, field

_TITLES = {"custom-title": "customTitle", "ai-title": "aiTitle", "summary": "summary"}
"""Records that name the session, the weightiest first."""
_TELLING = frozenset({"user", "assistant", "system", "attachment"})
_CUT_MESSAGE = re.compile(rb'(?<!\\)"type"\s*:\s*"(?:user|assistant|system|attachment)"')
_CUT_SNAPSHOT = re.compile(rb'\{\s*"type"\s*:\s*"file-history-snapshot"')
_CUT_SESSION = re.compile(rb'(?<!\\)"sessionId"\s*:\s*"')
_BEGINNING = 4096
"""Bytes of a record before what it holds."""


class ClaudeCodeHistory:
    """`~/.claude/projects`, one project's folder, or one session's file.

    What a subagent did is a session of its own. Records that hold no conversation are counted.
    """

    name = "claude-code"
    label = "Claude Code"
    extensions = (".jsonl",)
    is_text = True

    def wants(self, name: str) -> bool:
        """Whether a file of a folder is looked at; see the port."""
        return _is_wanted(name)

    def recognises(self, path: Path) -> bool:
        """Whether a file's first records are of its kind; see the port."""
        return any(_is_telling(head) for _, head in files.heads(path, wanted=_is_wanted))

    def read(self, path: Path) -> Iterator[ForeignSession | TransferProblem]:
        """The sessions of a file or of all files below a folder; see the port."""
        for file in files.found_files(path, wanted=_is_wanted):
            if isinstance(file, TransferProblem):
                yield file
                continue
            name = files.shown(file, path)
            try:
                yield from _sessions(file, name)
            except OSError as error:
                if not path.is_dir():
                    raise
                yield TransferProblem(message=f"The file cannot be read: {files.reason(error)}.", file=name)


class _Told(Mutable):
    """What records beside the messages tell."""

    titles: dict[str, str] = field(factory=dict)
    session_id: str | None = None
    agent_id: str | None = None
    folder: str | None = None
    branch: str | None = None
    version: str | None = None
    left_out: Counter[str] = field(factory=Counter)

    def hear(self, record: dict[str, Any]) -> None:
        """Takes what any record may tell; the folder is where it began, the rest as it was last."""
        kind = values.text(record.get("type"))
        if kind in _TITLES:
            self.titles[kind] = title_of(record.get(_TITLES[kind])) or self.titles.get(kind, "")
        self.session_id = values.named(record.get("sessionId")) or self.session_id
        self.agent_id = values.named(record.get("agentId")) or self.agent_id
        self.folder = self.folder or values.folder(record.get("cwd"))
        self.branch = values.branch(record.get("gitBranch")) or self.branch
        self.version = values.named(record.get("version")) or self.version


def _sessions(file: Path, name: str) -> Iterator[ForeignSession | TransferProblem]:
    told = _Told()
    records: list[Record] = []
    with files.opened(file) as source:
        for number, line in files.lines(source):
            if line is not None and not line.strip():
                continue
            try:
                if line is None:
                    raise ValueError(f"it is longer than {files.MAX_LINE_BYTES:,} bytes")
                found = values.parsed(line)
                if not isinstance(found, dict):
                    raise ValueError("it is no record")
            except ValueError as error:
                yield TransferProblem(message=f"The line cannot be read: {error}.", line=number, file=name)
                continue
            told.hear(found)
            record = messages.record(found, number)
            if record is None:
                told.left_out[values.text(found.get("type")) or "unknown"] += 1
            else:
                records.append(record)
                told.left_out.update(record.left_out)
    yield from _made(file, told, records)


def _made(file: Path, told: _Told, records: list[Record]) -> Iterator[ForeignSession]:
    """The main session and one for every subagent whose records stand in the same file."""
    stem = file.stem
    session_id = stem if _is_uuid(stem) else told.session_id or stem
    is_agent = stem.startswith("agent-") and all(record.is_sidechain for record in records)
    roots = messages.sidechain_roots(records)
    chains: dict[str | None, list[Record]] = {}
    for record in records:
        chains.setdefault(None if is_agent else roots.get(record.uuid), []).append(record)
    for root, chain in chains.items():
        origin_id, parent = session_id, None
        if is_agent:
            parent, origin_id = told.session_id, f"{told.session_id or 'unknown'}/{told.agent_id or stem}"
        elif root is not None:
            parent, origin_id = session_id, f"{session_id}/{root}"
        session = _session(origin_id, told, chain, subagent_of=parent, counts=root is None)
        if session is not None:
            yield session


def _session(
    origin_id: str, told: _Told, records: list[Record], *, subagent_of: str | None, counts: bool
) -> ForeignSession | None:
    made, parents = messages.messages(records)
    kept = in_order(made)
    created_at = first_at(kept)
    if not kept or created_at is None:
        return None
    title = next((told.titles[kind] for kind in _TITLES if told.titles.get(kind)), None)
    if subagent_of is not None:
        title = _subagent_title(kept)
    return ForeignSession(
        origin="claude-code",
        origin_id=origin_id,
        title=title,
        created_at=created_at,
        updated_at=last_at(kept) or created_at,
        folder=told.folder,
        branch=told.branch,
        head_origin_id=nearest(made[-1].origin_id, kept, parents),
        messages=kept,
        metadata=session_metadata(
            told.left_out if counts else Counter(), version=told.version, subagentOf=subagent_of
        ),
    )


def _subagent_title(kept: tuple[ForeignMessage, ...]) -> str:
    said = next((part.text for part in kept[0].parts if part.type == "text"), "")
    first = " ".join(said[:400].split())
    return f"Subagent: {first[:60]}".rstrip(": ")


def _is_wanted(name: str) -> bool:
    return name.endswith(".jsonl") and not name.startswith("rollout-")


def _is_telling(head: bytes) -> bool:
    for line in head.splitlines()[:50]:
        try:
            record = values.mapping(values.parsed(line))
        except ValueError:
            continue
        kind = record.get("type")
        is_message = kind in ("user", "assistant") and isinstance(record.get("message"), dict)
        if (is_message and "uuid" in record) or (kind == "summary" and "leafUuid" in record):
            return True
        if isinstance(record.get("sessionId"), str) and kind in (*_TELLING, *_TITLES, "queue-operation"):
            return True
    return _is_cut_record(head)


def _is_cut_record(head: bytes) -> bool:
    """A last line that holds more than was read, such as a pasted picture or the files of a snapshot."""
    if len(head) < files.HEAD_BYTES or head.endswith(b"\n"):
        return False
    begun = head[head.rfind(b"\n") + 1 :][:_BEGINNING]
    is_message = _CUT_MESSAGE.search(begun) and _CUT_SESSION.search(begun)
    return bool(is_message or _CUT_SNAPSHOT.match(begun))


def _is_uuid(name: str) -> bool:
    try:
        return str(UUID(name)) == name.lower()
    except ValueError:
        return False
