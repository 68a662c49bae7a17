"""What the tests' provider of models does with a request."""

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from threadkeep.values import Value, evolve, field

DIRECTIVE = re.compile(r"\[\[plan (\{.*?\})\]\]", re.DOTALL)


class Plan(Value):
    """What to do with a request; seconds throughout."""

    tokens: int = 3
    texts: tuple[str, ...] | None = None
    """Instead of numbered tokens."""
    reasoning: tuple[str, ...] = ()
    signature: str = "c2lnbmVk"
    """Of the reasoning, where the format has one."""
    models: tuple[Any, ...] = ()
    """What is listed, as the format lists it."""
    key: str | None = None
    """The key that is wanted; any other is refused."""
    first_delay: float = 0
    token_delay: float = 0
    tokens_per_write: int = 1
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    body: str | None = None
    """Sent with a status other than 200, or in the place of an answer."""
    refuses: tuple[str, ...] = ()
    """Fields of the request that get a 400 naming them."""
    cut_after: int | None = None
    """Reset the connection after this many tokens."""
    stall_after: int | None = None
    """Say nothing more after this many tokens."""
    end_after: int | None = None
    """End the response properly, but without a terminal event, after this many tokens."""
    error_after: int | None = None
    error: Any = field(factory=lambda: {"message": "The engine broke.", "type": "server_error"})
    usage: Literal["own", "last", "none"] = "own"
    """In a piece of its own, in the last piece, or not at all."""
    finish_reason: str | None = "stop"
    done: bool = True
    hang_at_end: bool = False
    """Keep the response open after the last piece."""
    plain_json: bool = False
    line_end: str = "\n"
    raw: str | None = None
    """The whole body of the stream, as it is."""


def planned(plan: Plan, body: Any) -> Plan:
    """The plan for a request: the server's, changed by the request's last user message."""
    messages = body.get("messages", []) if isinstance(body, dict) else []
    users = [message["content"] for message in messages if message["role"] == "user"]
    said = users[-1] if users else ""
    # Neighbours are joined: what was asked last stands last.
    found = DIRECTIVE.findall(said if isinstance(said, str) else " ".join(part["text"] for part in said))
    return evolve(plan, **json.loads(found[-1])) if found else plan
