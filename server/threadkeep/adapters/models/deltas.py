"""Puts what a model says in small pieces together into as few deltas as came at once."""

import re
from itertools import groupby
from operator import itemgetter

from threadkeep.adapters.models.thinking import Thinking
from threadkeep.ports.models import ReasoningDelta, TextDelta

Delta = TextDelta | ReasoningDelta
Said = tuple[type[Delta] | None, str]
"""A kind and its text; no kind for a signature."""

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""No model means them, and a terminal would obey them. Tab and line end stay."""


class Deltas:
    """Takes pieces in and hands deltas out. A character that was cut in two is made whole, control characters
    are left out, and a thought at the start of the text is told apart from it."""

    def __init__(self) -> None:
        self._new: list[Said] = []
        self._halves: dict[type[Delta], str] = {}
        self._thinking: Thinking | None = Thinking()
        """Until the text has begun."""
        self._has_reasoning = False
        """Whether the provider itself tells reasoning apart."""

    def add(self, kind: type[Delta], text: str) -> None:
        """The next piece of text; may be empty."""
        if kind is TextDelta:
            if self._thinking is not None:
                return self._split(self._thinking, text)
        elif text:
            self._has_reasoning = True
        self._new.append((kind, text))
        return None

    def sign(self, signature: str) -> None:
        """Signs the reasoning that came since the last signature."""
        self._new.append((None, signature))

    def take(self) -> list[Delta]:
        """What was added since the last call; pieces of one kind that came together are one delta."""
        new, self._new = self._new, []
        if len(new) <= 1:
            joined = new
        else:
            joined = [
                (kind, text)
                for kind, group in groupby(new, key=itemgetter(0))
                for text in (["".join(text for _, text in group)] if kind else [text for _, text in group])
            ]
        return [delta for kind, text in joined for delta in self._deltas(kind, text)]

    def rest(self) -> list[Delta]:
        """What waited for its other half, or for the rest of a tag, and will not get it."""
        if self._thinking is not None:
            self._take_split(self._thinking.rest())
        taken = self.take()
        halves, self._halves = self._halves, {}
        return [*taken, *(kind(text=_with_pairs(half)) for kind, half in halves.items())]

    def _split(self, thinking: Thinking, text: str) -> None:
        self._take_split(thinking.split(text))
        if thinking.is_over:
            self._thinking = None

    def _take_split(self, pieces: list[tuple[str, bool]]) -> None:
        for text, is_thought in pieces:
            if not is_thought:
                self._new.append((TextDelta, text))
            elif not self._has_reasoning:  # else the same thought came twice
                self._new.append((ReasoningDelta, text))

    def _deltas(self, kind: type[Delta] | None, text: str) -> list[Delta]:
        if kind is None:
            return [ReasoningDelta(text="", signature=text)]
        whole = self._whole(kind, text)
        return [kind(text=whole)] if whole else []

    def _whole(self, kind: type[Delta], text: str) -> str:
        """The text without half a character at its end, which waits for the next piece."""
        if self._halves:
            text = self._halves.pop(kind, "") + text
        if not text.isprintable():
            text = CONTROLS.sub("", text)
        if text.isascii():
            return text
        if "\ud800" <= text[-1] <= "\udbff":
            self._halves[kind] = text[-1]
            text = text[:-1]
        return _with_pairs(text)


def _with_pairs(text: str) -> str:
    """The text with surrogate pairs made one character, and U+FFFD for one without its other half."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
