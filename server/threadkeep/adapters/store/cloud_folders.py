"""Whether a service synchronises a folder with other computers: it copies the database without its log, at any time; apart, since it knows services and no store."""

import json
import ntpath
import os
import posixpath
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from threadkeep.values import Value

_VARIABLES: Final = {
    "OneDrive": "OneDrive",
    "OneDriveConsumer": "OneDrive",
    "OneDriveCommercial": "OneDrive",
}
"""Set by the services themselves, on Windows."""
_AT_HOME: Final = (
    (re.compile(r"onedrive( - .+)?"), "OneDrive"),
    (re.compile(r"dropbox( \(.+\))?"), "Dropbox"),
    (re.compile(r"icloud ?drive|icloud"), "iCloud"),
    (re.compile(r"google ?drive|googledrive( - .+)?|my drive( \(.+\))?"), "Google Drive"),
    (re.compile(r"nextcloud|owncloud"), "Nextcloud"),
)
"""What the services call the folder that they make in the home."""
_MARKS: Final = {
    ".dropbox.cache": "Dropbox",
    ".stfolder": "Syncthing",
    ".tmp.drivedownload": "Google Drive",
    ".nextcloudsync.log": "Nextcloud",
    ".owncloudsync.log": "Nextcloud",
}
"""What the services leave in the topmost of their folders, wherever it is."""
_APPLE_CLOUD: Final = "Library/Mobile Documents"
_APPLE_STORAGE: Final = "Library/CloudStorage"
"""Where macOS has all other services put their folders, each called by the service and the account."""
_APPLE_NAMES: Final = {"GoogleDrive": "Google Drive"}
_GOOGLE_MARK: Final = ".shortcut-targets-by-id"
"""In the root of the drive that Google Drive makes on Windows."""


class Looks(Value):
    """How the disk is looked at."""

    is_there: Callable[[str], bool] = os.path.lexists
    is_link: Callable[[str], bool] = os.path.islink
    text: Callable[[str], str | None] = lambda path: _text(path)  # noqa: PLW0108 - stands below


def cloud_warning(folder: Path) -> tuple[str, str] | None:
    """What a person should know of a store that a service synchronises; None for any other."""
    for path in dict.fromkeys((str(folder.absolute()), os.path.realpath(folder))):
        service = cloud_service(path, environ=os.environ, platform=sys.platform)
        if service is not None:
            told = (
                f"The store's folder {folder} is synchronised by {service}, which copies a database while it is "
                "written: the store can be damaged, and computers that share it lose what the other one wrote. "
                "Move it out of there: set store.path in the settings, or THREADKEEP_STORE, or give --store. "
                "Backups may lie there: `threadkeep store backup FOLDER`."
            )
            return "cloudFolder", told
    return None


def cloud_service(
    path: str, *, environ: Mapping[str, str], platform: str, looks: Looks | None = None
) -> str | None:
    """The service that synchronises an absolute path, by its variables, its folders and what it leaves in them.

    platform: as `sys.platform`.
    """
    looks = looks or Looks()
    place = _Place(path=path, platform=platform)
    home = environ.get("USERPROFILE" if platform == "win32" else "HOME", "")
    for folder, service in _named(environ, home, place, looks):
        if place.is_in(folder):
            return service
    return _at_home(place, home) or _marked(place, home, looks)


class _Place(Value):
    """A path as its system compares it."""

    path: str
    platform: str

    @property
    def flavour(self) -> Any:
        return ntpath if self.platform == "win32" else posixpath

    def below(self, folder: str) -> list[str] | None:
        """The names that lead from a folder to the path; None if it does not lie there."""
        if not self.flavour.isabs(folder):
            return None
        inner, outer = (self._key(each) for each in (self.path, folder))
        if inner == outer:
            return []
        outer = outer if outer.endswith(self.flavour.sep) else outer + self.flavour.sep
        return inner[len(outer) :].split(self.flavour.sep) if inner.startswith(outer) else None

    def is_in(self, folder: str) -> bool:
        return self.below(folder) is not None

    def _key(self, path: str) -> str:
        plain = self.flavour.normpath(path)
        if self.platform == "darwin":  # which takes names for the same whatever their case and composition
            return unicodedata.normalize("NFC", plain).casefold()
        return str(
            self.flavour.normcase(plain.removeprefix("\\\\?\\") if self.platform == "win32" else plain)
        )


def _named(environ: Mapping[str, str], home: str, place: _Place, looks: Looks) -> Iterator[tuple[str, str]]:
    """Folders of which the services themselves tell."""
    join = place.flavour.join
    if place.platform == "win32":
        for name, service in _VARIABLES.items():
            yield environ.get(name, ""), service
        files = [
            join(environ[name], "Dropbox", "info.json")
            for name in ("APPDATA", "LOCALAPPDATA")
            if name in environ
        ]
        drive = ntpath.splitdrive(place.path)[0]
        if drive and not drive.startswith("\\\\") and looks.is_there(f"{drive}\\{_GOOGLE_MARK}"):
            yield f"{drive}\\", "Google Drive"
    else:
        files = [join(home, ".dropbox", "info.json")] if home else []
    for file in files:
        yield from ((folder, "Dropbox") for folder in _dropbox_folders(looks.text(file)))
    if place.platform == "darwin" and home:
        yield join(home, _APPLE_CLOUD), "iCloud"
        # where iCloud keeps them, it has links to them
        for name in ("Desktop", "Documents"):
            if looks.is_link(join(home, _APPLE_CLOUD, "com~apple~CloudDocs", name)):
                yield join(home, name), "iCloud"


def _at_home(place: _Place, home: str) -> str | None:
    names = place.below(home) if home else None
    if not names:
        return None
    if place.platform == "darwin" and (inside := place.below(place.flavour.join(home, _APPLE_STORAGE))):
        given = place.path.split("/")[-len(inside)].partition("-")[0]
        return _APPLE_NAMES.get(given, given)
    return next((service for name, service in _AT_HOME if name.fullmatch(names[0].lower())), None)


def _marked(place: _Place, home: str, looks: Looks) -> str | None:
    folder = place.path
    while (above := place.flavour.dirname(folder)) != folder:
        if home and _Place(path=home, platform=place.platform).is_in(folder):
            break  # a service may keep its own things there
        for name, service in _MARKS.items():
            if looks.is_there(place.flavour.join(folder, name)):
                return service
        folder = above
    return None


def _dropbox_folders(text: str | None) -> list[str]:
    """What Dropbox's own file says: an account's kind each, with its folder."""
    with suppress(ValueError, RecursionError):
        told = json.loads(text or "")
        if isinstance(told, dict):
            paths = [each.get("path") for each in told.values() if isinstance(each, dict)]
            return [path for path in paths if isinstance(path, str)]
    return []


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - text
            return file.read(64 * 1024)
    except (OSError, ValueError):
        return None
