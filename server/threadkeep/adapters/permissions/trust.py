"""The folders of `trusted.toml`."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from threadkeep.adapters.permissions.tables import Tables, TablesFile, problems_of_file
from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.paths import below


class TrustedFoldersFile:
    """Implements `TrustedFolders` by a file of tables `[[trusted]]`, each with a `path`."""

    def __init__(self, path: Path, *, platform: str = sys.platform) -> None:
        """path: the file, which need not exist."""
        self._tables = TablesFile(path, "trusted")
        self._platform = platform

    @property
    def problems(self) -> tuple[str, ...]:
        """What of the file trusts nothing; see the port."""
        return _trusted(self._tables.read())[1]

    def folders(self) -> tuple[str, ...]:
        """The folders; see the port."""
        return tuple(each for each in _trusted(self._tables.read())[0] if each is not None)

    def is_trusted(self, path: str) -> bool:
        """Whether it lies in one of them; see the port."""
        try:
            return Path(path).is_absolute() and any(self._holds(each, path) for each in self.folders())
        except (OSError, ValueError):
            return False

    def trust(self, path: str) -> str:
        """Keeps a folder; see the port."""
        try:
            folder = Path(path).resolve()
            is_folder = Path(path).is_absolute() and folder.is_dir()
        except (OSError, ValueError):
            is_folder = False
        if not is_folder:
            raise InvalidValue(
                "path", "is no folder", told=f"There is no folder {path}: give one that is there."
            )
        if folder == folder.parent:
            raise InvalidValue(
                "path",
                "is everything",
                told=f"{folder} holds everything: trust the folders that you work in.",
            )
        with self._tables.changing() as tables:
            if not any(each is not None and self._is(each, str(folder)) for each in _trusted(tables)[0]):
                self._tables.write(tables, tables.with_table(len(tables.rows), {"path": str(folder)}))
        return str(folder)

    def distrust(self, path: str) -> bool:
        """Keeps it no longer; see the port."""
        is_kept = False
        while True:  # a hand may have written it twice
            with self._tables.changing() as tables:
                kept = enumerate(_trusted(tables)[0])
                at = next((n for n, each in kept if each is not None and self._is(each, path)), None)
                if at is None:
                    return is_kept
                self._tables.write(tables, tables.without_table(at))
                is_kept = True

    def _holds(self, folder: str, path: str) -> bool:
        inner = os.path.realpath(path)
        return below(os.path.realpath(folder), inner, platform=self._platform) is not None

    def _is(self, folder: str, path: str) -> bool:
        return self._holds(folder, path) and self._holds(path, folder)


def _trusted(tables: Tables) -> tuple[list[str | None], tuple[str, ...]]:
    """The folder of each table, None for one that cannot be understood, and what is wrong."""
    problems: list[str] = list(problems_of_file(tables))
    folders: list[str | None] = []
    for number, row in enumerate(tables.rows):
        path = row.get("path") if isinstance(row, Mapping) and row.keys() == {"path"} else None
        is_understood = isinstance(path, str) and "\0" not in path and Path(path).is_absolute()
        if not is_understood:
            problems.append(
                f"{tables.place(number)}: must have a `path`, an absolute one, and nothing else; it is not trusted."
            )
        folders.append(path if is_understood and not tables.is_open_to_all else None)
    return folders, tuple(problems)
