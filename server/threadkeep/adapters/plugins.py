"""Finds what installed packages add, on first use; a package that is broken harms nothing but itself."""

import logging
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from threadkeep.adapters.own_plugins import EXPORTERS, IMPORTERS, OWN, PROVIDERS
from threadkeep.domain.errors import ExportFailed, ImportInvalid, SettingsInvalid, ThreadkeepError
from threadkeep.ports.models import ProviderKind
from threadkeep.ports.plugins import OURS, Offer
from threadkeep.ports.transfer import ExportFormat, HistoryReader
from threadkeep.values import Value

if TYPE_CHECKING:
    from importlib.metadata import Distribution

T = TypeVar("T")

logger = logging.getLogger(__name__)

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,49}")
RESERVED: Final[Mapping[str, frozenset[str]]] = {
    PROVIDERS: frozenset({"offline"}),
    IMPORTERS: frozenset({"auto", OURS}),
}
"""Names by group that mean something else already."""


class Declared(Value):
    """An entry point of another package."""

    name: str
    origin: str
    load: Callable[[], Any]


def declared(group: str, path: Sequence[str] | None = None) -> tuple[Declared, ...]:
    """The entry points of a group, by name; ours are left out.

    path: where packages are, as `sys.path`, of which relative folders are passed over: what lies in an opened
    folder is not installed. Reads the metadata of every package, which takes tens of milliseconds.
    """
    from importlib import metadata

    folders = [each for each in (sys.path if path is None else path) if Path(each).is_absolute()]
    found: list[Declared] = []
    seen = {OURS}
    for package in metadata.distributions(path=folders):
        try:
            if group not in (package.read_text("entry_points.txt") or ""):
                continue
            name = str(package.metadata["Name"])
            folded = re.sub(r"[-_.]+", "-", name).lower()
            if folded in seen:
                continue  # an older copy, further down the path
            seen.add(folded)
            found += _declared_by(package, group, f"{name} {package.version}")
        except Exception:  # whatever its metadata is, it is another package's
            logger.exception("the metadata of an installed package cannot be read")
    return tuple(sorted(found, key=lambda each: (each.name, each.origin)))


def _declared_by(package: "Distribution", group: str, origin: str) -> Iterator[Declared]:
    for point in package.entry_points:
        if point.group == group:
            yield Declared(name=point.name, origin=origin, load=point.load)


class InstalledPlugins(Mapping[str, T], Generic[T]):
    """Implements the port Plugins for one group."""

    def __init__(
        self,
        group: str,
        *,
        make: Callable[[Any], T],
        guard: Callable[[Any, str], T],
        trouble: Callable[[Any], str | None],
        broken: Callable[[str], ThreadkeepError],
        find: Callable[[str], Sequence[Declared]] = declared,
    ) -> None:
        """make, guard: what is used of a class of ours, and of another package's, by its origin. trouble: what
        another's class lacks, if anything. broken: what is raised for a problem."""
        self._group = group
        self._make, self._guard, self._trouble, self._broken, self._find = make, guard, trouble, broken, find
        self._lock = threading.RLock()
        self._ours: dict[str, T] = {}
        self._others: tuple[Offer[T], ...] | None = None

    def __getitem__(self, name: str) -> T:
        if name in OWN[self._group]:
            return self._of_ours(name)
        offers = [each for each in self._found() if each.name == name]
        if not offers:
            raise KeyError(name)
        if offers[0].item is None:
            raise self._broken(offers[0].problem or "")
        return offers[0].item

    def __iter__(self) -> Iterator[str]:
        yield from OWN[self._group]
        yield from (each.name for each in self._found() if each.item is not None)

    def __len__(self) -> int:
        return len(list(iter(self)))

    def names(self) -> Sequence[str]:
        """All names, also of those that cannot be used; nothing of ours is imported."""
        return tuple(dict.fromkeys((*OWN[self._group], *(each.name for each in self._found()))))

    def knows(self, name: str) -> bool:
        """Whether it is one of the names. For one of ours nothing is looked for."""
        return name in OWN[self._group] or name in self.names()

    def offers(self) -> Sequence[Offer[T]]:
        """As the port says."""
        ours = (Offer(name=name, origin=OURS, item=self._of_ours(name)) for name in OWN[self._group])
        return (*ours, *self._found())

    def _of_ours(self, name: str) -> T:
        with self._lock:
            if name not in self._ours:
                module, _, class_name = OWN[self._group][name].partition(":")
                self._ours[name] = self._make(getattr(import_module(module), class_name))
            return self._ours[name]

    def _found(self) -> tuple[Offer[T], ...]:
        with self._lock:
            if self._others is None:
                points = self._find(self._group)
                self._others = tuple(self._offer(each, points) for each in points)
                for offer in self._others:
                    if offer.problem:
                        logger.warning("%s", offer.problem)
            return self._others

    def _offer(self, point: Declared, points: Sequence[Declared]) -> Offer[T]:
        problem = self._misnamed(point, points)
        item = None
        if problem is None:
            try:
                item, problem = self._loaded(point)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - it is another's code
                problem = f"cannot be loaded: {type(error).__name__}: {error}. Mend or remove the package."
        told = f"{point.name!r} of the package {point.origin} {problem}" if problem else None
        return Offer(name=point.name, origin=point.origin, item=item, problem=told)

    def _misnamed(self, point: Declared, points: Sequence[Declared]) -> str | None:
        if not _NAME.fullmatch(point.name):
            return (
                "has a name that cannot be: lower-case letters, digits, dots and hyphens make one, up to 50."
            )
        if point.name in OWN[self._group] or point.name in RESERVED.get(self._group, ()):
            return "has a name of Threadkeep's own, which stays what it is: the package must choose another."
        rivals = [each.origin for each in points if each.name == point.name and each is not point]
        if rivals:
            return (
                f"has the name of another one, of {', '.join(rivals)}: neither is used until one is removed."
            )
        return None

    def _loaded(self, point: Declared) -> tuple[T | None, str | None]:
        kind = point.load()
        lack = _trouble_of_name(kind, point.name) or self._trouble(kind)
        if lack is not None:
            return None, f"is not what it should be: {lack}. Ask who wrote it, or remove the package."
        return self._guard(kind, point.origin), None


@cache
def exporters() -> InstalledPlugins[ExportFormat]:
    """The export formats."""

    def guard(kind: Any, origin: str) -> ExportFormat:
        from threadkeep.adapters.plugin_guards import GuardedFormat

        return GuardedFormat(kind(), origin)

    return InstalledPlugins(
        EXPORTERS, make=lambda kind: kind(), guard=guard, trouble=exporter_trouble, broken=ExportFailed
    )


@cache
def importers() -> InstalledPlugins[HistoryReader]:
    """The importers."""

    def guard(kind: Any, origin: str) -> HistoryReader:
        from threadkeep.adapters.plugin_guards import GuardedReader

        return GuardedReader(kind(), origin)

    return InstalledPlugins(
        IMPORTERS, make=lambda kind: kind(), guard=guard, trouble=importer_trouble, broken=ImportInvalid
    )


@cache
def provider_kinds() -> InstalledPlugins[ProviderKind]:
    """The kinds of providers, beside `offline`, which asks nobody."""

    def guard(kind: Any, origin: str) -> ProviderKind:
        from threadkeep.adapters.plugin_guards import GuardedKind

        return GuardedKind(kind, origin)

    def broken(problem: str) -> ThreadkeepError:
        return SettingsInvalid(problem, then="Choose another provider until then.")

    return InstalledPlugins(
        PROVIDERS, make=lambda kind: kind, guard=guard, trouble=provider_trouble, broken=broken
    )


def history_readers() -> tuple[HistoryReader, ...]:
    """The importers in the order in which `auto` asks: other packages' before ours that needs the least evidence."""
    *ours, last = OWN[IMPORTERS]
    known = importers()
    others = [name for name in known if name not in OWN[IMPORTERS]]
    return tuple(known[name] for name in (*ours, *others, last))


def exporter_trouble(kind: Any) -> str | None:
    """What the class lacks to be an export format."""
    return _lacks(kind, methods=("pieces",), flags=("is_text",), lists=("extensions",)) or _extensions(
        kind, at_least=1
    )


def importer_trouble(kind: Any) -> str | None:
    """What the class lacks to be an importer."""
    methods = ("wants", "recognises", "read")
    return _lacks(kind, methods=methods, flags=("is_text",), lists=("extensions",)) or _extensions(
        kind, at_least=0
    )


def provider_trouble(kind: Any) -> str | None:
    """What the class lacks to be a kind of provider."""
    return _lacks(kind, methods=("stream", "aclose"), flags=(), lists=("settings",))


def _trouble_of_name(kind: Any, name: str) -> str | None:
    if not isinstance(kind, type):
        return "it is no class"
    own = getattr(kind, "name", None)
    return None if own == name else f"its `name` is {own!r}, and its entry point says {name!r}"


def _lacks(kind: Any, *, methods: Sequence[str], flags: Sequence[str], lists: Sequence[str]) -> str | None:
    label = getattr(kind, "label", None)
    if not isinstance(label, str) or not label.strip() or not label.isprintable() or len(label) > 100:
        return "its `label` is not 1 to 100 printable characters"
    for name in methods:
        if not callable(getattr(kind, name, None)):
            return f"it has no method `{name}`"
    for name in flags:
        if not isinstance(getattr(kind, name, None), bool):
            return f"its `{name}` is not true or false"
    for name in lists:
        held = getattr(kind, name, None)
        if not isinstance(held, tuple) or not all(isinstance(each, str) for each in held):
            return f"its `{name}` is no tuple of texts"
    return None


def _extensions(kind: Any, *, at_least: int) -> str | None:
    held: tuple[str, ...] = kind.extensions
    if len(held) < at_least:
        return "its `extensions` are none"
    return next(
        (
            f"its extension {each!r} is not a dot and lower-case letters or digits"
            for each in held
            if not re.fullmatch(r"(\.[a-z0-9]+)+", each)
        ),
        None,
    )
