"""What the server says of itself in the answer to `initialize`; imports next to nothing."""

from typing import Any

from threadkeep.protocol.limits import MAX_MESSAGE_BYTES, MAX_PAGE, PROTOCOL_VERSION
from threadkeep.protocol.names import NOTIFICATION_NAMES, REQUEST_NAMES


def capability() -> dict[str, Any]:
    """`capabilities.experimental.threadkeep`: the JSON of ThreadkeepCapability."""
    return {
        "protocolVersion": PROTOCOL_VERSION,
        "methods": list(REQUEST_NAMES),
        "notifications": list(NOTIFICATION_NAMES),
        "features": [],
        "limits": {"maxPage": MAX_PAGE, "maxMessageBytes": MAX_MESSAGE_BYTES},
    }
