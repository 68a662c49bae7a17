"""The Python of the Microsoft Store, which Windows keeps apart: where its store lies, and that none is left behind.

What a packaged program makes below AppData goes into a folder of its package (`LocalCache`), which no other Python
sees and which is deleted with the package. Windows shows it at its usual path all the same, beside what really lies
there, so that a database would be one place's and its log the other's.
"""

import ntpath
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final

from threadkeep.domain.paths import below
from threadkeep.values import Value

NAME: Final = "threadkeep"
STORE_FILE: Final = "threadkeep.db"
PUBLISHER: Final = "PythonSoftwareFoundation.Python."
_PACKAGE: Final = re.compile(
    rf"[\\/]WindowsApps[\\/]({re.escape(PUBLISHER)}[\w.-]*?)_(?:[\d.]+_\w*_\w*_)?(\w+)(?:[\\/]|$)",
    re.IGNORECASE,
)


class Looks(Value):
    """How the disk is looked at."""

    has_store: Callable[[str], bool] = lambda folder: os.path.exists(ntpath.join(folder, STORE_FILE))  # noqa: PTH110 - text
    names: Callable[[str], Iterable[str]] = lambda folder: _names(folder)  # noqa: PLW0108 - stands below
    """What is in a folder; nothing if it cannot be told."""


class DataPlace(Value):
    """Where a user's data goes on Windows."""

    data: str
    logs: str
    told: tuple[str, ...] = ()
    """What a person should know of the choice: sentences."""


def this_python() -> tuple[str, ...]:
    """The paths by which a Python of the Store, or an environment made of one, is known."""
    found = (sys.base_prefix, sys.prefix, getattr(sys, "_base_executable", ""), sys.executable)
    return tuple(each for each in found if isinstance(each, str))


def package_family(paths: Iterable[str]) -> str | None:
    """The PackageFamilyName of the Store's Python that the paths belong to; None for any other Python."""
    for path in paths:
        if match := _PACKAGE.search(path):
            return f"{match[1]}_{match[2]}"
    return None


def is_hidden(
    path: str, environ: Mapping[str, str], *, platform: str, python: Iterable[str] | None = None
) -> bool:
    """Whether no other program would see what this Python makes at a path: the Store's, below AppData."""
    if platform != "win32" or package_family(this_python() if python is None else python) is None:
        return False
    folders = (environ.get("APPDATA"), environ.get("LOCALAPPDATA"))
    return any(below(folder, path, platform=platform) is not None for folder in folders if folder)


def windows_place(*, home: str, local: str, family: str | None, looks: Looks) -> DataPlace:
    """Where the store and the logs of a user lie: of several places the first that holds a store.

    local: AppData\\Local as the environment names it. family: of a Store Python.
    """
    usual, profile = ntpath.join(local, NAME), ntpath.join(home, f".{NAME}")
    packages = ntpath.join(local, "Packages")
    inside = {
        name: ntpath.join(packages, name, "LocalCache", "Local", NAME)
        for name in looks.names(packages)
        if name.startswith(PUBLISHER)
    }
    if family is None:
        return _ordinary(usual, profile, inside, looks=looks)
    own = ntpath.join(packages, family, "LocalCache", "Local", NAME)
    return _packaged(usual, profile, own, inside, family=family, looks=looks)


def _ordinary(usual: str, profile: str, inside: dict[str, str], *, looks: Looks) -> DataPlace:
    holding = [folder for folder in (usual, profile, *inside.values()) if looks.has_store(folder)]
    data = holding[0] if holding else usual
    told = []
    if data in inside.values():
        told.append(_told_inside(data, profile))
    told += [_told_left(left, data) for left in holding[1:]]
    return DataPlace(data=data, logs=ntpath.join(usual, "logs"), told=tuple(told))


def _packaged(
    usual: str, profile: str, own: str, inside: dict[str, str], *, family: str, looks: Looks
) -> DataPlace:
    holding = [folder for folder in (profile, own) if looks.has_store(folder)]
    data = holding[0] if holding else profile
    told = []
    if data == own:
        told.append(_told_inside(data, profile))
    elif not holding:
        told.append(
            f"This is the Python of the Microsoft Store ({family}), whose files below AppData belong to its "
            f"package and are deleted with it: your sessions are kept in {profile}."
        )
    left = [folder for folder in inside.values() if folder != own and looks.has_store(folder)]
    # what the package itself holds is shown at the usual path too
    if not looks.has_store(own) and looks.has_store(usual):
        left.insert(0, usual)
    told += [_told_left(folder, data) for folder in holding[1:]]
    told += [
        f"Sessions that another Python has kept are in {folder}, and are not shown: the Python of the Microsoft "
        f"Store cannot write there. To have them everywhere, close all editors and "
        + (
            f"move that folder to {profile}, where every Python finds it."
            if not holding
            else f"bring them along with the other Python: `threadkeep sessions export --all --store {folder} "
            "--output all.jsonl`, then `threadkeep import all.jsonl` with this one."
        )
        for folder in left
    ]
    return DataPlace(data=data, logs=ntpath.join(profile, "logs"), told=tuple(told))


def _told_inside(data: str, profile: str) -> str:
    return (
        f"Your sessions are in {data}, inside of the package of the Microsoft Store's Python, and are deleted with "
        f"it. Close all editors and move that folder to {profile}, where every Python finds it."
    )


def _told_left(left: str, data: str) -> str:
    return (
        f"Sessions are in {left} too, and are not shown: those in {data} are. To bring them along: `threadkeep "
        f"sessions export --all --store {left} --output all.jsonl`, then `threadkeep import all.jsonl`; then move "
        "that folder away."
    )


def _names(folder: str) -> list[str]:
    with suppress(OSError):
        return os.listdir(folder)  # noqa: PTH208 - text
    return []
