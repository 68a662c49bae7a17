"""Makes the HTTP client of a provider: timeouts, proxy, certificates."""

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from threadkeep.domain.errors import ExtraMissing, ProviderBadRequest
from threadkeep.domain.exhaustion import lack
from threadkeep.ports.provider_settings import ProviderSettings

if TYPE_CHECKING:
    import ssl

    import httpx2

SOCKS = "threadkeep[socks]"
"""The extra that SOCKS proxies need."""

CONNECT_SECONDS = 10
IDLE_SECONDS = 60
"""How long an unused connection is kept for the next request."""


def make_client(settings: ProviderSettings, *, base_url: str) -> "httpx2.AsyncClient":
    """A client for the provider. Reads certificates, so it belongs beside the event loop.

    Raises ProviderBadRequest for a proxy or a certificate file that cannot be used, ExtraMissing for a SOCKS
    proxy without its package.
    """
    import httpx2

    is_direct = is_loopback(base_url) and not settings.proxy
    where = f"providers.{settings.name}."
    try:
        verify = _certificates(settings, base_url=base_url)
    except (OSError, ValueError) as error:
        if lack(error):
            raise
        raise _unusable(settings, f"The setting {where}caFile") from None
    named = (
        f"The setting {where}proxy"
        if settings.proxy
        else "The proxy in the environment (HTTPS_PROXY, ALL_PROXY)"
    )
    try:
        return httpx2.AsyncClient(
            timeout=httpx2.Timeout(settings.timeout_seconds, connect=CONNECT_SECONDS, pool=None),
            limits=httpx2.Limits(max_keepalive_connections=4, keepalive_expiry=IDLE_SECONDS),
            verify=verify,
            proxy=settings.proxy,
            trust_env=not is_direct,
            follow_redirects=False,
        )
    except ImportError:
        raise ExtraMissing(SOCKS, purpose=f"{settings.name}: {named}") from None
    except (OSError, ValueError, httpx2.InvalidURL) as error:
        if lack(error):  # it is none of the settings' fault
            raise
        # The text of these may hold the proxy's password.
    raise _unusable(settings, named)


def _unusable(settings: ProviderSettings, what: str) -> ProviderBadRequest:
    return ProviderBadRequest(
        f"{settings.name}: {what} cannot be used: correct or remove it.", provider=settings.name
    )


def is_loopback(base_url: str) -> bool:
    """Whether a URL leads to this machine."""
    try:
        host = urlsplit(base_url).hostname or ""
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def is_near(base_url: str) -> bool:
    """Whether a URL leads to this machine, or into the network that it stands in."""
    try:
        host = urlsplit(base_url.strip()).hostname or ""
    except ValueError:
        return False
    if is_loopback(base_url) or ("." not in host.strip("[]") and ":" not in host):
        return bool(host)
    if host.endswith((".local", ".lan", ".internal", ".home.arpa")):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_private or address.is_link_local


def _certificates(settings: ProviderSettings, *, base_url: str) -> "ssl.SSLContext | bool":
    if urlsplit(base_url).scheme != "https" and not settings.proxy:
        return False  # no TLS is spoken, and redirects are not followed: spares reading the system's certificates
    if settings.ca_file is None:
        return True
    import httpx2

    context = httpx2.create_ssl_context()
    context.load_verify_locations(cafile=settings.ca_file)
    return context
