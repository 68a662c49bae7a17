"""Sessions of two repositories, and the server that shows them to Model Context Protocol clients."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import a_repository
from tests.support.product import Editor, ModelProcess, clean_environment, plan
from tests.support.wire import RawClient, python
from threadkeep.values import Value

SECRET = "tr0ub4dor-and-3"

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
"""What each request of the newer era carries."""


class Kept(Value):
    """What is stored, and the way to start the server on it."""

    editor: Editor
    app: Path
    session_id: str
    """Of the repository `app`, with a secret in it."""
    elsewhere: str
    """A session of another repository."""

    @property
    def environment(self) -> dict[str, str]:
        return clean_environment(self.editor.home)

    def command(self, *flags: str) -> list[str]:
        return python("-P", "-m", "threadkeep", "mcp", "--store", str(self.editor.store), *flags)

    def raw(self, *flags: str) -> RawClient:
        return RawClient(self.command(*flags), framing="lines", env=self.environment, cwd=self.app)

    def contents(self) -> list[str]:
        """Everything that the store's file says."""
        with sqlite3.connect(f"file:{self.editor.store}/threadkeep.db?mode=ro", uri=True) as store:
            tables = ("sessions", "messages", "turns", "repositories", "events", "drafts", "outcomes", "meta")
            return [str(row) for table in tables for row in store.execute(f"SELECT * FROM {table}")]


def call(name: str, **arguments: Any) -> dict[str, Any]:
    """The params that call a tool."""
    return {"name": name, "arguments": arguments, "_meta": META}


@pytest.fixture(scope="session")
def model() -> Iterator[ModelProcess]:
    """A provider of models: what it does is said in each message."""
    process = ModelProcess()
    yield process
    process.close()


@pytest.fixture
def kept(tmp_path: Path, model: ModelProcess) -> Iterator[Kept]:
    """An editor that keeps sessions, in a store of its own."""
    app, other = a_repository(tmp_path / "code" / "app"), a_repository(tmp_path / "code" / "other")
    with Editor(tmp_path, model=model.base_url) as editor:
        editor.begin(app)
        session_id = editor.open(repository={"uri": app.as_uri()})["session"]["id"]
        editor.say(session_id, plan(f"The kiwi parser, password: {SECRET}", texts=["It skips tokens."]))
        elsewhere = editor.open(repository={"uri": other.as_uri()})["session"]["id"]
        editor.say(elsewhere, plan("A kiwi elsewhere", texts=["Far away."]))
        private = editor.result("session/create", {"repository": {"uri": app.as_uri()}, "isPrivate": True})
        editor.say(private["session"]["id"], plan("A private kiwi", texts=["Psst."]))
        yield Kept(editor=editor, app=app, session_id=session_id, elsewhere=elsewhere)
