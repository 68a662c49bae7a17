"""What a person writes on sessions and messages, as it is kept: checked, and without signs nobody sees."""

import re
from collections.abc import Iterable
from typing import Final

from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.sessions import Link
from threadkeep.domain.text import one_line

MAX_TITLE: Final = 1_000
"""Characters."""
MAX_NOTE: Final = 100_000
"""Characters, of a session's note and of a message's."""
MAX_TAGS: Final = 100
MAX_TAG: Final = 100
"""Characters of one tag."""
MAX_LINKS: Final = 100
MAX_LINK: Final = 2_000
"""Characters of each member of a link."""

URL_SCHEMES: Final = (
    "http",
    "https",
    "file",
    "mailto",
    "cursor",
    "idea",
    "jetbrains",
    "linear",
    "obsidian",
    "slack",
    "vscode",
    "vscode-insiders",
    "vscodium",
    "windsurf",
    "zed",
)
"""How the address of a link may begin: a client opens it at a click, so it must not hold a program."""

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_UNSEEN: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")


def clean_title(title: str, *, kept: str = "") -> str:
    """On one line; empty for one without words. Raises InvalidValue.

    kept: what the session has, perhaps from a version with wider limits. It may stay, here and below.
    """
    cleaned = one_line(title)
    if cleaned != one_line(kept):
        _check_length("title", cleaned, MAX_TITLE)
    return cleaned


def clean_note(note: str | None, *, kept: str | None = None) -> str | None:
    """As it is, whole. Raises InvalidValue."""
    if note != kept:
        _check_length("note", note or "", MAX_NOTE)
    return note


def clean_tags(tags: Iterable[str], *, kept: tuple[str, ...] = (), field: str = "tags") -> tuple[str, ...]:
    """Sorted, each on one line, without doubles and blanks around; as `kept` where they are the same.

    Raises InvalidValue for a tag that is not kept, and for more than there may be or are kept.
    """
    cleaned, known = {one_line(tag) for tag in tags}, {one_line(tag) for tag in kept}
    if "" in cleaned - known:
        raise InvalidValue(field, "a tag must not be blank")
    cleaned.discard("")
    for tag in cleaned - known:
        _check_length(field, tag, MAX_TAG, what="a tag")
    if len(cleaned) > max(MAX_TAGS, len(kept)):
        raise InvalidValue(field, f"a session has at most {MAX_TAGS} tags, not {len(cleaned):,}")
    return kept if cleaned == set(kept) else tuple(sorted(cleaned))


def clean_links(links: Iterable[Link], *, kept: tuple[Link, ...] = ()) -> tuple[Link, ...]:
    """In their order; of two to the same thing the later one, in the place of the first.

    Raises InvalidValue for a link that is not kept, and for more than there may be or are kept.
    """
    cleaned: dict[tuple[str, str], Link] = {}
    known, most = frozenset(kept), max(MAX_LINKS, len(kept))
    for at, link in enumerate(links):
        if link not in known:
            _check_link(f"links[{at}]", link)
        cleaned[link.kind, link.value] = link
        if len(cleaned) > most:
            raise InvalidValue("links", f"a session has at most {MAX_LINKS} links")
    return tuple(cleaned.values())


def _check_link(field: str, link: Link) -> None:
    for name, text in (("kind", link.kind), ("value", link.value)):
        if not text.strip():
            raise InvalidValue(f"{field}.{name}", "must not be blank")
        _check_length(f"{field}.{name}", text, MAX_LINK)
    if link.url is None:
        return
    _check_length(f"{field}.url", link.url, MAX_LINK)
    scheme = _SCHEME.match(link.url)
    if scheme is not None and scheme[1].lower() not in URL_SCHEMES:
        known = ", ".join(f"{each}:" for each in URL_SCHEMES)
        raise InvalidValue(
            f"{field}.url", f"must begin with one of {known} (or have no scheme), not {scheme[1][:40]}:"
        )
    if _UNSEEN.search(link.url):
        raise InvalidValue(
            f"{field}.url", "must hold no blanks and no control characters: escape them, as %20"
        )


def _check_length(field: str, text: str, most: int, *, what: str = "") -> None:
    if len(text) > most:
        subject = f"{what} must" if what else "must"
        raise InvalidValue(field, f"{subject} have at most {most:,} characters, not {len(text):,}")
