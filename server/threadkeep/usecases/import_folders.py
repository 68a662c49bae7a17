"""A folder that is imported: each of its files by whoever can read it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs

from threadkeep.domain.errors import ImportInvalid
from threadkeep.domain.transfer import ForeignSession, Transcript, TransferProblem
from threadkeep.ports.files import UserFiles
from threadkeep.ports.transfer import HistoryReader, OwnFormat
from threadkeep.usecases.progress import Progress

HEAD_BYTES: Final = 64 * 1024
NAMED: Final = 10
"""Files that are left, and told by their names."""


@attrs.frozen(kw_only=True)
class File:
    """A file that somebody can read."""

    name: str
    """In the folder."""
    path: Path
    own: OwnFormat | None = None
    """For an export of ours."""
    reader: HistoryReader | None = None
    """For another tool's history."""


@attrs.frozen(kw_only=True)
class Found:
    """What is in a folder."""

    files: Sequence[File]
    """Ours first: they hold everything, and a session that comes twice is taken from the first."""
    problems: Sequence[TransferProblem]


@attrs.frozen(kw_only=True)
class Folders:
    """Looks through folders."""

    files: UserFiles
    within: Callable[[Path], Iterator[tuple[str, Path] | TransferProblem]]
    own: Sequence[OwnFormat]
    readers: Sequence[HistoryReader]

    def found(self, folder: Path, progress: Progress) -> Found:
        """What can be read, and a word on what is left. Raises ImportInvalid, Cancelled."""
        files: list[File] = []
        problems: list[TransferProblem] = []
        left: list[str] = []
        try:
            for each in self.within(folder):
                progress.check()
                if isinstance(each, TransferProblem):
                    problems.append(each)
                elif (file := self._file(*each)) is not None:
                    files.append(file)
                else:
                    left.append(each[0])
        except OSError as error:
            raise ImportInvalid(
                f"{folder} cannot be read: {error.strerror or type(error).__name__}."
            ) from error
        files.sort(key=lambda file: self.readers.index(file.reader) if file.reader is not None else -1)
        return Found(files=files, problems=[*problems, *_left(left)])

    def items(
        self, found: Found, progress: Progress
    ) -> Iterator[Transcript | ForeignSession | TransferProblem]:
        """What the files hold, one after the other, and then what is wrong; each problem names its file."""
        for file in found.files:
            try:
                for item in self._read(file, progress):
                    yield _placed(item, file) if isinstance(item, TransferProblem) else item
            except ImportInvalid as error:
                yield TransferProblem(message=str(error), file=file.name)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                yield TransferProblem(
                    message=f"The file cannot be read to its end: {reason}.", file=file.name
                )
        yield from found.problems

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
    return attrs.evolve(problem, file=f"{file.name}{within}")


def _left(names: Sequence[str]) -> Iterator[TransferProblem]:
    if not names:
        return
    more = f", and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    told = f"{len(names):,} files hold" if len(names) > 1 else "1 file holds"
    yield TransferProblem(message=f"{told} no sessions that can be read: {', '.join(names[:NAMED])}{more}.")
