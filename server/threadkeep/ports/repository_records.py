"""What the store can tell of repositories."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from threadkeep.domain.hints import Use
from threadkeep.domain.repositories import Alias, Repository
from threadkeep.domain.sessions import SessionKey
from threadkeep.values import Value

__all__ = ["Current", "RepositoryRecords", "Use"]


class Current(Value):
    """A session that is the current one of its key; with a window, of that window only."""

    key: SessionKey
    session_id: str
    window_id: str | None = None


class RepositoryRecords(Protocol):
    """Reads about repositories. Any method may raise StoreUnavailable or StoreCorrupt."""

    def repository(self, repository_id: str) -> Repository | None: ...

    def repositories_of(self, repository_ids: Collection[str]) -> Mapping[str, Repository]:
        """Those of these ids that are there, by id."""
        ...

    def repository_by_alias(self, alias: Alias) -> Repository | None: ...

    def repositories(self) -> Sequence[Repository]:
        """All of them, by id. There is one for each folder that was ever opened: not many."""
        ...

    def repositories_begun_with(self, commit: str) -> Sequence[Repository]:
        """Those that are known to have begun with that first commit, by id."""
        ...

    def repository_uses(self) -> Mapping[str, Use]:
        """How much is kept under each repository that has any session, by its id."""
        ...

    def task_uses(self, repository_id: str) -> Mapping[str, Use]:
        """How much is kept under each task of a repository that has any session."""
        ...

    def current_sessions(self, repository_id: str) -> Sequence[Current]:
        """What `make_current` said under the keys of a repository; sessions may have moved since."""
        ...
