"""The named failures of the product, each with a stable kind and its data."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class ThreadkeepError(Exception):
    """Something a client can act on: `kind` names it, `data` carries the facts, the text tells what to do."""

    kind: ClassVar[str]
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.data: Mapping[str, Any] = {name: value for name, value in data.items() if value is not None}


class InvalidValue(ThreadkeepError):
    """A value has the right type but cannot be used; `problems` is a list of (field, message)."""

    kind = "invalidParams"

    def __init__(self, field: str, message: str, *, told: str | None = None) -> None:
        """told: the same as a sentence, for people who never met the field's name."""
        super().__init__(told or f"{field}: {message}", problems=[{"field": field, "message": message}])


class SessionNotFound(ThreadkeepError):
    kind = "sessionNotFound"

    def __init__(self, session_id: str) -> None:
        super().__init__(f"There is no session {session_id!r}.", session_id=session_id)


class InvalidTransition(ThreadkeepError):
    kind = "invalidTransition"

    def __init__(self, *, from_: str, to: str, told: str | None = None) -> None:
        super().__init__(told or _why_not(from_, to), **{"from": from_, "to": to})


class SessionPaused(ThreadkeepError):
    kind = "sessionPaused"

    def __init__(self, session_id: str) -> None:
        super().__init__("The session is paused: resume it to go on.", session_id=session_id)


class SessionEnded(ThreadkeepError):
    kind = "sessionEnded"

    def __init__(self, session_id: str) -> None:
        super().__init__(
            "The session has ended and is read-only: fork it or create a new one.", session_id=session_id
        )


class SessionBusy(ThreadkeepError):
    kind = "sessionBusy"
    retryable = True

    def __init__(
        self, *, turn_id: str, holder: Mapping[str, Any] | None, told: str | None = None, **unresponsive: Any
    ) -> None:
        usual = "The session is answering: wait for the turn or cancel it."
        super().__init__(told or usual, turn_id=turn_id, holder=holder, **unresponsive)


class RevisionConflict(ThreadkeepError):
    kind = "revisionConflict"

    def __init__(self, *, expected: int, actual: int) -> None:
        super().__init__(
            f"The session is at revision {actual}, not {expected}: read it again.",
            expected=expected,
            actual=actual,
        )


class IdempotencyConflict(ThreadkeepError):
    kind = "idempotencyConflict"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The idempotency key {key!r} was used with other params: choose a new one.", key=key
        )


class MessageNotFound(ThreadkeepError):
    kind = "messageNotFound"

    def __init__(self, message_id: str | None, *, told: str | None = None) -> None:
        super().__init__(told or f"There is no message {message_id!r}.", message_id=message_id)


class InvalidCursor(ThreadkeepError):
    kind = "invalidCursor"

    def __init__(self) -> None:
        super().__init__("The cursor does not belong to this list: start again without it.")


class AgentNotFound(ThreadkeepError):
    kind = "agentNotFound"

    def __init__(
        self,
        name: str,
        *,
        known: Sequence[str],
        did_you_mean: str | None = None,
        problem: str | None = None,
    ) -> None:
        """problem: why an agent of this name cannot be used, as a sentence."""
        told = f"The agent {name!r} cannot be used: {problem}" if problem else f"There is no agent {name!r}."
        super().__init__(
            f"{told}{_question(did_you_mean)} Known: {', '.join(known)}.", agent=name, known=list(known)
        )


class NotInTrash(ThreadkeepError):
    kind = "notInTrash"

    def __init__(self, session_id: str) -> None:
        super().__init__(
            "The session is not in the trash: delete it first, then it can be erased for good.",
            session_id=session_id,
        )


class ImportInvalid(ThreadkeepError):
    """problems: plain objects with `message` and, where known, `line` and `file`."""

    kind = "importInvalid"

    def __init__(self, message: str, *, problems: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(message, problems=list(problems))


class ExportFailed(ThreadkeepError):
    kind = "exportFailed"


class AlreadyExists(ThreadkeepError):
    kind = "alreadyExists"

    def __init__(self, session_id: str) -> None:
        super().__init__(f"A session {session_id!r} exists already.", session_id=session_id)


class BranchNotFound(ThreadkeepError):
    kind = "branchNotFound"

    def __init__(self, message_id: str) -> None:
        super().__init__(
            f"No branch of this session holds a message {message_id!r}: chat/branches lists them.",
            message_id=message_id,
        )


class ApprovalNotFound(ThreadkeepError):
    kind = "approvalNotFound"

    def __init__(self, approval_id: str) -> None:
        super().__init__(
            f"There is no approval {approval_id!r} in this session: session/open lists those that wait.",
            approval_id=approval_id,
        )


class AlreadyDecided(ThreadkeepError):
    kind = "alreadyDecided"

    def __init__(self, *, option_id: str | None, decided_by: str | None) -> None:
        how = f"by {decided_by}" if decided_by else "already"
        told = f"This was decided {how}." if option_id else "Nobody waits for this decision any more."
        super().__init__(told, option_id=option_id, decided_by=decided_by)


class BlobNotFound(ThreadkeepError):
    kind = "blobNotFound"

    def __init__(self, sha256: str) -> None:
        super().__init__(
            f"No message of this session holds a content {sha256!r}: it may have been erased.", sha256=sha256
        )


class TurnNotFound(ThreadkeepError):
    kind = "turnNotFound"

    def __init__(self, turn_id: str) -> None:
        super().__init__(f"There is no turn {turn_id!r} in this session.", turn_id=turn_id)


class NothingToContinue(ThreadkeepError):
    kind = "nothingToContinue"

    def __init__(self, session_id: str, *, told: str | None = None) -> None:
        super().__init__(
            told or "The newest answer is complete, or there is none: send a message instead.",
            session_id=session_id,
        )


class ModelNotFound(ThreadkeepError):
    kind = "modelNotFound"

    def __init__(self, model: str, *, known: Sequence[str], did_you_mean: str | None = None) -> None:
        super().__init__(
            f"There is no model {model!r}: name it as provider:model.{_question(did_you_mean)}"
            f" Known: {', '.join(known)}.",
            model=model,
            known=list(known),
        )


class RepositoryNotFound(ThreadkeepError):
    kind = "repositoryNotFound"

    def __init__(self, repository_id: str) -> None:
        super().__init__(
            f"There is no repository {repository_id!r}: give a file: URI, or {{name}}.",
            repository=repository_id,
        )


class RepositoryAmbiguous(ThreadkeepError):
    """`candidates` are all repositories that are concerned, as id, name and count of sessions."""

    kind = "repositoryAmbiguous"

    def __init__(self, candidates: Sequence[Mapping[str, Any]]) -> None:
        names = ", ".join(f"{candidate['name']!r} ({candidate['id']})" for candidate in candidates)
        super().__init__(
            f"The folder belongs to another repository that has sessions: {names}."
            " Give `merge: true` to make them one.",
            candidates=list(candidates),
        )


class ProviderNotFound(ThreadkeepError):
    kind = "providerNotFound"

    def __init__(self, name: str, *, known: Sequence[str], did_you_mean: str | None = None) -> None:
        super().__init__(
            f"The settings name no provider {name!r}.{_question(did_you_mean)} Known: {', '.join(known)}.",
            provider=name,
            known=list(known),
        )


class ProviderError(ThreadkeepError):
    """A model's provider failed; the subclasses tell how. `retry_after_ms` is in milliseconds."""

    def __init__(
        self, message: str, *, provider: str, status: int | None = None, retry_after_ms: int | None = None
    ) -> None:
        super().__init__(message, provider=provider, status=status, retry_after_ms=retry_after_ms)


class ProviderAuth(ProviderError):
    kind = "providerAuth"


class ProviderRateLimited(ProviderError):
    kind = "providerRateLimited"
    retryable = True


class ProviderOverloaded(ProviderError):
    kind = "providerOverloaded"
    retryable = True


class ProviderBadRequest(ProviderError):
    kind = "providerBadRequest"


class ContextTooLong(ProviderError):
    kind = "contextTooLong"


class ProviderNetwork(ProviderError):
    kind = "providerNetwork"
    retryable = True


class ProviderTimeout(ProviderError):
    kind = "providerTimeout"
    retryable = True


class SettingsInvalid(ThreadkeepError):
    """What decides who is asked cannot be read in the settings, so nobody is asked."""

    kind = "settingsInvalid"

    def __init__(self, problem: str, *, provider: str | None = None, then: str) -> None:
        """problem: a sentence that names the place. then: what to do, as a sentence."""
        super().__init__(f"Nothing was sent. {problem} {then}", provider=provider, problems=[problem])


class ExtraMissing(ThreadkeepError):
    """`extra` is what to install, as pip takes it."""

    kind = "extraMissing"

    def __init__(self, extra: str, *, purpose: str, then: str | None = None) -> None:
        """then: what is to be done after that, as a sentence."""
        super().__init__(
            f"{purpose} needs a package that is not installed: run {install_command(extra)},"
            f" and restart the editor.{f' {then}' if then else ''}",
            extra=extra,
        )


class StoreError(ThreadkeepError):
    """The store cannot do what was asked; nothing was changed."""


class StoreUnavailable(StoreError):
    kind = "storeUnavailable"
    retryable = True

    def __init__(self, message: str, *, reason: str = "other") -> None:
        """reason: `noRoom`, `readOnly`, `diskError`, `unreadable`, `busy` or `other`."""
        super().__init__(message, reason=reason)


class StoreCorrupt(StoreError):
    kind = "storeCorrupt"


class StoreNewer(StoreError):
    kind = "storeNewer"


def _why_not(from_: str, to: str) -> str:
    if from_ == to:
        return f"The session {'has ended' if to == 'ended' else f'is {to}'} already."
    if from_ == "ended":
        return "The session has ended and stays so: fork it or create a new one to go on."
    return f"The session is {from_}: it cannot be {to}."


def _question(did_you_mean: str | None) -> str:
    return f" Did you mean {did_you_mean!r}?" if did_you_mean else ""


def install_command(extra: str) -> str:
    """What installs a package beside this very server, wherever that is: a person cannot guess an environment
    that an extension, pipx or uv made."""
    quoted = f'"{extra}"' if sys.platform == "win32" else f"'{extra}'"
    folders = sys.prefix.replace("\\", "/").split("/")
    is_ours = extra.startswith("threadkeep[")
    if "uv" in folders and "tools" in folders:  # there is no pip in its environments
        return f"uv tool install {quoted}" if is_ours else f"uv tool install threadkeep --with {quoted}"
    if "pipx" in folders:
        return f"pipx install --force {quoted}" if is_ours else f"pipx inject threadkeep {quoted}"
    python = sys.executable or "python"
    program = f'"{python}"' if " " in python else python
    return f"{program} -m pip install {quoted}"
