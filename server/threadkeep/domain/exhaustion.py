"""What the system has no more of, or does not let us write: descriptors, memory, threads, and a store on a disk."""

import errno
from collections.abc import Iterator
from typing import Final, Literal

from threadkeep.domain.errors import ProviderError, StoreUnavailable, ThreadkeepError

Lack = Literal["files", "files of all", "memory", "threads"]

_BY_NUMBER: Final[dict[int, Lack]] = {
    errno.EMFILE: "files",
    errno.ENFILE: "files of all",
    errno.ENOMEM: "memory",
}
_NO_THREAD: Final = "can't start new thread"
_DEPTH: Final = 20
"""Causes of causes that are looked at."""


class TooManyFiles(ThreadkeepError):
    """The process, or the whole system, may open no further file or connection."""

    kind = "tooManyFiles"
    retryable = True


class OutOfMemory(ThreadkeepError):
    """There is no more memory, or no further thread."""

    kind = "outOfMemory"
    retryable = True


class ProviderTooManyFiles(TooManyFiles, ProviderError):
    """No connection can be made, since none may be opened."""


class ProviderOutOfMemory(OutOfMemory, ProviderError):
    """A provider cannot be asked, for want of memory or threads."""


class StoreReadOnly(StoreUnavailable):
    """The store was opened to be read only, which was told; it says why."""


class StoreTooManyFiles(TooManyFiles, StoreUnavailable):
    """The store's files cannot be opened, since none may be opened."""

    def __init__(self, message: str) -> None:
        ThreadkeepError.__init__(self, message)


class StoreOutOfMemory(OutOfMemory, StoreUnavailable):
    """The store needs more memory than there is."""

    def __init__(self, message: str) -> None:
        ThreadkeepError.__init__(self, message)


def is_of_the_disk(error: StoreUnavailable) -> bool:
    """Whether nothing can be written for want of room or of the right to: by nobody here, then. A disk that
    fails now and then is something else: others may write all the while."""
    return error.data.get("reason") in {"noRoom", "readOnly"}


def lack(error: BaseException) -> Lack | None:
    """What there was no more of, if that is why it was raised, or why what it was raised for was."""
    for each in _causes(error):
        if isinstance(each, MemoryError):
            return "memory"
        if isinstance(each, RuntimeError) and _NO_THREAD in str(each):
            return "threads"
        if isinstance(each, OSError) and each.errno in _BY_NUMBER:
            return _BY_NUMBER[each.errno]
    return None


def lack_words(lacking: Lack) -> str:
    """What it means and what to do, as sentences."""
    if lacking == "files":
        return (
            f"Too many open files: this process may have {_limit()} and uses them all, connections included. "
            "Close what you do not need, or raise the limit (ulimit -n) where your editor starts, and try again."
        )
    if lacking == "files of all":
        return (
            "Too many open files in the whole system (on Linux its limit is fs.file-max): close programs that "
            "hold many, or raise the limit, and try again."
        )
    if lacking == "threads":
        return (
            "No further thread can be started: memory, or the number of processes and threads that this user may "
            "have (ulimit -u), is used up. Close something and try again."
        )
    return (
        "Out of memory: there is less than this needs, or the process may have no more (ulimit -v). "
        "Close something, or ask for less at once, and try again."
    )


def exhausted(error: BaseException) -> ThreadkeepError | None:
    """The named error, if the system had no more of something."""
    lacking = lack(error)
    if lacking is None:
        return None
    kind = TooManyFiles if lacking.startswith("files") else OutOfMemory
    return kind(lack_words(lacking))


def _limit() -> str:
    try:
        import resource  # not on Windows
    except ImportError:
        return "only so many"
    return str(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _causes(error: BaseException) -> Iterator[BaseException]:
    waiting = [error]
    for _ in range(_DEPTH):
        if not waiting:
            return
        each = waiting.pop(0)
        yield each
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
        before = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
        if before is not None:
            waiting.append(before)
