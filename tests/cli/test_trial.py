"""`threadkeep models test`: says what works, and writes a case to go with a report."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.product import KEY, clean_environment
from tests.support.raw_server import RawServer, refused, said, stream

pytestmark = pytest.mark.slow

ANSWER = stream(said(" ".join(map(str, range(150))) + " secretword kiwi"), said(reason="stop"))


def run(home: Path, base_url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    settings = home / "config" / "threadkeep" / "settings.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(f'[providers.work]\nkind = "openai"\nbaseUrl = "{base_url}"\napiKey = "{KEY}"\n')
    return subprocess.run(
        [sys.executable, "-m", "threadkeep", "models", "test", *arguments],
        env={**os.environ, **clean_environment(home)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_a_case_is_written_that_can_be_sent_along(tmp_path: Path) -> None:
    case = tmp_path / "case.http"
    with RawServer({"m": ANSWER}) as server:
        done = run(tmp_path, server.base_url, "work:m", "--record", str(case))
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split(" (")[0] for line in done.stdout.splitlines()[:-1]] == [
        "text: works",
        "long text: works",
        "system: works",
        "temperature: works",
    ]
    written = case.read_text(encoding="utf-8")
    assert written.count("### ") == 4
    assert not any(word in written for word in (KEY, "secretword", "kiwi"))


def test_what_fails_is_told_and_no_file_is_overwritten(tmp_path: Path) -> None:
    case = tmp_path / "case.http"
    case.write_text("mine")
    with RawServer({"m": refused(404, {"error": {"message": "no such model"}})}) as server:
        done = run(tmp_path, server.base_url, "work:m", "--record", str(case))
        assert (done.returncode, case.read_text()) == (1, "mine")
        assert "exists already" in done.stderr
        done = run(tmp_path, server.base_url, "work:m")
        assert done.returncode == 1
        assert "text: fails" in done.stdout
        assert "no such model" in done.stdout
        assert "no provider" in run(tmp_path, server.base_url, "nobody:m").stderr
