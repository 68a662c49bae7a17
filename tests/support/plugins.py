"""Installed packages that exist as little as they can: a folder of metadata and, beside it, a module."""

import textwrap
from collections.abc import Mapping
from pathlib import Path

PACKAGE = Path(__file__).with_name("plugin_package")
MODULE = PACKAGE / "threadkeep_parrot.py"


def install(
    folder: Path, name: str, points: Mapping[str, Mapping[str, str]], *, version: str = "1.0", code: str = ""
) -> None:
    """Makes `folder` hold a package. points: entry points by group. code: of the module `NAME` with underscores."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [
        line
        for group, named in points.items()
        for line in (f"[{group}]", *(f"{each} = {value}" for each, value in named.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    if code:
        (folder / f"{name.replace('-', '_')}.py").write_text(textwrap.dedent(code))
