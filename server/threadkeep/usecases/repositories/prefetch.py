"""Looking at folders before a transaction, so that no slow disk holds up whoever else wants to write."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeVar, cast

from threadkeep.domain.agents import Agent, BrokenAgent
from threadkeep.domain.errors import ThreadkeepError
from threadkeep.domain.repositories import Checkout, FormerBranch, Repository
from threadkeep.ports.agents import AgentFiles
from threadkeep.ports.checkouts import Checkouts
from threadkeep.ports.store import Records, Store
from threadkeep.usecases.agents import Agents
from threadkeep.usecases.repositories.repositories import Repositories, Where, by_id
from threadkeep.values import evolve

V = TypeVar("V")


class WithRepositories(Protocol):
    """What has these."""

    @property
    def store(self) -> Store: ...

    @property
    def repositories(self) -> Repositories: ...


class Prefetching(WithRepositories, Protocol):
    """A use case that is a value with these."""

    @property
    def agents(self) -> Agents: ...


L = TypeVar("L", bound=Prefetching)


class CheckoutSnapshot:
    """What folders, and the agents in them, were like at one moment: at each is looked once.

    Whatever cannot be looked at raises what it raised, each time anew.
    """

    def __init__(self, checkouts: Checkouts, agent_files: AgentFiles | None = None) -> None:
        self._checkouts = checkouts
        self._agent_files = agent_files
        self._seen: dict[Hashable, Any] = {}

    def read(self, uri: str) -> Checkout:
        return self._once(("read", uri), lambda: self._checkouts.read(uri))

    def is_present(self, root: str) -> bool:
        if self._seen.get(("is_present", root)) is None:
            self._seen["is_present", root] = self._checkouts.is_present(root)
        return cast("bool", self._seen["is_present", root])

    def presence(self, roots: Sequence[str]) -> Mapping[str, bool | None]:
        keys = {root: ("is_present", root) for root in roots}
        new = [root for root, key in keys.items() if key not in self._seen]
        if new:
            self._seen.update((keys[root], there) for root, there in self._checkouts.presence(new).items())
        return {root: self._seen[key] for root, key in keys.items()}

    def holds(self, checkout: Checkout, commit: str) -> bool | None:
        return self._once(("holds", checkout, commit), lambda: self._checkouts.holds(checkout, commit))

    def former_names(self, checkout: Checkout) -> Sequence[FormerBranch]:
        return self._once(("former", checkout), lambda: self._checkouts.former_names(checkout))

    def above(self, root: str) -> Sequence[str]:
        return self._checkouts.above(root)

    def uri(self, root: str) -> str:
        return self._checkouts.uri(root)

    def origin(self, url: str) -> str | None:
        return self._checkouts.origin(url)

    async def first_commit(self, checkout: Checkout) -> str | None:
        return await self._checkouts.first_commit(checkout)

    def user(self) -> Sequence[Agent | BrokenAgent]:
        files = self._agent_files
        return self._once("user", files.user) if files else ()

    def repository(self, root: str) -> Sequence[Agent | BrokenAgent]:
        files = self._agent_files
        return self._once(("repository", root), lambda: files.repository(root)) if files else ()

    def _once(self, what: Hashable, look: Callable[[], V]) -> V:
        if what not in self._seen:
            self._seen[what] = look()
        return cast("V", self._seen[what])


def prefetched_for_session(context: WithRepositories, session_id: str) -> Repositories:
    """The repositories as a transaction about a session needs them: nothing is read of its folders then. Blocking."""
    looked = evolve(context.repositories, checkouts=CheckoutSnapshot(context.repositories.checkouts))
    # What is wrong is told by the transaction, which may know an earlier answer to the same request.
    with suppress(ThreadkeepError), context.store.reading() as records:
        _repository_of(records, looked, session_id)
    return looked


def prefetched(repositories: Repositories, store: Store, where: Where) -> Repositories:
    """The same for a transaction about a key."""
    looked = evolve(repositories, checkouts=CheckoutSnapshot(repositories.checkouts))
    with suppress(ThreadkeepError), store.reading() as records:
        looked.predicted(records, where)
    return looked


def ready_for_session(use_case: L, session_id: str) -> L:
    """The use case, having looked at the folders of a session's repository and the agents there."""
    return _ready(use_case, lambda records, repositories: _repository_of(records, repositories, session_id))


def prefetching(use_case: L, where: Where) -> L:
    """The use case, having looked at the folders that a key leads to and the agents there."""
    return _ready(use_case, lambda records, repositories: repositories.predicted(records, where))


def _ready(use_case: L, look: Callable[[Records, Repositories], Repository | None]) -> L:
    agents = use_case.agents
    glances = CheckoutSnapshot(use_case.repositories.checkouts, agents.files)
    repositories = evolve(use_case.repositories, checkouts=glances)
    roots = tuple(agents.trusted_roots())
    agents = evolve(agents, files=glances if agents.files else None, trusted_roots=lambda: roots)
    with suppress(ThreadkeepError), use_case.store.reading() as records:
        agents.listed(look(records, repositories))
    # each is a value, which a protocol cannot say
    return evolve(use_case, repositories=repositories, agents=agents)  # type: ignore[type-var]


def _repository_of(records: Records, repositories: Repositories, session_id: str) -> Repository | None:
    session = records.session(session_id)
    if session is None:
        return None
    repository = by_id(records, session.key.repository_id)
    repositories.located(repository)
    return repository
