"""A program in a terminal of its own (POSIX): type, and wait for what appears."""

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Sequence
from types import TracebackType

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Screen:
    """A running program and everything it has written."""

    def __init__(self, command: Sequence[str], *, environ: dict[str, str] | None = None) -> None:
        self._master, slave = pty.openpty()
        self._raw = b""
        self._seen = 0
        self._process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm", **(environ or {})},
        )
        os.close(slave)

    def __enter__(self) -> "Screen":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait(10)
        os.close(self._master)

    @property
    def raw(self) -> str:
        """All that was written, escape codes included."""
        return self._raw.decode("utf-8", "replace")

    def expect(self, text: str, *, seconds: float = 20) -> str:
        """Waits until `text` appears after what was expected before; gives what came up to it."""
        end = time.monotonic() + seconds
        while (found := self._unseen().find(text)) < 0:
            if time.monotonic() > end or not self._pump(end):
                raise AssertionError(f"{text!r} did not appear; the screen since: {self._unseen()!r}")
        before = self._unseen()[:found]
        self._seen += found + len(text)
        return before

    def type(self, keys: str) -> None:
        """Types; `\\r` is Enter, `\\x04` Ctrl-D."""
        os.write(self._master, keys.encode())

    def interrupt(self) -> None:
        """Ctrl-C, once the program waits again: Python overlooks one that comes while it echoes a key."""
        time.sleep(0.3)
        self.type("\x03")

    def exit_code(self, *, seconds: float = 20) -> int:
        """Waits for the end of the program."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._pump(end):
            pass
        return self._process.wait(max(1.0, end - time.monotonic()))

    def _unseen(self) -> str:
        return _ESCAPES.sub("", self.raw).replace("\r", "")[self._seen :]

    def _pump(self, end: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return False
        try:
            data = os.read(self._master, 65_536)
        except OSError:  # Linux says so when the program has closed its terminal
            return False
        self._raw += data
        return bool(data)
