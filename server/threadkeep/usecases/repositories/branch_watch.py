"""The folders that the editor has open, and the branch that is checked out in them."""

from collections.abc import Callable, Sequence

from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.events import TaskChanged
from threadkeep.domain.folders import FolderAway
from threadkeep.domain.repositories import Checkout
from threadkeep.ports.checkouts import BranchNews, Checkouts
from threadkeep.ports.runtime import Audience
from threadkeep.ports.store import Store
from threadkeep.usecases.repositories.prefetch import prefetched
from threadkeep.usecases.repositories.repositories import Repositories, RepositoryChoice, Where


class NoBranchNews:
    """Tells nothing: whoever wants to know has to read."""

    is_reported = False
    descriptor: int | None = None

    def attend(self, checkouts: Sequence[Checkout]) -> bool:
        del checkouts
        return False

    def look_again(self) -> None: ...

    def is_same(self) -> bool:
        return False

    def drain(self) -> bool:
        return False

    def close(self) -> None: ...


class BranchWatch:
    """Notices when the branch of an open folder changes. Blocking: `check` runs in the executor."""

    def __init__(
        self,
        *,
        checkouts: Checkouts,
        repositories: Repositories,
        store: Store,
        announce: Audience,
        folders: Callable[[], Sequence[str]],
        news: BranchNews,
    ) -> None:
        self._checkouts = checkouts
        self._repositories = repositories
        self._store = store
        self._announce = announce
        self._folders = folders
        self.news = news
        self._tasks: dict[str, str] = {}
        self._looked_at: tuple[str, ...] | None = None

    def check(self, *, attends: bool = False) -> None:
        """Looks at every folder; a folder seen for the first time is only remembered.

        attends: the news is about these folders from now on, which takes a moment that a start has not.
        """
        folders = self._folders()
        self._looked_at = tuple(folders)
        self.news.look_again()
        found = self._read(folders)
        if attends and self.news.attend(list(found.values())):
            found = self._read(folders)
        for uri, checkout in found.items():
            task = checkout.task
            try:
                if self._tasks.get(uri, task) != task:
                    self._tell(uri, task)
                self._tasks[uri] = task
            except FolderAway:
                self._looked_at = None
        for uri in self._tasks.keys() - set(folders):
            del self._tasks[uri]

    @property
    def is_reported(self) -> bool:
        """Whether the system tells of every change: not of a folder that did not answer."""
        return self._looked_at is not None and self.news.is_reported

    def is_same(self) -> bool:
        """Whether `check` would find what it found; False where that cannot be told without it. On the event loop."""
        return self._looked_at == tuple(self._folders()) and self.news.is_same()

    def _read(self, folders: Sequence[str]) -> dict[str, Checkout]:
        found = {}
        for uri in folders:
            try:
                found[uri] = self._checkouts.read(uri)
            except InvalidValue:
                continue  # no folder of this computer: it has no branch
            except FolderAway:
                self._looked_at = None  # its branch is told when it answers
        return found

    def _tell(self, uri: str, task: str) -> None:
        choice = RepositoryChoice(uri=uri)
        repositories = prefetched(self._repositories, self._store, Where(repository=choice))
        with self._store.writing(durable=False) as changes:
            repository = repositories.resolve_or_create(changes, choice)
        self._announce(TaskChanged(repository=repositories.located(repository), task=task))
