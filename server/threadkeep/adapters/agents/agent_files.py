"""Finds the files of agents: the AgentFiles port over the user's folder and a repository's."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from threadkeep.adapters.agents.agent_text import Reading, full_name, read_agent
from threadkeep.domain.agents import Agent, AgentSource, BrokenAgent
from threadkeep.values import Value, evolve

MAX_FILES = 200
MAX_FILE_BYTES = 64 * 1024
MAX_FOLDERS = 20
"""Folders remembered at a time; an editor has few open."""

IN_REPOSITORY = (".threadkeep", "agents")


class _Folder(Value):
    """A folder of agents: as people know it, and where it really is."""

    path: str
    real: str
    source: AgentSource


class _Cached(Value):
    """What was read of a file while it was like this."""

    target: str
    mtime_ns: int
    size: int
    reading: Reading


class MarkdownAgentFiles:
    """One Markdown file an agent: front matter, then the prompt. A file is read again when it changed.

    Symbolic links are followed within a folder, never out of it.
    """

    def __init__(self, user_folder: Path) -> None:
        """user_folder needs not exist."""
        self._user_folder = user_folder
        self._cached: dict[str, dict[str, _Cached]] = {}

    def user(self) -> Sequence[Agent | BrokenAgent]:
        """The agents of the user's own folder; see the port."""
        return self._read(str(self._user_folder), "user", within=None)

    def repository(self, root: str) -> Sequence[Agent | BrokenAgent]:
        """The agents of a repository; see the port."""
        return self._read(str(Path(root, *IN_REPOSITORY)), "repository", within=root)

    def _read(self, path: str, source: AgentSource, *, within: str | None) -> Sequence[Agent | BrokenAgent]:
        try:
            folder = _Folder(path=path, real=os.path.realpath(path), source=source)
            if within is not None and not _is_inside(folder.real, os.path.realpath(within)):
                return [_broken_folder(folder, "leads out of the repository and is not read.")]
            names = _agent_files(folder.real)
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:  # a path with a NUL is a ValueError
            return [_broken_folder(_Folder(path=path, real=path, source=source), _unreadable(error))]
        found = list(self._files(folder, names[:MAX_FILES]))
        if len(names) > MAX_FILES:
            told = f"holds {len(names)} agents; only the first {MAX_FILES} by name are read."
            found.append(_broken_folder(folder, told))
        return found

    def _files(self, folder: _Folder, names: list[str]) -> Iterator[Agent | BrokenAgent]:
        cached = self._cached.pop(folder.path, {})
        kept: dict[str, _Cached] = {}
        owners: dict[str, str] = {}
        for name in names:
            try:
                kept[name] = _current(folder, name, cached.get(name))
            except OSError as error:
                yield _broken_file(folder, name, _unreadable(error))
                continue
            reading = kept[name].reading
            owner = owners.setdefault(reading.agent.name, name) if isinstance(reading.agent, Agent) else name
            if owner == name:
                yield reading.agent
            else:
                told = f"{reading.agent.name} is the name of {_shown(owner)} already."
                yield evolve(
                    _broken_file(folder, name, told), name=reading.agent.name, line=reading.name_line
                )
        # Two threads may come here; each step on its own is safe.
        if len(self._cached) >= MAX_FOLDERS:
            self._cached = {}
        self._cached[folder.path] = kept


def is_agent_file(name: str) -> bool:
    """Whether a file of this name is meant to be an agent."""
    folded = name.casefold()
    return folded.endswith(".md") and not folded.startswith(".") and folded != "readme.md"


def open_plain(path: str, flags: int) -> int:
    """Opens a file, but follows no link and waits for no pipe that took its place. Raises OSError."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _agent_files(folder: str) -> list[str]:
    with os.scandir(folder) as found:
        return sorted(entry.name for entry in found if is_agent_file(entry.name))


def _current(folder: _Folder, name: str, cached: _Cached | None) -> _Cached:
    """What the file says now, read only if it is not as it was. Raises OSError."""
    target = os.path.join(folder.real, name)  # noqa: PTH118 - done for every file at every use
    if os.path.islink(target):  # noqa: PTH114 - as above
        target = os.path.realpath(target)
    found = os.stat(target)  # noqa: PTH116 - as above
    if cached and (cached.target, cached.mtime_ns, cached.size) == (target, found.st_mtime_ns, found.st_size):
        return cached
    if not _is_inside(target, folder.real):
        reading = Reading(agent=_broken_file(folder, name, "leads out of its folder and is not read."))
    elif not stat.S_ISREG(found.st_mode):
        reading = Reading(agent=_broken_file(folder, name, "is not a file."))
    else:
        reading = _reading(folder, name, target)
    return _Cached(target=target, mtime_ns=found.st_mtime_ns, size=found.st_size, reading=reading)


def _reading(folder: _Folder, name: str, target: str) -> Reading:
    with open(target, "rb", opener=open_plain) as file:
        data = file.read(MAX_FILE_BYTES + 1) or b""  # None where a silent pipe has taken its place
    if len(data) > MAX_FILE_BYTES:
        told = f"is larger than {MAX_FILE_BYTES // 1024} KiB."
        return Reading(agent=_broken_file(folder, name, told))
    return read_agent(data, stem=_stem(name), path=_path(folder, name), source=folder.source)


def _is_inside(path: str, folder: str) -> bool:
    return Path(path).is_relative_to(folder)


def _broken_folder(folder: _Folder, problem: str) -> BrokenAgent:
    return BrokenAgent(
        name=full_name("agents", folder.source),
        source=folder.source,
        path=_shown(folder.path),
        line=None,
        problem=problem,
    )


def _broken_file(folder: _Folder, name: str, problem: str) -> BrokenAgent:
    return BrokenAgent(
        name=full_name(_stem(name), folder.source),
        source=folder.source,
        path=_path(folder, name),
        line=None,
        problem=problem,
    )


def _unreadable(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else None
    return f"cannot be read ({reason or type(error).__name__})."


def _stem(name: str) -> str:
    return _shown(name)[: -len(".md")]


def _path(folder: _Folder, name: str) -> str:
    return _shown(str(Path(folder.path, name)))


def _shown(path: str) -> str:
    """The path for people, with `?` for what could not be sent to an editor."""
    return path.encode("utf-8", "replace").decode("utf-8")
