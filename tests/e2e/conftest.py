"""The product and a model provider, started for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.product import Editor, ModelProcess

Start = Callable[..., Editor]


@pytest.fixture(scope="session")
def model() -> Iterator[ModelProcess]:
    """One provider of models for all tests: what it does is said in each message."""
    process = ModelProcess()
    yield process
    process.close()


@pytest.fixture
def start(tmp_path: Path, model: ModelProcess) -> Iterator[Start]:
    """Starts editors on one store: `start()`, `start(model=None)` for the offline default."""
    editors: list[Editor] = []

    def start_one(**options: object) -> Editor:
        options.setdefault("model", model.base_url)
        editors.append(Editor(tmp_path, **options))  # type: ignore[arg-type]
        return editors[-1]

    yield start_one
    for editor in editors:
        editor.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An opened folder: a git repository on the branch `main`, without git's help."""
    return a_repository(tmp_path / "code" / "app")


def a_repository(made: Path) -> Path:
    """A folder with just what makes it a git repository on the branch `main`."""
    (made / ".git").mkdir(parents=True)
    (made / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (made / ".git" / "config").write_text("[core]\n\tbare = false\n")
    (made / ".git" / "objects").mkdir()
    (made / ".git" / "refs").mkdir()
    return made
