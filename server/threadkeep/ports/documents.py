"""The documents that an editor works on."""

from typing import Protocol

from threadkeep.values import Value


class Document(Value):
    """A text, and what the editor knows of it."""

    text: str
    language_id: str | None = None
    """As in LSP; None where only a file is known."""
    is_open: bool = False
    """Whether it is the text of an open buffer, which may not be saved."""
    is_stand_in: bool = False
    """Whether it is a file's text although the document is open: what the editor shows is not known."""


class DocumentError(Exception):
    """A document cannot be read. The text says why and what to do, without naming it."""


class DocumentMissing(DocumentError):
    def __init__(self) -> None:
        super().__init__("There is no such file.")


class DocumentTooLarge(DocumentError):
    def __init__(self, *, limit: int) -> None:
        """limit: in bytes."""
        super().__init__(
            f"The file is larger than {limit // 1024} KiB: attach the part that matters, as a selection with its text."
        )


class DocumentBinary(DocumentError):
    def __init__(self) -> None:
        super().__init__("The file is no text in UTF-8, nor in UTF-16 with a byte order mark.")


class DocumentUnreadable(DocumentError):
    """It is no file, or not on this computer, or the system refuses to read it."""


class Documents(Protocol):
    """The documents as they were at one moment, as far as buffers go. Any thread may use it; it blocks."""

    def read(self, uri: str) -> Document:
        """The text of the open buffer, saved or not; else of the file.

        Raises DocumentMissing, DocumentTooLarge, DocumentBinary, DocumentUnreadable.
        """
        ...

    def name(self, uri: str, *, root: str | None) -> str:
        """What to call it: the path below the folder `root` with forward slashes; elsewhere the whole path,
        or the URI of what is no file."""
        ...
