"""Transcripts in Markdown: what this product exports, and the forms that people and other tools write."""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from threadkeep.adapters.histories import files, markdown_own, values
from threadkeep.adapters.histories.building import Thread, title_of
from threadkeep.domain.messages import Role
from threadkeep.domain.transfer import ForeignSession, TransferProblem
from threadkeep.values import Mutable, field

MAX_FILE_BYTES = 64 * 1024 * 1024

_NAMES: dict[Role, str] = {
    "user": "user|you|human|me|prompt",
    "assistant": "assistant|ai|bot|response|chatgpt|gpt(?:-[\\w.]+)?|claude|gemini|copilot|llm|codex",
    "system": "system|developer",
    "tool": "tool|tool call|tool result",
}
_WHO = "|".join(f"(?P<{role}>{names})" for role, names in _NAMES.items())
_REST = r"(?P<rest>(?:\s*[·•|(,:–—@\[-].*)?)"
"""After a name only what is set off from it: `## User guide` is a heading of the text."""
_SPEAKER = re.compile(
    rf"(?P<level>#{{1,6}})\s+(?:\*\*)?(?:\W{{1,3}}\s)?(?:{_WHO})(?:\*\*)?:?(?:\*\*)?{_REST}\s*#*",
    re.IGNORECASE,
)
_BOLD = re.compile(
    r"(?:\*\*|__)(?:" + _WHO + r")\s*(?::\s*(?:\*\*|__)|(?:\*\*|__)\s*:)\s*(?P<rest>.*)", re.IGNORECASE
)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*Z|\s*UTC|[+-]\d{2}:?\d{2})?")
_BY = re.compile(r"\(([^()]+)\)\s*·")
"""Our own export: the agent and the model that answered."""
_UNKNOWN_TIME = "1970-01-01T00:00:00.000Z"


class MarkdownTranscripts:
    """A session from each file that has a heading, or a name in bold, before what each side says."""

    name = "markdown"
    label = "Markdown transcripts"
    extensions = (".md", ".markdown")
    is_text = True

    def wants(self, name: str) -> bool:
        """Whether a file of a folder is looked at; see the port."""
        return _is_wanted(name)

    def recognises(self, path: Path) -> bool:
        """Whether both a person and a model speak at the beginning of a file, or anybody in an export of
        ours; see the port."""
        for file, head in files.heads(path, wanted=_is_wanted):
            if _is_wanted(file.name) and b"\0" not in head:
                told = _transcripts(head.decode("utf-8-sig", "replace"))
                spoken = {turn.role for each in told for turn in each.turns}
                is_own = any(each.facts and each.turns for each in told)
                if is_own or {"user", "assistant"} <= spoken:
                    return True
        return False

    def read(self, path: Path) -> Iterator[ForeignSession | TransferProblem]:
        """The session of each file; see the port."""
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


class _Turn(Mutable):
    role: Role
    at: str | None = None
    model: str | None = None
    lines: list[str] = field(factory=list)


class _Transcript(Mutable):
    title: str | None = None
    facts: dict[str, str] = field(factory=dict)
    """What our own export tells of the session; empty for any other transcript."""
    turns: list[_Turn] = field(factory=list)


def _sessions(file: Path, name: str) -> Iterator[ForeignSession | TransferProblem]:
    with files.opened(file) as source:
        data = source.read(MAX_FILE_BYTES + 1)
        written = values.moment(os.fstat(source.fileno()).st_mtime) or _UNKNOWN_TIME
    if len(data) > MAX_FILE_BYTES:
        yield TransferProblem(message=f"The file is larger than {MAX_FILE_BYTES:,} bytes.", file=name)
        return
    if b"\0" in data:
        yield TransferProblem(message="The file is no text.", file=name)
        return
    found = [_session(each, written) for each in _transcripts(data.decode("utf-8-sig", "replace"))]
    sessions = [session for session in found if session is not None]
    yield from sessions
    if not sessions:
        yield TransferProblem(
            message="No message was found: put a heading such as `## User` or `## Assistant` before each.",
            file=name,
        )


def _session(transcript: _Transcript, written: str) -> ForeignSession | None:
    thread = Thread()
    for turn in transcript.turns:
        draft = thread.open(turn.role, None, at=turn.at)
        draft.model = turn.model
        markdown_own.fill(draft, turn.lines, is_own=bool(transcript.facts))
    messages = thread.made()
    if not messages:
        return None
    times = [turn.at for turn in transcript.turns if turn.at]
    # Stays the same while the transcript grows and wherever the file lies.
    first = messages[0].parts[0].text
    made_id = hashlib.sha256(f"{transcript.title}\n{first}".encode("utf-8", "replace")).hexdigest()[:32]
    return ForeignSession(
        origin="markdown",
        origin_id=transcript.facts.get("session") or made_id,
        own_id=transcript.facts.get("session"),
        title=transcript.title,
        created_at=min(times, default=written),
        updated_at=max(times, default=written),
        branch=transcript.facts.get("task"),
        messages=messages,
    )


def _transcripts(text: str) -> list[_Transcript]:
    """Titles and turns; a name inside a fence of code is code."""
    lines = text.splitlines()
    beginning, facts = markdown_own.front_matter(lines)
    transcripts = [_Transcript(title=title_of(facts.pop("title", None)), facts=facts)]
    fence: str | None = None
    level = next((found["level"] for line in lines if (found := _SPEAKER.fullmatch(line))), None)
    for at, line in enumerate(lines[beginning:], start=beginning):
        transcript = transcripts[-1]
        marked = _FENCE.fullmatch(line)
        if fence is not None:
            if marked and marked[1].startswith(fence) and not marked[2].strip():
                fence = None
        elif marked and not (marked[1][0] == "`" and "`" in marked[2]):
            fence = marked[1]
        elif (turn := _turn(line, level=level, is_own=bool(transcript.facts))) is not None:
            transcript.turns.append(turn)
            continue
        elif (title := _title(line)) and (told := markdown_own.fact_list(lines, at + 1)):
            transcript = _Transcript(title=title_of(markdown_own.unescaped(title)), facts=told)
            transcripts.append(transcript)
        elif title and not transcript.turns and transcript.title is None:
            transcript.title = title_of(title)
        if transcript.turns:
            transcript.turns[-1].lines.append(line)
    return transcripts


def _title(line: str) -> str | None:
    """The words of a heading of the first level, without the signs that may end it."""
    words = line[1:].strip()
    if not line.startswith("#") or not line[1:2].isspace() or not words:
        return None
    return words.rstrip("#").rstrip() or words


def _turn(line: str, *, level: str | None, is_own: bool) -> _Turn | None:
    """level: of the headings by which the transcript names who speaks; others, and a name in bold, are text.
    None: it has no such headings."""
    found = (_BOLD if level is None else _SPEAKER).fullmatch(line)
    if found is None or (level is not None and found["level"] != level):
        return None
    if is_own and not markdown_own.HEADING.match(line):
        return None
    role: Role = next(role for role in _NAMES if found[role])
    rest = found["rest"].strip()
    time = _TIME.search(rest)
    turn = _Turn(role=role, at=_moment(time[0]) if time else None)
    if level is None and rest and not (time and time[0] == rest.strip("()[] ")):
        turn.lines.append(rest)
    elif role == "assistant" and (by := _BY.match(rest)):
        turn.model = markdown_own.unescaped(by[1]).rpartition(", ")[2] or None
    return turn


def _moment(told: str) -> str | None:
    return values.moment(re.sub(r"\s*(?:UTC|Z)$", "+00:00", told))


def _is_wanted(name: str) -> bool:
    return name.lower().endswith((".md", ".markdown"))
