"""What an installed package adds works in a real VS Code, which asks the server for it."""

import json
from pathlib import Path

import pytest

from tests.support.plugins import environment_with_plugins
from tests.vscode.extension import program, run, working_copy
from tests.vscode.test_extension import surroundings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

PROVIDERS = {"polly": {"kind": "parrot", "models": ["grey"]}}


def test_a_provider_a_format_and_an_importer_of_a_package_work(tmp_path: Path) -> None:
    copy = working_copy(tmp_path)
    run([program("node"), "esbuild.mjs", "--host-tests"], cwd=copy, limit=300)
    python = environment_with_plugins(tmp_path)
    env = {**surroundings(tmp_path), "PYTHON": str(python), "HOST_PROVIDERS": json.dumps(PROVIDERS)}
    told = run([program("node"), "e2e/host.mjs", "folder"], cwd=copy, limit=1200, env=env)
    print(told)
    assert "1 of 1 passed" in told
