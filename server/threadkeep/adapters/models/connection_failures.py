"""Turns what broke between us and a provider into the domain's named errors."""

import os

from threadkeep.adapters.models.failures import PROXY_LOGIN, redacted, shortened
from threadkeep.adapters.models.http_client import is_loopback
from threadkeep.domain.errors import (
    ProviderBadRequest,
    ProviderError,
    ProviderNetwork,
    ProviderTimeout,
)
from threadkeep.domain.exhaustion import Lack, ProviderOutOfMemory, ProviderTooManyFiles, lack, lack_words
from threadkeep.ports.provider_settings import ProviderSettings


class TookTooLong(Exception):
    """An answer that is not complete within `totalTimeoutSeconds`."""


def connection_failure(error: Exception, settings: ProviderSettings, *, key: str | None) -> ProviderError:
    """The domain's error for one of the HTTP client. Raise it outside the handler: see the caller."""
    import httpx2

    name, address = settings.name, settings.base_url or ""
    if failure := exhausted_failure(error, provider=name, looks=isinstance(error, httpx2.ConnectError)):
        return failure
    if isinstance(error, TookTooLong):
        return ProviderTimeout(f"{name}: {too_long_advice(settings)}", provider=name)
    if isinstance(error, httpx2.TimeoutException):
        return ProviderTimeout(f"{name}: {_timeout_advice(error, settings)}", provider=name)
    if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        advice = f"The setting providers.{name}.baseUrl is no usable URL: correct it."
        return ProviderBadRequest(f"{name}: {advice}", provider=name)
    said = shortened(redacted(str(error), key))
    if "CERTIFICATE_VERIFY_FAILED" in said:
        advice = f"Its certificate is not trusted: set providers.{name}.caFile if it is your own."
    elif isinstance(error, httpx2.ProxyError) and "407" in said:
        advice = f"{PROXY_LOGIN}."
    elif isinstance(error, httpx2.ProxyError):
        advice = "The proxy refuses the connection: check the proxy setting and environment."
    elif isinstance(error, httpx2.ConnectError) and is_loopback(address):
        advice = f"Nothing answers at {address}: is it running?"
    elif isinstance(error, httpx2.ConnectError):
        advice = f"No connection to {_host(address)}: check the network, the proxy and baseUrl ({said})."
    else:
        advice = "The connection broke before the answer was complete: try again."
    return ProviderNetwork(f"{name}: {advice}", provider=name)


def exhausted_failure(
    error: BaseException, *, provider: str, looks: bool = False
) -> ProviderTooManyFiles | ProviderOutOfMemory | None:
    """The error for a provider that was not even asked, since this computer had no more of what it takes.

    looks: where the error does not tell, whether a descriptor can be had now does: looking up a name fails
    without saying why.
    """
    lacking = lack(error) or (_lack_now() if looks else None)
    if lacking is None:
        return None
    kind = ProviderTooManyFiles if lacking.startswith("files") else ProviderOutOfMemory
    return kind(f"{provider}: {lack_words(lacking)}", provider=provider)


def _lack_now() -> Lack | None:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return lack(error)
    return None


def too_long_advice(settings: ProviderSettings) -> str:
    """What is said about an answer that does not end."""
    return (
        f"The answer was not complete after {settings.total_timeout_seconds:g} s: carry on with it,"
        f" or raise providers.{settings.name}.totalTimeoutSeconds."
    )


def silence_advice(settings: ProviderSettings) -> str:
    """What is said about a provider that stopped speaking."""
    return (
        f"Nothing came for {settings.timeout_seconds:g} s: try again,"
        f" or raise providers.{settings.name}.timeoutSeconds."
    )


def _timeout_advice(error: Exception, settings: ProviderSettings) -> str:
    import httpx2

    if isinstance(error, httpx2.ConnectTimeout):
        return f"No connection to {_host(settings.base_url or '')} in time: check the network, the proxy and baseUrl."
    return silence_advice(settings)


def _host(address: str) -> str:
    # Not the whole URL: it may hold a password.
    from urllib.parse import urlsplit

    return urlsplit(address).hostname or "the provider"
