"""Taking sessions out of the store, and bringing some in."""

from typing import Literal

from threadkeep.protocol.request import Request
from threadkeep.protocol.types.common import Empty
from threadkeep.protocol.types.lists import SessionFilter
from threadkeep.protocol.types.repositories import RepositoryRef
from threadkeep.values import Value, field
from threadkeep.values.hints import CLOSED

OwnFormat = Literal["json", "jsonl"]
OnConflict = Literal["skip", "replace", "duplicate", "newer"]
ProgressToken = str | int


class ExportSessionsResult(Value):
    """The text, or the file."""

    content: str | None = None
    """Without `path`."""
    path: str | None = None
    """The file that was written."""
    count: int
    """Sessions in it."""


class ExportSessionsParams(Request[ExportSessionsResult]):
    """One session, or all of a filter."""

    session_id: str | None = None
    """This session; not together with `filter`."""
    filter: SessionFilter | None = field(default=None, metadata=CLOSED)
    """All sessions that match, the oldest first; `{}` means all that are neither archived nor in the trash.
    Private ones are never among them. A member that there is not is refused."""
    format: str
    """`json`, `jsonl`, `csv`, `markdown`, `text`, `html`, `pdf`, or another one of `format/list`. `json` and `jsonl`
    hold everything and can be imported; the others are for reading."""
    path: str | None = None
    """Absolute: the file to write, whole or not at all; it must not be there unless `overwrite`. Absent:
    the text comes in `content` (never for `pdf`)."""
    overwrite: bool = False
    """Whether a file at `path` is replaced."""
    redact: bool = False
    """Whether what looks like a key or a password is taken out, and whatever in its session repeats it."""
    work_done_token: ProgressToken | None = None
    """Asks for `$/progress`."""


class ImportProblem(Value):
    """Something that was not imported, or not as it was, and why."""

    line: int | None = None
    """1-based, where the source has lines."""
    file: str | None = None
    """Its name within the folder that was given."""
    message: str
    """For people."""


class ImportSessionsResult(Value):
    """What was imported; each new session wholly or not at all."""

    source: str
    """Whose history it was, as in `from`; several, with commas between, for a folder that holds several."""
    imported: int
    """Sessions that are there now, as new ones or with what they had not."""
    updated: int | None = None
    """Of `imported`: those that were there already and took something in; absent where none did."""
    skipped: int
    """Sessions that were there already and stay as they are."""
    unchanged: int | None = None
    """Of `skipped`: those of which all that the source holds is there; absent where there are none."""
    session_ids: tuple[str, ...]
    """Those imported (with `dryRun`: none); at most 1,000."""
    problems: tuple[ImportProblem, ...]
    """At most 100: where there are more, the last one tells how many."""
    problem_count: int = 0
    """All that there are."""
    notes: tuple[str, ...] | None = None
    """What happened to sessions that were there already, for people; at most 100, absent without any."""


class ImportSessionsParams(Request[ImportSessionsResult]):
    """Sessions from a file or a text."""

    path: str | None = None
    """Absolute: a file, or a folder, of which every file is read that somebody can read; not together with
    `content`."""
    content: str | None = None
    """The text itself: an export of ours, or another tool's history that is text."""
    format: OwnFormat | None = None
    """Of an export of ours; absent: found out."""
    from_: str = field(default="auto", alias="from_")
    """Whose history it is: `auto`, `threadkeep`, `claude-code`, `codex`, `llm`, `opencode`, `chatgpt`,
    `markdown`, or another one of `format/list`."""
    on_conflict: OnConflict = "skip"
    """What to do with a session whose id is taken: leave the one that is there (`skip`), take in what it has
    not and leave its visible history where a person was (`newer`), take that in and show the source's line
    (`replace`), or make a copy with ids of its own (`duplicate`; as a fork does: what its answers took counts
    once). Only a person's `message/erase` and `session/purge` ever take out what is here."""
    repository: RepositoryRef | None = None
    """For sessions that do not tell their own; absent: the folderless `imported`."""
    dry_run: bool = False
    """Only tells what would be imported."""
    work_done_token: ProgressToken | None = None
    """Asks for `$/progress`."""


class Exporter(Value):
    """A format in which sessions can be taken out."""

    name: str
    """As in `format` of `session/export`."""
    label: str
    """For people; the name, where there is a problem."""
    extensions: tuple[str, ...]
    """Ends of files' names that mean it, with their dots; the first is the usual one."""
    lossless: bool
    """Whether it holds everything, and can be imported again as it was."""
    needs_path: bool
    """Whether it cannot be the content of a reply."""
    needs: str | None = None
    """What must be installed besides, as pip takes it; absent if nothing."""
    origin: str
    """`threadkeep`, or the installed package that brings it, with its version."""
    problem: str | None = None
    """Why it cannot be used, and what to do; absent for one that can. Another one may have its name."""


class Importer(Value):
    """Whose histories can be brought in, beside exports of ours."""

    name: str
    """As in `from` of `session/import`."""
    label: str
    """For people; the name, where there is a problem."""
    extensions: tuple[str, ...]
    """Ends that the names of such files usually have, with their dots."""
    needs_path: bool
    """Whether it cannot be given as `content`."""
    origin: str
    """`threadkeep`, or the installed package that brings it, with its version."""
    problem: str | None = None
    """Why it cannot be used, and what to do; absent for one that can. Another one may have its name."""


class ListFormatsResult(Value):
    """Ours first."""

    exporters: tuple[Exporter, ...]
    """What `session/export` writes."""
    importers: tuple[Importer, ...]
    """What `session/import` reads."""


class ListFormatsParams(Empty, Request[ListFormatsResult]):
    """No members."""

    __slots__ = ()
