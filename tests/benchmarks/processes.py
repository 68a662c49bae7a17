"""The processes that are measured: the product on a filled store, and bare ones beside it."""

import importlib.util
import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import threadkeep.bootstrap
from tests.benchmarks.clients import StampingClient, StampingEditor
from tests.benchmarks.distributions import optional_names
from tests.benchmarks.exchanges import put_exchange
from tests.support.product import clean_environment
from tests.support.wire import python
from threadkeep.adapters.runtime import SystemClock, Uuid7Ids
from threadkeep.adapters.store import open_store

PYGLS: Final = Path(__file__).with_name("bare_pygls.py")
ASYNCIO: Final = Path(__file__).with_name("bare_asyncio.py")
LEAN: Final = Path(__file__).with_name("lean.py")
TIMEOUT: Final = 60.0


class Workshop:
    """A folder with a home, an opened repository and a store, in which processes are started."""

    def __init__(self, folder: Path, store: Path) -> None:
        self.folder = folder
        self.store = store
        self.code = folder / "code"
        git = self.code / ".git"
        for part in (git / "objects", git / "refs"):
            part.mkdir(parents=True, exist_ok=True)
        (git / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
        (git / "config").write_text("[core]\n\tbare = false\n", encoding="utf-8")

    def editor(self, *, model: str | None = None, store: Path | None = None) -> StampingEditor:
        """The product, started."""
        return StampingEditor(
            self.folder, model=model, store=store or self.store, program=lean("threadkeep"), timeout=TIMEOUT
        )

    def bare(self, server: Path, answers: Mapping[str, Any] | None = None) -> StampingClient:
        """A bare server, started; answers: constant results by method."""
        arguments = lean(str(server))
        if answers is not None:
            file = self.folder / "answers.json"
            file.write_text(json.dumps(answers), encoding="utf-8")
            arguments.append(str(file))
        return StampingClient(python(*arguments), env=self.environment(), timeout=TIMEOUT)

    def run_python(self, code: str) -> None:
        """An interpreter from its start to its end."""
        subprocess.run(
            python("-c", code), env={**os.environ, **self.environment()}, check=True, timeout=TIMEOUT
        )

    def environment(self) -> dict[str, str]:
        """As the product is started with: byte code may be written."""
        return clean_environment(self.folder / "home")

    def prepare_session(self, messages: int) -> str:
        """Puts so many messages into the session that the product opens for the folder; its id."""
        with self.editor() as editor:
            editor.begin(self.code)
            session_id = str(editor.open()["session"]["id"])
            editor.shut_down()
        self.add_messages(session_id, messages)
        return session_id

    def new_session(self) -> str:
        """A session that is not the folder's current one; its id."""
        with self.editor() as editor:
            editor.begin(self.code)
            created = editor.result("session/create", {"makeCurrent": False})
            editor.shut_down()
        return str(created["session"]["id"])

    def add_messages(self, session_id: str, messages: int) -> None:
        """Adds so many messages to a session."""
        chance, new_ids = random.Random(3), Uuid7Ids()
        ids = iter(new_ids.new, "")
        store = open_store(self.store, clock=SystemClock())
        try:
            for start in range(0, messages // 2, 500):
                with store.writing() as changes:
                    session = changes.session(session_id)
                    assert session is not None
                    for _ in range(start, min(messages // 2, start + 500)):
                        session = put_exchange(changes, session, ids, chance, origin=store.owner)
        finally:
            store.close()


def lean(program: str) -> list[str]:
    """What an interpreter is told to run a module or script without what is installed besides."""
    return [str(LEAN), ",".join(optional_names()), program]


def check_byte_code() -> None:
    """Raises RuntimeError unless what the product imports lies there compiled; call after a first start.

    Without it a start would be measured with the compiler's work in it.
    """
    source = threadkeep.bootstrap.__file__
    if not Path(importlib.util.cache_from_source(source)).exists():
        raise RuntimeError(f"No byte code beside {Path(source).name}: {sys.executable} cannot write there.")
