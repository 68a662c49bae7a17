"""Makes the HTTP client of a provider: timeouts, proxy, certificates."""

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from threadkeep.domain.errors import ProviderBadRequest
from threadkeep.domain.exhaustion import lack
from threadkeep.ports.provider_settings import ProviderSettings

if TYPE_CHECKING:
    import ssl

    import httpx2

CONNECT_SECONDS = 10
IDLE_SECONDS = 60
"""How long an unused connection is kept for the next request."""


def make_client(settings: ProviderSettings, *, base_url: str) -> "httpx2.AsyncClient":
    """A client for the provider. Reads certificates, so it belongs beside the event loop.

    Raises ProviderBadRequest for a proxy or a certificate file that cannot be used.
    """
    import httpx2

    is_direct = is_loopback(base_url) and not settings.proxy
    try:
        return httpx2.AsyncClient(
            timeout=httpx2.Timeout(settings.timeout_seconds, connect=CONNECT_SECONDS, pool=None),
            limits=httpx2.Limits(max_keepalive_connections=4, keepalive_expiry=IDLE_SECONDS),
            verify=_certificates(settings, base_url=base_url),
            proxy=settings.proxy,
            trust_env=not is_direct,
            follow_redirects=False,
        )
    except (OSError, ValueError, ImportError, httpx2.InvalidURL) as error:
        if lack(error):  # it is none of the settings' fault
            raise
        # The text of these may hold the proxy's password.
        what = "caFile" if settings.ca_file else "proxy"
    raise ProviderBadRequest(
        f"{settings.name}: The setting providers.{settings.name}.{what} cannot be used: correct or remove it.",
        provider=settings.name,
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


def _certificates(settings: ProviderSettings, *, base_url: str) -> "ssl.SSLContext | bool":
    if urlsplit(base_url).scheme != "https" and not settings.proxy:
        return False  # no TLS is spoken, and redirects are not followed: spares reading the system's certificates
    if settings.ca_file is None:
        return True
    import httpx2

    context = httpx2.create_ssl_context()
    context.load_verify_locations(cafile=settings.ca_file)
    return context
