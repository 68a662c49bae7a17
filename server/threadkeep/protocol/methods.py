"""METHODS: the table of contents of the product."""

from threadkeep.protocol.chat_methods import CHAT_METHODS
from threadkeep.protocol.method import KEY, Method
from threadkeep.protocol.repository_methods import REPOSITORY_METHODS
from threadkeep.protocol.search_methods import SEARCH_METHODS
from threadkeep.protocol.session_methods import SESSION_METHODS
from threadkeep.protocol.transfer_methods import TRANSFER_METHODS
from threadkeep.protocol.types import (
    agents,
    hints,
    messages,
    organise,
    repositories,
    server,
    sessions,
)
from threadkeep.protocol.upkeep_methods import UPKEEP_METHODS
from threadkeep.protocol.usage_methods import USAGE_METHODS


def _notification(name: str, params: type, doc: str) -> Method:
    return Method(name=name, direction="notification", params=params, doc=doc)


_SERVER_METHODS: tuple[Method, ...] = (
    Method(
        name="agent/list",
        topic="agents",
        reads=True,
        params=agents.ListAgentsParams,
        result=agents.ListAgentsResult,
        errors=KEY,
        doc="Lists the agents that can be asked, and the files that should describe one and do not.",
    ),
    Method(
        name="model/list",
        topic="server",
        reads=True,
        params=server.ListModelsParams,
        result=server.ListModelsResult,
        doc="Lists the models that can be asked for.",
    ),
    Method(
        name="provider/list",
        topic="server",
        reads=True,
        params=server.ListProvidersParams,
        result=server.ListProvidersResult,
        doc="Lists the providers and whether their keys are present.",
    ),
    Method(
        name="provider/setKey",
        topic="server",
        reads=True,
        params=server.SetKeyParams,
        result=server.SetKeyResult,
        errors=("providerNotFound", "extraMissing"),
        doc="Takes a key that a person entered, or forgets it.",
    ),
    Method(
        name="provider/test",
        topic="server",
        reads=True,
        params=server.ProviderTestParams,
        result=server.ProviderTestResult,
        errors=("providerNotFound", "settingsInvalid"),
        doc="Asks a provider for its models, and says what is wrong.",
    ),
    Method(
        name="store/info",
        topic="server",
        reads=True,
        params=server.StoreInfoParams,
        result=server.StoreInfo,
        doc="Reports what the store contains and where it is.",
    ),
    Method(
        name="server/status",
        topic="server",
        reads=True,
        params=server.ServerStatusParams,
        result=server.ServerStatus,
        doc="Reports this process, every setting and its source.",
    ),
    Method(
        name="server/schema",
        topic="server",
        reads=True,
        params=server.SchemaParams,
        result=server.SchemaResult,
        doc="Gives this protocol as JSON Schema.",
    ),
)

_NOTIFICATIONS: tuple[Method, ...] = (
    _notification(
        "session/changed", sessions.SessionChanged, "A session changed; at most one a session each 100 ms."
    ),
    _notification("session/removed", organise.SessionRemoved, "A session was erased for good."),
    _notification("task/changed", repositories.TaskChanged, "The branch of a workspace folder changed."),
    _notification(
        "repository/hint",
        hints.RepositoryHinted,
        "A folder that was opened may be another repository that was moved.",
    ),
    _notification("chat/turnStarted", messages.TurnStarted, "A turn began."),
    _notification("chat/message", messages.MessageNotice, "A message was added or changed."),
    _notification("chat/delta", messages.Delta, "A running answer grew."),
    _notification("chat/turnRetrying", messages.TurnRetrying, "A provider failed and is asked again."),
    _notification("chat/turnCompleted", messages.TurnCompleted, "A turn ended."),
    _notification(
        "store/warning", server.StoreWarning, "Something about the store that a person should know."
    ),
)

METHODS: tuple[Method, ...] = (
    *SESSION_METHODS,
    *CHAT_METHODS,
    *REPOSITORY_METHODS,
    *_SERVER_METHODS,
    *UPKEEP_METHODS,
    *USAGE_METHODS,
    *SEARCH_METHODS,
    *TRANSFER_METHODS,
    *_NOTIFICATIONS,
)

REQUESTS = {method.name: method for method in METHODS if method.direction == "request"}
NOTIFICATIONS = {method.name: method for method in METHODS if method.direction == "notification"}
