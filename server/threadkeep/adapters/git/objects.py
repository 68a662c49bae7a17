"""Tells whether a repository has an object, without `git`: by the names of files and the indexes of packs; apart, since only here git's own formats are parsed."""

import os
import re
from io import FileIO
from pathlib import Path

from threadkeep.adapters.git.files import first_line, is_file, is_folder

MAX_PACKS = 2_000
"""More than this are not looked through."""

_MAGIC = b"\xfftOc\x00\x00\x00\x02"
_FANOUT = len(_MAGIC)
_NAMES = _FANOUT + 256 * 4


def holds_object(common_dir: Path, name: str) -> bool | None:
    """Whether the object database has the object; None where some of it cannot be read, or lies elsewhere."""
    if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", name) is None:
        return None
    objects = common_dir / "objects"
    answers = [_is_loose(objects / name[:2] / name[2:])]
    if answers != [True]:
        indexes = _indexes(objects)
        answers += [None] if indexes is None else [_is_in_pack(each, bytes.fromhex(name)) for each in indexes]
    if True in answers:
        return True
    return None if None in answers or first_line(objects / "info" / "alternates") else False


def _is_loose(path: Path) -> bool | None:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return None
    return True


def _indexes(objects: Path) -> list[Path] | None:
    """The indexes of all packs; None if they cannot be listed."""
    if not is_folder(objects) or not os.access(objects, os.R_OK | os.X_OK):
        return None
    if not is_folder(objects / "pack"):
        return []
    try:
        found = [entry for entry in (objects / "pack").iterdir() if entry.suffix == ".idx"]
    except OSError:
        return None
    return found if len(found) <= MAX_PACKS else None


def _is_in_pack(index: Path, name: bytes) -> bool | None:
    """Whether the pack has the object, by a binary search in its index (version 2); None for any other file."""
    if not is_file(index):  # a pipe would be waited for without end
        return None
    try:
        with FileIO(index) as file:
            if _at(file, 0, len(_MAGIC)) != _MAGIC:
                return None
            low = _number(file, name[0] - 1) if name[0] else 0
            high = _number(file, name[0])
            while low < high:
                middle = (low + high) // 2
                found = _at(file, _NAMES + middle * len(name), len(name))
                if found == name:
                    return True
                low, high = (middle + 1, high) if found < name else (low, middle)
    except (OSError, EOFError):
        return None
    return False


def _number(file: FileIO, first_byte: int) -> int:
    """How many objects have names whose first byte is this one or a lower one."""
    return int.from_bytes(_at(file, _FANOUT + first_byte * 4, 4), "big")


def _at(file: FileIO, place: int, length: int) -> bytes:
    file.seek(place)
    found = file.read(length)
    if len(found) != length:
        raise EOFError
    return found
