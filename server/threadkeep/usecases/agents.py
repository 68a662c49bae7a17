"""Who answers, and with which model. Blocking: run in the executor."""

from collections.abc import Callable, Mapping, Sequence

from threadkeep.domain.agents import REPOSITORY_PREFIX, Agent, AgentSource, BrokenAgent
from threadkeep.domain.errors import AgentNotFound
from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session
from threadkeep.ports.agents import AgentFiles
from threadkeep.ports.preferences import Preferences
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.values import Value, evolve

_WEAKEST_FIRST: tuple[AgentSource, ...] = ("builtin", "user", "settings")


class Answerer(Value):
    """The agent and the model that a turn is run with."""

    agent: Agent
    provider: str
    model: str


class Agents(Value):
    """Knows the agents and chooses models: settings win over the user's files, and those over built-in ones.

    A repository's own agents are known only where it is given, and only if the user trusts a folder of it.
    """

    preferences: Preferences
    files: AgentFiles | None = None
    trusted_roots: Callable[[], Sequence[str]] = tuple
    """Canonical paths of the open folders that the user trusts, as of now."""

    def listed(self, repository: Repository | None = None) -> tuple[Agent | BrokenAgent, ...]:
        """Every agent that can answer, one a name; after them what cannot be used. Never raises."""
        found = self._found(repository)
        return (*_known(found).values(), *(each for each in found if isinstance(each, BrokenAgent)))

    def get(self, name: str, *, repository: Repository | None = None) -> Agent:
        """The agent of this name. Raises AgentNotFound."""
        found = self._found(repository)
        known = _known(found)
        if name not in known:
            broken = (each for each in found if isinstance(each, BrokenAgent) and each.name == name)
            raise _not_found(name, known, next(broken, None))
        return known[name]

    def default_name(self, *, repository: Repository | None = None) -> str:
        """The agent of a new session: the settings' one if there is such an agent."""
        found, wanted = self._found(repository), self.preferences.default_agent
        known = _known(found)
        # one that is broken is named, so that nobody else answers in its place
        is_there = wanted in known or any(each.name == wanted for each in found)
        return wanted if is_there else next(iter(known))

    def problems(self) -> tuple[str, ...]:
        """What is wrong with the user's own agents, as sentences; what the settings' have is told there."""
        found, wanted = self._found(None), self.preferences.default_agent
        told = [each.message for each in found if isinstance(each, BrokenAgent) and each.source == "user"]
        if not wanted.startswith(REPOSITORY_PREFIX) and all(each.name != wanted for each in found):
            near = _nearest(wanted, _known(found))
            hint = f'Did you mean "{near}"?' if near else f"Known: {', '.join(sorted(_known(found)))}."
            told.append(
                f'defaultAgent "{wanted}" is not an agent; until that is fixed new sessions get '
                f'"{self.default_name()}". {hint}'
            )
        return tuple(told)

    def answerer(
        self,
        session: Session,
        *,
        repository: Repository | None = None,
        agent: str | None = None,
        model: str | None = None,
        is_named: bool = True,
    ) -> Answerer:
        """Who answers next: what the request names, else the session's, else the agent's, else the default.

        repository: the session's. is_named: it is a person who names the model. Raises AgentNotFound, ModelNotFound, ProviderNotFound, SettingsInvalid.
        """
        chosen = self.get(agent or session.agent, repository=repository)
        models = self.preferences.models
        if model is not None:
            provider, name = models.split(model)
        elif session.provider is not None and session.model is not None:
            provider, name = models.split(f"{session.provider}:{session.model}")
        elif chosen.model is not None:
            provider, name = models.split(chosen.model)
        else:
            provider, name = models.default
        models.check(provider, is_named=is_named and model is not None)
        return Answerer(agent=chosen, provider=provider, model=name)

    def with_default(self, wanted: SessionFilter) -> SessionFilter:
        """The filter; where it asks for the default model, so that it finds those too who answer with it
        because neither they nor their agents have a model of their own. Those of a repository's agents
        are left out: what model such an agent has is known only there."""
        provider, model = self.preferences.models.default
        if (wanted.model or model, wanted.provider or provider) != (model, provider):
            return wanted
        own = [each.name for each in self.listed() if isinstance(each, Agent) and each.model is not None]
        return evolve(wanted, unset_but=frozenset(own))

    def _found(self, repository: Repository | None) -> list[Agent | BrokenAgent]:
        found: list[Agent | BrokenAgent] = [*self.preferences.agents]
        if self.files is not None:
            found += self.files.user()
            root = self._trusted_root(repository)
            if root is not None:
                found += self.files.repository(root)
        return found

    def _trusted_root(self, repository: Repository | None) -> str | None:
        if repository is None:
            return None
        return next((root for root in self.trusted_roots() if root in repository.roots), None)


def _known(found: Sequence[Agent | BrokenAgent]) -> dict[str, Agent]:
    usable = [each for each in found if isinstance(each, Agent)]
    known: dict[str, Agent] = {}
    for source in _WEAKEST_FIRST:
        for broken in found:
            if isinstance(broken, BrokenAgent) and broken.source == source:
                known.pop(broken.name, None)  # nobody gets a weaker one of the same name unasked
        known.update((agent.name, agent) for agent in usable if agent.source == source)
    for agent in usable:
        if agent.source == "repository":
            known.setdefault(agent.name, agent)  # it takes nobody's place
    return known


def _not_found(name: str, known: Mapping[str, Agent], broken: BrokenAgent | None) -> AgentNotFound:
    if broken is not None:
        return AgentNotFound(name, known=sorted(known), problem=broken.message)
    return AgentNotFound(name, known=sorted(known), did_you_mean=_nearest(name, known))


def _nearest(name: str, known: Mapping[str, Agent]) -> str | None:
    import difflib  # only a mistake needs it

    prefixed = REPOSITORY_PREFIX + name
    if prefixed in known:
        return prefixed
    found = difflib.get_close_matches(name[:100].casefold(), list(known), n=1)
    return found[0] if found else None
