"""An editor waits for the first answer: little may be imported before it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.product import clean_environment
from tests.support.wire import frame, request

LATER = {
    "apsw",
    "tinydb",
    "httpx2",
    "sqlite3",
    "argparse",
    "threadkeep.cli",
    "threadkeep.client",
    "threadkeep.config",
    "threadkeep.usecases",
    "threadkeep.domain",
    "threadkeep.ports",
    "threadkeep.adapters",
    "threadkeep.protocol.methods",
    "threadkeep.protocol.converter",
    "threadkeep.protocol.types",
    "threadkeep.faces.lsp.handlers",
    "threadkeep.faces.lsp.wire",
}

PROBE = """
import sys, threadkeep.__main__ as program
import threadkeep.bootstrap as bootstrap
def load(endpoint, *, flags):
    sys.stderr.write("LOADED " + " ".join(sys.modules) + "\\n")
bootstrap._load = load
sys.exit(program.main(["serve", "--stdio"]))
"""


@pytest.mark.slow
def test_only_the_wire_is_imported_before_initialize_is_answered(tmp_path: Path) -> None:
    initialize = request(1, "initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROBE],
        input=frame(initialize),
        capture_output=True,
        env=clean_environment(tmp_path),
        timeout=30,
        check=False,
    )
    assert json.loads(done.stdout.split(b"\r\n\r\n", 1)[1])["result"]["serverInfo"]["name"] == "threadkeep"
    (loaded,) = [line for line in done.stderr.decode().splitlines() if line.startswith("LOADED ")]
    assert LATER & set(loaded.split()) == set()
