"""What Mercurial leaves on disk: branch, default path, first changeset. Read only, and nothing is run; apart, since it is another system."""

from io import FileIO
from pathlib import Path
from typing import Final

from threadkeep.adapters.git.files import MAX_CONFIG, first_line, is_file, small_text, storable
from threadkeep.adapters.git.layouts import MAX_NAME

_ENTRY: Final = 64
_NODE: Final = slice(32, 52)
"""Where an entry of a version 1 changelog has the name of its changeset."""


def branch(own: Path) -> str | None:
    """The active bookmark, else the named branch; None for `default`, which is no name that anybody gave."""
    name = first_line(own / "bookmarks.current") or first_line(own / "branch")
    if not name or name == "default" or len(name) > MAX_NAME or not name.isprintable():
        return None
    return storable(name)


def default_path(common_dir: Path) -> str | None:
    """The `default` of the section `paths` in its settings; what they include is not looked at."""
    section, found = "", None
    for line in (small_text(common_dir / "hgrc", limit=MAX_CONFIG) or "").splitlines():
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            section = text[1:-1].strip()
        elif section == "paths" and line[:1].strip() and text[:1] not in ("#", ";", "%"):
            key, equals, value = text.partition("=")
            if equals and key.strip() == "default":
                found = value.strip() or None
    return found


def first_changeset(common_dir: Path) -> str | None:
    """The name of the changeset of number 0, hexadecimal; None where there is none, or it cannot be read."""
    index = common_dir / "store" / "00changelog.i"
    if not is_file(index):  # a pipe would be waited for without end
        return None
    try:
        with FileIO(index) as file:
            entry = file.read(_ENTRY)
    except OSError:
        return None
    is_version_1 = len(entry) == _ENTRY and entry[2:4] == b"\0\1"
    return entry[_NODE].hex() if is_version_1 else None
