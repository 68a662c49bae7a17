"""Searches the text files of a folder for the places where the wanted words stand."""

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence

import attrs

from threadkeep.adapters.models.snippets import Snippet, best_snippet
from threadkeep.adapters.models.text_files import Walk
from threadkeep.domain.text import folded

SECONDS = 2.0
"""How long one search may take."""

IN_ITS_PATH = 0.5
"""What a word in the path of a file is worth beside one in the snippet."""


@attrs.frozen(kw_only=True)
class FilePlace:
    """Some lines of a file; `path` is relative to the folder searched."""

    path: str
    snippet: Snippet
    in_path: frozenset[str]


@attrs.frozen(kw_only=True)
class FileFindings:
    """The best places, best first, and how much was searched."""

    places: tuple[FilePlace, ...] = ()
    files: int = 0
    is_complete: bool = True


def search_files(
    root: str, parts: Sequence[str], *, limit: int, is_unwanted: Callable[[], bool], seconds: float = SECONDS
) -> FileFindings:
    """One place each of the files that hold most of the parts, rare ones counting more. Blocks."""
    walk = Walk(root=root, until=time.monotonic() + seconds, is_unwanted=is_unwanted)
    found: list[FilePlace] = []
    holders: Counter[str] = Counter()
    for file in walk.text_files():
        snippet = best_snippet(file.text, parts)
        if snippet is not None:
            path = folded(file.path)
            in_path = frozenset(part for part in parts if part in path)
            holders.update(snippet.hits.keys() | in_path)
            found.append(FilePlace(path=file.path, snippet=snippet, in_path=in_path))
    rarity = {part: math.log(1 + len(found) / count) for part, count in holders.items()}
    found.sort(key=lambda place: (-_score(place, rarity), place.path.count("/"), place.path))
    return FileFindings(places=tuple(found[:limit]), files=walk.files, is_complete=walk.is_complete)


def _score(place: FilePlace, rarity: dict[str, float]) -> float:
    inside = sum(worth * rarity[part] for part, worth in place.snippet.hits.items())
    return inside + sum(IN_ITS_PATH * rarity[part] for part in place.in_path)
