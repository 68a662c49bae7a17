"""The folders that the editor has open, and the branch that is checked out in them."""

from collections.abc import Callable, Sequence

from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.events import TaskChanged
from threadkeep.ports.checkouts import Checkouts
from threadkeep.ports.store import Store
from threadkeep.ports.surroundings import Audience
from threadkeep.usecases.looking import looked_at_place
from threadkeep.usecases.repositories import Repositories, RepositoryChoice, Where


class BranchWatch:
    """Notices when the branch of an open folder changes. Blocking: `check` runs in the lane."""

    def __init__(
        self,
        *,
        checkouts: Checkouts,
        repositories: Repositories,
        store: Store,
        announce: Audience,
        folders: Callable[[], Sequence[str]],
    ) -> None:
        self._checkouts = checkouts
        self._repositories = repositories
        self._store = store
        self._announce = announce
        self._folders = folders
        self._tasks: dict[str, str] = {}

    def check(self) -> None:
        """Looks at every folder; a folder seen for the first time is only remembered."""
        folders = self._folders()
        for uri in folders:
            try:
                task = self._checkouts.read(uri).task
            except InvalidValue:
                continue  # no folder of this computer: it has no branch
            if self._tasks.get(uri, task) != task:
                self._tell(uri, task)
            self._tasks[uri] = task
        for uri in self._tasks.keys() - set(folders):
            del self._tasks[uri]

    def _tell(self, uri: str, task: str) -> None:
        choice = RepositoryChoice(uri=uri)
        repositories = looked_at_place(self._repositories, self._store, Where(repository=choice))
        with self._store.writing(durable=False) as changes:
            repository = repositories.chosen(changes, choice)
        self._announce(TaskChanged(repository=repositories.located(repository), task=task))
