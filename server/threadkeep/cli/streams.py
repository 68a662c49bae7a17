"""The streams of this process, as bytes of ours: Windows gives pipes an encoding that most texts do not fit into."""

import locale
import os
import sys
from typing import Any, TextIO

from threadkeep.domain.encodings import decoded, loses

UTF_8 = "utf-8"


def outgoing(stream: TextIO | None) -> TextIO:
    """The stream, which takes any text from now on.

    A pipe or a file gets UTF-8 and plain line ends on every system. A terminal knows its encoding; a character that
    it cannot show becomes a question mark, and only that one. Nobody hears what goes to a stream that is closed.
    """
    if stream is None:
        return open(os.devnull, "w", encoding=UTF_8)  # noqa: PTH123 - open as long as the process lives
    reconfigure: Any = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        if stream.isatty():
            reconfigure(errors="replace")
        else:
            reconfigure(encoding=UTF_8, errors="replace", newline="\n")
    return stream


def incoming(stream: TextIO | None) -> TextIO:
    """The stream; what a terminal sends and its encoding does not explain becomes U+FFFD."""
    if stream is None:
        return open(os.devnull, encoding=UTF_8)  # noqa: PTH123 - as above
    reconfigure: Any = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
    return stream


def shows_all(stream: TextIO | None) -> bool:
    """Whether whoever reads the stream takes it for UTF-8, as far as anybody can tell."""
    encoding = getattr(stream, "encoding", None) or UTF_8
    return encoding.lower().replace("_", "-") in {UTF_8, "utf8", "utf-8-sig"}


def read_all(stream: TextIO) -> tuple[str, str | None]:
    """Everything that is piped in, with plain line ends; and the encoding that was tried beside UTF-8, if neither
    explains all of it."""
    raw: Any = getattr(stream, "buffer", None)
    if raw is None:
        return stream.read(), None
    data: bytes = raw.read()
    fallback = native_encoding(stream)
    text = decoded(data, fallback=fallback)
    return text.replace("\r\n", "\n").replace("\r", "\n"), fallback if loses(data, text) else None


def native_encoding(stream: TextIO) -> str:
    """What this computer uses where nobody names an encoding: the stream's, or behind Python's UTF-8 the locale's."""
    return locale.getencoding() if shows_all(stream) else stream.encoding


def argument_text(text: str) -> str:
    """An argument as it was meant: where the locale did not explain its bytes, they are looked at again."""
    if not any("\udc80" <= letter <= "\udcff" for letter in text):
        return text
    return decoded(os.fsencode(text), fallback=sys.getfilesystemencoding())
