"""Lists of repositories and of tasks, with how much is kept under each. Blocking: run in the executor."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from threadkeep.domain.folders import FolderAway
from threadkeep.domain.repositories import Repository
from threadkeep.domain.views import RepositoryView
from threadkeep.ports.repository_records import Use
from threadkeep.ports.store import Records, Store
from threadkeep.usecases import cursors
from threadkeep.usecases.repositories.repositories import Repositories, RepositoryChoice
from threadkeep.values import Value, evolve

T = TypeVar("T")


class UsedRepository(Value):
    """A repository and how much is kept under it."""

    view: RepositoryView
    use: Use

    @property
    def is_orphan(self) -> bool:
        """Whether none of its folders is there now. One that never had a folder is none, nor is one with a
        folder of which nobody can tell."""
        return not self.view.repository.is_folderless and all(
            root.is_present is False for root in self.view.roots
        )


class UsedTask(Value):
    """A task and how much is kept under it."""

    task: str
    use: Use
    is_checked_out: bool
    """Whether it is what an absent task means in one of the repository's folders."""


class UsedRepositories(Value):
    """A page, the last active ones first."""

    repositories: tuple[UsedRepository, ...]
    next_cursor: str | None = None


class UsedTasks(Value):
    """A page of one repository's tasks, the last active ones first; None for one that was never seen."""

    repository: RepositoryView | None = None
    tasks: tuple[UsedTask, ...] = ()
    next_cursor: str | None = None


class RepositoryLists(Value):
    """Tells which repositories and tasks there are."""

    store: Store
    repositories: Repositories

    def all(
        self, *, limit: int, cursor: str | None = None, is_orphan: bool | None = None
    ) -> UsedRepositories:
        """The next `limit` repositories, orphans only or none of them if that is asked. Raises InvalidCursor."""
        place = cursors.use_position(cursor, "repositories") if cursor is not None else None
        with self.store.reading() as records:
            uses = records.repository_uses()
            found = [
                UsedRepository(view=RepositoryView(repository=each, roots=()), use=uses.get(each.id, Use()))
                for each in records.repositories()
            ]
        ordered = _from(found, place, _repository_place)
        if is_orphan is None:
            page = self._located(ordered[:limit])
            more = len(ordered) > limit
        else:
            page, more = self._fitting(ordered, limit=limit, is_orphan=is_orphan)
        last = _repository_place(page[-1]) if more else None
        return UsedRepositories(
            repositories=tuple(page),
            next_cursor=cursors.use_cursor("repositories", *last) if last else None,
        )

    def tasks(self, choice: RepositoryChoice | None, *, limit: int, cursor: str | None = None) -> UsedTasks:
        """The next `limit` tasks of a repository, by default the open folder's: those that have sessions
        and those that are checked out. Raises RepositoryNotFound, InvalidCursor, InvalidValue."""
        place = cursors.use_position(cursor, "tasks") if cursor is not None else None
        with self.store.reading() as records:
            repository = self.repositories.resolve(records, choice)
            if repository is None:
                return UsedTasks()
            uses = records.task_uses(repository.id)
            checked_out = self._checked_out(records, repository)
        found = [
            UsedTask(task=task, use=uses.get(task, Use()), is_checked_out=task in checked_out)
            for task in {*uses, *checked_out}
        ]
        ordered = _from(found, place, _task_place)
        page = ordered[:limit]
        more = len(ordered) > limit
        return UsedTasks(
            repository=self.repositories.located(repository),
            tasks=tuple(page),
            next_cursor=cursors.use_cursor("tasks", *_task_place(page[-1])) if more else None,
        )

    def _located(self, used: Sequence[UsedRepository]) -> list[UsedRepository]:
        views = self.repositories.all_located([each.view.repository for each in used])
        return [evolve(each, view=view) for each, view in zip(used, views, strict=True)]

    def _fitting(
        self, ordered: Sequence[UsedRepository], *, limit: int, is_orphan: bool
    ) -> tuple[list[UsedRepository], bool]:
        """The first `limit` that fit, and whether another one does; not many more folders are looked at."""
        page: list[UsedRepository] = []
        for start in range(0, len(ordered), limit + 1):
            for located in self._located(ordered[start : start + limit + 1]):
                if located.is_orphan == is_orphan:
                    if len(page) == limit:
                        return page, True
                    page.append(located)
        return page, False

    def _checked_out(self, records: Records, repository: Repository) -> set[str]:
        """Tasks of the repository's folders that are there, and that are still its own."""
        checkouts = self.repositories.checkouts
        there = checkouts.presence(repository.roots)
        found: set[str] = set()
        for root in repository.roots:
            with suppress(FolderAway):  # its branch is told when it answers
                checkout = checkouts.read(checkouts.uri(root)) if there[root] else None
                matched = self.repositories.match(records, checkout).repository if checkout else None
                if checkout and matched and matched.id == repository.id:
                    found.add(checkout.task)
        return found


def _repository_place(used: UsedRepository) -> tuple[str, str]:
    return used.use.last_activity_at or "", used.view.repository.id


def _task_place(used: UsedTask) -> tuple[str, str]:
    return used.use.last_activity_at or "", used.task


def _from(found: list[T], place: tuple[str, str] | None, key: Callable[[T], tuple[str, str]]) -> list[T]:
    """The last active ones first, ties by id in the same direction, from the place on."""
    found.sort(key=key, reverse=True)
    return [each for each in found if place is None or key(each) < place]
