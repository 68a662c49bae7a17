"""Remembers which models the endpoints have, and which providers answer on this machine; apart, since it knows what they said, and not what the settings say."""

import asyncio
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from threadkeep.adapters.models.http_client import is_loopback
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.listing import Listed, list_models, lists_models
from threadkeep.adapters.plugins import provider_kinds
from threadkeep.domain.errors import ThreadkeepError
from threadkeep.domain.exhaustion import lack
from threadkeep.ports.provider_settings import ProviderSettings
from threadkeep.values import Value

OPEN_SECONDS = 0.1
PROBE_SECONDS = 0.2
"""How long a port of this machine may take to open, and then to list."""

LIST_SECONDS = 10
LISTED_FOR_SECONDS = 600
PROBED_FOR_SECONDS = 30
"""How long it is remembered what was listed elsewhere, and what is here or did not answer."""


class Answer(Value):
    """What a provider said."""

    models: tuple[Listed, ...]
    """What the endpoint listed when it last did."""
    is_there: bool
    """Whether it answered."""
    until: float
    """When it is asked again, as the clock tells it."""


def can_be_asked(settings: ProviderSettings) -> bool:
    """Whether a provider's kind lists models."""
    try:
        return lists_models(provider_kinds()[settings.kind])
    except (KeyError, ThreadkeepError):  # `offline`, or a kind that cannot be used, which is told elsewhere
        return False


class Discovery:
    """What was found, by the provider's name. It never raises, and asks nobody twice at a time."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """clock tells seconds."""
        self._clock = clock
        self.answers: dict[str, Answer] = {}
        """What was said by those that were asked."""
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def look(self, settings: ProviderSettings, key: ApiKey, *, anew: bool = False) -> None:
        """Asks the provider, unless what it said is still remembered and not wanted anew."""
        if not can_be_asked(settings):
            return
        known = self.answers.get(settings.name)
        if known is not None and not anew and self._clock() < known.until:
            return
        task = self._asking.get(settings.name)
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = asyncio.create_task(self._ask(settings, key))
            self._asking[settings.name] = task
        # Whoever waits may lose interest; the others still want to know.
        await asyncio.shield(task)

    def forget(self, provider: str) -> None:
        """Lets it be asked anew: what it says may depend on a key that is another now."""
        self.answers.pop(provider, None)

    async def aclose(self) -> None:
        """Ends what is asked just now."""
        asking, self._asking = self._asking, {}
        here = [task for task in asking.values() if task.get_loop() is asyncio.get_running_loop()]
        for task in here:
            task.cancel()
        await asyncio.gather(*here, return_exceptions=True)

    async def _ask(self, settings: ProviderSettings, key: ApiKey) -> None:
        is_here = is_loopback(settings.base_url or "")
        if is_here:
            listed = await _listed_here(settings, key)
        else:
            listed = await list_models(settings, key, seconds=LIST_SECONDS)
        self.remember(settings, listed)

    def remember(self, settings: ProviderSettings, listed: tuple[Listed, ...] | None) -> None:
        """Takes what the provider listed just now; None: it did not answer."""
        is_here = is_loopback(settings.base_url or "")
        is_lasting = bool(listed) and not is_here
        known = self.answers.get(settings.name)
        kept = known.models if known is not None else ()
        self.answers[settings.name] = Answer(
            # A provider here that went away has no models; one elsewhere still has them when it is out of reach.
            models=listed or (() if is_here and listed is None else kept),
            is_there=listed is not None,
            until=self._clock() + (LISTED_FOR_SECONDS if is_lasting else PROBED_FOR_SECONDS),
        )


async def _listed_here(settings: ProviderSettings, key: ApiKey) -> tuple[Listed, ...] | None:
    """As list_models; tries the port first, for which nothing has to be imported. Runs no command for a key."""
    try:
        address = urlsplit(settings.base_url or "")
        port = address.port or (443 if address.scheme == "https" else 80)
        async with asyncio.timeout(OPEN_SECONDS):
            _, writer = await asyncio.open_connection(address.hostname, port)
    except (OSError, ValueError) as error:
        if lack(error):  # it may well be there: nobody could look
            raise
        return None
    writer.close()
    return await list_models(settings, key, seconds=PROBE_SECONDS, with_key=not key.may_block)
