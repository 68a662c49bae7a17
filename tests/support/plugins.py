"""Packages with plug-ins: some that are hardly there, and a real one that pip installs into an environment."""

import subprocess
import sys
import sysconfig
import textwrap
import tomllib
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
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


def build_wheel(folder: Path) -> Path:
    """The wheel of the package in `plugin_package`, as its `pyproject.toml` has it; no build backend is needed."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"].replace("-", "_"), project["version"]
    info = f"{name}-{version}.dist-info"
    points = [
        line
        for group, named in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{each} = {value}" for each, value in named.items()))
    ]
    files = {
        MODULE.name: MODULE.read_text(encoding="utf-8"),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "\n".join(points) + "\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{each},,\n" for each in (*files, f"{info}/RECORD"))
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


def environment_with_plugins(folder: Path) -> Path:
    """The Python of a fresh environment that sees the product, and into which pip has installed the package."""
    venv.create(folder / "venv", with_pip=False)
    is_windows = sys.platform == "win32"
    python = folder / "venv" / ("Scripts/python.exe" if is_windows else "bin/python")
    places = [sysconfig.get_path("purelib"), str(ROOT / "server")]
    own = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.strip()
    (Path(own) / "product.pth").write_text("\n".join(places) + "\n")
    wheel = build_wheel(folder)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--disable-pip-version-check", str(wheel)], check=True, timeout=120)
    return python
