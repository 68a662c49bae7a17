"""What a model sends beside text: the sources that it names, and whatever else has no place of its own."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from threadkeep.adapters.models.deltas import CONTROLS
from threadkeep.ports.models import Beside, Link

LISTS = ("search_results", "citations", "web_search", "references", "sources", "annotations")
"""Members of a piece, or of what it says, that list sources: Perplexity's and xAI's two first, then Zhipu's and
others'. Those with titles come first."""

ANY_LIST = frozenset(LISTS)

URIS = ("url", "uri", "link", "source_url")
TITLES = ("title", "name", "document_title")
MOST_TITLE = 300
MOST_URI = 4000

MOST_BYTES = 65_536
"""JSON of everything else that is kept of one answer; what is more is left out, and said to be."""


class Sources:
    """Collects them, piece by piece."""

    def __init__(self) -> None:
        self._links: dict[str, Link] = {}
        self._handed_out: dict[str, Link] = {}
        self._data: dict[str, Any] = {}
        self._left_out: set[str] = set()

    def look(self, holder: Mapping[str, Any]) -> None:
        """Takes the sources out of a piece, or of what it says."""
        if ANY_LIST.isdisjoint(holder):
            return
        for name in LISTS:
            listed = holder.get(name)
            if listed and isinstance(listed, list):
                for each in listed:
                    self.name(each)

    def name(self, source: Any) -> None:
        """One source: an address, or an object that holds one; anything else is none."""
        for address, title in _addresses(source):
            known = self._links.get(address)
            if known is None or (title and not known.title):
                self._links[address] = Link(uri=address, title=title)

    def keep(self, name: str, value: Any) -> None:
        """Anything else. A later piece of a list or of a text is added to what came."""
        before = self._data.get(name)
        if isinstance(before, list) and isinstance(value, list):
            value = _merged(before, value)
        elif isinstance(before, str) and isinstance(value, str):
            value = before + value
        if name in self._left_out or len(json.dumps({**self._data, name: value})) > MOST_BYTES:
            self._data.pop(name, None)
            self._left_out.add(name)
        else:
            self._data[name] = value

    def closing(self) -> list[Beside]:
        """What was collected, if anything was."""
        data = dict(self._data)
        if self._left_out:
            data["leftOut"] = sorted(self._left_out)
        links = tuple(self._links.values())
        return [Beside(links=links, data=data)] if links or data else []


def _addresses(source: Any) -> Iterator[tuple[str, str | None]]:
    if isinstance(source, str):
        source = {"url": source}
    if not isinstance(source, dict):
        return
    for inner in ("url_citation", "web", "source"):  # OpenAI's annotations; Gemini's chunks
        if isinstance(source.get(inner), dict):
            yield from _addresses(source[inner])
            return
    address = next((source[name] for name in URIS if isinstance(source.get(name), str)), "")
    title = next((source[name] for name in TITLES if isinstance(source.get(name), str)), "")
    if _is_web(address):
        yield address.strip(), CONTROLS.sub("", " ".join(title.split()))[:MOST_TITLE] or None


def _is_web(address: str) -> bool:
    address = address.strip()
    if not address.isprintable() or len(address) > MOST_URI:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def _merged(before: list[Any], more: list[Any]) -> list[Any]:
    """Pieces of the same numbered element, such as a call of a tool, put together."""
    merged = list(before)
    for each in more:
        index = each.get("index") if isinstance(each, dict) else None
        at = next(
            (at for at, old in enumerate(merged) if index is not None and old.get("index") == index), None
        )
        if at is None:
            merged.append(each)
        else:
            merged[at] = _grown(merged[at], each)
    return merged


def _grown(before: Any, more: Any) -> Any:
    if isinstance(before, dict) and isinstance(more, dict):
        return {**before, **{name: _grown(before.get(name), value) for name, value in more.items()}}
    if isinstance(before, str) and isinstance(more, str):
        return before + more if more != before else before
    return before if more is None else more
