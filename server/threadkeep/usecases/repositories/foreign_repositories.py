"""Which repository a session of another tool belongs to."""

from collections.abc import Callable
from pathlib import PurePosixPath, PureWindowsPath

from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.folders import FolderAway
from threadkeep.domain.repositories import Alias, Checkout, Repository
from threadkeep.domain.transfer import ForeignSession
from threadkeep.ports.runtime import Ids
from threadkeep.ports.store import Records, Store
from threadkeep.usecases.repositories.repositories import Repositories, RepositoryChoice, new_repository
from threadkeep.values import Value, evolve

FOLDERLESS = "imported"
"""The repository of sessions that do not tell their own."""


class ForeignRepositories(Value):
    """Finds repositories by what other tools tell of them; those that are new are not stored here."""

    store: Store
    repositories: Repositories
    ids: Ids

    def finder(self, choice: RepositoryChoice | None) -> Callable[[ForeignSession], Repository]:
        """What gives the repository of a session; each folder is looked at once.

        choice: of sessions that do not tell their own. Raises RepositoryNotFound, InvalidValue.
        """
        fallback = self._fallback(choice)
        found: dict[tuple[str | None, str | None], Repository] = {(None, None): fallback}

        def repository_of(session: ForeignSession) -> Repository:
            told = (session.folder, session.remote)
            if told not in found:
                found[told] = self._told(*told) or fallback
            return found[told]

        return repository_of

    def _fallback(self, choice: RepositoryChoice | None) -> Repository:
        choice = choice or RepositoryChoice(name=FOLDERLESS)
        with self.store.reading() as records:
            known = self.repositories.lookup(records, choice)
        if known is not None:
            return known
        if choice.uri is not None:
            return new_repository(self.repositories.checkouts.read(choice.uri), id_=self.ids.new())
        alias = Alias(kind="name", value=(choice.name or FOLDERLESS).strip())
        return Repository(id=self.ids.new(), name=alias.value, aliases=(alias,))

    def _told(self, folder: str | None, remote: str | None) -> Repository | None:
        checkouts = self.repositories.checkouts
        origin = checkouts.origin(remote) if remote else None
        if folder is not None and is_local(folder) and checkouts.presence([folder])[folder]:
            return self._present(folder)
        if folder is None or not is_local(folder):
            if origin is None:
                return None
            name = origin.rstrip("/").rpartition("/")[2]
            return Repository(id=self.ids.new(), name=name, aliases=(_origin(origin),), remote=origin)
        gone = new_repository(Checkout(root=folder), id_=self.ids.new())
        aliases = (*((_origin(origin),) if origin else ()), *gone.aliases)
        return evolve(gone, aliases=aliases, remote=origin)

    def _present(self, folder: str) -> Repository | None:
        try:
            checkout = self.repositories.checkouts.read(self.repositories.checkouts.uri(folder))
        except (InvalidValue, FolderAway):
            return None
        with self.store.reading() as records:
            return self._matched(records, checkout) or new_repository(checkout, id_=self.ids.new())

    def _matched(self, records: Records, checkout: Checkout) -> Repository | None:
        return self.repositories.match(records, checkout).repository


def is_local(folder: str) -> bool:
    """Whether it is an absolute path on a disk of a computer: to look at one on a network would tell
    whoever wrote it that it was looked at."""
    if folder.startswith(("//", "\\\\", "/\\", "\\/")) or "\x00" in folder:
        return False
    return PurePosixPath(folder).is_absolute() or PureWindowsPath(folder).is_absolute()


def _origin(origin: str) -> Alias:
    return Alias(kind="origin", value=origin)
