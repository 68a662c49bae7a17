"""METHODS: the table of contents of the product."""

from threadkeep.protocol.chat_methods import CHAT_METHODS
from threadkeep.protocol.method import KEY, Method
from threadkeep.protocol.session_methods import SESSION_METHODS
from threadkeep.protocol.types import (
    agents,
    approvals,
    common,
    hints,
    messages,
    organise,
    repositories,
    search,
    server,
    sessions,
    transfer,
    upkeep,
)

REPOSITORY_METHODS: tuple[Method, ...] = (
    Method(
        name="repository/resolve",
        topic="repositories",
        reads=True,
        params=repositories.ResolveRepositoryParams,
        result=repositories.ResolveRepositoryResult,
        errors=KEY,
        doc="Identifies the repository of a folder, and others that it may be; creates nothing.",
    ),
    Method(
        name="repository/list",
        topic="repositories",
        reads=True,
        params=repositories.ListRepositoriesParams,
        result=repositories.ListRepositoriesResult,
        errors=("invalidCursor",),
        doc="Lists repositories, and which of them have lost their folders.",
    ),
    Method(
        name="repository/relocate",
        topic="repositories",
        unordered=True,
        params=repositories.RelocateRepositoryParams,
        result=repositories.RelocateRepositoryResult,
        errors=("repositoryNotFound", "repositoryAmbiguous", "idempotencyConflict"),
        doc="Makes a folder that of a repository, and merges into it what the folder was before, if asked.",
    ),
    Method(
        name="repository/dismiss",
        topic="repositories",
        params=hints.DismissHintParams,
        result=common.Empty,
        errors=("repositoryNotFound", "idempotencyConflict"),
        doc="Remembers that what a hint named is something else.",
    ),
    Method(
        name="task/relocate",
        topic="repositories",
        params=hints.RelocateTaskParams,
        result=hints.RelocateTaskResult,
        errors=("repositoryNotFound", "idempotencyConflict"),
        doc="Moves all sessions of a task to another one, as when its branch was renamed.",
    ),
    Method(
        name="task/list",
        topic="repositories",
        reads=True,
        params=repositories.ListTasksParams,
        result=repositories.ListTasksResult,
        errors=("repositoryNotFound", "invalidCursor"),
        doc="Lists the tasks of a repository.",
    ),
)


_STORE = ("storeUnavailable", "storeNewer")

UPKEEP_METHODS: tuple[Method, ...] = (
    Method(
        name="store/doctor",
        topic="upkeep",
        unordered=True,
        params=upkeep.CheckStoreParams,
        result=upkeep.CheckStoreResult,
        errors=_STORE,
        doc="Looks at the whole store for damage, and repairs it after a backup, if asked.",
    ),
    Method(
        name="store/backup",
        topic="upkeep",
        unordered=True,
        params=upkeep.BackUpStoreParams,
        result=upkeep.BackUpStoreResult,
        errors=(*_STORE, "storeCorrupt"),
        doc="Copies the store into one file while it is in use.",
    ),
    Method(
        name="store/cleanup",
        topic="organise",
        unordered=True,
        params=organise.CleanUpParams,
        result=organise.CleanUpResult,
        errors=(*_STORE, "repositoryNotFound"),
        doc="Puts sessions into the trash that nobody has used for long, or previews them (dry run).",
    ),
)


TRANSFER_METHODS: tuple[Method, ...] = (
    Method(
        name="session/export",
        topic="transfer",
        unordered=True,
        params=transfer.ExportSessionsParams,
        result=transfer.ExportSessionsResult,
        errors=("sessionNotFound", "repositoryNotFound", "exportFailed", "extraMissing"),
        cancellable=True,
        doc="Gives one session, or all of a filter, as a text or as a file; it waits for nobody and nobody for it.",
    ),
    Method(
        name="session/import",
        topic="transfer",
        unordered=True,
        params=transfer.ImportSessionsParams,
        result=transfer.ImportSessionsResult,
        errors=("importInvalid", "repositoryNotFound", "storeUnavailable", "storeCorrupt"),
        cancellable=True,
        doc="Stores sessions of an export, or of another tool's history; what was stored when it is cancelled stays.",
    ),
    Method(
        name="format/list",
        topic="transfer",
        reads=True,
        unordered=True,
        params=transfer.ListFormatsParams,
        result=transfer.ListFormatsResult,
        doc="Lists the formats in which sessions are taken out and brought in, those of installed packages among them.",
    ),
)


SEARCH_METHODS: tuple[Method, ...] = (
    Method(
        name="session/search",
        topic="search",
        unordered=True,
        params=search.SearchSessionsParams,
        result=search.SearchSessionsResult,
        errors=("sessionNotFound", "repositoryNotFound", "invalidCursor", "extraMissing"),
        cancellable=True,
        doc="Finds text in messages, titles, notes and tags.",
    ),
)


USAGE_METHODS: tuple[Method, ...] = (
    Method(
        name="usage/summary",
        topic="usage",
        reads=True,
        params=organise.SummarizeUsageParams,
        result=organise.SummarizeUsageResult,
        errors=("repositoryNotFound",),
        doc="Sums up tokens and costs by session, task, repository, agent, model or day.",
    ),
)


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
    _notification("chat/delta", messages.Delta, "A running answer, or a running tool call, grew."),
    _notification("chat/part", messages.PartNotice, "A tool call, a plan or the like came or changed."),
    _notification("chat/approvalRequested", approvals.ApprovalNotice, "A tool call waits for a decision."),
    _notification(
        "chat/approvalClosed", approvals.ApprovalClosedNotice, "An approval was decided or withdrawn."
    ),
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
