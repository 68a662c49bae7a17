"""What an installed package adds works in Neovim, which asks the server for it."""

from pathlib import Path
from typing import Any

import pytest

from tests.neovim.conftest import Start
from tests.neovim.talk import opened, say
from tests.support.plugins import environment_with_plugins

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment with the package."""
    return environment_with_plugins(tmp_path_factory.mktemp("environment"))


def test_a_provider_a_format_and_an_importer_of_a_package_work(
    start: Start, options: dict[str, Any], python: Path, tmp_path: Path
) -> None:
    settings = {
        **options["settings"],
        "providers": {"polly": {"kind": "parrot", "models": ["grey"]}},
        "defaultModel": "polly:grey",
    }
    editor = opened(start(cmd=[str(python), *options["cmd"][1:]], settings=settings))
    say(editor, "Who is a pretty bird?")
    assert editor.lua("return vim.fn.getcompletion('Threadkeep export st', 'cmdline')") == ["stars"]

    editor.command("Threadkeep export stars")
    editor.until("vim.fn.search('assistant: Who is a pretty bird. (grey)', 'n') > 0")
    file = tmp_path / "talk.stars"
    editor.command(f"Threadkeep export stars {file}")
    editor.told(f"written: {file}")
    editor.command(f"Threadkeep import {file}")
    editor.told("1 imported, 0 were there already")
