"""Says what somebody may have meant."""

from collections.abc import Iterable

MOST = 100
"""Characters that are compared: what is longer is no name, and comparing takes time by the square of it."""


def did_you_mean(name: str, *, known: Iterable[str]) -> str:
    """A sentence with the nearest known name, or with all of them."""
    names = sorted(set(known))
    near = nearest(name, known=names)
    return f'Did you mean "{near}"?' if near else f"Known: {', '.join(names)}."


def nearest(name: str, *, known: Iterable[str]) -> str | None:
    """The known name that looks most like this one; case, `_`, `-` and `.` make no difference."""
    import difflib  # only a misspelt setting pays for it

    by_letters = {_letters(one): one for one in known}
    found = difflib.get_close_matches(_letters(name), by_letters, n=1, cutoff=0.7)
    return by_letters[found[0]] if found else None


def _letters(name: str) -> str:
    return "".join(char for char in name[:MOST].casefold() if char.isalnum())
