"""Requests about who answers."""

from threadkeep.domain.agents import Agent, BrokenAgent
from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.registry import Registry, idempotency_key
from threadkeep.protocol.types import agents
from threadkeep.usecases.application import Application
from threadkeep.usecases.sessions.sessions import Switched


def register(on: Registry, application: Application, _connection: Connection) -> None:
    """Registers the handlers."""

    @on("agent/list")
    async def list_agents(params: agents.ListAgentsParams) -> agents.ListAgentsResult:
        choice = wire.repository_choice(params.repository)
        listed, default = await application.reads(lambda: application.sessions.agents_of(choice))
        return agents.ListAgentsResult(agents=tuple(_agent(each) for each in listed), default=default)

    @on("session/switchAgent")
    async def switch_agent(params: agents.SwitchAgentParams) -> agents.SwitchAgentResult:
        key = idempotency_key("session/switchAgent", params, _switched)
        switched = await application.executor(
            lambda: application.sessions.switch_agent(
                params.session_id,
                params.agent,
                reason=params.reason,
                expected_revision=params.expected_revision,
                once=key,
            )
        )
        return _switched(switched)


def _agent(each: Agent | BrokenAgent) -> agents.Agent:
    if isinstance(each, BrokenAgent):
        return agents.Agent(name=each.name, source=each.source, problems=(each.message,))
    return agents.Agent(name=each.name, description=each.description, source=each.source, model=each.model)


def _switched(switched: Switched) -> agents.SwitchAgentResult:
    event = switched.event
    return agents.SwitchAgentResult(
        session=wire.session(switched.view),
        switch=(
            agents.AgentSwitch(from_=event.from_ or "", to=event.to or "", reason=event.reason, at=event.at)
            if event
            else None
        ),
    )
