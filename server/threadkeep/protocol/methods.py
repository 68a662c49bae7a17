"""METHODS: the table of contents of the product."""

from typing import Literal

import attrs

from threadkeep.protocol.types import (
    chat,
    common,
    lifecycle,
    lists,
    messages,
    repositories,
    server,
    sessions,
)


@attrs.frozen(kw_only=True)
class Method:
    """One row of the table."""

    name: str
    """`noun/verb`."""
    direction: Literal["request", "notification"] = "request"
    """Requests come from the client, notifications from the server."""
    params: type
    """The class of its params."""
    result: type | None = None
    """The class of its result; None for a notification."""
    errors: tuple[str, ...] = ()
    """Kinds it may fail with, besides those that every request may."""
    cancellable: bool = False
    """Whether `$/cancelRequest` ends it early; the others run to their end and are answered."""
    doc: str
    """One sentence."""


_GONE = ("sessionNotFound",)
_STATE = ("sessionNotFound", "invalidTransition", "revisionConflict", "idempotencyConflict")
_KEY = ("repositoryNotFound",)
_PLAIN_STATE = ("sessionNotFound", "revisionConflict", "idempotencyConflict")


def _notification(name: str, params: type, doc: str) -> Method:
    return Method(name=name, direction="notification", params=params, doc=doc)


METHODS: tuple[Method, ...] = (
    Method(
        name="session/open",
        params=lifecycle.OpenSessionParams,
        result=lifecycle.OpenSessionResult,
        errors=_KEY,
        doc="Gets or makes the current session of a repository and task: the one call at editor start.",
    ),
    Method(
        name="session/create",
        params=lifecycle.CreateSessionParams,
        result=lifecycle.SessionResult,
        errors=(
            "repositoryNotFound",
            "agentNotFound",
            "modelNotFound",
            "providerNotFound",
            "alreadyExists",
            "idempotencyConflict",
        ),
        doc="Makes a new session.",
    ),
    Method(
        name="session/get",
        params=lifecycle.SessionIdParams,
        result=lifecycle.SessionResult,
        errors=_GONE,
        doc="Reads one session.",
    ),
    Method(
        name="session/close",
        params=lifecycle.SessionIdParams,
        result=common.Empty,
        errors=_GONE,
        doc="Ends the `chat/*` notifications of a session on this connection; the session stays as it is.",
    ),
    Method(
        name="session/list",
        params=lists.ListSessionsParams,
        result=lists.ListSessionsResult,
        errors=("repositoryNotFound", "invalidCursor"),
        doc="Lists sessions.",
    ),
    Method(
        name="session/history",
        params=lists.SessionHistoryParams,
        result=lists.SessionHistoryResult,
        errors=("sessionNotFound", "invalidCursor"),
        doc="Reads a page of a session's visible history.",
    ),
    Method(
        name="session/events",
        params=lists.SessionEventsParams,
        result=lists.SessionEventsResult,
        errors=_GONE,
        doc="Reads what happened in a session since a `seq`.",
    ),
    Method(
        name="session/update",
        params=lifecycle.UpdateSessionParams,
        result=lifecycle.SessionResult,
        errors=(
            "sessionNotFound",
            "sessionEnded",
            "repositoryNotFound",
            "revisionConflict",
            "idempotencyConflict",
        ),
        doc="Changes fields of a session.",
    ),
    Method(
        name="session/pause",
        params=lifecycle.ChangeStateParams,
        result=lifecycle.SessionResult,
        errors=(*_STATE, "sessionBusy"),
        doc="Pauses an active session; a running turn is stopped first and its text kept.",
    ),
    Method(
        name="session/resume",
        params=lifecycle.ChangeStateParams,
        result=lifecycle.SessionResult,
        errors=_STATE,
        doc="Makes a paused session active.",
    ),
    Method(
        name="session/end",
        params=lifecycle.ChangeStateParams,
        result=lifecycle.SessionResult,
        errors=(*_STATE, "sessionBusy"),
        doc="Ends an active or paused session for good; a running turn is stopped first and its text kept.",
    ),
    Method(
        name="session/archive",
        params=lifecycle.ChangeStateParams,
        result=lifecycle.SessionResult,
        errors=_PLAIN_STATE,
        doc="Takes a session out of the ordinary lists.",
    ),
    Method(
        name="session/unarchive",
        params=lifecycle.ChangeStateParams,
        result=lifecycle.SessionResult,
        errors=_PLAIN_STATE,
        doc="Puts an archived session back into the ordinary lists.",
    ),
    Method(
        name="session/setModel",
        params=lifecycle.SetModelParams,
        result=lifecycle.SessionResult,
        errors=(
            "sessionNotFound",
            "sessionEnded",
            "modelNotFound",
            "providerNotFound",
            "revisionConflict",
            "idempotencyConflict",
        ),
        doc="Sets the model that answers in a session.",
    ),
    Method(
        name="session/activate",
        params=lifecycle.ActivateSessionParams,
        result=common.Empty,
        errors=_GONE,
        doc="Makes a session the current one of its key, or of a window.",
    ),
    Method(
        name="session/current",
        params=lifecycle.CurrentSessionParams,
        result=lifecycle.CurrentSessionResult,
        errors=_KEY,
        doc="Tells which session `session/open` would give, and makes none.",
    ),
    Method(
        name="draft/set",
        params=lifecycle.SetDraftParams,
        result=common.Empty,
        errors=_GONE,
        doc="Keeps what is typed and not sent.",
    ),
    Method(
        name="chat/send",
        params=chat.SendParams,
        result=chat.SendResult,
        errors=(
            "sessionNotFound",
            "sessionPaused",
            "sessionEnded",
            "sessionBusy",
            "agentNotFound",
            "modelNotFound",
            "providerNotFound",
            "idempotencyConflict",
        ),
        doc="Stores a user's message and starts the turn that answers it.",
    ),
    Method(
        name="chat/wait",
        params=chat.TurnParams,
        result=chat.WaitResult,
        errors=("sessionNotFound", "turnNotFound"),
        cancellable=True,
        doc="Answers when a turn has ended; cancelling this request does not cancel the turn.",
    ),
    Method(
        name="chat/cancel",
        params=chat.CancelParams,
        result=chat.CancelResult,
        errors=("sessionNotFound", "turnNotFound", "sessionBusy"),
        doc="Stops a turn and keeps what came.",
    ),
    Method(
        name="chat/continue",
        params=chat.ContinueParams,
        result=chat.ContinueResult,
        errors=(
            "sessionNotFound",
            "sessionPaused",
            "sessionEnded",
            "sessionBusy",
            "nothingToContinue",
            "modelNotFound",
            "providerNotFound",
            "idempotencyConflict",
        ),
        doc="Carries on with an answer that was interrupted, cancelled or failed.",
    ),
    Method(
        name="model/list",
        params=common.Empty,
        result=server.ListModelsResult,
        doc="Lists the models that can be asked for.",
    ),
    Method(
        name="provider/list",
        params=common.Empty,
        result=server.ListProvidersResult,
        doc="Lists the providers and whether their keys are present.",
    ),
    Method(
        name="store/info",
        params=common.Empty,
        result=server.StoreInfo,
        doc="Tells what the store holds and where it is.",
    ),
    Method(
        name="server/status",
        params=common.Empty,
        result=server.ServerStatus,
        doc="Tells what this process is, every setting and where it came from.",
    ),
    Method(
        name="server/schema",
        params=common.Empty,
        result=server.SchemaResult,
        doc="Gives this protocol as JSON Schema.",
    ),
    _notification(
        "session/changed", sessions.SessionChanged, "A session changed; at most one a session each 100 ms."
    ),
    _notification("task/changed", repositories.TaskChanged, "The branch of a workspace folder changed."),
    _notification("chat/turnStarted", messages.TurnStarted, "A turn began."),
    _notification("chat/message", messages.MessageNotice, "A message was added or changed."),
    _notification("chat/delta", messages.Delta, "A running answer grew."),
    _notification("chat/turnCompleted", messages.TurnCompleted, "A turn ended."),
    _notification(
        "store/warning", server.StoreWarning, "Something about the store that a person should know."
    ),
)

REQUESTS = {method.name: method for method in METHODS if method.direction == "request"}
NOTIFICATIONS = {method.name: method for method in METHODS if method.direction == "notification"}
