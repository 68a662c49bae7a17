"""Codex CLI: a rollout file a session, its items one after the other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from threadkeep.adapters.histories import files, values
from threadkeep.adapters.histories.building import first_at, last_at, session_metadata
from threadkeep.adapters.histories.codex_items import Rollout
from threadkeep.domain.transfer import ForeignSession, TransferProblem

_ZSTD = b"\x28\xb5\x2f\xfd"


class CodexHistory:
    """`~/.codex`, its `sessions`, or one `rollout-….jsonl`."""

    name = "codex"
    label = "Codex CLI"
    extensions = (".jsonl", ".zst")
    is_text = True

    def wants(self, name: str) -> bool:
        """Whether a file of a folder is looked at; see the port."""
        return _is_wanted(name)

    def recognises(self, path: Path) -> bool:
        """Whether a file begins with a session's description, or is one that was compressed; see the port."""
        return any(
            _is_rollout(head) or (head.startswith(_ZSTD) and _is_wanted(file.name))
            for file, head in files.heads(path, wanted=_is_wanted)
        )

    def read(self, path: Path) -> Iterator[ForeignSession | TransferProblem]:
        """The session of a file, or those of all rollout files below a folder; see the port."""
        for file in files.found_files(path, wanted=_is_wanted):
            if isinstance(file, TransferProblem):
                yield file
                continue
            name = files.shown(file, path)
            if name.endswith(".zst"):
                yield TransferProblem(
                    message="The file is compressed. Unpack it with `zstd -d` first.", file=name
                )
                continue
            try:
                yield from _session(file, name)
            except OSError as error:
                if not path.is_dir():
                    raise
                yield TransferProblem(message=f"The file cannot be read: {files.reason(error)}.", file=name)


def _session(file: Path, name: str) -> Iterator[ForeignSession | TransferProblem]:
    rollout = Rollout()
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
            rollout.take(found)
    messages, head = rollout.made()
    created_at = values.moment(rollout.meta.get("timestamp")) or first_at(messages)
    if not messages or created_at is None:
        return
    git = values.mapping(rollout.meta.get("git"))
    yield ForeignSession(
        origin="codex",
        origin_id=values.named(rollout.meta.get("id")) or file.stem,
        created_at=created_at,
        updated_at=max(created_at, last_at(messages) or created_at),
        folder=values.folder(rollout.meta.get("cwd")) or rollout.folder,
        branch=values.branch(git.get("branch")),
        remote=values.named(git.get("repository_url")),
        head_origin_id=head,
        messages=messages,
        metadata=session_metadata(
            rollout.left_out,
            version=values.named(rollout.meta.get("cli_version")),
            forkedFrom=values.named(rollout.meta.get("forked_from_id")),
            subagentOf=values.named(rollout.meta.get("parent_thread_id")),
        ),
    )


def _is_wanted(name: str) -> bool:
    return name.startswith("rollout-") and name.endswith((".jsonl", ".jsonl.zst"))


def _is_rollout(head: bytes) -> bool:
    for line in head.splitlines()[:5]:
        try:
            found = values.mapping(values.parsed(line))
        except ValueError:
            continue
        if found.get("type") == "session_meta" and isinstance(found.get("payload"), dict):
            return True
        if _is_old_meta(found):
            return True
    return _is_cut_meta(head)


def _is_old_meta(found: dict[str, Any]) -> bool:
    """The first line of the first releases, which had no types."""
    return "type" not in found and {"id", "timestamp", "instructions"} <= found.keys()


def _is_cut_meta(head: bytes) -> bool:
    """A first line that holds instructions longer than what was read."""
    return len(head) == files.HEAD_BYTES and b"\n" not in head and b'"type":"session_meta"' in head[:400]
