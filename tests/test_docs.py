"""The documents say what the code does: every name has its place, every link leads somewhere."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.support.picture import package_of
from tests.support.picture import page as picture
from threadkeep.cli.arguments import build_parser
from threadkeep.config import settings_table
from threadkeep.config.__main__ import main as generate_settings
from threadkeep.protocol.errors import ERRORS
from threadkeep.protocol.methods import METHODS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "server" / "docs"
CONTRIBUTING = ROOT / ".github" / "CONTRIBUTING.md"
PAGES = sorted([ROOT / "README.md", CONTRIBUTING, ROOT / "server" / "CHANGELOG.md", *DOCS.rglob("*.md")])


def text(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_method_is_on_the_protocols_page(method):
    assert f"`{method.name}`" in text("server", "docs", "protocol.md")


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.kind)
def test_every_error_is_on_the_protocols_page(error):
    assert f"`{error.kind}`" in text("server", "docs", "protocol.md")


@pytest.mark.parametrize("setting", settings_table(), ids=lambda setting: setting.name)
def test_every_setting_is_on_the_settings_page(setting):
    assert f"`{setting.name}`" in text("server", "docs", "settings.md")


def test_the_settings_page_and_schema_are_fresh():
    assert generate_settings(["--check"]) == 0


def test_the_picture_of_the_house_shows_its_packages_and_who_imports_whom():
    assert package_of("threadkeep.adapters.store.store") == "adapters/store"
    assert package_of("threadkeep.usecases.chat.chat") == "usecases"
    drawn = picture(ROOT)
    boxes = dict(re.findall(r'(p\d+)\["([\w/]+)<br/>', drawn))
    arrows = {(boxes[a], boxes[b]) for a, b in re.findall(r"(p\d+) -->\|\d+\| (p\d+)", drawn)}
    assert {"domain", "usecases", "adapters/store", "faces/lsp"} <= set(boxes.values())
    assert ("usecases", "domain") in arrows
    assert ("domain", "usecases") not in arrows


def commands() -> list[str]:
    actions = [action for action in build_parser()._actions if action.choices]
    return sorted(choice for action in actions for choice in action.choices)


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_readme(command):
    assert f"threadkeep {command}" in text("README.md")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_of_a_page_leads_somewhere(page):
    targets = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_no_two_decisions_have_one_number_and_each_fits_on_a_page():
    pages = sorted((DOCS / "adr").glob("*.md"))
    numbers = [int(page.name[:4]) for page in pages]
    assert len(set(numbers)) == len(numbers)
    assert all(len(page.read_text(encoding="utf-8").splitlines()) <= 60 for page in pages)


def test_ci_runs_the_readmes_own_test_command():
    marked = re.search(r"<!-- ci:.*?```sh\n(.*?)```", text("README.md"), re.DOTALL)
    assert marked
    assert "poe check" in marked[1]
    assert "README.md" in text(".ci", "run")


def test_the_documents_name_no_path_of_anybodys_machine():
    for page in PAGES:
        assert not re.search(r"/(home|Users|root|work)/[a-z]", page.read_text(encoding="utf-8")), name(page)


def test_the_tasks_that_contributors_are_told_of_are_there() -> None:
    tasks = tomllib.loads(text("pyproject.toml"))["tool"]["poe"]["tasks"]
    told = set(re.findall(r"`?poe (\w[\w-]*)", text(".github", "CONTRIBUTING.md")))
    assert told <= {*tasks, "help"}
    scripts = json.loads(text("editor-clients", "vscode", "package.json"))["scripts"]
    assert set(re.findall(r"`npm run (\w+)", text(".github", "CONTRIBUTING.md"))) <= set(scripts)
