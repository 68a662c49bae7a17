"""Draws the server's packages and who imports whom, as a page: `python -m tests.support.picture [--check]`."""

import sys
from collections import Counter
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


def package_of(module: str) -> str:
    """The box of a module: its package below `threadkeep`, one deeper where that is split."""
    parts = module.split(".")[1:]
    return "/".join(parts[:2] if parts[0] in SPLIT else parts[:1])


def page(root: Path) -> str:
    """The whole page for a checkout."""
    graph = grimp.build_graph("threadkeep", cache_dir=None)
    modules = sorted(graph.modules - {"threadkeep"})
    sizes: Counter[str] = Counter(map(package_of, modules))
    lines: Counter[str] = Counter()
    arrows: Counter[tuple[str, str]] = Counter()
    for module in modules:
        path = root / "server" / module.replace(".", "/")
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        lines[package_of(module)] += text_of(file).count("\n")
        imported = {
            package_of(other) for other in graph.find_modules_directly_imported_by(module) - {"threadkeep"}
        }
        arrows.update((package_of(module), other) for other in imported - {package_of(module)})
    names = {package: f"p{number}" for number, package in enumerate(sorted(sizes))}
    drawn = [
        *(f'  {names[each]}["{each}<br/>{sizes[each]} · {lines[each]:,}"]' for each in sorted(sizes)),
        *(f"  {names[a]} -->|{count}| {names[b]}" for (a, b), count in sorted(arrows.items())),
    ]
    sums = f"In all {sum(sizes.values())} modules and packages, {sum(lines.values()):,} lines.\n"
    return f"{INTRO}```mermaid\nflowchart TD\n" + "\n".join(drawn) + f"\n```\n\n{sums}"


def main(arguments: list[str] | None = None) -> int:
    """Writes the page of this checkout, or with `--check` tells whether it is stale."""
    return write_or_check(
        arguments, command=COMMAND, doc=__doc__, generate=lambda root: {PAGE: page(root)}, root=ROOT
    )


if __name__ == "__main__":
    sys.exit(main())
