"""Taking sessions out of the store, and bringing some in."""

from typing import Literal

import attrs

from threadkeep.protocol.types.lists import SessionFilter
from threadkeep.protocol.types.repositories import RepositoryRef

ExportFormat = Literal["json", "jsonl", "csv", "markdown", "text", "html", "pdf"]
OwnFormat = Literal["json", "jsonl"]
OnConflict = Literal["skip", "replace", "duplicate", "newer"]
ProgressToken = str | int


@attrs.frozen(kw_only=True)
class ExportSessionsParams:
    """One session, or all of a filter."""

    session_id: str | None = None
    """This session; not together with `filter`."""
    filter: SessionFilter | None = None
    """All sessions that match, the oldest first; private ones are never among them."""
    format: ExportFormat
    """`json` and `jsonl` hold everything and can be imported; the others are for reading."""
    path: str | None = None
    """Absolute: the file to write, whole or not at all; it must not be there unless `overwrite`. Absent:
    the text comes in `content` (never for `pdf`)."""
    overwrite: bool = False
    """Whether a file at `path` is replaced."""
    redact: bool = False
    """Whether strings that look like keys and passwords are taken out."""
    work_done_token: ProgressToken | None = None
    """Asks for `$/progress`."""


@attrs.frozen(kw_only=True)
class ExportSessionsResult:
    """The text, or the file."""

    content: str | None = None
    """Without `path`."""
    path: str | None = None
    """The file that was written."""
    count: int
    """Sessions in it."""


@attrs.frozen(kw_only=True)
class ImportSessionsParams:
    """Sessions from a file or a text."""

    path: str | None = None
    """Absolute: a file, or for some other tools' histories a folder; not together with `content`."""
    content: str | None = None
    """The text itself."""
    format: OwnFormat | None = None
    """Of an export of ours; absent: found out."""
    from_: str = attrs.field(default="auto", alias="from_")
    """Whose history it is: `auto`, `threadkeep`, `claude-code`, `codex`, `llm`, `opencode`, `chatgpt`,
    `markdown`; more may come."""
    on_conflict: OnConflict = "skip"
    """What to do with a session whose id is taken: leave the one that is there, replace it, give the new
    one another id, or keep the one that changed last."""
    repository: RepositoryRef | None = None
    """For sessions that do not tell their own; absent: the folderless `imported`."""
    dry_run: bool = False
    """Only tells what would be imported."""
    work_done_token: ProgressToken | None = None
    """Asks for `$/progress`."""


@attrs.frozen(kw_only=True)
class ImportProblem:
    """Something that was not imported, and why."""

    line: int | None = None
    """1-based, where the source has lines."""
    file: str | None = None
    """Its name within the folder that was given."""
    message: str
    """For people."""


@attrs.frozen(kw_only=True)
class ImportSessionsResult:
    """What was imported; each session wholly or not at all."""

    source: str
    """Whose history it was, as in `from`."""
    imported: int
    """Sessions that are there now."""
    skipped: int
    """Sessions that were there already."""
    session_ids: tuple[str, ...]
    """Those imported (with `dryRun`: none); at most 1,000."""
    problems: tuple[ImportProblem, ...]
    """At most 100."""
