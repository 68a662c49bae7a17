"""Which repository and task a client means, by all that is known of a folder."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Literal, cast

from threadkeep.domain.errors import InvalidValue, RepositoryNotFound
from threadkeep.domain.folders import FolderAway
from threadkeep.domain.repositories import DEFAULT_TASK, NO_REPOSITORY, Alias, Checkout, Repository
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.domain.views import RepositoryView, Root, SessionView
from threadkeep.ports.checkouts import Checkouts
from threadkeep.ports.runtime import Ids
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.ports.store import Changes, Records
from threadkeep.values import Value, evolve

MatchedBy = Literal["id", "name", "commonDir", "origin", "path", "lastSeen", "replaced"]
"""`lastSeen`: there is nothing now where it was. `replaced`: it was there until another one took its place."""


class Candidate(Value):
    """A repository that a folder may belong to, and why."""

    repository: Repository
    matched_by: MatchedBy


class Match(Value):
    """What a folder leads to."""

    candidates: tuple[Candidate, ...] = ()
    """The strongest first, which is meant; each repository once."""
    taken: frozenset[Alias] = frozenset()
    """Aliases of the folder that belong to another repository than the one that is meant."""
    replaced: Repository | None = None
    """The repository that had the folder's place, and whose first commit is not in what lies there now."""

    @property
    def repository(self) -> Repository | None:
        """The repository that is meant; None if the folder leads to none."""
        return self.candidates[0].repository if self.candidates else None

    @property
    def is_gone(self) -> bool:
        """Whether the folder is not there, so that nothing can be learned from it."""
        return bool(self.candidates) and self.candidates[0].matched_by == "lastSeen"


def match(records: Records, checkout: Checkout, checkouts: Checkouts) -> Match:
    """The repositories that a folder's aliases lead to.

    The strongest alias decides: a folder is itself before it is another clone of something. Only a
    repository that can be shown to have been replaced has lost its place.
    """
    holders = {alias: records.repository_by_alias(alias) for alias in checkout.clues}
    found = {alias: holder for alias, holder in holders.items() if holder is not None}
    replaced = _replaced(found, checkout, checkouts)
    candidates: list[Candidate] = []
    if replaced is not None:
        found = {
            alias: holder for alias, holder in found.items() if alias.kind == "origin" or holder != replaced
        }
        candidates = [_candidate(back, "commonDir") for back in _returned(records, checkout, checkouts)]
    candidates += [_candidate(holder, cast("MatchedBy", alias.kind)) for alias, holder in found.items()]
    if not candidates and checkout.common_dir is None and not checkouts.is_present(checkout.root):
        candidates = _last_seen(records, checkout.root)
    distinct = tuple({candidate.repository.id: candidate for candidate in reversed(candidates)}.values())[
        ::-1
    ]
    meant = distinct[0].repository.id if distinct else None
    return Match(
        candidates=distinct,
        taken=frozenset(alias for alias, holder in found.items() if holder.id != meant),
        replaced=replaced,
    )


def former(records: Records, checkout: Checkout) -> list[Candidate]:
    """The repositories that are known to have begun under the folder's common directory."""
    place = checkout.common_dir
    if place is None:
        return []
    return [_candidate(each, "replaced") for each in records.repositories() if each.beginnings_at(place)]


def distinct(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Each repository once, with the first reason that is given for it."""
    found: dict[str, Candidate] = {}
    for candidate in candidates:
        found.setdefault(candidate.repository.id, candidate)
    return tuple(found.values())


def _replaced(found: dict[Alias, Repository], checkout: Checkout, checkouts: Checkouts) -> Repository | None:
    holder = next((holder for alias, holder in found.items() if alias.kind == "commonDir"), None)
    if holder is None:
        return None
    evidence = _evidence(holder, checkout, checkouts)
    return holder if evidence and all(holds is False for holds in evidence) else None


def _returned(records: Records, checkout: Checkout, checkouts: Checkouts) -> list[Repository]:
    """Repositories that began under this common directory with a commit that is there again."""
    return [
        candidate.repository
        for candidate in former(records, checkout)
        if True in _evidence(candidate.repository, checkout, checkouts)
    ]


def _evidence(repository: Repository, checkout: Checkout, checkouts: Checkouts) -> list[bool | None]:
    known = repository.beginnings_at(checkout.common_dir or "")
    return [checkouts.holds(checkout, beginning.commit) for beginning in known]


def _last_seen(records: Records, root: str) -> list[Candidate]:
    """The one repository that had a folder where nothing is now; a doubtful one is none."""
    seen = [_candidate(each, "lastSeen") for each in records.repositories() if root in each.roots]
    return seen if len(seen) == 1 else []


def _candidate(repository: Repository, matched_by: MatchedBy) -> Candidate:
    return Candidate(repository=repository, matched_by=matched_by)


class RepositoryChoice(Value):
    """How a client named a repository: exactly one of the three."""

    id: str | None = None
    uri: str | None = None
    name: str | None = None


class Where(Value):
    """How a client named a key; None for what it left out."""

    repository: RepositoryChoice | None = None
    task: str | None = None
    workflow: str | None = None


class Repositories(Value):
    """Finds repositories by what is known of them, and makes those that are new."""

    checkouts: Checkouts
    ids: Ids
    folders: Callable[[], Sequence[str]]
    """URIs of the workspace folders as they are now, the first one first."""
    are_named: Callable[[], bool] = lambda: True
    """Whether an editor named these, or the client just stands in one."""
    learn: Callable[[Repository, Checkout], None]
    """Told of each checkout in which a repository was seen; must not block."""

    def key(self, changes: Changes, where: Where) -> SessionKey:
        """The key that is meant; a repository seen for the first time is stored.

        Raises RepositoryNotFound for an unknown id, InvalidValue for an unusable URI or name.
        """
        repository, checkout = self._find_or_make(changes, self.choice(where.repository))
        task = _named("task", where.task)
        if task is None:
            task = checkout.task if checkout else self._task_of(repository)
        return SessionKey(repository_id=repository.id, task=task, workflow=_named("workflow", where.workflow))

    def known_key(self, records: Records, where: Where) -> SessionKey | None:
        """As `key`, but None for a repository that was never seen, and nothing is stored."""
        choice = self.choice(where.repository)
        repository = self.lookup(records, choice)
        if repository is None:
            return None
        task = _named("task", where.task)
        if task is None:
            task = self._task_at(choice.uri, repository)
        return SessionKey(repository_id=repository.id, task=task, workflow=_named("workflow", where.workflow))

    def predicted(self, records: Records, where: Where) -> Repository | None:
        """The repository that `key` would give, after looking at all folders that it and a view of it look at."""
        choice = self.choice(where.repository)
        if choice.uri is None:
            repository = self.lookup(records, choice)
        else:
            checkout, matched = self.seen(records, choice.uri)
            self.checkouts.is_present(checkout.root)
            repository = matched.repository or new_repository(checkout, id_="")
        if repository is not None:
            self._task_of(repository)
            self.located(repository)
        return repository

    def lookup(self, records: Records, choice: RepositoryChoice) -> Repository | None:
        """The repository that is meant, None if it was never seen. Raises RepositoryNotFound for an id."""
        if choice.id is not None:
            return by_id(records, choice.id)
        if choice.name is not None:
            return records.repository_by_alias(_name_alias(choice.name))
        return self.seen(records, choice.uri or "")[1].repository

    def resolve(self, records: Records, choice: RepositoryChoice | None) -> Repository | None:
        """The repository that is meant, by default the open folder's; None if it was never seen."""
        return self.lookup(records, self.choice(choice))

    def match(self, records: Records, checkout: Checkout) -> Match:
        """The repositories that a folder's aliases lead to."""
        return match(records, checkout, self.checkouts)

    def seen(self, records: Records, uri: str) -> tuple[Checkout, Match]:
        """What is at a URI, and the repositories that it leads to.

        Without version control that is the workspace folder around it: the innermost that an editor has open, or
        had, and that has sessions. A folder that has sessions of its own stays what it is.
        """
        checkout = self.checkouts.read(uri)
        if checkout.common_dir is not None:
            return checkout, self.match(records, checkout)
        named = self._named_folders()
        if checkout.root in named:
            checkout = evolve(checkout, is_workspace=True)
        matched = self.match(records, checkout)
        own = matched.repository
        if checkout.is_workspace or (own is not None and (matched.is_gone or _is_used(records, own))):
            return checkout, matched
        for folder in self.checkouts.above(checkout.root):
            around = Checkout(root=folder, is_workspace=folder in named)
            known = records.repository_by_alias(Alias(kind="workspace", value=folder))
            if around.is_workspace or (known is not None and _is_used(records, known)):
                return around, self.match(records, around)
        return checkout, matched

    def _named_folders(self) -> set[str]:
        """The open folders without version control that an editor named."""
        if not self.are_named():
            return set()
        found = (self._answering(uri) for uri in self.folders())
        return {each.root for each in found if each is not None and each.common_dir is None}

    def resolve_or_create(self, changes: Changes, choice: RepositoryChoice) -> Repository:
        """The repository that is meant, made if it is new. Raises RepositoryNotFound for an unknown id."""
        return self._find_or_make(changes, choice)[0]

    def located(self, repository: Repository) -> RepositoryView:
        """The repository with which of its folders are there."""
        return self.all_located([repository])[0]

    def all_located(self, repositories: Sequence[Repository]) -> tuple[RepositoryView, ...]:
        """The same of several, whose folders are looked at in one go."""
        there = self.checkouts.presence(
            list(dict.fromkeys(root for each in repositories for root in each.roots))
        )
        return tuple(
            RepositoryView(
                repository=each,
                roots=tuple(
                    Root(uri=self.checkouts.uri(root), is_present=there[root]) for root in each.roots
                ),
            )
            for each in repositories
        )

    def view(self, records: Records, session: Session) -> SessionView:
        """A session with its repository."""
        return self.views(records, [session])[0]

    def views(self, records: Records, sessions: Sequence[Session]) -> tuple[SessionView, ...]:
        """Sessions with their repositories, each repository looked at once."""
        ids = list(dict.fromkeys(session.key.repository_id for session in sessions))
        found = records.repositories_of(ids) if len(ids) > 1 else {}
        located = dict(
            zip(ids, self.all_located([found.get(id_) or by_id(records, id_) for id_ in ids]), strict=True)
        )
        return tuple(
            SessionView(session=session, repository=located[session.key.repository_id])
            for session in sessions
        )

    def answering_root(self, repository: Repository) -> str | None:
        """As `present_root`, but None where a folder does not answer."""
        with suppress(FolderAway):
            return self.present_root(repository)
        return None

    def present_root(self, repository: Repository) -> str | None:
        """A folder of the repository that is there now: an open one rather than another.

        Raises FolderAway where none is known to be there and one does not answer.
        """
        roots = list(repository.roots)
        if len(roots) > 1:
            open_roots = [each.root for each in map(self._answering, self.folders()) if each]
            roots = [root for root in open_roots if root in roots] + roots
        there = self.checkouts.presence(roots)
        unknown = (root for root in roots if there[root] is None and self.checkouts.is_present(root))
        return next((root for root in roots if there[root]), None) or next(unknown, None)

    def _answering(self, uri: str) -> Checkout | None:
        try:
            return self.checkouts.read(uri)
        except (FolderAway, InvalidValue):
            return None

    def choice(self, choice: RepositoryChoice | None) -> RepositoryChoice:
        """What a client chose, by default the first open folder."""
        if choice is not None:
            return choice
        first = next(iter(self.folders()), None)
        return RepositoryChoice(uri=first) if first else RepositoryChoice(name=NO_REPOSITORY)

    def _find_or_make(self, changes: Changes, choice: RepositoryChoice) -> tuple[Repository, Checkout | None]:
        if choice.id is not None:
            return by_id(changes, choice.id), None
        if choice.uri is not None:
            return self._settled(changes, choice.uri)
        alias = _name_alias(choice.name or "")
        found = changes.repository_by_alias(alias)
        if found is None:
            found = Repository(id=self.ids.new(), name=alias.value, aliases=(alias,))
            changes.put_repository(found)
        return found, None

    def _settled(self, changes: Changes, uri: str) -> tuple[Repository, Checkout | None]:
        checkout, matched = self.seen(changes, uri)
        found = matched.repository
        if found is None:
            found = Repository(id=self.ids.new(), name=_name(checkout), aliases=())
        elif matched.is_gone:
            return found, None
        return self.record_match(changes, found, checkout, matched), checkout

    def record_match(
        self, changes: Changes, repository: Repository, checkout: Checkout, matched: Match
    ) -> Repository:
        """Stores that the repository is what lies in the folder, and what it is known by from now on."""
        now = repository.seen_at(checkout, taken=matched.taken)
        if matched.replaced is not None and checkout.common_dir is not None:
            if matched.replaced.id == repository.id:
                now = now.with_unknown_beginning(checkout.common_dir)
            else:
                changes.put_repository(matched.replaced.gone_from(checkout))
        if now != changes.repository(repository.id):
            changes.put_repository(now)
        if checkout.common_dir is not None:
            self.learn(now, checkout)
        return now

    def _task_at(self, uri: str | None, repository: Repository) -> str:
        checkout = self.checkouts.read(uri) if uri else None
        if checkout is None or (checkout.common_dir is None and not self.checkouts.is_present(checkout.root)):
            return self._task_of(repository)
        return checkout.task

    def _task_of(self, repository: Repository) -> str:
        root = self.present_root(repository)
        return self.checkouts.read(self.checkouts.uri(root)).task if root else DEFAULT_TASK


def _is_used(records: Records, repository: Repository) -> bool:
    every = SessionFilter(repository_id=repository.id, archived="include", trashed="include")
    return records.count_sessions(every) > 0


def by_id(records: Records, repository_id: str) -> Repository:
    """The repository, also by the id of one that was merged into it. Raises RepositoryNotFound."""
    repository = records.repository(repository_id)
    if repository is None:
        repository = records.repository_by_alias(Alias(kind="id", value=repository_id))
    if repository is None:
        raise RepositoryNotFound(repository_id)
    return repository


def new_repository(checkout: Checkout, *, id_: str) -> Repository:
    """A repository that is first seen in that checkout."""
    return Repository(id=id_, name=_name(checkout), aliases=()).seen_at(checkout)


def _name_alias(name: str) -> Alias:
    if not name.strip():
        raise InvalidValue("repository.name", "must not be blank")
    return Alias(kind="name", value=name.strip())


def _name(checkout: Checkout) -> str:
    """What people call it: the last part of its origin, else of its folder."""
    source = checkout.origin or checkout.root
    last = source.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return last or source


def _named(field: str, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise InvalidValue(field, "must not be blank; leave it out for the default")
    return value
