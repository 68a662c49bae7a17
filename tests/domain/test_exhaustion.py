import errno
import sys

import pytest

from threadkeep.domain.errors import StoreUnavailable
from threadkeep.domain.exhaustion import (
    Lack,
    OutOfMemory,
    StoreOutOfMemory,
    StoreTooManyFiles,
    TooManyFiles,
    exhausted,
    is_of_the_disk,
    lack,
    lack_words,
)

NO_THREAD = RuntimeError("can't start new thread")


@pytest.mark.parametrize(
    ("error", "lacking"),
    [
        (MemoryError(), "memory"),
        (NO_THREAD, "threads"),
        (OSError(errno.EMFILE, "x"), "files"),
        (OSError(errno.ENFILE, "x"), "files of all"),
        (OSError(errno.ENOMEM, "x"), "memory"),
        (OSError(errno.ENOENT, "x"), None),
        (RuntimeError("anything"), None),
        (ExceptionGroup("two", [ValueError(), MemoryError()]), "memory"),
    ],
)
def test_what_there_was_no_more_of_is_known(error: Exception, lacking: Lack | None) -> None:
    assert lack(error) == lacking


def test_it_is_known_by_what_an_error_was_raised_for() -> None:
    raised_for = ValueError()
    raised_for.__cause__ = MemoryError()
    raised_while = ValueError()
    raised_while.__context__ = MemoryError()
    instead = ValueError()
    instead.__context__, instead.__suppress_context__ = MemoryError(), True
    assert [lack(error) for error in (raised_for, raised_while, instead)] == ["memory", "memory", None]


def test_errors_that_were_raised_for_each_other_are_looked_at_so_far() -> None:
    error = ValueError()
    error.__cause__ = error
    assert lack(error) is None


def test_each_lack_has_an_error_that_says_what_to_do() -> None:
    told = {each: exhausted(each) for each in (MemoryError(), NO_THREAD, OSError(errno.ENFILE, ""))}
    assert [type(error) for error in told.values()] == [OutOfMemory, OutOfMemory, TooManyFiles]
    assert all("try again" in str(error) for error in told.values())
    assert exhausted(ValueError()) is None


def test_files_are_told_with_their_limit_where_the_system_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    assert "only so many" in lack_words("files")
    if sys.platform != "win32":
        monkeypatch.undo()
        import resource

        assert f" {resource.getrlimit(resource.RLIMIT_NOFILE)[0]} " in lack_words("files")


def test_the_stores_own_errors_say_what_they_are_given() -> None:
    assert [str(StoreTooManyFiles("Files.")), str(StoreOutOfMemory("Memory."))] == ["Files.", "Memory."]


def test_a_full_or_read_only_disk_is_nobodys_to_write_to() -> None:
    told = [StoreUnavailable("x", reason=reason) for reason in ("noRoom", "readOnly", "busy", None)]
    assert [is_of_the_disk(error) for error in told] == [True, True, False, False]
