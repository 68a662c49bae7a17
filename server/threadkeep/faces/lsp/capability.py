"""What the server says of itself in the answer to `initialize`; imports next to nothing."""

import sys
from collections.abc import Iterator
from typing import Any, Final

from threadkeep.protocol.limits import MAX_MESSAGE_BYTES, MAX_PAGE, PROTOCOL_VERSION
from threadkeep.protocol.names import NOTIFICATION_NAMES, REQUEST_NAMES

EXTRAS: Final = {
    "pdf": ("fpdf", "uharfbuzz"),
    "keyring": ("keyring",),
    "prices": ("genai_prices",),
    "pydantic-ai": ("pydantic_ai",),
    "semantic": ("numpy",),
    "semantic-local": ("numpy", "model2vec"),
    "socks": ("socksio",),
}
"""The extras of the package, and the top-level modules that each brings."""

STORE: Final = ("store:trash", "store:erase", "store:private", "store:backup", "store:doctor")
SEARCH: Final = {
    "search:text": (),
    "search:substring": (),
    "search:regex": ("regex",),
    "search:semantic": EXTRAS["semantic"],
}
"""The modes of search, and the modules that each needs."""


def capability() -> dict[str, Any]:
    """`capabilities.experimental.threadkeep`: the JSON of ThreadkeepCapability."""
    return {
        "protocolVersion": PROTOCOL_VERSION,
        "methods": list(REQUEST_NAMES),
        "notifications": list(NOTIFICATION_NAMES),
        "features": list(_features()),
        "limits": {"maxPage": MAX_PAGE, "maxMessageBytes": MAX_MESSAGE_BYTES},
    }


def _features() -> Iterator[str]:
    yield from (extra for extra, modules in EXTRAS.items() if _are_installed(modules))
    yield from STORE
    yield from (mode for mode, modules in SEARCH.items() if _are_installed(modules))


def _are_installed(modules: tuple[str, ...]) -> bool:
    """Looked for, not imported. As `importlib.util.find_spec`, without the milliseconds that importing it takes."""
    return all(
        module in sys.modules or any(finder.find_spec(module, None) for finder in sys.meta_path)
        for module in modules
    )
