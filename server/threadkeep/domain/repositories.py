"""What makes two folders the same repository."""

import json
from collections.abc import Collection, Iterable
from typing import Final, Literal

from threadkeep.values import Value, evolve

NO_REPOSITORY = "none"
"""The name of the folderless repository that stands for a missing one."""

DEFAULT_TASK = "default"
"""The task where no branch is checked out."""

MAX_ROOTS = 20
"""Folders remembered per repository; throw-away worktrees would grow the list without end."""

MAX_BEGINNINGS = 50
"""First commits remembered per repository."""

MAX_REFUSED = 200
"""Answers to hints remembered per repository."""


ALIAS_KINDS: Final = frozenset({"commonDir", "origin", "path", "name", "id", "workspace"})


class Alias(Value):
    """One thing by which a repository is recognised."""

    kind: str
    """`commonDir`, `origin` or `path`, strongest first; `name` without a folder; `id` of one merged into it;
    `workspace`, a `path` that an editor named as its workspace folder, which stands for what lies in it."""
    value: str
    """Canonical, so that equal things are equal strings."""


class RootCommit(Value):
    """The first commit seen under a common directory: it tells a repository from a later one in its place."""

    common_dir: str
    commit: str
    """The name of the object, hexadecimal."""
    at: str
    """When it was last looked for."""


class Checkout(Value):
    """What a reader found at a folder."""

    root: str
    """Canonical path of the work tree, or of the folder itself without git."""
    common_dir: str | None = None
    """Canonical path of what all work trees share: git's common directory, Mercurial's `.hg`, Jujutsu's git
    directory or else its `.jj/repo`; None without version control."""
    origin: str | None = None
    """The normalised origin URL, without credentials."""
    vcs: Literal["git", "jj", "hg"] = "git"
    """What keeps it, if there is a common directory."""
    branch: str | None = None
    """The branch checked out, or being rebased or bisected; None when detached or without git. In Mercurial the
    active bookmark, else the branch; in Jujutsu, which has no current one, always None."""
    head_file: str | None = None
    """The file to watch for a change of branch."""
    is_workspace: bool = False
    """Whether an editor named it as its workspace folder."""

    @property
    def task(self) -> str:
        """The task that an absent `task` means here."""
        return self.branch or DEFAULT_TASK

    @property
    def aliases(self) -> tuple[Alias, ...]:
        """What this checkout is known by from now on, strongest first."""
        if self.common_dir is None:
            kinds = ("path", "workspace") if self.is_workspace else ("path",)
            return tuple(Alias(kind=kind, value=self.root) for kind in kinds)
        found = [Alias(kind="commonDir", value=self.common_dir)]
        if self.origin:
            found.append(Alias(kind="origin", value=self.origin))
        return tuple(found)

    @property
    def clues(self) -> tuple[Alias, ...]:
        """What it may have been known by before, strongest first: git may be younger than the folder."""
        path = Alias(kind="path", value=self.root)
        others = tuple(alias for alias in self.aliases if alias.kind not in ("path", "workspace"))
        return (*others, path)


class FormerBranch(Value):
    """A name that a branch had before it was renamed."""

    name: str
    is_there: bool
    """Whether there is a branch of that name again."""


class Repository(Value):
    """A repository as the store knows it."""

    id: str
    name: str
    aliases: tuple[Alias, ...]
    roots: tuple[str, ...] = ()
    """Canonical paths, the latest seen first."""
    remote: str | None = None
    beginnings: tuple[RootCommit, ...] = ()
    """The latest looked for first."""
    refused: tuple[str, ...] = ()
    """What a person said is something else, as `alike` and `renamed` write it; the latest first."""

    @property
    def is_under_version_control(self) -> bool:
        """Whether it was ever more than a folder, or a name."""
        return any(alias.kind == "commonDir" for alias in self.aliases)

    @property
    def is_folderless(self) -> bool:
        """Whether it is known by a name only."""
        kinds = {alias.kind for alias in self.aliases}
        return "name" in kinds and kinds <= {"name", "id"}

    def seen_at(self, checkout: Checkout, *, taken: Collection[Alias] = ()) -> "Repository":
        """This repository, with what the checkout adds to it.

        taken: aliases of the checkout that belong to other repositories, which keep them.
        """
        added = tuple(alias for alias in checkout.aliases if alias not in self.aliases and alias not in taken)
        roots = (checkout.root, *(root for root in self.roots if root != checkout.root))
        return evolve(
            self,
            aliases=self.aliases + added,
            roots=roots[:MAX_ROOTS],
            remote=checkout.origin or self.remote,
        )

    def gone_from(self, checkout: Checkout) -> "Repository":
        """This repository, after another one took its place there; how it began is still remembered."""
        return evolve(
            self,
            aliases=tuple(
                alias
                for alias in self.aliases
                if (alias.kind, alias.value) != ("commonDir", checkout.common_dir)
            ),
            roots=tuple(root for root in self.roots if root != checkout.root),
        )

    def beginnings_at(self, common_dir: str) -> tuple[RootCommit, ...]:
        """What is remembered of this common directory, the latest looked for first."""
        return tuple(each for each in self.beginnings if each.common_dir == common_dir)

    def began_with(self, beginning: RootCommit) -> "Repository":
        """This repository with one more first commit, or the same one looked for later."""
        place = (beginning.common_dir, beginning.commit)
        others = (each for each in self.beginnings if (each.common_dir, each.commit) != place)
        return evolve(self, beginnings=(beginning, *others)[:MAX_BEGINNINGS])

    def with_unknown_beginning(self, common_dir: str) -> "Repository":
        """This repository, with nothing remembered of how it began under that common directory."""
        kept = tuple(each for each in self.beginnings if each.common_dir != common_dir)
        return evolve(self, beginnings=kept)

    def refusing(self, what: str) -> "Repository":
        """This repository, after a person said that it is not that."""
        others = (each for each in self.refused if each != what)
        return evolve(self, refused=(what, *others)[:MAX_REFUSED])

    def absorbing(self, other: "Repository") -> "Repository":
        """This repository, and all that the other one was known by, its id included."""
        aliases = (*self.aliases, *other.aliases, Alias(kind="id", value=other.id))
        return evolve(
            self,
            aliases=tuple(dict.fromkeys(aliases)),
            roots=tuple(dict.fromkeys((*self.roots, *other.roots)))[:MAX_ROOTS],
            remote=self.remote or other.remote,
            beginnings=tuple(dict.fromkeys((*self.beginnings, *other.beginnings)))[:MAX_BEGINNINGS],
            refused=tuple(dict.fromkeys((*self.refused, *other.refused)))[:MAX_REFUSED],
        )


def begun_with(repositories: Iterable[Repository], commit: str) -> list[Repository]:
    """Those that are known to have begun with that first commit, by id."""
    found = [each for each in repositories if any(known.commit == commit for known in each.beginnings)]
    return sorted(found, key=lambda repository: repository.id)


def alike(repository_id: str) -> str:
    """How it is written that another repository is another."""
    return json.dumps(["alike", repository_id])


def renamed(task: str, to: str) -> str:
    """How it is written that a task does not go on as another one."""
    return json.dumps(["renamed", task, to], ensure_ascii=False)
