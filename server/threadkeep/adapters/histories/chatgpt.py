"""ChatGPT's data export: `conversations.json`, its folder, or the zip as it was downloaded."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from threadkeep.adapters.histories import files, values
from threadkeep.adapters.histories.chatgpt_conversation import session
from threadkeep.domain.transfer import ForeignSession, TransferProblem

MAX_UNPACKED_BYTES = 8 * 1024**3
MAX_RATIO = 300
"""Text is packed to a tenth or so; what claims to be packed much better is a bomb."""
MAX_DIRECTORY_BYTES = 16 * 1024 * 1024
"""Of the list of what is in a zip, which is read into memory as a whole: an export has some thousands of members."""

_MEMBER = re.compile(r"(?:[^/\\.][^/\\]*/)?conversations(?:[-_]\d+)?\.json", re.IGNORECASE)
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What reading a member of a zip raises: spoilt, cut, packed in an unknown way, or with a password."""


class ChatGptExport:
    """Every conversation as a session. From a zip only the conversations are read; nothing is unpacked to disk."""

    name = "chatgpt"
    label = "ChatGPT"
    extensions = (".json", ".zip")
    is_text = True

    def wants(self, name: str) -> bool:
        """Whether a file of a folder is looked at; see the port."""
        return bool(_is_wanted(name))

    def recognises(self, path: Path) -> bool:
        """Whether it holds conversations as trees; see the port."""
        for file, head in files.heads(path, wanted=_is_wanted):
            if head.startswith(b"PK\x03\x04") and _members(file):
                return True
            start = head[:65536]
            if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{") and b'"mapping"' in start:
                return True
        return False

    def read(self, path: Path) -> Iterator[ForeignSession | TransferProblem]:
        """The conversations of the file, or of all such files of a folder; see the port."""
        for file in files.found_files(path, wanted=_is_wanted):
            if isinstance(file, TransferProblem):
                yield file
                continue
            name = files.shown(file, path)
            try:
                yield from _zip(file, name) if files.head(file)[:2] == b"PK" else _plain(file, name)
            except OSError as error:
                if not path.is_dir():
                    raise
                yield TransferProblem(message=f"The file cannot be read: {files.reason(error)}.", file=name)


def _plain(file: Path, name: str) -> Iterator[ForeignSession | TransferProblem]:
    with io.TextIOWrapper(files.opened(file), "utf-8-sig", "replace") as source:
        yield from _conversations(source, name)


def _zip(file: Path, name: str) -> Iterator[ForeignSession | TransferProblem]:
    try:
        with files.opened(file) as source, zipfile.ZipFile(_InPieces(source)) as archive:
            members = [member for member in archive.infolist() if _MEMBER.fullmatch(member.filename)]
            if not members:
                yield TransferProblem(message="There is no conversations.json in it.", file=name)
            left = MAX_UNPACKED_BYTES
            for member in members:
                left -= member.file_size
                if left < 0 or member.file_size > MAX_RATIO * max(member.compress_size, 1024):
                    yield TransferProblem(
                        message=f"{member.filename} is packed in a way that only hostile files are, and is not read.",
                        file=name,
                    )
                    return
                with io.TextIOWrapper(archive.open(member), "utf-8-sig", "replace") as unpacked:
                    yield from _conversations(unpacked, f"{name}/{member.filename}")
    except _BROKEN_ZIP as error:
        yield TransferProblem(message=f"The zip cannot be read ({type(error).__name__}).", file=name)


class _InPieces(io.RawIOBase):
    """A file of which nobody reads much at once: what would is the list of a zip's members."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._source.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._source.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        if size > MAX_DIRECTORY_BYTES:
            raise zipfile.BadZipFile("too many members")
        data = self._source.read(size if size >= 0 else MAX_DIRECTORY_BYTES + 1)
        if len(data) > MAX_DIRECTORY_BYTES:
            raise zipfile.BadZipFile("too many members")
        return data


def _conversations(source: io.TextIOWrapper, name: str) -> Iterator[ForeignSession | TransferProblem]:
    number = 0
    try:
        for value in values.elements(source):
            number += 1
            conversation = values.mapping(value)
            if not isinstance(conversation.get("mapping"), dict):
                yield TransferProblem(
                    message=f"Conversation {number:,} has no messages that can be read.", file=name
                )
                continue
            found = session(conversation)
            if found is not None:
                yield found
    except ValueError as error:
        yield TransferProblem(
            message=f"The file cannot be read behind its conversation {number:,}: {error}.", file=name
        )


def _members(file: Path) -> bool:
    try:
        with files.opened(file) as source, zipfile.ZipFile(_InPieces(source)) as archive:
            return any(_MEMBER.fullmatch(name) for name in archive.namelist())
    except (*_BROKEN_ZIP, OSError, ValueError):
        return False


_is_wanted: Callable[[str], bool] = re.compile(
    r"conversations(?:[-_]\d+)?\.json|.*\.zip", re.IGNORECASE
).fullmatch  # type: ignore[assignment] # a match is as good as True
