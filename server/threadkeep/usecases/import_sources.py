"""Where sessions are imported from: which format or tool it is, and what it holds."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import attrs

from threadkeep.domain.errors import ImportInvalid, InvalidValue
from threadkeep.domain.transfer import ForeignSession, Transcript, TransferProblem
from threadkeep.ports.transfer import OwnFormat, TransferTools
from threadkeep.usecases.progress import Progress

AUTO: Final = "auto"
OWN: Final = "threadkeep"
HEAD_BYTES: Final = 64 * 1024

Item = Transcript | ForeignSession | TransferProblem


@attrs.frozen(kw_only=True)
class Source:
    """What a client gave: a path or the text itself, and what it said of it."""

    path: str | None = None
    content: str | None = None
    format: str | None = None
    from_: str = AUTO


@attrs.frozen(kw_only=True)
class Opened:
    """A source, and whose it is."""

    name: str
    items: Iterator[Item]


@attrs.frozen(kw_only=True)
class Sources:
    """Opens sources."""

    tools: TransferTools

    def open(self, source: Source, progress: Progress) -> Opened:
        """Raises InvalidValue, and ImportInvalid for what nobody can read."""
        if (source.path is None) == (source.content is None):
            raise InvalidValue("path", "give either path or content")
        self._check_name(source)
        if source.content is not None:
            raw = source.content.encode("utf-8", "replace")
            return self._open_own(source, raw[:HEAD_BYTES], [raw], told="the text")
        path = self.tools.files.found(source.path or "")
        is_ours = path.is_file() and (source.from_ in {AUTO, OWN} or source.format is not None)
        if is_ours:
            pieces = _watched(self.tools.files.pieces(path), progress)
            first = next(pieces, b"")
            rest = chain([first], pieces)
            if source.from_ == OWN or self._own(source, first[:HEAD_BYTES]) is not None:
                return self._open_own(source, first[:HEAD_BYTES], rest, told=str(path))
        return self._open_foreign(source, path)

    def _check_name(self, source: Source) -> None:
        names = [AUTO, OWN, *(reader.name for reader in self.tools.readers())]
        if source.from_ not in names:
            raise InvalidValue("from", f"must be one of {', '.join(names)}")
        if source.from_ not in {AUTO, OWN} and source.format is not None:
            raise InvalidValue("format", "is only for exports of Threadkeep: leave it out")
        if source.from_ not in {AUTO, OWN} and source.content is not None:
            raise InvalidValue("content", "is only for exports of Threadkeep: give path")

    def _open_own(self, source: Source, head: bytes, pieces: Iterable[bytes], *, told: str) -> Opened:
        format_ = self._own(source, head)
        if format_ is None:
            raise ImportInvalid(f"{told} is no export of Threadkeep, in json or jsonl.")
        return Opened(name=OWN, items=format_.read(pieces))

    def _own(self, source: Source, head: bytes) -> OwnFormat | None:
        if source.format is not None:
            return next((each for each in self.tools.own() if each.name == source.format), None)
        return next((each for each in self.tools.own() if each.recognises(head)), None)

    def _open_foreign(self, source: Source, path: Path) -> Opened:
        if source.from_ == OWN or source.format is not None:
            raise ImportInvalid(f"{path} is a folder: give a file that Threadkeep has exported.")
        readers = self.tools.readers()
        if source.from_ == AUTO:
            reader = next((each for each in readers if each.recognises(path)), None)
        else:
            reader = next(each for each in readers if each.name == source.from_)
        if reader is None:
            names = ", ".join([OWN, *(each.name for each in readers)])
            raise ImportInvalid(
                f"Nobody knows what {path} is. Say whose history it is with `from`; there are {names}."
            )
        return Opened(name=reader.name, items=_guarded(reader.read(path), path))


def _watched(pieces: Iterator[bytes], progress: Progress) -> Iterator[bytes]:
    for piece in pieces:
        progress.check()
        yield piece


def _guarded(items: Iterator[ForeignSession | TransferProblem], path: Path) -> Iterator[Item]:
    """The items; a file that cannot be read ends them."""
    try:
        yield from items
    except OSError as error:
        reason = error.strerror or type(error).__name__
        yield TransferProblem(message=f"{path.name} cannot be read to its end: {reason}.")
