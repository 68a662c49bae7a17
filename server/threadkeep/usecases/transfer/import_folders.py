"""A folder that is imported: each of its files by whoever can read it; apart, since it knows files and no session."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from threadkeep.domain.errors import ImportInvalid
from threadkeep.domain.transfer import ForeignSession, Transcript, TransferProblem
from threadkeep.ports.files import UserFiles
from threadkeep.ports.transfer import FilesWithin, HistoryReader, LosslessFormat
from threadkeep.usecases.progress import Progress
from threadkeep.values import Mutable, Value, evolve, field

HEAD_BYTES: Final = 64 * 1024
NAMED: Final = 10
"""Files that are left, and told by their names."""
HELD: Final = 100
"""Problems of a file that wait for a session of it."""


class File(Value):
    """A file that somebody can read."""

    name: str
    """In the folder."""
    path: Path
    own: LosslessFormat | None = None
    """For an export of ours."""
    reader: HistoryReader | None = None
    """For another tool's history."""
    is_presumed: bool = False
    """Nobody recognised it, but the reader recognised others of the folder."""


class Left(Mutable, kw_only=False):
    """Files that hold no sessions."""

    count: int = 0
    names: list[str] = field(factory=list)
    """The first ones."""

    def note(self, name: str) -> None:
        """One more."""
        self.count += 1
        if len(self.names) < NAMED:
            self.names.append(name)


class Found(Value):
    """What is in a folder."""

    files: Sequence[File]
    """Ours first: they hold everything, and a session that comes twice is taken from the first."""
    problems: Sequence[TransferProblem]
    left: Left
    """Grows while the files are read."""


class Folders(Value):
    """Looks through folders."""

    files: UserFiles
    within: FilesWithin
    own: Sequence[LosslessFormat]
    readers: Sequence[HistoryReader]

    def found(self, folder: Path, progress: Progress) -> Found:
        """What can be read, and a word on what is left. Raises ImportInvalid, Cancelled."""
        files: list[File] = []
        problems: list[TransferProblem] = []
        unknown: list[tuple[str, Path]] = []
        left = Left()

        def is_wanted(name: str) -> bool:
            progress.check()
            is_wanted = self._may_hold_sessions(name)
            if not is_wanted:
                left.note(name)
            return is_wanted

        try:
            for each in self.within(folder, wanted=is_wanted):
                progress.check()
                if isinstance(each, TransferProblem):
                    problems.append(each)
                elif (file := self._file(*each)) is not None:
                    files.append(file)
                else:
                    unknown.append(each)
        except OSError as error:
            raise ImportInvalid(
                f"{folder} cannot be read: {error.strerror or type(error).__name__}."
            ) from error
        files += self._presumed(unknown, {file.reader.name for file in files if file.reader}, left)
        files.sort(key=lambda file: self.readers.index(file.reader) if file.reader is not None else -1)
        return Found(files=files, problems=problems, left=left)

    def items(
        self, found: Found, progress: Progress
    ) -> Iterator[Transcript | ForeignSession | TransferProblem]:
        """What the files hold, one after the other, and then what is wrong; each problem names its file."""
        for file in found.files:
            try:
                items = self._read(file, progress)
                for item in _sessions_or_left(items, file, found.left) if file.is_presumed else items:
                    yield _placed(item, file) if isinstance(item, TransferProblem) else item
            except ImportInvalid as error:
                yield TransferProblem(message=str(error), file=file.name)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                yield TransferProblem(
                    message=f"The file cannot be read to its end: {reason}.", file=file.name
                )
        yield from found.problems
        yield from _told(found.left)

    def _may_hold_sessions(self, name: str) -> bool:
        # An export of ours has the name that a person gave it: it may have no suffix, but hardly another one's.
        suffixes = {"", *(f".{each.name}" for each in self.own)}
        return Path(name).suffix.lower() in suffixes or any(each.wants(name) for each in self.readers)

    def _file(self, name: str, path: Path) -> File | None:
        if not path.is_file():  # to open a pipe would wait for whoever writes to it
            return None
        try:
            head = next(iter(self.files.pieces(path)), b"")[:HEAD_BYTES]
        except ImportInvalid:
            return None
        own = next((each for each in self.own if each.recognises(head)), None)
        if own is not None:
            return File(name=name, path=path, own=own)
        wanted = (each for each in self.readers if each.wants(path.name) and each.recognises(path))
        reader = next(wanted, None)
        return File(name=name, path=path, reader=reader) if reader is not None else None

    def _presumed(
        self, unknown: Iterable[tuple[str, Path]], recognised: Iterable[str], left: Left
    ) -> Iterator[File]:
        """Files that may be somebody's whose others lie beside them: a history need not begin with what tells it."""
        readers = [reader for reader in self.readers if reader.name in recognised]
        for name, path in unknown:
            reader = next((each for each in readers if each.wants(path.name)), None)
            if reader is not None and path.is_file():
                yield File(name=name, path=path, reader=reader, is_presumed=True)
            else:
                left.note(name)

    def _read(
        self, file: File, progress: Progress
    ) -> Iterator[Transcript | ForeignSession | TransferProblem]:
        if file.own is not None:
            yield from file.own.read(self._pieces(file.path, progress))
        elif file.reader is not None:
            progress.check()
            yield from file.reader.read(file.path)

    def _pieces(self, path: Path, progress: Progress) -> Iterator[bytes]:
        for piece in self.files.pieces(path):
            progress.check()
            yield piece


def _placed(problem: TransferProblem, file: File) -> TransferProblem:
    """The problem with the file's name in the folder; a reader of one file knows less of it."""
    within = (problem.file or "").removeprefix(file.path.name)
    return evolve(problem, file=f"{file.name}{within}")


def _sessions_or_left(
    items: Iterable[Transcript | ForeignSession | TransferProblem], file: File, left: Left
) -> Iterator[Transcript | ForeignSession | TransferProblem]:
    """What the file holds; nothing, and a note, if that is no session: then it was another one's."""
    held: list[TransferProblem] = []
    has_sessions = False
    for item in items:
        has_sessions = has_sessions or not isinstance(item, TransferProblem)
        if has_sessions:
            yield from held
            held = []
            yield item
        elif isinstance(item, TransferProblem) and len(held) < HELD:
            held.append(item)
    if not has_sessions:
        left.note(file.name)


def _told(left: Left) -> Iterator[TransferProblem]:
    if not left.count:
        return
    more = f", and {left.count - NAMED:,} more" if left.count > NAMED else ""
    told = f"{left.count:,} files hold" if left.count > 1 else "1 file holds"
    yield TransferProblem(message=f"{told} no sessions that can be read: {', '.join(left.names)}{more}.")
