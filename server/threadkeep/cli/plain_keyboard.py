"""A terminal whose lines the system edits: read here, so that nothing of a paste is hidden in a buffer of Python's."""

import os
import select
from collections.abc import Callable
from contextlib import AbstractContextManager

from threadkeep.cli.terminal import Terminal

READ_AT_ONCE = 65_536
END_KEYS = b"\x04\x00"
"""Ctrl-D as it comes where letters are read at once: itself, or what Linux keeps in its place."""


class PlainKeyboard:
    """Lines of a POSIX terminal, without `readline`."""

    def __init__(
        self,
        descriptor: int,
        terminal: Terminal,
        *,
        soon: float,
        letters: Callable[[int], AbstractContextManager[None]],
    ) -> None:
        """soon: seconds within which a paste goes on. letters: lets the terminal give letters before a line ends."""
        self._descriptor = descriptor
        self._terminal = terminal
        self._soon = soon
        self._letters = letters
        self._read = b""
        self._has_ended = False

    def read_line(self, prompt: str, /) -> str:
        """The next line; see `Keyboard`."""
        if not self._read:  # else the terminal has shown already what comes
            self._terminal.write(prompt)
        try:
            while b"\n" not in self._read and not self._has_ended:
                read = os.read(self._descriptor, READ_AT_ONCE)
                self._read += read
                self._has_ended = not read
        except KeyboardInterrupt:
            self._read = b""
            raise
        line, end, self._read = self._read.partition(b"\n")
        if not end:
            self._has_ended = False
            if not line:
                raise EOFError
        return line.decode(self._terminal.keyboard.encoding, "replace")

    def waits(self) -> bool:
        """Whether more is there; see `Keyboard`."""
        if not self._read and not self._has_ended:
            with self._letters(self._descriptor):
                if select.select([self._descriptor], [], [], self._soon)[0]:
                    self._read = os.read(self._descriptor, READ_AT_ONCE)
            kept = self._read.rstrip(END_KEYS)
            self._has_ended = kept != self._read
            self._read = kept
        return bool(self._read)
