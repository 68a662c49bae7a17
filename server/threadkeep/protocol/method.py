"""What is said of a method, and the errors that many methods share."""

from typing import Literal

from threadkeep.values import Value


class Method(Value):
    """One row of the table."""

    name: str
    """`noun/verb`."""
    topic: str = "sessions"
    """Of a request: the module of handlers that answers it. That of the default is imported at the start, the others
    with the first request for one of theirs."""
    reads: bool = False
    """Whether it changes nothing that is stored: it waits only for those before it whose effect it has to show."""
    unordered: bool = False
    """Whether it takes long, so that no other request waits for its answer. What erases has its place in the order
    until its effect is stored, a fork until it stands what it copies, a merging until the folder leads there."""
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


GONE = ("sessionNotFound",)
STATE = ("sessionNotFound", "invalidTransition", "revisionConflict", "idempotencyConflict")
KEY = ("repositoryNotFound",)
PLAIN_STATE = ("sessionNotFound", "revisionConflict", "idempotencyConflict")
WRITABLE = ("sessionNotFound", "invalidTransition", "sessionPaused", "sessionEnded", "sessionBusy")
TURN = (*WRITABLE, "agentNotFound", "modelNotFound", "providerNotFound", "idempotencyConflict")
