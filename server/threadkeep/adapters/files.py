"""Documents on disk: the Documents port over regular text files."""

import codecs
import os
import stat
import sys
from collections.abc import Callable

from threadkeep.domain.attachments import MAX_ATTACHMENT_BYTES
from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.paths import below
from threadkeep.ports.documents import (
    Document,
    DocumentBinary,
    DocumentMissing,
    DocumentTooLarge,
    DocumentUnreadable,
)
from threadkeep.values import Value


class Files(Value):
    """Reads what a client names: it runs as the same user, so links are followed wherever they lead.

    Only regular files are opened, without waiting for them, and read up to a limit; so neither a pipe nor a
    device can hold the server up. A file system that does not answer can.
    """

    path_of: Callable[[str], str]
    """The absolute path that a `file:` URI names; raises InvalidValue for any other."""
    platform: str = sys.platform
    limit: int = MAX_ATTACHMENT_BYTES
    """In bytes, as they are on disk."""

    def read(self, uri: str) -> Document:
        """The text of a file; see the port."""
        try:
            path = self.path_of(uri)
        except InvalidValue:
            raise DocumentUnreadable(
                "It is not open in the editor, and only file: URIs of this computer can be read besides."
            ) from None
        try:
            data = _content(path, most=self.limit + 1)
        except (FileNotFoundError, NotADirectoryError):
            raise DocumentMissing from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "the name cannot be used"
            raise DocumentUnreadable(f"The file cannot be read: {reason}.") from None
        if len(data) > self.limit:
            raise DocumentTooLarge(limit=self.limit)
        return Document(text=_text(data))

    def name(self, uri: str, *, root: str | None) -> str:
        """The path below `root` if there is one; see the port."""
        try:
            path = self.path_of(uri)
        except InvalidValue:
            return uri
        if root is None:
            return path
        for way in (path, _canonical(path)):
            if (name := below(root, way, platform=self.platform)) is not None:
                return name
        return path


def _content(path: str, *, most: int) -> bytes:
    _check_regular(os.stat(path))  # noqa: PTH116 - a path of bytes that are no text survives as it is
    # To open a device or a pipe has effects, hence the look before; it may be swapped then, hence the one after.
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_NOCTTY", "O_BINARY"):
        flags |= getattr(os, name, 0)
    descriptor = os.open(path, flags)
    try:
        _check_regular(os.fstat(descriptor))
        data = bytearray()
        while len(data) < most and (chunk := os.read(descriptor, most - len(data))):
            data += chunk
        return bytes(data)
    finally:
        os.close(descriptor)


def _check_regular(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise DocumentUnreadable("It is a folder: attach the files in it that matter.")
    if not stat.S_ISREG(status.st_mode):
        raise DocumentUnreadable("It is not a regular file.")


def _text(data: bytes) -> str:
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentBinary from None
    if "\0" in text:
        raise DocumentBinary
    return text


def _canonical(path: str) -> str:
    """Without links on the way to it; a link to a file elsewhere belongs to where the link is."""
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder), name)  # noqa: PTH118 - as above
