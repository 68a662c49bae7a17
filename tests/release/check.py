"""Builds what a release consists of, and checks it: `python -m tests.release.check [FOLDER]`.

The wheel and the sdist are for a package index, the vsix is for VS Code's market place. Nothing is published.
"""

import argparse
import json
import re
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path

from tests.support.installed import program, run
from tests.vscode.extension import EXTENSION, ROOT, package, working_copy

NOT_RELEASED = (".gitignore",)
"""What of a checkout the sdist need not have."""
FROM_SDIST = ("tests/test_docs.py", "tests/test_workflows.py", "tests/protocol/test_generated.py")
"""Quick tests that read files from everywhere: they find them in the sdist as well."""
RELATIVE_LINK = re.compile(r"\]\((?!https?://)[^)]*\)")


def build(folder: Path) -> tuple[Path, Path, Path]:
    """The sdist, the wheel that is built from it, and the vsix, in an empty folder."""
    run([sys.executable, "-m", "build", "--outdir", folder, ROOT], cwd=ROOT, limit=600)
    with tempfile.TemporaryDirectory() as scratch:
        vsix = shutil.copy(package(working_copy(Path(scratch))), folder)
    [sdist], [wheel] = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel, Path(vsix)


def check_versions(wheel: Path) -> None:
    """The extension and the server are released together, under one version."""
    of_extension = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))["version"]
    assert wheel.name.startswith(f"threadkeep-{of_extension}-"), (
        f"the extension is {of_extension}: {wheel.name}"
    )


def check_index(sdist: Path, wheel: Path) -> None:
    """A package index takes both, and no link of the page there leads nowhere."""
    run([sys.executable, "-m", "twine", "check", "--strict", sdist, wheel], cwd=ROOT, limit=120)
    with zipfile.ZipFile(wheel) as packed:
        [name] = [name for name in packed.namelist() if name.endswith(".dist-info/METADATA")]
        page = str(message_from_bytes(packed.read(name)).get_payload())
    assert "threadkeep serve" in page
    assert RELATIVE_LINK.findall(page) == []


def check_sdist(sdist: Path) -> None:
    """It holds every file of the checkout, and its tests run from it."""
    with tempfile.TemporaryDirectory() as scratch, tarfile.open(sdist) as packed:
        packed.extractall(scratch, filter="data")
        [root] = Path(scratch).iterdir()
        kept = run([program("git"), "ls-files"], cwd=ROOT, limit=60).splitlines()
        missing = [name for name in kept if not name.startswith(NOT_RELEASED) and not (root / name).exists()]
        assert missing == [], f"the sdist has not {missing}"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *FROM_SDIST]
        run(command, cwd=root, limit=300, env={"PYTHONPATH": str(root / "server")})


def check_vsix(vsix: Path, wheel: Path) -> None:
    """It brings the server that is released with it."""
    assert f"extension/bundled/{wheel.name}" in zipfile.ZipFile(vsix).namelist()


CHECKS: tuple[tuple[str, Callable[[Path, Path, Path], None]], ...] = (
    ("one version", lambda _sdist, wheel, _vsix: check_versions(wheel)),
    ("a package index takes them", lambda sdist, wheel, _vsix: check_index(sdist, wheel)),
    ("the sdist has all that its tests need", lambda sdist, _wheel, _vsix: check_sdist(sdist)),
    ("the extension brings the server", lambda _sdist, wheel, vsix: check_vsix(vsix, wheel)),
)


def main(arguments: list[str] | None = None) -> int:
    """Builds into a folder that is named, by default `dist`, and checks; an AssertionError says what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.release.check", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "dist")
    folder: Path = parser.parse_args(arguments).folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    assert not any(folder.iterdir()), f"{folder} is not empty"
    files = build(folder)
    for words, check in CHECKS:
        check(*files)
        print(f"ok: {words}")
    print("\n".join(str(file) for file in files))
    return 0


if __name__ == "__main__":
    sys.exit(main())
