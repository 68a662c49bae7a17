"""What came with an answer and is none of its text: kept in the answer's metadata, under names of its own."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from threadkeep.domain.messages import Message
from threadkeep.domain.secrets import redacted

if TYPE_CHECKING:
    from threadkeep.ports.models import Beside, Link

NAMES = ("links", "notices", "provider")
"""What of an answer's metadata the server adds, and no client."""

MOST_LINKS = 200
"""Sources that are kept of one answer."""


def beside(message: Message) -> dict[str, Any]:
    """What of the message's metadata the server added."""
    return {name: value for name, value in message.metadata.items() if name in NAMES}


def with_beside(message: Message, came: "Sequence[Beside]") -> Message:
    """The message with what came; an answer that is carried on keeps what came before."""
    before = beside(message)
    links = {each["uri"]: each for each in before.get("links", ())}
    for link in (link for each in came for link in each.links):
        if link.uri in links or len(links) < MOST_LINKS:
            links[link.uri] = _fuller(links.get(link.uri), link)
    notices = [*before.get("notices", ()), *(notice for each in came for notice in each.notices)]
    data = dict(before.get("provider", {}))
    for each in came:
        data.update(each.data)
    added = {"links": list(links.values()), "notices": list(dict.fromkeys(notices)), "provider": data}
    return attrs.evolve(
        message, metadata={**message.metadata, **{name: value for name, value in added.items() if value}}
    )


def without_secrets(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata without what looks like a secret in what the server added."""
    return {name: _redacted(value) if name in NAMES else value for name, value in metadata.items()}


def _fuller(known: Mapping[str, Any] | None, link: "Link") -> dict[str, Any]:
    title = link.title or (known or {}).get("title")
    return {"uri": link.uri, **({"title": title} if title else {})}


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {name: _redacted(inner) for name, inner in value.items()}
    return [_redacted(each) for each in value] if isinstance(value, list) else value
