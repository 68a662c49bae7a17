"""The log file: where this program tells what it did, without keys and without anybody's words."""

import logging
import os
import stat
import sys
import time
from pathlib import Path

from threadkeep.domain.secrets import redacted

MAX_BYTES = 1_000_000
"""A file that has grown to this is set aside."""
KEPT = 2
"""Files set aside, `threadkeep.log.1` the newest."""

MAX_LENGTH = 20_000
"""Characters of one record; nobody reads more, and looking for keys takes its time."""

OURS = "threadkeep"
"""The logger above all of this program's."""


def set_up_logs(file: Path, *, level: str) -> Path | None:
    """Logs into the file from now on: ours from `level` on, everybody else's from `warning` on.

    A file that cannot be written costs the log, not the program: warnings then go to stderr, and the
    result is None. Calling it again replaces what it set up.
    """
    close_logs()
    handler: logging.Handler
    written: Path | None = file
    try:
        handler = LogFile(file)
    except OSError as error:
        written = None
        handler = logging.StreamHandler(sys.stderr)
        handler.setLevel(logging.WARNING)
        trouble = error.strerror or type(error).__name__
    handler.setFormatter(PlainLine())
    handler.set_name(OURS)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.WARNING)
    set_level(level)
    if written is None:
        logging.getLogger(OURS).warning("There is no log: %s cannot be written (%s).", file, trouble)
    return written


def set_level(level: str) -> None:
    """Changes what is important enough: `debug`, `info`, `warning` or `error`."""
    logging.getLogger(OURS).setLevel(level.upper())


def close_logs() -> None:
    """Ends what `set_up_logs` began."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if handler.get_name() == OURS:
            root.removeHandler(handler)
            handler.close()


class LogFile(logging.Handler):
    """One file for all processes of a user, 0600, set aside when it is full.

    Every record is one write at the file's end, so records of several processes do not mix. Whoever
    finds the file full sets it aside, unless another process did already; then it only opens the new
    one. Where a file that others have open cannot be renamed (Windows), it grows until it can.

    Raises OSError if it cannot be opened.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self._limit = MAX_BYTES
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor: int | None = self._open()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record) + "\n"
        except Exception:  # noqa: BLE001 - a record that cannot be formatted never stops its caller
            # The base class would put its arguments on stderr, which may be anybody's words.
            line = f"ERROR {record.pathname}:{record.lineno} logged what cannot be formatted\n"
        try:
            self._write(line.encode("utf-8", "backslashreplace"))
        except OSError:
            # A full disk. Telling it on stderr for every record would drown what an editor shows there.
            return

    def close(self) -> None:
        self.acquire()
        try:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None
        finally:
            self.release()
        super().close()

    def _write(self, line: bytes) -> None:
        if self._descriptor is None:
            self._descriptor = self._open()
        if os.fstat(self._descriptor).st_size >= self._limit:
            self._descriptor = self._opened_anew(self._descriptor)
        os.write(self._descriptor, line)

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        descriptor = os.open(self._file, flags, 0o600)
        if os.name == "posix" and stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            os.fchmod(descriptor, 0o600)  # it may have been there before, open to others
        return descriptor

    def _opened_anew(self, full: int) -> int:
        ours = os.fstat(full)
        os.close(full)
        self._descriptor = None
        try:
            if os.path.samestat(ours, self._file.stat()):
                self._set_aside()
        except OSError:
            pass  # another process was faster, or the file cannot be renamed: go on with what is there
        descriptor = self._open()
        size = os.fstat(descriptor).st_size
        self._limit = MAX_BYTES if size < MAX_BYTES else size + MAX_BYTES
        return descriptor

    def _set_aside(self) -> None:
        names = [self._file, *(self._file.with_name(f"{self._file.name}.{n}") for n in range(1, KEPT + 1))]
        for older, newer in zip(reversed(names[1:]), reversed(names[:-1]), strict=True):
            if newer.exists():
                newer.replace(older)


class PlainLine(logging.Formatter):
    """`time level process logger: message`, in UTC, without anything that looks like a key."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if len(text) > MAX_LENGTH:
            text = f"{text[:MAX_LENGTH]}… ({len(text) - MAX_LENGTH} more characters)"
        return redacted(text)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802, ARG002 - the base class's name and parameters
        seconds, milliseconds = divmod(int(record.created * 1000), 1000)
        return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{milliseconds:03}Z"
