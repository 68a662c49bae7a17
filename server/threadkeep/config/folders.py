"""The user's folders on each platform, and what a path in the settings means."""

import ntpath
import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from threadkeep.config.store_python import NAME, Looks, package_family, this_python, windows_place
from threadkeep.domain.errors import InvalidValue
from threadkeep.values import Value


class Folders(Value):
    """Absolute paths; none of them needs to exist."""

    home: Path
    """The user's home, which relative paths are relative to."""
    config: Path
    """Holds the settings file."""
    data: Path
    """The store, unless the settings move it."""
    logs: Path
    """Holds the log file."""
    told: tuple[str, ...] = ()
    """What a person should know of `data`: sentences."""

    @property
    def settings_file(self) -> Path:
        """Where the user's settings are looked for."""
        return self.config / "settings.toml"

    @property
    def log_file(self) -> Path:
        """Where this program writes its log."""
        return self.logs / "threadkeep.log"


def folders(
    *,
    environ: Mapping[str, str],
    platform: str,
    python: Sequence[str] | None = None,
    looks: Looks | None = None,
) -> Folders:
    """The user's folders on a platform (as `sys.platform` names it).

    python: the paths by which this Python is known; see `this_python`. Raises InvalidValue if the environment
    tells no home.
    """
    if platform == "win32":
        return _windows(
            environ, package_family(this_python() if python is None else python), looks or Looks()
        )
    home = _home(environ, "HOME", windows=False)
    if platform == "darwin":
        support = posixpath.join(home, "Library/Application Support", NAME)
        logs = posixpath.join(home, "Library/Logs", NAME)
        return Folders(home=Path(home), config=Path(support), data=Path(support), logs=Path(logs))
    return Folders(
        home=Path(home),
        config=_xdg(environ, "XDG_CONFIG_HOME", home, ".config"),
        data=_xdg(environ, "XDG_DATA_HOME", home, ".local/share"),
        logs=_xdg(environ, "XDG_STATE_HOME", home, ".local/state"),
    )


def _windows(environ: Mapping[str, str], family: str | None, looks: Looks) -> Folders:
    home = _home(environ, "USERPROFILE", windows=True)
    roaming = environ.get("APPDATA") or ntpath.join(home, "AppData", "Roaming")
    local = environ.get("LOCALAPPDATA") or ntpath.join(home, "AppData", "Local")
    place = windows_place(home=home, local=local, family=family, looks=looks)
    return Folders(
        home=Path(home),
        config=Path(ntpath.join(roaming, NAME)),
        data=Path(place.data),
        logs=Path(place.logs),
        told=place.told,
    )


def _home(environ: Mapping[str, str], variable: str, *, windows: bool) -> str:
    told = environ.get(variable, "")
    if _is_absolute(told, windows=windows):
        return told
    try:
        return str(Path.home())  # POSIX: the password file knows
    except RuntimeError:
        raise InvalidValue(variable, "Nothing tells where your home folder is: set this variable.") from None


def _xdg(environ: Mapping[str, str], variable: str, home: str, default: str) -> Path:
    told = environ.get(variable, "")
    base = told if _is_absolute(told, windows=False) else posixpath.join(home, default)
    return Path(posixpath.join(base, NAME))


def absolute_path(text: str, *, base: str, home: str, windows: bool) -> Path:
    """What a path in the settings means: `~` is the home, anything relative starts at `base`.

    Symbolic links and `..` are left to the file system. Raises ValueError, with a sentence for people,
    for a path that would depend on the working directory or on another user.
    """
    separators = "/\\" if windows else "/"
    flavour = ntpath if windows else posixpath
    if not text.strip() or "\0" in text:
        raise ValueError("must be a path, and is empty or holds a NUL")
    if text == "~":
        return Path(home)
    if text[0] == "~":
        if text[1] not in separators:
            raise ValueError("begins with ~ and a name: only ~ alone, for your own home, is understood")
        return Path(flavour.join(home, text[2:].lstrip(separators)))
    joined = flavour.join(base, text)
    if not _is_absolute(joined, windows=windows):
        raise ValueError("names a drive and no folder: write it as C:\\folder")
    return Path(joined)


def _is_absolute(path: str, *, windows: bool) -> bool:
    return (PureWindowsPath(path) if windows else PurePosixPath(path)).is_absolute()
