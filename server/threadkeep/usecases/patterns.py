"""Regular expressions that a person writes: read, bounded in time, and run beside the event loop."""

from typing import Any, Final

import attrs

from threadkeep.domain.errors import ExtraMissing, InvalidValue
from threadkeep.domain.search import MAX_RANGES, Range

SECONDS: Final = 1.0
"""How long one text may take: an ordinary pattern needs far less for the longest."""


@attrs.frozen
class PatternQuery:
    """A regular expression; `^` and `$` stand at the ends of lines too."""

    _pattern: Any
    """A compiled pattern of the package regex."""

    def ranges(self, text: str) -> list[Range]:
        """Where it matches something, the first `MAX_RANGES`. Raises InvalidValue if that takes too long."""
        found: list[Range] = []
        try:
            # `re` of the standard library could not be stopped, and would let nothing else run meanwhile
            for match in self._pattern.finditer(text, timeout=SECONDS, concurrent=True):
                if match.end() > match.start():
                    found.append(match.span())
                if len(found) == MAX_RANGES:
                    break
        except TimeoutError:
            raise InvalidValue(
                "query",
                f"the pattern took more than {SECONDS:g} s on one text: avoid a repetition inside of a repetition,"
                " such as (a+)+",
            ) from None
        return found


def parse_pattern(query: str) -> PatternQuery:
    """The pattern. Raises InvalidValue that says what is wrong with it, ExtraMissing."""
    try:
        import regex  # type: ignore[import-untyped]  # it has no types of its own
    except ImportError:
        raise ExtraMissing("regex", purpose="Searching by regular expression") from None
    try:
        return PatternQuery(regex.compile(query, regex.MULTILINE))
    except (regex.error, OverflowError, RecursionError, ValueError) as error:
        where = getattr(error, "pos", None)
        told = getattr(error, "msg", None) or str(error) or type(error).__name__
        place = "" if where is None else f" (at character {where + 1})"
        raise InvalidValue("query", f"is no regular expression: {told}{place}") from None
