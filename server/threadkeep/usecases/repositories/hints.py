"""What may have been lost by a rename, and what a person says to it. Nothing is ever matched by a hint."""

from collections.abc import Sequence

from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.events import RepositoryHinted
from threadkeep.domain.folders import FolderAway
from threadkeep.domain.hints import AlikeRepository, FormerTask, Hint, Use
from threadkeep.domain.repositories import Checkout, Repository, alike, renamed
from threadkeep.ports.runtime import Audience
from threadkeep.ports.store import Records, Store
from threadkeep.usecases.repositories.repositories import Repositories, RepositoryChoice
from threadkeep.values import Value

MAX_ALIKE = 20
"""Repositories that a hint names."""


class Hints(Value):
    """Finds hints. Blocking: run in an executor, and in no transaction, for folders are looked at."""

    store: Store
    repositories: Repositories
    announce: Audience

    def at(self, choice: RepositoryChoice, repository: Repository, *, task: str) -> Hint | None:
        """What may belong to what was just opened; None where nothing does, or nothing can be told now.

        task: that of the session.
        """
        try:
            checkout = self._checkout(choice, repository)
            if checkout is None or checkout.common_dir is None:
                return None
            is_branch = checkout.branch is not None and checkout.branch == task
            former = self.repositories.checkouts.former_names(checkout) if is_branch else ()
        except (FolderAway, InvalidValue):
            return None
        asked = [each for each in former if renamed(each.name, task) not in repository.refused]
        known = repository.beginnings_at(checkout.common_dir)
        if not asked and not known:
            return None
        with self.store.reading() as records:
            uses = records.task_uses(repository.id) if asked else {}
            others = _alike(records, repository, known[0].commit) if known else []
        tasks = tuple(
            FormerTask(task=each.name, is_branch=each.is_there, use=uses[each.name])
            for each in asked
            if each.name in uses and uses[each.name].sessions + uses[each.name].archived
        )
        return self._hint(repository, others, former_tasks=tasks, task=task if tasks else None)

    def learned(self, repository: Repository, commit: str) -> None:
        """Tells what began as this repository is now known to have begun. Raises StoreError."""
        with self.store.reading() as records:
            others = _alike(records, repository, commit)
        hint = self._hint(repository, others)
        if hint is not None:
            self.announce(RepositoryHinted(hint=hint))

    def _hint(
        self,
        repository: Repository,
        others: Sequence[tuple[Repository, Use]],
        *,
        former_tasks: tuple[FormerTask, ...] = (),
        task: str | None = None,
    ) -> Hint | None:
        if not others and not former_tasks:
            return None
        views = self.repositories.all_located([repository, *(each for each, _ in others)])
        return Hint(
            repository=views[0],
            task=task,
            repositories=tuple(
                AlikeRepository(view=view, use=use) for view, (_, use) in zip(views[1:], others, strict=True)
            ),
            former_tasks=former_tasks,
        )

    def _checkout(self, choice: RepositoryChoice, repository: Repository) -> Checkout | None:
        if choice.uri is not None:
            return self.repositories.checkouts.read(choice.uri)
        root = self.repositories.present_root(repository)
        return self.repositories.checkouts.read(self.repositories.checkouts.uri(root)) if root else None


def _alike(records: Records, repository: Repository, commit: str) -> list[tuple[Repository, Use]]:
    """Others with sessions that began alike and are not known to be others, the last active first.

    Two that were cloned from different places are forks.
    """
    refused = set(repository.refused)
    found = [
        (each, sum(records.task_uses(each.id).values(), Use()))
        for each in records.repositories_begun_with(commit)[:MAX_ALIKE]
        if each.id != repository.id
        and alike(each.id) not in refused
        and (repository.remote is None or each.remote is None)
    ]
    kept = [(each, use) for each, use in found if use.sessions + use.archived]
    return sorted(kept, key=lambda each: each[1].last_activity_at or "", reverse=True)
