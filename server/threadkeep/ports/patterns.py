"""Regular expressions that a person writes, tried where they can harm nobody."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from threadkeep.domain.search import Range


class Pattern(Protocol):
    """A regular expression; `^` and `$` stand at the ends of lines too."""

    def ranges(self, texts: Sequence[str]) -> Sequence[Sequence[Range]]:
        """For each text where the pattern matches something, the first `MAX_RANGES`. Blocking.

        Raises InvalidValue, which says why, for a pattern that takes too much time or memory, and what `check` of
        `Patterns.read` raises.
        """
        ...


class Patterns(Protocol):
    """Reads patterns and tries them within bounds of time and memory, whatever they hold."""

    def read(self, query: str, *, check: Callable[[], None]) -> AbstractContextManager[Pattern]:
        """The pattern, until the end of the block. Blocking.

        check: raises when nobody wants the answer any more; it is called often, by any thread.

        Raises InvalidValue that says what is wrong with it or what it takes too much of, ExtraMissing, and
        what `check` raises.
        """
        ...
