"""What installed packages add, and what happens to those that are not as they should be."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.plugins import MODULE, install
from threadkeep.adapters import plugins
from threadkeep.adapters.own_plugins import EXPORTERS, IMPORTERS, OWN, PROVIDERS
from threadkeep.adapters.plugins import InstalledPlugins, declared
from threadkeep.domain.errors import ExportFailed
from threadkeep.ports.provider_settings import KNOWN_KINDS

ROOT = Path(__file__).parents[2]
GOOD = """
class Good:
    name = "good"
    label = "Good"
    extensions = (".good",)
    is_text = True
    def pieces(self, transcripts, *, is_single):
        yield b"good"
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for packages, on the search path."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in [each for each in sys.modules if each.startswith(("tk_", "threadkeep_parrot"))]:
        del sys.modules[name]


def formats(*path: Path) -> InstalledPlugins:
    """The export formats of the packages in these folders, and ours."""
    return InstalledPlugins(
        EXPORTERS,
        make=lambda kind: kind(),
        guard=lambda kind, origin: kind(),
        trouble=plugins.exporter_trouble,
        broken=ExportFailed,
        find=partial(declared, path=[str(each) for each in path]),
    )


def problem_of(known: InstalledPlugins, name: str) -> str:
    [problem] = [each.problem for each in known.offers() if each.name == name and each.origin != "threadkeep"]
    return str(problem)


def test_pyproject_declares_just_what_comes_with_the_product() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"] == OWN


def test_the_kinds_that_the_settings_page_names_are_those_that_are_there() -> None:
    assert tuple(OWN[PROVIDERS]) == tuple(each for each in KNOWN_KINDS if each != "offline")


@pytest.mark.parametrize(
    ("known", "trouble"),
    [
        (plugins.exporters(), plugins.exporter_trouble),
        (plugins.importers(), plugins.importer_trouble),
        (plugins.provider_kinds(), plugins.provider_trouble),
    ],
    ids=[EXPORTERS, IMPORTERS, PROVIDERS],
)
def test_ours_are_what_we_ask_of_others(known, trouble) -> None:
    ours = [offer for offer in known.offers() if offer.origin == "threadkeep"]
    assert [offer.item.name for offer in ours] == [offer.name for offer in ours]
    kinds = [offer.item if isinstance(offer.item, type) else type(offer.item) for offer in ours]
    assert [trouble(kind) for kind in kinds] == [None] * len(ours)


def test_one_of_ours_is_had_without_a_look_at_others_and_alone() -> None:
    program = (
        "import sys; from threadkeep.adapters.plugins import exporters; exporters()['json']; "
        "assert exporters().knows('pdf'); "
        "print([name for name in ('importlib.metadata', 'threadkeep.adapters.formats.csv_table', "
        "'threadkeep.adapters.formats.pdf_document') if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.strip() == "[]"


def test_ours_are_there_without_any_metadata() -> None:
    """As in a source tree or a zip: neither our metadata nor anybody's is on the path."""
    program = (
        f"import sys; sys.path[:] = [{str(ROOT / 'server')!r}, *sys.path]; "
        "from importlib import metadata; metadata.distributions = lambda **_: iter(()); "
        "from threadkeep.adapters.plugins import exporters, importers, provider_kinds; "
        "print(len(exporters().offers()), len(importers().offers()), len(provider_kinds().offers()))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.split() == [str(len(OWN[each])) for each in (EXPORTERS, IMPORTERS, PROVIDERS)]


def test_an_installed_one_stands_behind_ours_with_its_package(site: Path) -> None:
    install(site, "tk-good", {EXPORTERS: {"good": "tk_good:Good"}}, version="2.1", code=GOOD)
    known = formats(site)
    assert list(known) == [*OWN[EXPORTERS], "good"]
    assert known["good"].label == "Good"
    assert (known.offers()[-1].origin, known.offers()[-1].problem) == ("tk-good 2.1", None)


def test_a_name_that_nobody_has_is_a_key_error(site: Path) -> None:
    known = formats(site)
    assert not known.knows("good")
    with pytest.raises(KeyError):
        known["good"]


@pytest.mark.parametrize(
    ("name", "target", "code", "told"),
    [
        ("good", "tk_bad:Good", "raise RuntimeError('no luck')", "cannot be loaded: RuntimeError: no luck"),
        ("good", "tk_bad:Good", "import sys; sys.exit(3)", "cannot be loaded: SystemExit: 3"),
        ("good", "tk_bad:Absent", GOOD, "cannot be loaded: AttributeError"),
        ("good", "tk_nowhere:Good", GOOD, "cannot be loaded: ModuleNotFoundError"),
        ("good", "tk_bad:Good", "Good = 3", "it is no class"),
        ("good", "tk_bad:Good", GOOD + "    def __init__(self, x): ...", "cannot be loaded: TypeError"),
        ("other", "tk_bad:Good", GOOD, "its `name` is 'good', and its entry point says 'other'"),
        ("good", "tk_bad:Good", GOOD + "    pieces = None", "it has no method `pieces`"),
        ("good", "tk_bad:Good", GOOD + "    label = ''", "its `label`"),
        ("good", "tk_bad:Good", GOOD + "    label = 'a\\nb'", "its `label`"),
        ("good", "tk_bad:Good", GOOD + "    is_text = 1", "its `is_text`"),
        ("good", "tk_bad:Good", GOOD + "    extensions = '.x'", "its `extensions` is no tuple"),
        ("good", "tk_bad:Good", GOOD + "    extensions = ()", "its `extensions` are none"),
        ("good", "tk_bad:Good", GOOD + "    extensions = ('../x',)", "its extension '../x'"),
        ("Good", "tk_bad:Good", GOOD, "has a name that cannot be"),
        ("json", "tk_bad:Good", GOOD, "has a name of Threadkeep's own"),
    ],
)
def test_one_that_is_not_as_it_should_be_is_told_and_harms_no_other(
    site: Path, name: str, target: str, code: str, told: str
) -> None:
    install(site, "tk-bad", {EXPORTERS: {name: target}}, code=code)
    known = formats(site)
    assert told in problem_of(known, name)
    assert "'tk-bad 1.0'" not in problem_of(known, name)
    assert "of the package tk-bad 1.0" in problem_of(known, name)
    assert list(known) == list(OWN[EXPORTERS])
    if name == "json":
        assert type(known["json"]).__name__ == "JsonFormat"
    else:
        with pytest.raises(ExportFailed, match="tk-bad"):
            known[name]


def test_of_two_packages_with_one_name_neither_is_used(site: Path) -> None:
    for name in ("tk-one", "tk-two"):
        install(site, name, {EXPORTERS: {"good": f"{name.replace('-', '_')}:Good"}}, code=GOOD)
    problems = [each.problem for each in formats(site).offers() if each.name == "good"]
    assert ["of tk-two 1.0:" in str(problems[0]), "of tk-one 1.0:" in str(problems[1])] == [True, True]


def test_a_package_that_is_there_twice_counts_once(site: Path, tmp_path: Path) -> None:
    older = tmp_path / "older"
    install(site, "tk-good", {EXPORTERS: {"good": "tk_good:Good"}}, version="2.0", code=GOOD)
    install(older, "Tk_Good", {EXPORTERS: {"good": "tk_good:Good"}}, version="1.0")
    assert [each.origin for each in declared(EXPORTERS, [str(site), str(older)])] == ["tk-good 2.0"]


def test_metadata_that_cannot_be_read_harms_no_other_package(site: Path) -> None:
    install(site, "tk-good", {EXPORTERS: {"good": "tk_good:Good"}}, code=GOOD)
    install(site, "a-broken", {})
    (site / "a_broken-1.0.dist-info" / "entry_points.txt").write_bytes(b"[threadkeep.exporters]\n\xff=\xfe\n")
    install(site, "b-broken", {})
    (site / "b_broken-1.0.dist-info" / "entry_points.txt").write_text("[threadkeep.exporters]\nnonsense\n")
    assert [each.name for each in declared(EXPORTERS, [str(site)])] == ["good"]


def test_a_folder_with_a_relative_name_holds_no_packages(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(site, "tk-good", {EXPORTERS: {"good": "tk_good:Good"}}, code=GOOD)
    monkeypatch.chdir(site)
    assert declared(EXPORTERS, ["", ".", "../site"]) == ()


def test_what_is_declared_under_our_own_packages_name_is_passed_over(site: Path) -> None:
    install(site, "Threadkeep", {EXPORTERS: {"older": "threadkeep.gone:Format"}})
    assert declared(EXPORTERS, [str(site)]) == ()


def test_auto_asks_others_before_the_one_that_needs_the_least_evidence(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site / "threadkeep_parrot.py").write_text(MODULE.read_text())
    install(site, "threadkeep-parrot", {IMPORTERS: {"stars": "threadkeep_parrot:StarsReader"}})
    plugins.importers.cache_clear()
    try:
        assert [each.name for each in plugins.history_readers()][-2:] == ["stars", "markdown"]
    finally:
        plugins.importers.cache_clear()


def test_the_page_about_plugins_shows_a_package_that_works() -> None:
    page = (ROOT / "server" / "docs" / "plugins.md").read_text(encoding="utf-8")
    for file in (MODULE, MODULE.with_name("pyproject.toml")):
        assert file.read_text(encoding="utf-8") in page
