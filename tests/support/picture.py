"""Draws the server's packages and who imports whom, as a page: `python -m tests.support.picture [--check]`."""

import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import grimp

from threadkeep.generated import text_of, write_or_check

COMMAND = "python -m tests.support.picture"
ROOT = Path(__file__).parents[2]
PAGE = Path("server/docs/picture.md")
SPLIT = frozenset({"adapters", "faces"})
"""Packages whose own packages are drawn one by one: they do not know each other."""
INTRO = f"""# The house, drawn from its imports

Written by `{COMMAND}`, a part of `poe generate`; do not edit. A box is a package with the number of its modules and lines; an arrow leads from who imports to what is imported, with the number of modules that do. `__main__`, and what is imported only where it is used, are in it. How to read it: [architecture](architecture.md).

"""


INSIDE = (
    ("The use cases", "usecases", "what several subjects share"),
    ("The store", "adapters/store", "what opens, reads and writes it"),
)
"""Packages that are drawn once more by themselves, and what stands there beside their own packages."""


def package_of(module: str) -> str:
    """The box of a module: its package below `threadkeep`, one deeper where that is split."""
    parts = module.split(".")[1:]
    return "/".join(parts[:2] if parts[0] in SPLIT else parts[:1])


def room_of(module: str, package: str, shared: str) -> str | None:
    """The box of a module in the picture of one package: its own package in there; None for one outside."""
    path = "/".join(module.split(".")[1:])
    if path != package and not path.startswith(f"{package}/"):
        return None
    rest = path.removeprefix(package).removeprefix("/").split("/")
    is_package = len(rest) > 1 or rest[0] in _packages_in(package) or rest[0] == "application"
    return rest[0] if is_package else shared


def _packages_in(package: str) -> set[str]:
    folder = ROOT / "server" / "threadkeep" / package
    return {each.parent.name for each in folder.glob("*/__init__.py")}


def drawing(graph: grimp.ImportGraph, root: Path, box_of: Callable[[str], str | None]) -> str:
    """One picture of all modules that have a box, with the sums below it."""
    modules = sorted(each for each in graph.modules - {"threadkeep"} if box_of(each) is not None)
    sizes: Counter[str] = Counter(box_of(each) or "" for each in modules)
    lines: Counter[str] = Counter()
    arrows: Counter[tuple[str, str]] = Counter()
    for module in modules:
        box = box_of(module) or ""
        path = root / "server" / module.replace(".", "/")
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        lines[box] += text_of(file).count("\n")
        imported = {
            box_of(other) for other in graph.find_modules_directly_imported_by(module) - {"threadkeep"}
        }
        arrows.update((box, other) for other in imported - {box, None} if other is not None)
    names = {box: f"p{number}" for number, box in enumerate(sorted(sizes))}
    drawn = [
        *(f'  {names[each]}["{each}<br/>{sizes[each]} · {lines[each]:,}"]' for each in sorted(sizes)),
        *(f"  {names[a]} -->|{count}| {names[b]}" for (a, b), count in sorted(arrows.items())),
    ]
    sums = f"In all {sum(sizes.values())} modules and packages, {sum(lines.values()):,} lines.\n"
    return "```mermaid\nflowchart TD\n" + "\n".join(drawn) + f"\n```\n\n{sums}"


def page(root: Path) -> str:
    """The whole page for a checkout."""
    graph = grimp.build_graph("threadkeep", cache_dir=None)
    inside = (
        f"\n## {title}\n\n{drawing(graph, root, partial(room_of, package=package, shared=shared))}"
        for title, package, shared in INSIDE
    )
    return INTRO + drawing(graph, root, package_of) + "".join(inside)


def main(arguments: list[str] | None = None) -> int:
    """Writes the page of this checkout, or with `--check` tells whether it is stale."""
    return write_or_check(
        arguments, command=COMMAND, doc=__doc__, generate=lambda root: {PAGE: page(root)}, root=ROOT
    )


if __name__ == "__main__":
    sys.exit(main())
