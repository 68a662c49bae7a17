"""Tells which of the installed packages the product can do without: its extras', and those of developers."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@cache
def optional_names() -> tuple[str, ...]:
    """Top-level names of all that is installed and that the default dependencies do not need."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    needed = needed_by(project["dependencies"]) | {canonicalize_name(project["name"])}
    return tuple(
        sorted(
            name
            for name, owners in packages_distributions().items()
            if not needed & {canonicalize_name(owner) for owner in owners}
        )
    )


def needed_by(requirements: Iterable[str]) -> frozenset[str]:
    """The distributions that are required here, and those that they require, without any extra."""
    found: set[str] = set()
    waiting = _named(requirements)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            try:
                waiting += _named(requires(name) or ())
            except PackageNotFoundError:
                continue  # not on this system
    return frozenset(found)


def _named(requirements: Iterable[str]) -> list[str]:
    """Their names, where they are for this system and no extra's."""
    read = map(Requirement, requirements)
    return [
        canonicalize_name(each.name)
        for each in read
        if each.marker is None or each.marker.evaluate({"extra": ""})
    ]
