"""Says on one line what went wrong and what to do."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from threadkeep.cli.formats import holder_text, one_line
from threadkeep.client.errors import ClientError, MalformedAnswer, RequestFailed, ServerGone

if TYPE_CHECKING:
    from threadkeep.protocol.types.messages import TurnRetrying

_IN_A_CHAT = {
    "sessionPaused": "/resume, or /new for another",
    "sessionEnded": "/new for another",
    "sessionBusy": "wait for it to end, /stop it, or /new for another",
    "modelNotFound": "/model lists them",
    "agentNotFound": "/agent lists them",
    "settingsInvalid": "/model chooses one for this session",
}
_ON_THE_COMMAND_LINE = {
    "sessionPaused": "/resume in `threadkeep chat`, or --new for another",
    "sessionEnded": "--new for another",
    "sessionBusy": "wait for it to end, --take-over to stop it, or --new for another",
    "sessionNotFound": "`threadkeep sessions list` shows what there is",
    "modelNotFound": "`threadkeep models` lists them",
    "settingsInvalid": "--model names one for this message",
    "internalError": "`threadkeep settings` tells where the log is",
}


_WHY_RETRYING = {
    "providerRateLimited": "provider busy",
    "providerOverloaded": "provider busy",
    "providerNetwork": "provider not reached",
    "providerTimeout": "provider does not answer",
}


class CommandFailed(Exception):
    """A command cannot do its work; the text says why and what to do."""

    def __init__(self, text: str, *, lines: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.lines = tuple(lines)
        """What is told below it."""


class AlreadyReported(CommandFailed):
    """A command cannot do its work, and why is on the screen."""


class AnswerBroken(CommandFailed):
    """The server was gone before an answer was complete."""

    def __init__(self, gone: ServerGone) -> None:
        super().__init__(
            f"{gone} (what came is kept: start `threadkeep chat` again, there /continue carries on)"
        )


def retrying(event: "TurnRetrying") -> str:
    """One line for a person who waits for a provider."""
    seconds = (event.retry_after_ms + 999) // 1000
    return f"{_WHY_RETRYING.get(event.kind, 'the provider failed')}, trying again in {seconds} s"


def explain(error: Exception, *, in_chat: bool = False) -> str:
    """One line for a person."""
    if not isinstance(error, RequestFailed):
        known = isinstance(error, ClientError | CommandFailed | OSError)
        return one_line(str(error) if known else f"unexpected {type(error).__name__}: {error}")
    message = error.message
    advice = (_IN_A_CHAT if in_chat else _ON_THE_COMMAND_LINE).get(error.kind)
    if error.kind == "sessionBusy" and (holder := holder_of(error)):
        message = f"An answer is being written in this session ({holder})"
        if does_not_react(error):
            message = f"{message}, and its window does not react"
            advice = _unresponsive(error, in_chat=in_chat)
    return one_line(f"{message.rstrip('.')} ({advice})." if advice else message)


def does_not_react(error: RequestFailed) -> bool:
    """Whether a window was asked to end its answer, and did not."""
    return error.kind == "sessionBusy" and error.data.get("isUnresponsive") is True


def _unresponsive(error: RequestFailed, *, in_chat: bool) -> str:
    if error.data.get("canTakeOver") is not True:
        return "it is of an older version and cannot be taken over: continue or end that process"
    how = "/stop asks whether to end it" if in_chat else "--take-over ends it"
    return f"{how} with the text that is stored"


def holder_of(error: RequestFailed) -> str | None:
    """Who runs the turn that is in the way, if the server has said so."""
    from threadkeep.client.reading import read
    from threadkeep.protocol.types.messages import Holder

    try:
        return holder_text(read(error.data.get("holder"), Holder))
    except MalformedAnswer:
        return None
