"""Repositories on the wire: what a session's first key names."""

import attrs


@attrs.frozen(kw_only=True)
class RepositoryRoot:
    """A folder in which the repository has been seen."""

    uri: str
    """A `file:` URI."""
    present: bool
    """Whether the folder is there now."""


@attrs.frozen(kw_only=True)
class Repository:
    """A repository as Threadkeep knows it: worktrees, moved folders and second clones are one."""

    id: str
    """Stable for the life of the store."""
    name: str
    """For people; not unique."""
    roots: tuple[RepositoryRoot, ...] = ()
    """Folders it was seen in, the latest first; empty for a folderless one."""
    remote: str | None = None
    """The normalised `origin` URL, without credentials."""


@attrs.frozen(kw_only=True)
class RepositorySelector:
    """Exactly one of the three members."""

    id: str | None = None
    """A repository id."""
    uri: str | None = None
    """A `file:` URI of a folder or file inside the repository."""
    name: str | None = None
    """The folderless repository of exactly this name, made on first use."""


RepositoryRef = str | RepositorySelector
"""A repository id, a `file:` URI, or a selector."""


@attrs.frozen(kw_only=True)
class TaskChanged:
    """The checked-out branch of a workspace folder changed, so the task of new sessions does."""

    repository: Repository
    """The repository whose HEAD moved."""
    task: str
    """The task that an absent `task` means from now on."""
