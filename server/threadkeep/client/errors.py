"""What can go wrong between a client and its server."""

from collections.abc import Sequence
from typing import Any


class ClientError(Exception):
    """The base of every error that the client raises by itself."""


class ServerNotStarted(ClientError):
    """The server's command could not be started, or it did not answer `initialize` in time."""

    def __init__(self, command: Sequence[str], reason: str) -> None:
        self.command = tuple(command)
        self.reason = reason
        super().__init__(f"the server could not be started ({' '.join(command)}): {reason}")


class ProtocolMismatch(ClientError):
    """The process that answered does not speak this client's version of the protocol."""

    def __init__(self, *, ours: int, theirs: int | None, server: str) -> None:
        self.ours = ours
        self.theirs = theirs
        if theirs is None:
            text = f"{server} is not a Threadkeep server"
        else:
            older = "server" if theirs < ours else "client"
            text = (
                f"{server} speaks version {theirs} of the protocol, this client version {ours}: "
                f"update the {older}"
            )
        super().__init__(text)


class RequestFailed(ClientError):
    """The server answered a request with an error; `kind` is the contract."""

    def __init__(self, *, code: int, kind: str, message: str, data: dict[str, Any]) -> None:
        self.code = code
        self.kind = kind
        self.message = message
        self.data = data
        super().__init__(message)

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return self.data.get("retryable") is True


class MalformedAnswer(ClientError):
    """The server sent a result that does not have the shape that the protocol gives it."""


class ServerGone(ClientError):
    """The server ended, or left the protocol, while it was still needed."""

    def __init__(self, *, exit_code: int | None, stderr_tail: str, reason: str = "it ended") -> None:
        self.exit_code = exit_code
        self.stderr_tail = stderr_tail
        text = f"the server is gone: {reason}"
        if exit_code is not None:
            text += f", exit code {exit_code}"
        if last := stderr_tail.strip().rpartition("\n")[2]:
            text += f"; its last words: {last.strip()}"
        super().__init__(text)


class FellBehind(ClientError):
    """Notifications were not read for so long that some had to be dropped: read the state again."""
