"""What answers cost, from the data set of genai-prices, which is an extra and is imported on first use."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from threadkeep.adapters.models.http_client import is_loopback
from threadkeep.config.builtin_providers import merged
from threadkeep.domain.messages import Usage
from threadkeep.ports.provider_settings import KNOWN_KINDS, ProviderSettings


class ListedPrices:
    """Implements the port Prices. The data set came with the package; nothing is fetched."""

    def __init__(self, providers: Callable[[], Sequence[ProviderSettings]]) -> None:
        """providers gives those of the settings, as of now."""
        self._providers = providers
        self._named: Sequence[ProviderSettings] | None = None
        self._who_bills: dict[str, ProviderSettings] = {}

    def cost(self, provider: str, model: str, usage: Usage) -> float | None:
        """US dollars; None when unknown: no data set, no such model in it, or nobody that sends a bill."""
        if usage.cost is not None:
            return usage.cost
        named = self._providers()
        if named is not self._named:  # asked for the first time, or there are other settings since
            self._who_bills = {each.name: each for each in merged(named) if _bills(each)}
            self._named = named
        settings = self._who_bills.get(provider)
        vendor = _vendor(settings, model) if settings else None
        return _listed_price(usage, vendor) if vendor else None


def _bills(settings: ProviderSettings) -> bool:
    """Whether anybody sends a bill whose prices may be listed."""
    if settings.kind == "pydantic-ai":
        return not settings.base_url
    is_known = settings.kind in KNOWN_KINDS and settings.kind != "offline"
    return is_known and bool(settings.base_url) and not is_loopback(settings.base_url or "")


def _vendor(settings: ProviderSettings, model: str) -> dict[str, Any] | None:
    """Whose price list, and which model of it; None for a model of nobody."""
    if settings.kind == "pydantic-ai":
        name, _, own = model.partition(":")
        return {"provider_id": name, "model_ref": own} if own else None
    return {"provider_api_url": settings.base_url, "model_ref": model}


def _listed_price(usage: Usage, vendor: dict[str, Any]) -> float | None:
    try:
        from genai_prices import Usage as Used
        from genai_prices import calc_price

        used = Used(
            input_tokens=usage.input_tokens,
            cache_read_tokens=usage.cached_tokens,
            output_tokens=usage.output_tokens,
        )
        price = float(calc_price(used, **vendor).total_price)
    except Exception:  # noqa: BLE001 - no price is worth an answer; without the extra or the model in it, there is none
        return None
    return price if math.isfinite(price) and price >= 0 else None
