"""A release can be made of this checkout at any time, and the lock file is that of pyproject.toml."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.release import check
from tests.release.check import RELATIVE_LINK, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "server" / "requirements-dev.txt").read_text(encoding="utf-8")


def locked() -> dict[str, list[str]]:
    """The versions of each package; some have one for each Python."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^ \\]+)", LOCK, re.MULTILINE):
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


def required() -> Iterator[Requirement]:
    """What the development environment asks for, with the extras of ours that it names."""
    project, extras = PROJECT["project"], PROJECT["project"]["optional-dependencies"]
    open_ = [*project["dependencies"], *extras["dev"]]
    while open_:
        requirement = Requirement(open_.pop())
        if canonicalize_name(requirement.name) == project["name"]:
            open_ += [each for extra in requirement.extras for each in extras[extra]]
        else:
            yield requirement


def test_the_lock_file_has_a_version_for_all_that_is_required() -> None:
    versions = locked()
    for requirement in required():
        assert any(
            requirement.specifier.contains(version)
            for version in versions.get(canonicalize_name(requirement.name), [])
        ), f"{requirement} is not in the lock file: poe lock"


def test_the_lock_file_names_no_place_to_load_from_and_pins_every_file() -> None:
    assert re.findall(r"https?:|file:|--index|--find-links|://", LOCK) == []
    packages = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", LOCK, flags=re.MULTILINE).strip())
    assert [each for each in packages if "--hash=sha256:" not in each] == []


def test_the_page_of_a_package_index_has_no_link_into_a_checkout() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert RELATIVE_LINK.search(page), "then the substitutions are not needed"
    for each in PROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        page = re.sub(each["pattern"], each["replacement"], page)
    assert RELATIVE_LINK.findall(page) == []
    assert "[" not in re.sub(r"(?s)```.*?```|`[^`]*`|\[[^\]]*\]\(https?://[^)]*\)", "", page)
    assert "settings (`server/docs/settings.md`)" in page


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_release_can_be_made(tmp_path: Path) -> None:
    assert check.main([str(tmp_path / "dist")]) == 0
    assert sorted(path.suffix for path in (tmp_path / "dist").iterdir()) == [".gz", ".vsix", ".whl"]
