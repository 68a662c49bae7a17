"""What the editor has open: its folders, and the texts of its documents as `textDocument/did*` tells them."""

import logging
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Final
from urllib.parse import unquote

from threadkeep.domain.messages import Range
from threadkeep.domain.ranges import replaced
from threadkeep.ports.documents import Document, DocumentError, Documents, DocumentUnreadable
from threadkeep.values import Value, evolve

HELD: Final = 64
"""Notifications of one buffer that are kept at most while a version is missing: a client that counts by more than
one leaves gaps that nothing closes."""
HELD_CHARACTERS: Final = 4 * 1024 * 1024
"""The same, in characters of what they write."""

UNFOLLOWED: Final = (
    "The editor's changes of this document came in no order that can be followed, and it has no file that can be"
    " read instead: close and reopen it, or attach a selection with its text."
)

logger = logging.getLogger(__name__)


class OpenBuffers:
    """Belongs to the event loop, where each notification is taken whole before the next message.

    A request takes `now()` in its first step: that is what the editor showed when it was sent, whatever is
    typed while it waits, and it may go to any thread. Positions count UTF-16 code units.

    A buffer that cannot be followed is not guessed at: until the client sends its text as a whole, its file is
    read instead, and the document says so.

    pygls' own workspace is not used: it cuts lines at form feeds and Unicode's separators, where no editor
    does, so that the first edit behind one garbles its text.
    """

    def __init__(self, files: Documents) -> None:
        """files: what is not open is read there."""
        self._files = files
        self._open: dict[str, _Buffer] = {}
        self._reorders = False
        """Whether this client's changes were put in order before: then a version that is missing will come."""

    def opened(self, params: Mapping[str, Any]) -> None:
        """Takes the params of `textDocument/didOpen`, raw."""
        item = params["textDocument"]
        language = item.get("languageId")
        self._open[_key(item["uri"])] = _Buffer(
            text=_string(item["text"]),
            version=_version(item),
            language_id=language if isinstance(language, str) and language else None,
        )

    def changed(self, params: Mapping[str, Any]) -> None:
        """Takes the params of `textDocument/didChange`, raw: all of its changes, or the buffer is not trusted."""
        item = params["textDocument"]
        buffer = self._open.get(_key(item["uri"]))
        if buffer is not None:
            buffer.take(_version(item), params.get("contentChanges"), is_strict=self._reorders)
            self._reorders = self._reorders or buffer.was_put_in_order

    def saved(self, params: Mapping[str, Any]) -> None:
        """Takes the params of `textDocument/didSave`, raw: some clients send the text along unasked."""
        buffer = self._open.get(_key(params["textDocument"]["uri"]))
        if buffer is not None and isinstance(params.get("text"), str):
            buffer.renew(params["text"])

    def closed(self, params: Mapping[str, Any]) -> None:
        """Takes the params of `textDocument/didClose`, raw."""
        self._open.pop(_key(params["textDocument"]["uri"]), None)

    def now(self) -> Documents:
        """The documents as they are at this moment. Call it on the event loop."""
        return _Snapshot(buffers={key: each.document for key, each in self._open.items()}, files=self._files)


class _Buffer:
    """An open document: the newest text that is certain, and what came since.

    Changes count as they come, for most clients leave versions out. Where one comes late, those since the certain
    text are put in the order of their versions, and count once none of them is missing.
    """

    def __init__(self, *, text: str, version: int | None, language_id: str | None) -> None:
        self.was_put_in_order = False
        """A change came late, and all before it came in the end."""
        self._language_id = language_id
        self._certain: str | None = text
        """None where the buffer cannot be followed any more."""
        self._version = version
        """Of the certain text."""
        self._highest = version
        """Of what came."""
        self._since: list[tuple[int, Any]] = []
        """Versions and changes, in the order in which they came."""
        self._is_late = False
        """One of them came after one of a higher version."""
        self._shown: str | None = text
        """As the editor has it; None where that is not known."""

    @property
    def document(self) -> Document | None:
        """As the editor shows it; None where that is not known."""
        if self._shown is None:
            return None
        return Document(text=self._shown, language_id=self._language_id, is_open=True)

    def renew(self, text: str) -> None:
        """The editor says what its text is, whatever came before."""
        self._shown = text
        self._settle()

    def take(self, version: int | None, changes: Any, *, is_strict: bool) -> None:
        """One notification; version: None where the client gives none.

        is_strict: what a version leaves out is still to come, as far as is known of the client.
        """
        version = self._highest if version is None else version
        try:
            if self._certain is None:
                self._take_fresh(version, changes)
            elif version is None or self._highest is None:
                self._shown, self._highest = _applied(self._certain, changes), version
                self._settle()
            else:
                self._take_in_order(version, changes, is_strict)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            self._lose(version, f"a change of it makes no sense ({type(error).__name__})")

    def _take_fresh(self, version: int | None, changes: Any) -> None:
        rises = version is None or self._highest is None or version >= self._highest
        self._highest = version
        if rises and _whole_at(changes) is not None:
            self.renew(_applied("", changes))

    def _take_in_order(self, version: int, changes: Any, is_strict: bool) -> None:
        assert self._version is not None and self._highest is not None and self._certain is not None  # noqa: S101, PT018
        if version < self._highest:
            if version <= self._version or any(version == known for known, _ in self._since):
                self._lose(version, "its version falls to one that was there")
                return
            self._is_late = True
        self._highest = max(version, self._highest)
        self._since.append((version, changes))
        is_closed = _counts_by_one(self._version, [each for each, _ in sorted(self._since, key=_by_version)])
        if not self._is_late and (is_closed or not is_strict) and self._shown is not None:
            self._shown = _applied(self._shown, changes)
        else:
            self._shown = self._put_in_order()
        if is_closed:
            self.was_put_in_order = self.was_put_in_order or self._is_late
            self._settle()
        elif len(self._since) > HELD or sum(map(_size, self._since)) > HELD_CHARACTERS:
            if self._shown is None:
                self._lose(version, "versions of it are missing")
            else:
                self._settle()

    def _put_in_order(self) -> str | None:
        """The text by the order of the versions; None while one is missing that would change it."""
        ordered = sorted(self._since, key=_by_version)
        text, version = self._certain or "", self._version
        for at, (each, changes) in reversed(list(enumerate(ordered))):
            if _whole_at(changes) is not None:  # what came before it does not matter
                ordered, version = ordered[at:], each
                break
        versions = [each for each, _ in ordered]
        has_doubles = self._is_late and len(set(versions)) < len(versions)
        if version is None or has_doubles or not _counts_by_one(version, versions):
            return None
        for _, changes in ordered:
            text = _applied(text, changes)
        return text

    def _settle(self) -> None:
        self._certain, self._version = self._shown, self._highest
        self._since, self._is_late = [], False

    def _lose(self, version: int | None, why: str) -> None:
        logger.warning("An open document is not followed until its text comes whole: %s.", why)
        self._shown, self._highest = None, version
        self._settle()


class _Snapshot(Value):
    buffers: Mapping[str, Document | None]
    """None for one that is open but not known."""
    files: Documents

    def read(self, uri: str) -> Document:
        key = _key(uri)
        if (known := self.buffers.get(key)) is not None:
            return known
        if key not in self.buffers:
            return self.files.read(uri)
        try:
            return evolve(self.files.read(uri), is_stand_in=True)
        except DocumentError:
            raise DocumentUnreadable(UNFOLLOWED) from None

    def name(self, uri: str, *, root: str | None) -> str:
        return self.files.name(uri, root=root)


def _applied(text: str, changes: Any) -> str:
    for change in changes[_whole_at(changes) or 0 :]:
        by = _string(change["text"])
        place = change.get("range")
        text = by if place is None else replaced(text, _range(place), by)
    return text


def _whole_at(changes: Any) -> int | None:
    """Where the last change stands that replaces all."""
    return next((at for at in reversed(range(len(changes))) if changes[at].get("range") is None), None)


def _counts_by_one(version: int, versions: Iterable[int]) -> bool:
    """Whether none is missing; the same may stand there again."""
    return all(after - before <= 1 for before, after in pairwise([version, *versions]))


def _by_version(held: tuple[int, Any]) -> int:
    return held[0]


def _size(held: tuple[int, Any]) -> int:
    return sum(len(change["text"]) for change in held[1])


def _version(item: Mapping[str, Any]) -> int | None:
    version = item.get("version")
    return version if isinstance(version, int) and not isinstance(version, bool) else None


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
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("not a count")
    return value


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a string")
    return value


class OpenFolders:
    """URIs of the folders that the editor has open, the first one first."""

    def __init__(self, initialize_params: Mapping[str, Any]) -> None:
        folders = _uris(initialize_params.get("workspaceFolders") or ())
        root = initialize_params.get("rootUri")
        if not folders and isinstance(root, str):
            folders = _uris([{"uri": root}])
        self._uris = folders
        capabilities = initialize_params.get("capabilities")
        self._capabilities = capabilities if isinstance(capabilities, Mapping) else {}

    def are_named(self) -> bool:
        """Whether an editor named them: a client in a terminal says that it just stands in its folder."""
        experimental = self._capabilities.get("experimental")
        own = experimental.get("threadkeep") if isinstance(experimental, Mapping) else None
        return not (isinstance(own, Mapping) and own.get("standsInFolder") is True)

    def __call__(self) -> list[str]:
        return list(self._uris)

    def change(self, added: Iterable[Mapping[str, Any]], removed: Iterable[Mapping[str, Any]]) -> None:
        """Takes what `workspace/didChangeWorkspaceFolders` tells."""
        gone = set(_uris(removed))
        kept = [uri for uri in self._uris if uri not in gone]
        self._uris = kept + [uri for uri in _uris(added) if uri not in kept]


def _uris(folders: Iterable[Mapping[str, Any]]) -> list[str]:
    """Only folders of this computer: a virtual one has no repository to find and no file to read."""
    uris = [folder["uri"] for folder in folders if isinstance(folder.get("uri"), str)]
    return [uri for uri in uris if uri.lower().startswith("file:")]
