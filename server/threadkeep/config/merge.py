"""Lays one source over the others, taking only what the table of settings accepts; apart, since it knows no file."""

from collections.abc import Mapping
from typing import Any

from threadkeep.config.folders import absolute_path
from threadkeep.config.sources import Source, Unparsed
from threadkeep.config.suggestions import did_you_mean, nearest
from threadkeep.config.table import ANY_NAME, Setting, settings_table
from threadkeep.values import Mutable, Value, field

Path = tuple[str, ...]

_DECIDING = frozenset({"kind", "baseUrl", "apiKeyEnv", "apiKeyCommand", "apiKey", "proxy", "caFile"})
"""What decides where a provider is, how it is reached and with whose key."""
_SOUNDS_DECIDING = ("url", "uri", "host", "endpoint", "address", "server", "proxy", "key", "token", "cert")
_OF_AGENT = frozenset({"prompt", "model"})
"""What an agent is not itself without."""


class Chosen(Value):
    """The strongest value so far, and who gave it."""

    value: Any
    source: str


class Merged(Mutable):
    """What the sources said, the weakest added first."""

    home: str
    windows: bool
    problems: list[str]
    chosen: dict[Path, Chosen] = field(factory=dict)
    refused: set[Path] = field(factory=set)
    """Settings for which no source gave anything usable."""
    doubts: dict[Path, str] = field(factory=dict)
    """What was meant to be set and could not be read, by path, where guessing would send words to somebody whom
    nobody chose; a stronger source that sets the same ends the doubt."""
    _tables: dict[Path, None] = field(factory=dict)

    def add(self, source: Source) -> None:
        """Lays the source over what there is."""
        self._table(source, source.tree, _tree(), ())

    def names(self, table: str) -> list[str]:
        """The names that users chose in a table, the earliest first."""
        return [path[1] for path in self._tables if len(path) == 2 and path[0] == table]

    def _table(self, source: Source, given: Mapping[str, Any], known: Mapping[str, Any], at: Path) -> None:
        for name, value in given.items():
            path = (*at, name)
            if value is None:
                continue
            expected = known.get(ANY_NAME) or known.get(name)
            if ANY_NAME in known and (trouble := _name_trouble(at, name)):
                self._problem(source, path, trouble)
            elif expected is None:
                problem = self._problem(source, path, f"is unknown. {_suggestion(name, known, at)}")
                self._doubt_unknown(path, value, problem, near=nearest(name, known=known))
            elif isinstance(expected, Setting):
                self._setting(source, path, value, expected)
            elif isinstance(value, Mapping):
                self._tables.setdefault(path)
                self._table(source, value, expected, path)
            else:
                self.doubts[path] = self._problem(source, path, "must be a table.")

    def _setting(self, source: Source, path: Path, given: Any, row: Setting) -> None:
        try:
            value = row.shape.accept(given.parse(given.text) if isinstance(given, Unparsed) else given)
            if row.shape.is_path:
                value = absolute_path(value, base=source.base, home=self.home, windows=self.windows)
            if row.is_client_only and not source.is_client:
                raise ValueError("counts only in an editor's initializationOptions")
        except ValueError as error:
            if path not in self.chosen:
                self.refused.add(path)
            self._doubt(path, self._problem(source, path, f"{error}; it is ignored."))
            if path[0] == "providers" and path[-1] == "kind" and path in self.refused:
                self._problem(source, path[:-1], "is left out until its kind can be read.")
        else:
            self.chosen[path] = Chosen(value=value, source=source.name)
            self.refused.discard(path)
            self.doubts.pop(path, None)

    def _doubt(self, path: Path, problem: str) -> None:
        is_provider = path[0] == "providers" and path[-1] in _DECIDING
        is_agent = path[0] == "agents" and path[-1] in _OF_AGENT
        if (
            is_provider
            or is_agent
            or path in {("defaultModel",), ("semantic", "model"), ("semantic", "folder")}
        ):
            self.doubts[path] = problem

    def _doubt_unknown(self, path: Path, value: Any, problem: str, *, near: str | None) -> None:
        """An unknown name that may have been meant for one of those that decide."""
        if near is not None:
            self._doubt((*path[:-1], near), problem)
        if near in {"providers", "agents"} and len(path) == 1:
            for name in value if isinstance(value, Mapping) else ():
                self.doubts[near, name] = problem
            self.doubts[near,] = problem
        elif near is None and path[0] == "providers" and _sounds_deciding(path[-1], value):
            self.doubts[path] = problem

    def _problem(self, source: Source, path: Path, what: str) -> str:
        problem = f"{source.name}: {'.'.join(path)} {what}"
        self.problems.append(problem)
        return problem


def _sounds_deciding(name: str, value: Any) -> bool:
    folded = name.casefold()
    return any(word in folded for word in _SOUNDS_DECIDING) or (isinstance(value, str) and "://" in value)


def _tree() -> dict[str, Any]:
    """The table as nested dictionaries that end in its rows."""
    tree: dict[str, Any] = {}
    for row in settings_table():
        place = tree
        for part in row.path[:-1]:
            place = place.setdefault(part, {})
        place[row.path[-1]] = row
    return tree


def _suggestion(name: str, known: Mapping[str, Any], at: Path) -> str:
    everywhere = [] if at else [row.name for row in settings_table() if ANY_NAME not in row.path]
    return did_you_mean(name, known=[*known, *everywhere])


def _name_trouble(at: Path, name: str) -> str | None:
    if not name.strip():
        return "has no name; it is ignored."
    if at == ("providers",) and ":" in name:
        return 'has a name with ":", which ends a provider\'s name in "provider:model"; it is ignored.'
    if at == ("agents",) and name.startswith("repo:"):
        return 'has a name that begins with "repo:", as only agents of a repository have; it is ignored.'
    return None
