"""Where sessions are imported from: which format or tool it is, and what it holds."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Final

from threadkeep.domain.errors import ImportInvalid, InvalidValue
from threadkeep.domain.transfer import ForeignSession, Transcript, TransferProblem
from threadkeep.ports.plugins import Offer
from threadkeep.ports.transfer import HistoryReader, LosslessFormat, TransferTools
from threadkeep.usecases.progress import Progress
from threadkeep.usecases.transfer.import_folders import Folders
from threadkeep.values import Value, evolve

AUTO: Final = "auto"
OWN: Final = "threadkeep"
HEAD_BYTES: Final = 64 * 1024

Item = Transcript | ForeignSession | TransferProblem


class Source(Value):
    """What a client gave: a path or the text itself, and what it said of it."""

    path: str | None = None
    content: str | None = None
    format: str | None = None
    from_: str = AUTO


class OpenSource(Value):
    """A source, and whose it is."""

    name: str
    """As in `from` of `session/import`; several with commas between."""
    items: Iterator[Item]


class Sources(Value):
    """Opens sources."""

    tools: TransferTools

    @contextmanager
    def open(self, source: Source, progress: Progress) -> Iterator[OpenSource]:
        """What is read until the context is left. Raises InvalidValue, and ImportInvalid for what nobody can read."""
        if (source.path is None) == (source.content is None):
            raise InvalidValue("path", "give either path or content")
        self._check_name(source)
        if source.content is not None:
            with self._opened_text(source, source.content) as opened:
                yield opened
            return
        path = self.tools.files.found(source.path or "")
        if path.is_file():
            yield self._opened_file(source, path, progress)
        elif source.format is not None:
            raise ImportInvalid(f"{path} is a folder: give a file of it, or leave out the format.")
        elif source.from_ in {AUTO, OWN}:
            yield self._opened_folder(source, path, progress)
        else:
            yield _opened_history(self._reader(source.from_), path)

    def _check_name(self, source: Source) -> None:
        if source.from_ in {AUTO, OWN}:
            return
        names = [AUTO, OWN, *(reader.name for reader in self.tools.readers())]
        if source.from_ not in names:
            broken = next((each for each in self._broken() if each.name == source.from_), None)
            if broken is not None:
                raise ImportInvalid(broken.problem or "")
            raise InvalidValue("from", f"must be one of {', '.join(names)}")
        if source.format is not None:
            raise InvalidValue("format", "is only for exports of Threadkeep: leave it out")
        if source.content is not None and not self._reader(source.from_).is_text:
            raise InvalidValue(
                "content", f"cannot hold a history of {source.from_}, which is no text: give path"
            )

    @contextmanager
    def _opened_text(self, source: Source, content: str) -> Iterator[OpenSource]:
        raw = content.encode("utf-8", "replace")
        own = self._own(source, raw[:HEAD_BYTES])
        if own is not None:
            yield OpenSource(name=OWN, items=own.read([raw]))
            return
        if source.from_ == OWN:
            raise _no_export("The text")
        # A tool that tells no id of a session takes the file's name: that of the same text stays the same.
        name = f"{hashlib.sha256(raw).hexdigest()[:32]}.md"
        with self.tools.files.held(raw, name) as file:
            reader = self._reader_of(file) if source.from_ == AUTO else self._reader(source.from_)
            if reader is None:
                raise self._nobodys("the text")
            items = _told_of_text(_guarded(reader.read(file), "The text"))
            yield OpenSource(name=reader.name, items=self._with_unasked(source, items))

    def _opened_file(self, source: Source, path: Path, progress: Progress) -> OpenSource:
        if source.from_ in {AUTO, OWN}:
            pieces = _watched(self.tools.files.pieces(path), progress)
            first = next(pieces, b"")
            own = self._own(source, first[:HEAD_BYTES])
            if own is not None:
                return OpenSource(name=OWN, items=own.read(chain([first], pieces)))
            if not first:
                raise ImportInvalid(f"There is nothing in {path}: give another file.")
            if source.from_ == OWN:
                raise _no_export(str(path))
        found = self._reader_of(path)
        reader = found if source.from_ == AUTO else self._reader(source.from_)
        if reader is None:
            raise self._nobodys(str(path))
        if reader is not found:
            self._check_not_anothers(path, found, reader)
        opened = _opened_history(reader, path)
        return evolve(opened, items=self._with_unasked(source, opened.items))

    def _opened_folder(self, source: Source, path: Path, progress: Progress) -> OpenSource:
        readers = self.tools.readers() if source.from_ == AUTO else ()
        folders = Folders(
            files=self.tools.files, within=self.tools.within, own=self.tools.own(), readers=readers
        )
        found = folders.found(path, progress)
        if not found.files:
            raise self._nobodys(str(path)) if source.from_ == AUTO else _no_export(str(path))
        names = ", ".join(dict.fromkeys(file.reader.name if file.reader else OWN for file in found.files))
        return OpenSource(name=names, items=self._with_unasked(source, folders.items(found, progress)))

    def _check_not_anothers(self, path: Path, found: HistoryReader | None, reader: HistoryReader) -> None:
        """Raises ImportInvalid for a file that surely is somebody else's than was said; a reader that was asked
        for may read more than it recognises."""
        head = next(self.tools.files.pieces(path), b"")[:HEAD_BYTES]
        is_ours = any(own.recognises(head) for own in self.tools.own())
        whose = OWN if is_ours else found.name if found is not None and not reader.recognises(path) else None
        if whose is not None:
            raise ImportInvalid(
                f"{path} looks like {whose}, not like {reader.name}: leave out `from` (`--from`), or change it."
            )

    def _broken(self) -> list[Offer[HistoryReader]]:
        """Importers that are installed and cannot be used; one with a name of ours was never meant."""
        known = {reader.name for reader in self.tools.readers()}
        return [each for each in self.tools.importers() if each.item is None and each.name not in known]

    def _with_unasked(self, source: Source, items: Iterator[Item]) -> Iterator[Item]:
        """The items; where it was to be found out whose they are, behind a word on each who could not be asked."""
        if source.from_ == AUTO:
            for each in self._broken():
                yield TransferProblem(message=f"Nobody asked the importer {each.problem}")
        yield from items

    def _own(self, source: Source, head: bytes) -> LosslessFormat | None:
        if source.from_ not in {AUTO, OWN}:
            return None
        if source.format is not None:
            return next((each for each in self.tools.own() if each.name == source.format), None)
        return next((each for each in self.tools.own() if each.recognises(head)), None)

    def _reader(self, name: str) -> HistoryReader:
        return next(each for each in self.tools.readers() if each.name == name)

    def _reader_of(self, path: Path) -> HistoryReader | None:
        return next((each for each in self.tools.readers() if each.recognises(path)), None)

    def _nobodys(self, what: str) -> ImportInvalid:
        names = ", ".join(reader.name for reader in self.tools.readers())
        return ImportInvalid(
            f"In {what} there is nothing that can be imported: no export of Threadkeep in json, jsonl or markdown,"
            f" and no history that looks like one of {names}. If you know whose it is, say it with `from`"
            " (`--from`)." + "".join(f" Nobody asked the importer {each.problem}" for each in self._broken())
        )


def _opened_history(reader: HistoryReader, path: Path) -> OpenSource:
    return OpenSource(name=reader.name, items=_guarded(reader.read(path), path.name))


def _no_export(what: str) -> ImportInvalid:
    return ImportInvalid(
        f"{what} is no export of Threadkeep in json or jsonl, the formats that can be imported:"
        " give another file, or say whose history it is."
    )


def _watched(pieces: Iterator[bytes], progress: Progress) -> Iterator[bytes]:
    for piece in pieces:
        progress.check()
        yield piece


def _guarded(items: Iterable[ForeignSession | TransferProblem], name: str) -> Iterator[Item]:
    """The items; a file that cannot be read ends them."""
    try:
        yield from items
    except OSError as error:
        reason = error.strerror or type(error).__name__
        yield TransferProblem(message=f"{name} cannot be read to its end: {reason}.")


def _told_of_text(items: Iterator[Item]) -> Iterator[Item]:
    """The items, without the name of a file that nobody gave."""
    for item in items:
        yield evolve(item, file=None) if isinstance(item, TransferProblem) else item
