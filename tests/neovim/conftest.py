"""Real Neovim with the plugin, the real server, and a provider of models."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.neovim.editor import Neovim, server_command, write_init
from tests.support.product import KEY, ModelProcess

Start = Callable[..., Neovim]


@pytest.fixture(scope="session")
def model() -> Iterator[ModelProcess]:
    """One provider of models for all tests: what it does is said in each message."""
    process = ModelProcess()
    yield process
    process.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An opened folder: a git repository on the branch `main`."""
    made = a_repository(tmp_path / "code" / "app", branch="main")
    (made / "notes.txt").write_text("alpha\nbeta\ngamma\n")
    return made


def a_repository(made: Path, *, branch: str) -> Path:
    """A folder with just what makes it a git repository."""
    (made / ".git").mkdir(parents=True)
    (made / ".git" / "HEAD").write_text(f"ref: refs/heads/{branch}\n")
    (made / ".git" / "config").write_text("[core]\n\tbare = false\n")
    (made / ".git" / "objects").mkdir()
    (made / ".git" / "refs").mkdir()
    return made


@pytest.fixture
def options(tmp_path: Path, model: ModelProcess) -> dict[str, Any]:
    """Options for `setup` that lead to the test's own store and provider."""
    provider = {"kind": "openai", "baseUrl": model.base_url, "apiKey": KEY, "models": ["test", "other"]}
    return {
        "cmd": server_command(tmp_path / "store"),
        "settings": {
            "providers": {"work": provider},
            "defaultModel": "work:test",
            "titles": "first-message",
            "agents": {"reviewer": {"description": "Finds faults", "prompt": "Find faults."}},
        },
    }


@pytest.fixture
def start(tmp_path: Path, folder: Path, options: dict[str, Any]) -> Iterator[Start]:
    """Starts editors on one store: `start()`, `start(layout="float")`."""
    editors: list[Neovim] = []

    def start_one(
        *, program: str | None = None, cwd: Path | None = None, more: str = "", **given: Any
    ) -> Neovim:
        init = write_init(tmp_path / f"init-{len(editors)}.lua", {**options, **given}, more=more)
        editors.append(Neovim(program or neovim(), init, folder=tmp_path, cwd=cwd or folder))
        return editors[-1]

    yield start_one
    for editor in editors:
        editor.close()


def neovim() -> str:
    """The Neovim of the development requirements."""
    found = shutil.which("nvim")
    assert found, "there is no `nvim`: pip install -e '.[dev]' brings one"
    return found
