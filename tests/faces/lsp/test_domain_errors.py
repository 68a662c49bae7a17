import errno
import inspect

import pytest

from threadkeep.domain import errors as domain
from threadkeep.domain import exhaustion
from threadkeep.domain.events import StoreWarned
from threadkeep.domain.folders import FolderAway
from threadkeep.domain.messages import Failure
from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.audience import notice
from threadkeep.faces.lsp.conversion import translate
from threadkeep.protocol.errors import BY_KIND
from threadkeep.usecases.chat.turn_end import failure_of

PROVIDER = {"provider": "work", "status": 429, "retry_after_ms": 10}
EXAMPLES = (
    domain.InvalidValue("perPage", "must be at least 1"),
    domain.SessionNotFound("s"),
    domain.InvalidTransition(from_="ended", to="active"),
    domain.SessionPaused("s"),
    domain.SessionEnded("s"),
    domain.SessionBusy(
        turn_id="t",
        holder={"client": "nvim", "pid": 1, "host": "h", "since": "2026"},
        unresponsive_since="2026",
        is_unresponsive=True,
        can_take_over=True,
    ),
    domain.RevisionConflict(expected=1, actual=2),
    domain.IdempotencyConflict("k"),
    domain.MessageNotFound("m"),
    domain.InvalidCursor(),
    domain.AgentNotFound("a", known=["assistant"]),
    domain.NotInTrash("s"),
    FolderAway("/share/app"),
    domain.AlreadyExists("s"),
    domain.ImportInvalid("no", problems=[{"message": "no", "line": 3}]),
    domain.ExportFailed("no"),
    domain.TurnNotFound("t"),
    domain.BranchNotFound("m"),
    domain.SettingsInvalid("settings.toml: no.", provider="work", then="Mend it."),
    domain.ExtraMissing("threadkeep[keyring]", purpose="The keyring"),
    domain.NothingToContinue("s"),
    domain.BlobNotFound("0" * 64),
    domain.ApprovalNotFound("a"),
    domain.AlreadyDecided(option_id="allowOnce", decided_by="nvim"),
    domain.ModelNotFound("m", known=["p:m"]),
    domain.RepositoryNotFound("r"),
    domain.RepositoryAmbiguous([{"id": "r", "name": "app", "session_count": 1}]),
    domain.ProviderNotFound("p", known=["offline"]),
    domain.ProviderAuth("no", **PROVIDER),
    domain.ProviderRateLimited("no", **PROVIDER),
    domain.ProviderOverloaded("no", **PROVIDER),
    domain.ProviderBadRequest("no", **PROVIDER),
    domain.ContextTooLong("no", **PROVIDER),
    domain.ProviderNetwork("no", **PROVIDER),
    domain.ProviderTimeout("no", **PROVIDER),
    domain.StoreUnavailable("no"),
    domain.StoreCorrupt("no"),
    domain.StoreNewer("no"),
)


def by_kind(error: domain.ThreadkeepError) -> str:
    return error.kind


@pytest.mark.parametrize("error", EXAMPLES, ids=by_kind)
def test_a_domain_error_reaches_the_wire_as_the_table_says(error):
    row = BY_KIND[error.kind]
    sent = translate(error, method="session/get")
    assert (sent["code"], sent["message"]) == (row.code, str(error)) or error.kind == "invalidParams"
    assert (sent["data"]["kind"], sent["data"]["retryable"]) == (row.kind, row.retryable)
    assert set(sent["data"]) == {*row.data, "kind", "retryable"}


def test_every_named_error_of_the_domain_is_among_them():
    named = {
        value
        for _, value in inspect.getmembers(domain, inspect.isclass)
        if issubclass(value, domain.ThreadkeepError) and "kind" in vars(value)
    }
    assert {type(error) for error in EXAMPLES} == named | {FolderAway}


def test_an_unexpected_error_tells_nothing_of_itself(caplog):
    sent = translate(RuntimeError("/home/me/secret"), method="session/get")
    assert (sent["code"], sent["data"]["kind"]) == (-32603, "internalError")
    assert "secret" not in str(sent)


def test_what_a_provider_says_cannot_steer_a_terminal():
    evil = "\x1b]0;owned\x07bad \x1b[31mkey\u202e!\r"
    error = translate(domain.ProviderAuth(evil, provider="work"), method="chat/send")
    assert error["message"] == "bad key!"
    error = translate(domain.ModelNotFound("m", known=[f"p:{evil}"]), method="chat/send")
    assert error["data"]["known"] == ["p:bad key!"]
    problems = [{"message": evil, "line": 1}]
    error = translate(domain.ImportInvalid(evil, problems=problems), method="session/import")
    assert error["data"]["problems"] == [{"message": "bad key!", "line": 1}]


def test_what_failed_is_told_and_kept_without_what_steers_a_terminal():
    evil = "bad \x1b[31mkey\x9b0m"
    kept = failure_of(domain.ProviderAuth(evil, provider="work"))
    assert kept.message == "bad key"
    old = Failure(kind="providerAuth", message=evil)  # of a version that kept it as it came
    assert wire.failure(old).message == "bad key"


def test_warnings_do_not_steer_a_terminal():
    told = notice(StoreWarned(kind="unavailable", message="no \x1b[2Jdisk"))
    assert told.params.message == "no disk"


def chained(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (OSError(errno.EMFILE, "too many"), "tooManyFiles", "ulimit -n"),
        (OSError(errno.ENFILE, "too many"), "tooManyFiles", "whole system"),
        (chained(RuntimeError("no client"), OSError(errno.EMFILE, "too many")), "tooManyFiles", "ulimit -n"),
        (ExceptionGroup("all", [OSError(errno.EMFILE, "too many")]), "tooManyFiles", "ulimit -n"),
        (exhaustion.StoreTooManyFiles("ulimit -n"), "tooManyFiles", "ulimit -n"),
        (MemoryError(), "outOfMemory", "Out of memory"),
        (OSError(errno.ENOMEM, "no memory"), "outOfMemory", "Out of memory"),
        (RuntimeError("can't start new thread"), "outOfMemory", "thread"),
        (exhaustion.StoreOutOfMemory("Out of memory"), "outOfMemory", "Out of memory"),
    ],
    ids=str,
)
def test_what_the_system_has_no_more_of_is_named(error, kind, words):
    sent = translate(error, method="session/get")
    assert (sent["code"], sent["data"]) == (BY_KIND[kind].code, {"kind": kind, "retryable": True})
    assert words in sent["message"]
