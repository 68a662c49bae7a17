"""The texts of the editor's open documents, kept as `textDocument/did*` tells them, saved or not."""

import logging
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import attrs

from threadkeep.domain.messages import Range
from threadkeep.domain.ranges import replaced
from threadkeep.ports.documents import Document, Documents

logger = logging.getLogger(__name__)


class OpenBuffers:
    """Belongs to the event loop, where each notification is taken whole before the next message.

    A request takes `now()` in its first step: that is what the editor showed when it was sent, whatever is
    typed while it waits, and it may go to any thread. Positions count UTF-16 code units.

    pygls' own workspace is not used: it cuts lines at form feeds and Unicode's separators, where no editor
    does, so that the first edit behind one garbles its text.
    """

    def __init__(self, files: Documents) -> None:
        """files: what is not open is read there."""
        self._files = files
        self._open: dict[str, Document] = {}

    def opened(self, params: Mapping[str, Any]) -> None:
        """Takes the params of `textDocument/didOpen`, raw."""
        item = params["textDocument"]
        language = item.get("languageId")
        self._open[_key(item["uri"])] = Document(
            text=_string(item["text"]),
            language_id=language if isinstance(language, str) and language else None,
            is_open=True,
        )

    def changed(self, params: Mapping[str, Any]) -> None:
        """Takes the params of `textDocument/didChange`, raw: all of its changes, or the buffer is forgotten."""
        key = _key(params["textDocument"]["uri"])
        before = self._open.pop(key, None)
        if before is None:
            return
        try:
            text = before.text
            for change in params["contentChanges"]:
                by = _string(change["text"])
                place = change.get("range")
                text = by if place is None else replaced(text, _range(place), by)
        except (KeyError, TypeError, AttributeError) as error:
            logger.warning("A change of an open document makes no sense: %s.", type(error).__name__)
        else:
            self._open[key] = attrs.evolve(before, text=text)

    def closed(self, params: Mapping[str, Any]) -> None:
        """Takes the params of `textDocument/didClose`, raw."""
        self._open.pop(_key(params["textDocument"]["uri"]), None)

    def now(self) -> Documents:
        """The documents as they are at this moment. Call it on the event loop."""
        return _Snapshot(buffers=dict(self._open), files=self._files)


@attrs.frozen(kw_only=True)
class _Snapshot:
    buffers: Mapping[str, Document]
    files: Documents

    def read(self, uri: str) -> Document:
        return self.buffers.get(_key(uri)) or self.files.read(uri)

    def name(self, uri: str, *, root: str | None) -> str:
        return self.files.name(uri, root=root)


def _key(uri: str) -> str:
    """Equal for URIs that differ only in what is quoted, and in the case of a drive."""
    return re.sub("^file:///[A-Z]:", lambda drive: drive[0].lower(), unquote(uri))


def _range(place: Mapping[str, Any]) -> Range:
    start, end = place["start"], place["end"]
    return Range(
        start_line=_count(start["line"]),
        start_character=_count(start["character"]),
        end_line=_count(end["line"]),
        end_character=_count(end["character"]),
    )


def _count(value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise TypeError("not a count")
    return value


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a string")
    return value
