"""Puts what a model says in small pieces together into as few deltas as came at once."""

from itertools import groupby
from operator import itemgetter

from threadkeep.ports.models import ReasoningDelta, TextDelta

Delta = TextDelta | ReasoningDelta
Said = tuple[type[Delta] | None, str]
"""A kind and its text; no kind for a signature."""


class Deltas:
    """Takes pieces in and hands deltas out. A character that was cut in two is made whole."""

    def __init__(self) -> None:
        self._new: list[Said] = []
        self._halves: dict[type[Delta], str] = {}

    def add(self, kind: type[Delta], text: str) -> None:
        """The next piece of text; may be empty."""
        self._new.append((kind, text))

    def sign(self, signature: str) -> None:
        """Signs the reasoning that came since the last signature."""
        self._new.append((None, signature))

    def take(self) -> list[Delta]:
        """What was added since the last call; pieces of one kind that came together are one delta."""
        new, self._new = self._new, []
        if len(new) == 1:
            joined = new
        else:
            joined = [
                (kind, text)
                for kind, group in groupby(new, key=itemgetter(0))
                for text in (["".join(text for _, text in group)] if kind else [text for _, text in group])
            ]
        return [delta for kind, text in joined for delta in self._deltas(kind, text)]

    def rest(self) -> list[Delta]:
        """What waited for its other half and will not get it."""
        halves, self._halves = self._halves, {}
        return [kind(text=_with_pairs(half)) for kind, half in halves.items()]

    def _deltas(self, kind: type[Delta] | None, text: str) -> list[Delta]:
        if kind is None:
            return [ReasoningDelta(text="", signature=text)]
        whole = self._whole(kind, text)
        return [kind(text=whole)] if whole else []

    def _whole(self, kind: type[Delta], text: str) -> str:
        """The text without half a character at its end, which waits for the next piece."""
        if self._halves:
            text = self._halves.pop(kind, "") + text
        if text.isascii():
            return text
        if "\ud800" <= text[-1] <= "\udbff":
            self._halves[kind] = text[-1]
            text = text[:-1]
        return _with_pairs(text)


def _with_pairs(text: str) -> str:
    """The text with surrogate pairs made one character, and U+FFFD for one without its other half."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
