"""What a client is told before it asks anything: the extras that are there, and what the store can do."""

import subprocess
import sys
from importlib.metadata import requires
from typing import get_args

import pytest

from threadkeep.faces.lsp import capability
from threadkeep.faces.lsp.capability import EXTRAS, SEARCH, STORE
from threadkeep.usecases.search.searching import SearchMode

TELL = """
import sys
from threadkeep.faces.lsp.capability import EXTRAS, capability
print(*capability()["features"])
print(*(set().union(*EXTRAS.values()) & set(sys.modules)))
"""


class FindsNothing:
    """In the place of all finders: a Python in which nothing is installed."""

    @staticmethod
    def find_spec(name: str, path: object) -> None:
        return None


def test_all_extras_of_the_package_can_be_told() -> None:
    declared = {
        line.rpartition("extra ==")[2].strip(" '\"")
        for line in requires("threadkeep") or ()
        if "extra ==" in line
    }
    assert set(EXTRAS) == declared - {"dev"}


def test_all_modes_of_search_can_be_told() -> None:
    assert set(SEARCH) == {f"search:{mode}" for mode in get_args(SearchMode)}


@pytest.mark.medium
def test_what_is_installed_is_told_and_not_imported() -> None:
    told = subprocess.run([sys.executable, "-P", "-c", TELL], capture_output=True, text=True, check=True)
    features, imported = told.stdout.split("\n")[:2]
    assert features.split() == [*EXTRAS, *STORE, *SEARCH]  # all extras are installed where tests run
    assert imported == ""


def test_what_is_not_installed_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [FindsNothing()])
    for module in {name for names in EXTRAS.values() for name in names} | {"regex"}:
        monkeypatch.delitem(sys.modules, module, raising=False)
    assert capability.capability()["features"] == [*STORE, "search:text", "search:substring"]
