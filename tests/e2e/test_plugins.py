"""A package of one file, installed beside the product: its provider, export format and importer work at once."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.plugins import environment_with_plugins
from tests.support.product import Editor, clean_environment

pytestmark = pytest.mark.slow

POLLY = '[providers.polly]\nkind = "parrot"\nmodels = ["grey"]\n'
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment with the package."""
    return environment_with_plugins(tmp_path_factory.mktemp("environment"))


@pytest.fixture
def threadkeep(python: Path, tmp_path: Path) -> Run:
    """Runs the command line of that environment, for a user whose settings name the provider."""
    home = tmp_path / "home"
    settings = home / "config" / "threadkeep" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(POLLY)

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [python, "-P", "-m", "threadkeep", *arguments],
            cwd=tmp_path,
            env=clean_environment(home),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def test_all_three_work_from_the_terminal(threadkeep: Run, tmp_path: Path) -> None:
    said = threadkeep("chat", "--model", "polly:grey", "Who is a pretty bird?")
    assert (said.returncode, said.stdout.strip()) == (0, "Who is a pretty bird? (grey)")

    file = tmp_path / "talk.stars"
    assert threadkeep("sessions", "export", "--all", "--output", str(file)).returncode == 0
    title, *lines = file.read_text().splitlines()
    assert lines == ["* user: Who is a pretty bird?", "* assistant: Who is a pretty bird? (grey)"]
    named = threadkeep("sessions", "export", "--all", "--format", "stars")
    assert named.stdout.splitlines() == [title, *lines]

    for whose in ([], ["--from", "stars"]):
        imported = threadkeep("import", "--json", "--on-conflict", "newer", *whose, str(file))
        told = json.loads(imported.stdout)
        assert (told["source"], told["problemCount"], told["imported"] + told["skipped"]) == ("stars", 0, 1)
    assert len(json.loads(threadkeep("sessions", "list", "--json").stdout)["sessions"]) == 2


def test_help_and_completion_know_the_names(threadkeep: Run) -> None:
    for command in (("sessions", "export", "--help"), ("import", "--help"), ("completion", "bash")):
        assert "stars" in threadkeep(*command).stdout, command
    slip = threadkeep("sessions", "export", "--all", "--format", "star")
    assert (slip.returncode, "did you mean stars?" in slip.stderr) == (2, True)


def test_the_protocol_lists_them_with_their_package(python: Path, tmp_path: Path) -> None:
    providers = {"providers": {"polly": {"kind": "parrot"}, "typo": {"kind": "parot"}}}
    with Editor(tmp_path, interpreter=python, settings=providers) as editor:
        editor.begin()
        formats = editor.result("format/list")
        kinds = editor.result("provider/list", {"kinds": True})["kinds"]
        origins = {
            each["origin"]
            for listed in (formats["exporters"], formats["importers"], kinds)
            for each in listed
            if each["name"] in {"stars", "parrot"}
        }
        assert origins == {"threadkeep-parrot 1.0"}
        models = editor.result("model/list")
        assert [each["id"] for each in models["models"] if each["provider"] == "polly"] == [
            "polly:grey",
            "polly:green",
        ]
        [problem] = models["problems"]
        assert "providers.typo.kind is 'parot'" in problem
        assert "Did you mean parrot?" in problem
        assert problem in editor.result("server/status")["problems"]
        assert editor.shut_down() == 0
