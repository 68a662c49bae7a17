"""What makes two folders the same repository."""

import attrs

NO_REPOSITORY = "none"
"""The name of the folderless repository that stands for a missing one."""

DEFAULT_TASK = "default"
"""The task where no branch is checked out."""


@attrs.frozen(kw_only=True)
class Alias:
    """One thing by which a repository is recognised."""

    kind: str
    """`commonDir`, `origin`, `path` or `name`, strongest first."""
    value: str
    """Canonical, so that equal things are equal strings."""


@attrs.frozen(kw_only=True)
class Checkout:
    """What a reader found at a folder."""

    root: str
    """Canonical path of the work tree, or of the folder itself without git."""
    common_dir: str | None = None
    """Canonical path of git's common directory; None without git."""
    origin: str | None = None
    """The normalised origin URL, without credentials."""
    branch: str | None = None
    """The branch checked out, or being rebased or bisected; None when detached or without git."""
    head_file: str | None = None
    """The file to watch for a change of branch."""

    @property
    def task(self) -> str:
        """The task that an absent `task` means here."""
        return self.branch or DEFAULT_TASK

    @property
    def aliases(self) -> tuple[Alias, ...]:
        """What this checkout can be recognised by, strongest first."""
        if self.common_dir is None:
            return (Alias(kind="path", value=self.root),)
        found = [Alias(kind="commonDir", value=self.common_dir)]
        if self.origin:
            found.append(Alias(kind="origin", value=self.origin))
        return tuple(found)


@attrs.frozen(kw_only=True)
class Repository:
    """A repository as the store knows it."""

    id: str
    name: str
    aliases: tuple[Alias, ...]
    roots: tuple[str, ...] = ()
    """Canonical paths, the latest seen first."""
    remote: str | None = None

    def seen_at(self, checkout: Checkout) -> "Repository":
        """This repository, with what the checkout adds to it."""
        added = tuple(alias for alias in checkout.aliases if alias not in self.aliases)
        roots = (checkout.root, *(root for root in self.roots if root != checkout.root))
        return attrs.evolve(
            self,
            aliases=self.aliases + added,
            roots=roots[:MAX_ROOTS],
            remote=checkout.origin or self.remote,
        )


MAX_ROOTS = 20
"""Folders remembered per repository; throw-away worktrees would grow the list without end."""
