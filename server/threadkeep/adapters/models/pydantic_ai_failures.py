"""Turns what Pydantic AI, or a package behind it, raises into the domain's named errors; apart, since only here their errors are known."""

import re
from typing import Any

from threadkeep.adapters.models.connection_failures import (
    TookTooLong,
    exhausted_failure,
    silence_advice,
    too_long_advice,
)
from threadkeep.adapters.models.failures import Refusal, message_of, redacted, shortened
from threadkeep.domain.errors import (
    ContextTooLong,
    ExtraMissing,
    ProviderAuth,
    ProviderBadRequest,
    ProviderError,
    ProviderNetwork,
    ProviderOverloaded,
    ProviderRateLimited,
    ProviderTimeout,
    ThreadkeepError,
)
from threadkeep.ports.provider_settings import ProviderSettings

PACKAGE = re.compile(r'"(pydantic-ai-slim\[[\w,-]+\])"')
"""What Pydantic AI says to install for a provider whose own package is missing."""
VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*_(?:[A-Z0-9]+_)*(?:KEY|TOKEN)\b")
"""The variable that it says to set."""


def failure_of(
    error: Exception, settings: ProviderSettings, *, model: str, key: str | None, source: str | None
) -> ThreadkeepError:
    """The domain's error. Raise it outside the handler: see the caller. source: where the key is from."""
    if failure := exhausted_failure(error, provider=settings.name):
        return failure
    package = PACKAGE.search(str(error)) if isinstance(error, ImportError) else None
    if package:
        return ExtraMissing(package[1], purpose=f"The model {model!r}")
    from pydantic_ai import exceptions as theirs

    if isinstance(error, theirs.ModelHTTPError) and not isinstance(
        error, theirs.ModelContextWindowExceededError | theirs.ModelQuotaExceededError
    ):
        return _refusal(error, settings, model=model, key=key, source=source)
    variable = VARIABLE.search(str(error)) if isinstance(error, theirs.UserError) else None
    if variable:
        advice = f"set the environment variable {variable[0]}, or providers.{settings.name}.apiKey"
        return ProviderAuth(f"{settings.name}: There is no API key: {advice}.", provider=settings.name)
    kind, advice = _verdict(error, settings)
    wait = getattr(error, "retry_after", None)
    body = getattr(error, "body", None)
    said = shortened(redacted(message_of(body) if body is not None else str(error), key))
    is_quoted = said and kind is not ProviderTimeout
    return kind(
        f"{settings.name}: {advice}.{f' It said: {said}' if is_quoted else ''}",
        provider=settings.name,
        status=getattr(error, "status_code", None),
        retry_after_ms=None if wait is None else round(wait * 1000),
    )


def _refusal(
    error: Any, settings: ProviderSettings, *, model: str, key: str | None, source: str | None
) -> ProviderError:
    """For a refusal with an HTTP status, as everywhere."""
    refusal = Refusal(
        provider=settings.name,
        model=model,
        status=error.status_code,
        words=f"{error.body} {error.provider_error_code} {error.provider_error_type}",
        message=shortened(redacted(message_of(error.body), key)),
        retry_after_ms=None if error.retry_after is None else round(error.retry_after * 1000),
        key_source=source or "the provider's own environment variable",
    )
    return refusal.error()


def _verdict(error: Exception, settings: ProviderSettings) -> tuple[type[ProviderError], str]:
    from pydantic_ai import exceptions as theirs

    if isinstance(error, TookTooLong):
        return ProviderTimeout, too_long_advice(settings).removesuffix(".")
    timeout = silence_advice(settings).removesuffix(".")
    known: tuple[tuple[type[Exception], type[ProviderError], str], ...] = (
        (theirs.ModelTimeoutError, ProviderTimeout, timeout),
        (theirs.ModelRequestTimeout, ProviderTimeout, timeout),
        (TimeoutError, ProviderTimeout, timeout),
        (
            theirs.ModelContextWindowExceededError,
            ContextTooLong,
            "The conversation is longer than the model can read: clear or shorten it",
        ),
        (theirs.ModelAuthenticationError, ProviderAuth, "The provider does not accept the API key: check it"),
        (theirs.ModelQuotaExceededError, ProviderAuth, "The account has no credit left: add some"),
        (theirs.ModelRateLimitError, ProviderRateLimited, "The provider takes no more requests just now"),
        (theirs.ModelUnavailableError, ProviderOverloaded, "The provider has trouble: try again in a while"),
        (theirs.ModelServerError, ProviderOverloaded, "The provider has trouble: try again in a while"),
        (theirs.ModelRequestRejectedError, ProviderBadRequest, "The provider refuses the request"),
        (theirs.UserError, ProviderBadRequest, "Pydantic AI cannot ask this model"),
        (ValueError, ProviderBadRequest, "Pydantic AI cannot ask this model"),
        (ImportError, ProviderBadRequest, "Pydantic AI cannot ask this model"),
    )
    broken = (ProviderNetwork, "The connection broke before the answer was complete: try again")
    return next(((ours, advice) for kind, ours, advice in known if isinstance(error, kind)), broken)
