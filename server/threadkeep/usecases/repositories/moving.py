"""Repositories that move: what a folder leads to, and telling where a repository is now."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial

from threadkeep.domain.errors import (
    InvalidValue,
    RepositoryAmbiguous,
    RepositoryNotFound,
    StoreError,
    ThreadkeepError,
)
from threadkeep.domain.folders import FolderAway
from threadkeep.domain.repositories import NO_REPOSITORY, Alias, Checkout, Repository
from threadkeep.domain.views import RepositoryView
from threadkeep.ports.runtime import SerialExecutor
from threadkeep.ports.store import Changes, Records
from threadkeep.usecases.long_work import LongWork
from threadkeep.usecases.order import IdempotencyKey, record, replay
from threadkeep.usecases.progress import Progress
from threadkeep.usecases.repositories.answering import Answering
from threadkeep.usecases.repositories.merging import Merging, all_sessions
from threadkeep.usecases.repositories.prefetch import CheckoutSnapshot
from threadkeep.usecases.repositories.repositories import (
    Candidate,
    Match,
    MatchedBy,
    Repositories,
    RepositoryChoice,
    distinct,
    former,
)
from threadkeep.usecases.repositories.root_commits import RootCommits
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import Value, evolve, field

HINT_SECONDS = 3.0
"""How long an answer waits for the hint; the first commit is learned all the same."""


class Resolution(Value):
    """All that is known of a folder or a repository."""

    checkout: Checkout | None = None
    is_there: bool = False
    """Whether the folder of the checkout is there."""
    candidates: tuple[Candidate, ...] = ()
    """The strongest first; those that lost the folder to another last."""
    views: dict[str, RepositoryView] = field(factory=dict)
    """Of each repository that is named here, by id."""
    first_commit: str | None = None
    alike: tuple[Repository, ...] = ()
    """Further repositories that began with the same commit: forks, and folders that were moved."""

    @property
    def resolved(self) -> Candidate | None:
        """The repository that is used here."""
        first = self.candidates[0] if self.candidates else None
        return None if first is None or first.matched_by == "replaced" else first

    @property
    def is_ambiguous(self) -> bool:
        """Whether the folder leads to several repositories."""
        return sum(candidate.matched_by != "replaced" for candidate in self.candidates) > 1


class Relocated(Value):
    """A repository, which is now known by a folder."""

    repository: RepositoryView
    moved: int = 0
    """Sessions that came from repositories which were merged into it."""
    merged: tuple[str, ...] = ()
    """The ids of those repositories; they lead here from now on."""


class Moving(Value):
    """Tells which repository a folder is, and changes it when a person says so."""

    context: StoreContext
    reads: SerialExecutor
    root_commits: RootCommits
    long: LongWork

    @property
    def answering(self) -> Answering:
        """Does what a person says to a hint."""
        return Answering(context=self.context, long=self.long)

    @property
    def repositories(self) -> Repositories:
        """Finds the repositories."""
        return self.context.repositories

    async def resolve(self, choice: RepositoryChoice | None) -> Resolution:
        """What a folder, by default the open one, or a repository leads to; stores nothing of it.

        Raises RepositoryNotFound for an unknown id, InvalidValue.
        """
        found = await self.reads(lambda: self._resolution(choice))
        checkout = found.checkout
        if checkout is None or checkout.common_dir is None:
            return found
        commit = found.first_commit or await self._first_commit(checkout)
        return await self.reads(lambda: self._with_hint(found, commit)) if commit else found

    async def relocate(
        self,
        choice: RepositoryChoice,
        uri: str,
        *,
        merge: bool = False,
        once: IdempotencyKey | None = None,
        progress: Progress | None = None,
    ) -> Relocated:
        """From now on the folder is the repository's.

        Repositories that the folder belonged to are merged into it, which `merge` must allow where they
        have sessions: these follow some at a time, whatever happens. Raises RepositoryAmbiguous,
        RepositoryNotFound, InvalidValue, IdempotencyConflict.
        """
        with ExitStack() as busy:
            async with self.long.order.changing(None):
                relocated, merged = await self.context.executor(
                    partial(self._relocated, choice, uri, merge, once)
                )
                for merging in merged:
                    busy.enter_context(self.long.busy("merging", merging.other))
                left = [each for each in merged if await self.long.steps.once(each.step) is None]
            # the folder leads to the repository: nobody needs to wait for the rest
            for merging in left:
                await self.long.steps.run(merging.step, progress=progress)
        relocated = evolve(relocated, moved=sum(merging.moved for merging in merged))
        if merged and once is not None:
            await self.context.executor(partial(self._keep, once, relocated))
        return relocated

    def _relocated(
        self, choice: RepositoryChoice, uri: str, merge: bool, once: IdempotencyKey | None
    ) -> tuple[Relocated, list[Merging]]:
        """The repository with all that leads to it, and what is still to be moved there."""
        ready = self._ready(choice, uri)
        with self.context.store.writing() as changes:
            replay(changes, once)
            repository = ready.repositories.lookup(changes, choice)
            if repository is None:
                raise RepositoryNotFound(choice.uri or choice.name or "")
            checkout = ready._folder(repository, uri)
            matched = ready.repositories.match(changes, checkout)
            others = [each.repository for each in matched.candidates if each.repository.id != repository.id]
            if not merge:
                _check_unused(changes, repository, others)
            merged = [Merging(context=self.context, into=repository.id, other=other.id) for other in others]
            for merging in merged:
                merging.begin(changes)
            now = ready._settled(changes, repository, others, checkout, matched)
            relocated = Relocated(
                repository=ready.repositories.located(now), merged=tuple(other.id for other in others)
            )
            if not merged:
                record(changes, once, relocated, at=self.context.clock.now())
        return relocated, merged

    def _keep(self, once: IdempotencyKey, relocated: Relocated) -> None:
        with self.context.store.writing() as changes:
            record(changes, once, relocated, at=self.context.clock.now())

    def _ready(self, choice: RepositoryChoice, uri: str) -> "Moving":
        """The same, having looked at every folder that relocating looks at."""
        looked = evolve(self.repositories, checkouts=CheckoutSnapshot(self.repositories.checkouts))
        with suppress(ThreadkeepError), self.context.store.reading() as records:
            checkout = looked.checkouts.read(uri)
            looked.checkouts.is_present(checkout.root)
            known = looked.lookup(records, choice)
            for repository in (
                known,
                *(each.repository for each in looked.match(records, checkout).candidates),
            ):
                if repository is not None:
                    looked.located(repository)
        return evolve(self, context=evolve(self.context, repositories=looked))

    def _resolution(self, choice: RepositoryChoice | None) -> Resolution:
        choice = self.repositories.choice(choice)
        checkouts = self.repositories.checkouts
        with self.context.store.reading() as records:
            if choice.uri is not None:
                checkout, matched = self.repositories.seen(records, choice.uri)
                candidates = self._candidates(records, checkout, matched)
            else:
                repository = self.repositories.lookup(records, choice)
                by: MatchedBy = "id" if choice.id is not None else "name"
                candidates = (Candidate(repository=repository, matched_by=by),) if repository else ()
                root = self.repositories.present_root(repository) if repository else None
                if root is None:
                    return self._located(Resolution(candidates=candidates))
                checkout = checkouts.read(checkouts.uri(root))
        return self._located(
            Resolution(
                checkout=checkout,
                is_there=checkouts.is_present(checkout.root),
                candidates=candidates,
                first_commit=_known_commit(candidates, checkout),
            )
        )

    def _candidates(self, records: Records, checkout: Checkout, matched: Match) -> tuple[Candidate, ...]:
        before = [Candidate(repository=matched.replaced, matched_by="replaced")] if matched.replaced else []
        return distinct((*matched.candidates, *before, *former(records, checkout)))

    def _with_hint(self, found: Resolution, commit: str) -> Resolution:
        named = {candidate.repository.id for candidate in found.candidates}
        with self.context.store.reading() as records:
            alike = tuple(
                each
                for each in records.repositories()
                if each.id not in named and any(known.commit == commit for known in each.beginnings)
            )
        return self._located(evolve(found, first_commit=commit, alike=alike))

    def _located(self, found: Resolution) -> Resolution:
        named = (*(candidate.repository for candidate in found.candidates), *found.alike)
        return evolve(found, views={each.id: self.repositories.located(each) for each in named})

    async def _first_commit(self, checkout: Checkout) -> str | None:
        try:
            return await asyncio.wait_for(self.root_commits.first_commit(checkout), HINT_SECONDS)
        except (TimeoutError, StoreError, FolderAway):
            return None  # a hint less

    def _folder(self, repository: Repository, uri: str) -> Checkout:
        if Alias(kind="name", value=NO_REPOSITORY) in repository.aliases:
            raise InvalidValue("repository", "stands for no folder: move its sessions with session/update")
        checkout = self.repositories.checkouts.read(uri)
        if not self.repositories.checkouts.is_present(checkout.root):
            raise InvalidValue("uri", "there is no such folder")
        return checkout

    def _settled(
        self,
        changes: Changes,
        repository: Repository,
        others: Sequence[Repository],
        checkout: Checkout,
        matched: Match,
    ) -> Repository:
        for other in others:
            repository = repository.absorbing(other)
        if checkout.common_dir is not None:  # a person knows better than what was seen there before
            repository = repository.with_unknown_beginning(checkout.common_dir)
        is_merged = matched.replaced is not None and matched.replaced.id in {other.id for other in others}
        cleared = Match(replaced=None if is_merged else matched.replaced)
        return self.repositories.record_match(changes, repository, checkout, cleared)


def _check_unused(changes: Changes, repository: Repository, others: Sequence[Repository]) -> None:
    counts = {each.id: changes.count_sessions(all_sessions(each.id)) for each in (repository, *others)}
    if any(counts[other.id] for other in others):
        raise RepositoryAmbiguous(
            [
                {"id": each.id, "name": each.name, "session_count": counts[each.id]}
                for each in (repository, *others)
            ]
        )


def _known_commit(candidates: Sequence[Candidate], checkout: Checkout) -> str | None:
    """How the repository that is meant is known to have begun here."""
    meant = [candidate.repository for candidate in candidates[:1] if candidate.matched_by != "replaced"]
    known = [each for repository in meant for each in repository.beginnings_at(checkout.common_dir or "")]
    return known[0].commit if known else None
