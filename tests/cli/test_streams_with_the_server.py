"""What comes in and goes out through pipes with the real server, whatever encoding the system gives them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_streams import PIPES, TEXT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("pipes", [PIPES["windows"], {"LC_ALL": "C"}], ids=["windows", "C"])
def test_words_go_in_and_come_out_as_they_are(pipes: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "Gärten"
    folder.mkdir()
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_", "LANG"))
    }
    environ = {**kept, **pipes} | {
        name: str(tmp_path / "home")
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
    }

    def threadkeep(*arguments: str, store: str = "store", stdin: bytes = b"") -> bytes:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "threadkeep", *arguments, "--store", str(tmp_path / store)],
            input=stdin,
            capture_output=True,
            cwd=folder,
            env=environ,
            timeout=90,
            check=False,
        )
        assert b"Traceback" not in done.stderr
        assert done.returncode == 0, done.stderr
        return done.stdout

    plain = "utf-8" if pipes == {"LC_ALL": "C"} else "ascii"
    threadkeep("chat", stdin=f"{TEXT}\r\n".encode("utf-16"))
    (session,) = json.loads(threadkeep("sessions", "list", "--json").decode(plain))["sessions"]
    assert session["repository"]["name"] == "Gärten"
    assert TEXT in threadkeep("sessions", "show", session["id"]).decode()
    assert "Gärten" in threadkeep("report", "--output", "-").decode()
    exported = threadkeep("sessions", "export", session["id"], "--format", "jsonl").decode()
    assert TEXT in exported
    taken = tmp_path / "export.jsonl"
    taken.write_bytes(exported.encode("utf-16"))  # as a redirection in PowerShell writes it
    told = json.loads(threadkeep("import", str(taken), "--json", store="other").decode(plain))
    assert (told["imported"], told["problems"]) == (1, [])
    assert TEXT in threadkeep("sessions", "show", session["id"], store="other").decode()
