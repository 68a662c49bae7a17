"""The real server over real stdio, for end-to-end tests: its own store, home and model provider."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.wire import Json, RawClient

MODEL_SERVER = Path(__file__).with_name("model_server.py")

KEY = "sk-a-key-that-must-stay-secret"


class ModelProcess:
    """The tests' provider of models, in a process of its own."""

    def __init__(self, plan: Json | None = None) -> None:
        """plan: the fields of tests.support.model_plan.Plan that count where a message says nothing else."""
        self._process = subprocess.Popen(
            [sys.executable, str(MODEL_SERVER), "--plan", json.dumps(plan or {})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.base_url = f"http://127.0.0.1:{int(self._process.stdout.readline())}/v1"

    def close(self) -> None:
        self._process.communicate(timeout=10)

    def requests(self) -> list[Json]:
        """What came in so far."""
        with urllib.request.urlopen(self.base_url.removesuffix("/v1") + "/requests", timeout=10) as answer:
            return list(json.load(answer))


def plan(text: str = "Go", **more: Any) -> str:
    """A user's message that tells the model server how to answer it; see tests.support.model_plan."""
    return f"{text} [[plan {json.dumps(more)}]]"


class Editor(RawClient):
    """A raw client that starts the product as an editor would."""

    def __init__(
        self,
        folder: Path,
        *,
        model: str | None = None,
        settings: Json | None = None,
        store: Path | None = None,
        program: Sequence[str] = ("-m", "threadkeep"),
        interpreter: Path | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        """folder: holds the home and the store. model: the base URL of a model server. settings: more of them.
        program: what the interpreter is told to run. interpreter: None for this one."""
        self.home = folder / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.store = store or folder / "store"
        self._settings = settings or {}
        self._providers = {
            "work": {"kind": "openai", "baseUrl": model, "apiKey": KEY, "models": ["test"]} if model else {}
        }
        super().__init__(
            [
                str(interpreter or sys.executable),
                "-P",
                *program,
                "serve",
                "--stdio",
                "--store",
                str(self.store),
            ],
            env={**clean_environment(self.home), **(env or {})},
            cwd=cwd,
            **options,
        )

    def begin(self, *folders: Path, client: str = "an editor", **params: Any) -> Json:
        """The handshake with workspace folders and, if there is one, the model server; its result."""
        settings = (
            {"providers": self._providers, "defaultModel": "work:test"} if self._providers["work"] else {}
        )
        workspace = [{"uri": folder.as_uri(), "name": folder.name} for folder in folders]
        return dict(
            self.initialize(
                clientInfo={"name": client},
                workspaceFolders=workspace or None,
                initializationOptions={"titles": "first-message", **settings, **self._settings},
                **params,
            )
        )

    def open(self, **params: Any) -> Json:
        """`session/open`."""
        return dict(self.result("session/open", params))

    def say(self, session_id: str, text: str) -> Json:
        """Sends a message; the result of `chat/wait`."""
        sent = self.result("chat/send", {"sessionId": session_id, "text": text})
        return dict(self.result("chat/wait", {"sessionId": session_id, "turnId": sent["turnId"]}))

    def kill(self) -> float:
        """kill -9; the moment, as `time.monotonic` tells it."""
        self.process.kill()
        at = time.monotonic()
        self.process.wait(self.timeout)
        return at


def clean_environment(home: Path) -> dict[str, str]:
    """Variables that keep a server away from the real home and real keys."""
    folders = {name: str(home) for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA")}
    data = {
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
    }
    keys = dict.fromkeys(("OPENAI_API_KEY", "OPENROUTER_API_KEY", "GEMINI_API_KEY", "ANTHROPIC_API_KEY"), "")
    # An environment that forbids byte code would make every start compile everything anew.
    return {**folders, **data, **keys, "PYTHONDONTWRITEBYTECODE": ""}
