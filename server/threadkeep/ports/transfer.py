"""Formats in which sessions leave a store, and histories from which they come."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from threadkeep.domain.transfer import ForeignSession, Transcript, TransferProblem
from threadkeep.ports.files import UserFiles
from threadkeep.ports.plugins import Offer
from threadkeep.ports.runtime import SerialExecutor
from threadkeep.values import Value


class ExportFormat(Protocol):
    """A way to write sessions. One for which something else must be installed says so in `needs`, as pip takes it."""

    @property
    def name(self) -> str:
        """As in `format` of `session/export`."""
        ...

    @property
    def label(self) -> str:
        """For people."""
        ...

    @property
    def extensions(self) -> tuple[str, ...]:
        """Ends of files' names that mean it, with their dots; the first is the usual one."""
        ...

    @property
    def is_text(self) -> bool:
        """Whether it can be the content of a reply."""
        ...

    def pieces(self, transcripts: Iterable[Transcript], *, is_single: bool) -> Iterator[bytes]:
        """The file, a piece at a time; never more than one transcript is held.

        is_single: there is one transcript, which was asked for by its id. Raises ExtraMissing at the
        first piece where an optional package is needed and missing.
        """
        ...


class LosslessFormat(Protocol):
    """A lossless format of ours, read back."""

    @property
    def name(self) -> str:
        """As in `format` of `session/import`."""
        ...

    def recognises(self, head: bytes) -> bool:
        """Whether a source that begins so looks like this format; never raises."""
        ...

    def read(self, source: Iterable[bytes]) -> Iterator[Transcript | TransferProblem]:
        """What the source holds, a session at a time; what cannot be read comes as a problem.

        Raises ImportInvalid for a source of another format, or of a newer version of it.
        """
        ...


class HistoryReader(Protocol):
    """Reads another tool's history. Reads files only, inside of the path that it is given."""

    name: str
    """As in `from` of `session/import`."""
    label: str
    """For people."""
    extensions: tuple[str, ...]
    """Ends of names that such files usually have, with their dots; none where a folder is given."""
    is_text: bool
    """Whether a history can be given as text, without a file."""

    def wants(self, name: str) -> bool:
        """Whether it reads files of this name in a folder."""
        ...

    def recognises(self, path: Path) -> bool:
        """Whether the file or folder looks like this tool's; reads no more than its beginning, never raises."""
        ...

    def read(self, path: Path) -> Iterator[ForeignSession | TransferProblem]:
        """Its sessions, one at a time; what cannot be read comes as a problem. Raises OSError."""
        ...


class FilesWithin(Protocol):
    """Looks through folders."""

    def __call__(
        self, folder: Path, *, wanted: Callable[[str], bool]
    ) -> Iterator[tuple[str, Path] | TransferProblem]:
        """The files of a folder and those below, each with its name in it, in the order of their names; links
        lead to none outside of it.

        wanted: whether a file of this name counts among those that one import may take, and is told; others
        are passed over. Raises OSError.
        """
        ...


class TransferTools(Value):
    """What taking sessions out and bringing some in is done with."""

    executor: SerialExecutor
    """For this alone: it may take minutes."""
    files: UserFiles
    within: FilesWithin
    formats: Callable[[], Mapping[str, ExportFormat]]
    """By their names; getting one raises ExportFailed where it cannot be used. This and the next are asked for
    at the first use."""
    own: Callable[[], Sequence[LosslessFormat]]
    """Those that are read back."""
    readers: Callable[[], Sequence[HistoryReader]]
    """Of other tools' histories, in the order in which they are asked whose a file is."""
    exporters: Callable[[], Sequence[Offer[ExportFormat]]] = tuple
    importers: Callable[[], Sequence[Offer[HistoryReader]]] = tuple
    """All that are there, also those that cannot be used."""
