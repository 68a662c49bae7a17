"""opencode: what `opencode export` writes, a JSON file a session."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from threadkeep.adapters.histories import files, values
from threadkeep.adapters.histories.building import (
    Draft,
    Thread,
    call_text,
    first_at,
    last_at,
    nearest,
    placeholder,
    session_metadata,
    title_of,
)
from threadkeep.domain.messages import Role, Usage
from threadkeep.domain.transfer import ForeignSession, TransferProblem

MAX_FILE_BYTES = 512 * 1024 * 1024


class OpencodeExport:
    """A file, or a folder of such files."""

    name = "opencode"
    label = "opencode"
    extensions = (".json",)
    is_text = True

    def wants(self, name: str) -> bool:
        """Whether a file of a folder is looked at; see the port."""
        return _is_wanted(name)

    def recognises(self, path: Path) -> bool:
        """Whether a file begins as an export does; see the port."""
        return any(_is_export(head) for _, head in files.heads(path, wanted=_is_wanted))

    def read(self, path: Path) -> Iterator[ForeignSession | TransferProblem]:
        """The session of each file; see the port."""
        for file in files.found_files(path, wanted=_is_wanted):
            if isinstance(file, TransferProblem):
                yield file
                continue
            name = files.shown(file, path)
            try:
                session = _read(file)
            except ValueError as error:
                yield TransferProblem(message=f"The file cannot be read: {error}.", file=name)
            except OSError as error:
                if not path.is_dir():
                    raise
                yield TransferProblem(message=f"The file cannot be read: {files.reason(error)}.", file=name)
            else:
                if session is not None:
                    yield session


def _read(file: Path) -> ForeignSession | None:
    with files.opened(file) as source:
        data = source.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"it is larger than {MAX_FILE_BYTES:,} bytes")
    # `opencode export` may print a line of its own before.
    found = values.parsed(data[max(0, data.find(b"{")) :])
    info = values.mapping(values.mapping(found).get("info"))
    if not isinstance(values.mapping(found).get("messages"), list) or not info:
        raise ValueError("it is no session that opencode has exported")
    return _session(info, found["messages"], file.stem)


def _session(info: dict[str, Any], told: list[Any], stem: str) -> ForeignSession | None:
    thread, left_out = Thread(), Counter[str]()
    reverted = values.named(values.mapping(info.get("revert")).get("messageID"))
    head: str | None = None
    is_reverted = False
    for each in told:
        message = values.mapping(values.mapping(each).get("info"))
        if not message:
            left_out["unknown"] += 1
            continue
        if reverted is not None and message.get("id") == reverted:
            head, is_reverted = thread.head, True
        _take(thread, message, values.sequence(values.mapping(each).get("parts")), left_out)
    messages = thread.made()
    times = values.mapping(info.get("time"))
    created_at = values.moment(times.get("created")) or first_at(messages)
    if not messages or created_at is None:
        return None
    parents = {draft.origin_id: draft.parent for draft in thread.drafts}
    return ForeignSession(
        origin="opencode",
        origin_id=values.named(info.get("id")) or stem,
        title=title_of(info.get("title")),
        created_at=created_at,
        updated_at=max(created_at, values.moment(times.get("updated")) or last_at(messages) or created_at),
        folder=values.folder(info.get("directory")) or _folder_of(told),
        head_origin_id=nearest(head if is_reverted else thread.head, messages, parents),
        messages=messages,
        metadata=session_metadata(
            left_out,
            version=values.named(info.get("version")),
            subagentOf=values.named(info.get("parentID")),
        ),
    )


def _take(thread: Thread, message: dict[str, Any], parts: list[Any], left_out: Counter[str]) -> None:
    role: Role = "assistant" if message.get("role") == "assistant" else "user"
    times, message_id = values.mapping(message.get("time")), values.named(message.get("id"))
    at = values.moment(times.get("created"))
    first = thread.open(role, message_id, at=at)
    drafts = [first]
    for each in parts:
        part = values.mapping(each)
        kind = values.text(part.get("type"))
        if drafts[-1].role == "tool":
            if kind not in ("text", "reasoning", "tool", "file"):
                left_out[kind or "unknown"] += 1
                continue
            drafts.append(thread.open(role, values.named(part.get("id")), at=at))
        if kind == "tool":
            drafts.append(_call(thread, drafts[-1], part, at))
        elif not _say(drafts[-1], kind, part):
            left_out[kind or "unknown"] += 1
    if role == "assistant":
        for draft in drafts:
            if draft.role == "assistant":
                draft.model, draft.provider = _model(message)
        first.usage = _usage(message)
        if error := values.mapping(message.get("error")):
            told = values.named(values.mapping(error.get("data")).get("message"))
            drafts[-1].say(placeholder(values.named(error.get("name")) or "error", told))
        if agent := values.named(message.get("agent")) or values.named(message.get("mode")):
            first.metadata["agent"] = agent


def _say(draft: Draft, kind: str, part: dict[str, Any]) -> bool:
    if kind == "text":
        draft.say(values.text(part.get("text")))
    elif kind == "reasoning":
        draft.think(values.text(part.get("text")))
    elif kind == "file":
        draft.say(placeholder("file", values.named(part.get("filename")) or values.named(part.get("mime"))))
    elif kind == "subtask":
        draft.say(f"Subtask for {values.text(part.get('agent'))}: {values.text(part.get('prompt'))}")
    elif kind == "agent":
        draft.say(f"@{values.text(part.get('name'))}")
    else:
        return False
    return True


def _call(thread: Thread, draft: Draft, part: dict[str, Any], at: str | None) -> Draft:
    state, name = values.mapping(part.get("state")), values.named(part.get("tool"))
    draft.say(call_text(name, state.get("input")))
    times = values.mapping(state.get("time"))
    call_id = values.named(part.get("callID"))
    result = thread.open("tool", values.named(part.get("id")), at=values.moment(times.get("end")) or at)
    result.metadata = {key: value for key, value in (("tool", name), ("callId", call_id)) if value}
    if state.get("status") == "error":
        result.metadata["failed"] = True
    said = values.text(state.get("output")) or values.text(state.get("error"))
    result.say(said if said.strip() else "[no output]")
    for each in values.sequence(state.get("attachments")):
        file = values.mapping(each)
        result.say(placeholder("file", values.named(file.get("filename")) or values.named(file.get("mime"))))
    return result


def _model(message: dict[str, Any]) -> tuple[str | None, str | None]:
    return values.named(message.get("modelID")), values.named(message.get("providerID"))


def _usage(message: dict[str, Any]) -> Usage | None:
    told = values.mapping(message.get("tokens"))
    if not told:
        return None
    cache = values.mapping(told.get("cache"))
    reasoning = values.tokens(told.get("reasoning"))
    return Usage(
        input_tokens=values.tokens(told.get("input"))
        + values.tokens(cache.get("read"))
        + values.tokens(cache.get("write")),
        output_tokens=values.tokens(told.get("output")) + reasoning,
        cached_tokens=values.tokens(cache.get("read")),
        reasoning_tokens=reasoning,
        cost=values.price(message.get("cost")),  # 0 is told where the price is not known
    )


def _folder_of(told: list[Any]) -> str | None:
    paths = (values.mapping(values.mapping(values.mapping(each).get("info")).get("path")) for each in told)
    return next((found for path in paths if (found := values.folder(path.get("cwd")))), None)


def _is_wanted(name: str) -> bool:
    return name.endswith(".json")


def _is_export(head: bytes) -> bool:
    start = head[max(0, head.find(b"{")) :][:4096]
    return (
        start.startswith(b"{") and b'"info"' in start[:200] and (b'"ses_' in start or b'"directory"' in start)
    )
