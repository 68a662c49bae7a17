"""Who answers, and with which model."""

import attrs

from threadkeep.domain.agents import Agent
from threadkeep.domain.errors import AgentNotFound
from threadkeep.domain.sessions import Session
from threadkeep.ports.preferences import Preferences


@attrs.frozen(kw_only=True)
class Answerer:
    """The agent and the model that a turn is run with."""

    agent: Agent
    provider: str
    model: str


@attrs.frozen(kw_only=True)
class Agents:
    """Chooses agents and models from the user's settings."""

    preferences: Preferences

    def get(self, name: str) -> Agent:
        """The agent of this name. Raises AgentNotFound."""
        known = {agent.name: agent for agent in self.preferences.agents}
        if name not in known:
            raise AgentNotFound(name, known=sorted(known))
        return known[name]

    def default_name(self) -> str:
        """The agent of a new session: the settings' one if there is such an agent."""
        known = [agent.name for agent in self.preferences.agents]
        wanted = self.preferences.default_agent
        return wanted if wanted in known else known[0]

    def answerer(self, session: Session, *, agent: str | None = None, model: str | None = None) -> Answerer:
        """Who answers next: what the request names, else the session's, else the agent's, else the default.

        Raises AgentNotFound, ModelNotFound, ProviderNotFound.
        """
        chosen = self.get(agent or session.agent)
        models = self.preferences.models
        if model is not None:
            provider, name = models.split(model)
        elif session.provider is not None and session.model is not None:
            provider, name = models.split(f"{session.provider}:{session.model}")
        elif chosen.model is not None:
            provider, name = models.split(chosen.model)
        else:
            provider, name = models.default
        return Answerer(agent=chosen, provider=provider, model=name)
