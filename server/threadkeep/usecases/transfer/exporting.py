"""Sessions on their way out: as the content of a reply, or into a file."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from threadkeep.domain.errors import ExportFailed, InvalidValue
from threadkeep.domain.transfer import Transcript
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.ports.store import Records
from threadkeep.ports.transfer import ExportFormat, TransferTools
from threadkeep.usecases import timeline
from threadkeep.usecases.order import SessionOrder
from threadkeep.usecases.progress import Progress
from threadkeep.usecases.repositories.repositories import RepositoryChoice, by_id
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import Value, evolve, field

OLDEST_FIRST: Final = SessionSort(by="createdAt", order="ascending")


class Selection(Value):
    """Which sessions: the one of an id, or all of a filter."""

    session_id: str | None = None
    wanted: SessionFilter = field(factory=SessionFilter)
    repository: RepositoryChoice | None = None
    """That of the filter; None for all."""


class Target(Value):
    """In which way they go, and where to."""

    format: str
    path: str | None = None
    """None: the text is given back."""
    overwrite: bool = False
    redact: bool = False
    most: int
    """Bytes of a text that is given back, as JSON."""


class Exported(Value):
    """What was written; `content` where there was no path."""

    content: str | None = None
    path: str | None = None
    count: int


class Exporting(Value):
    """Writes sessions in an executor of its own, each as it is in a snapshot of its own."""

    context: StoreContext
    order: SessionOrder
    tools: TransferTools

    async def export(self, selection: Selection, target: Target, *, progress: Progress) -> Exported:
        """Writes the sessions as they are after every request that came before.

        Raises SessionNotFound, RepositoryNotFound, InvalidValue, ExportFailed, ExtraMissing.
        """
        async with self.order.reading(selection.session_id):
            pass  # what came before has taken effect now
        return await progress.run(self.tools.executor, lambda: self._export(selection, target, progress))

    def _format(self, name: str) -> ExportFormat:
        formats = self.tools.formats()
        try:
            return formats[name]
        except KeyError:
            raise InvalidValue("format", f"must be one of {', '.join(formats)}") from None

    def _export(self, selection: Selection, target: Target, progress: Progress) -> Exported:
        format_ = self._format(target.format)  # here, since looking for it may take a while
        if target.path is None and not format_.is_text:
            raise InvalidValue("path", f"must be given: {target.format} cannot be the content of a reply")
        ids = self._ids(selection)
        counted = _Counted(self._transcripts(ids, is_private_wanted=selection.session_id is not None))
        sessions = _reported(counted, total=len(ids), progress=progress)
        if target.redact:
            from threadkeep.domain.transcript_secrets import without_any_secrets

            sessions = map(without_any_secrets, sessions)
        pieces = format_.pieces(sessions, is_single=selection.session_id is not None)
        if target.path is None:
            content = _joined(pieces, progress, most=target.most)
            return Exported(content=content, count=counted.count)
        with self.tools.files.writing(target.path, overwrite=target.overwrite) as write:
            _write(pieces, write, progress)
        return Exported(path=target.path, count=counted.count)

    def _ids(self, selection: Selection) -> tuple[str, ...]:
        with self.context.store.reading() as records:
            if selection.session_id is not None:
                return (timeline.found(records, selection.session_id).id,)
            wanted = selection.wanted
            if selection.repository is not None:
                repository = self.context.repositories.lookup(records, selection.repository)
                if repository is None:
                    return ()
                wanted = evolve(wanted, repository_id=repository.id)
            return tuple(records.session_ids(wanted, OLDEST_FIRST))

    def _transcripts(self, ids: Iterable[str], *, is_private_wanted: bool) -> Iterator[Transcript]:
        """The sessions that are still there, one at a time."""
        for session_id in ids:
            with self.context.store.reading() as records:
                transcript = transcript_of(records, session_id)
            if transcript is not None and (is_private_wanted or not transcript.session.is_private):
                yield transcript
            del transcript  # before the next one is read


def transcript_of(records: Records, session_id: str) -> Transcript | None:
    """A session with all its messages; None where there is none."""
    session = records.session(session_id)
    if session is None:
        return None
    return Transcript(
        session=session,
        repository=by_id(records, session.key.repository_id),
        messages=tuple(records.all_messages(session_id)),
    )


class _Counted:
    """Iterates over transcripts and counts them."""

    def __init__(self, transcripts: Iterator[Transcript]) -> None:
        self._transcripts = transcripts
        self.count = 0

    def __iter__(self) -> "_Counted":
        return self

    def __next__(self) -> Transcript:
        transcript = next(self._transcripts)
        self.count += 1
        return transcript


def _reported(counted: _Counted, *, total: int, progress: Progress) -> Iterator[Transcript]:
    for transcript in counted:
        progress.reach(counted.count - 1, total)
        yield transcript
        del transcript  # before the next one is read


def _joined(pieces: Iterable[bytes], progress: Progress, *, most: int) -> str:
    """The text, unless a reply cannot hold it. Raises ExportFailed."""
    held: list[str] = []
    size = 0
    for piece in pieces:
        progress.check()
        held.append(piece.decode())
        size += len(json.dumps(held[-1], ensure_ascii=False).encode())
        if size > most:
            raise ExportFailed(
                f"The text is larger than the {most // (1024 * 1024)} MiB that a reply can hold: give `path`,"
                " then it is written to a file."
            )
    return "".join(held)


def _write(pieces: Iterable[bytes], write: Callable[[bytes], None], progress: Progress) -> None:
    for piece in pieces:
        progress.check()
        write(piece)
