"""A file of the user with tables of one name, which keeps its comments and its order when one is put in or taken out."""

import json
import os
import re
import stat
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp
from typing import Any, Final

from threadkeep.config.suggestions import did_you_mean
from threadkeep.domain.errors import InvalidValue
from threadkeep.values import Value

MOST_BYTES: Final = 1024 * 1024
LOCK_SECONDS: Final = 5.0
_SETTLED_NS: Final = 2_000_000_000
"""A file that is younger is read again each time: file systems do not tell apart two changes of one moment."""

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Tables(Value):
    """The tables of a file, and its text as it stands."""

    path: Path
    name: str
    text: str = ""
    rows: tuple[Any, ...] = ()
    """What stands in the place of the tables, whatever it is."""
    others: Mapping[str, Any] = {}
    """What else is in the file."""
    trouble: str | None = None
    """Why nothing of the file can be used: a sentence."""
    is_open_to_all: bool = False
    """Whether others than its owner may write it."""
    state: tuple[int, ...] | None = None
    """Another one after each change; None where there is no file."""

    @property
    def headers(self) -> tuple[int, ...]:
        """The numbers of the lines, from 0, on which the tables begin; nothing where that is not certain."""
        name = re.escape(self.name)
        header = re.compile(rf"""[ \t]*\[\[[ \t]*(?:{name}|"{name}"|'{name}')[ \t]*\]\]""")
        found = tuple(number for number, line in enumerate(self.lines) if header.match(line))
        return found if len(found) == len(self.rows) else ()

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    def place(self, row: int, key: str | None = None) -> str:
        """Where a table, or a key of it, is, as compilers tell it."""
        if not self.headers:
            return f"{self.path}: [[{self.name}]] number {row + 1}"
        first, end = self.headers[row], (*self.headers, len(self.lines))[row + 1]
        at = first
        if key is not None:
            pattern = re.compile(rf"""[ \t]*["']?{re.escape(key)}["']?[ \t]*[=.]""")
            at = next((n for n in range(first, end) if pattern.match(self.lines[n])), first)
        return f"{self.path}:{at + 1}"

    def with_table(self, at: int, table: Mapping[str, str]) -> str:
        """The text with one more table, as the number `at`. Raises InvalidValue."""
        block = [f"[[{self.name}]]", *(f"{key} = {_toml(value)}" for key, value in table.items())]
        lines, rows = self.lines, [*self.rows[:at], dict(table), *self.rows[at:]]
        end = "\r" if "\r\n" in self.text else ""
        if at < len(self.rows) and self.headers:
            first = self.headers[at]
            above = first
            while above and lines[above - 1].lstrip().startswith("#"):
                above -= 1  # what is said of a table stays with it
            first = above or first  # but not what is said of the whole file
            lines[first:first] = [*(line + end for line in block), end]
        else:
            while lines and not lines[-1].strip():
                lines.pop()
            lines = [line.removesuffix("\r") + end for line in lines]
            lines += [*([end] if lines else []), *(line + end for line in block), ""]
        return self._checked(lines, rows, shown=block)

    def without_table(self, at: int) -> str:
        """The text without one of the tables. Raises InvalidValue."""
        lines, rows = self.lines, [*self.rows[:at], *self.rows[at + 1 :]]
        if self.headers:
            first = self.headers[at]
            end = next(
                (n for n in range(first + 1, len(lines)) if lines[n].lstrip().startswith("[")), len(lines)
            )
            while end > first + 1 and end < len(lines) and lines[end - 1].lstrip().startswith("#"):
                end -= 1
            del lines[first:end]
            while len(lines) > 1 and not lines[-1].strip() and not lines[-2].strip():
                lines.pop()
        return self._checked(lines, rows, shown=())

    def _checked(self, lines: Sequence[str], rows: Sequence[Any], *, shown: Sequence[str]) -> str:
        """The text, if it means what it meant before but for the one table."""
        text = "\n".join(lines)
        expected = {**self.others, **({self.name: list(rows)} if rows else {})}
        with suppress(ValueError, RecursionError):
            if tomllib.loads(text) == expected:
                return text
        by_hand = "Put this there yourself: " + "; ".join(shown) if shown else "Take it out yourself."
        raise InvalidValue(
            self.name,
            "cannot be changed",
            told=f"{self.path} cannot be changed without changing more. {by_hand}",
        )


class TablesFile:
    """A file of the user with tables of one name, kept as it was written but for what is put in or taken out."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self._cached: Tables | None = None

    def read(self) -> Tables:
        """What is in the file, read again if it is not as it was."""
        cached = self._cached
        state = _state(self._path)
        if cached is not None and state is not None and cached.state == state and not _is_young(state):
            return cached
        self._cached = found = self._read(state)
        return found

    def _read(self, state: tuple[int, ...] | None) -> Tables:
        empty = Tables(path=self._path, name=self._name, state=state)
        try:
            text, mode = _contents(self._path)
            tree = tomllib.loads(text)
        except FileNotFoundError:
            return empty
        except OSError as error:
            trouble = f"cannot be read ({error.strerror or error})."
        except UnicodeDecodeError:
            trouble = "is not UTF-8: save it as UTF-8."
        except RecursionError:
            trouble = "its values are nested too deeply."
        except ValueError as error:  # of TOML's rules, or a whole number of thousands of digits
            trouble = f"{error}."
        else:
            rows = tree.pop(self._name, [])
            return Tables(
                path=self._path,
                name=self._name,
                text=text,
                rows=tuple(rows) if isinstance(rows, list) else (rows,),
                others=tree,
                is_open_to_all=os.name != "nt" and bool(mode & stat.S_IWOTH),
                state=state,
            )
        return Tables(path=self._path, name=self._name, state=state, trouble=f"{self._path}: {trouble}")

    @contextmanager
    def changing(self) -> Iterator[Tables]:
        """What is in the file, while no other process of this program changes it. Raises InvalidValue."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(self._path):
                found = self._read(_state(self._path))
                if found.trouble is not None:
                    raise InvalidValue(
                        self._name,
                        "cannot be read",
                        told=f"{found.trouble} Nothing can be kept there until then.",
                    )
                yield found
        except OSError as error:
            raise _unwritten(self._path, error.strerror or str(error)) from error

    def write(self, before: Tables, text: str) -> None:
        """Replaces the file that links lead to, as a whole. Raises InvalidValue, OSError."""
        target = Path(os.path.realpath(self._path))
        descriptor, made = mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(text.encode())
                stream.flush()
                os.fsync(stream.fileno())
            if _state(self._path) != before.state:
                raise _unwritten(self._path, "it was changed meanwhile")
            Path(made).replace(target)
        finally:
            Path(made).unlink(missing_ok=True)
        self._cached = None


def problems_of_file(tables: Tables) -> Iterator[str]:
    if tables.trouble is not None:
        yield tables.trouble
    if tables.is_open_to_all:
        yield f"{tables.path}: everybody on this computer may write it: `chmod 600` makes it yours."
    for name in tables.others:
        pattern = re.compile(rf"""[ \t]*\[*[ \t]*["']?{re.escape(name)}\b""")
        at = next((number for number, line in enumerate(tables.lines, 1) if pattern.match(line)), None)
        place = f"{tables.path}:{at}" if at else str(tables.path)
        yield f'{place}: unknown key "{name}". {did_you_mean(name, known=(tables.name,))}'


def _contents(path: Path) -> tuple[str, int]:
    """The text of a file, with its line ends, and its mode. Raises OSError, ValueError."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, "it is no file")
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OSError(0, f"it is larger than {MOST_BYTES // 1024} KiB")
    return data.decode("utf-8-sig"), found.st_mode


def _state(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_dev, found.st_mode)


def _is_young(state: tuple[int, ...]) -> bool:
    return abs(time.time_ns() - max(state[:2])) < _SETTLED_NS


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Waits until no other process changes the file. Raises OSError, InvalidValue."""
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        end = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                _lock(descriptor)
                break
            except OSError as error:
                if time.monotonic() > end:
                    raise _unwritten(path, "another process is changing it") from error
            time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)


def _unwritten(path: Path, why: str) -> InvalidValue:
    return InvalidValue("path", why, told=f"{path} could not be written: {why}. Try again.")


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
