"""The parts of the plugin that need no server, inside real Neovims."""

import subprocess
from pathlib import Path

import pytest

from tests.neovim.conftest import neovim
from tests.neovim.editor import PLUGIN, nvim_environment

SPECS = sorted(Path(__file__).with_name("specs").glob("*_spec.lua"))


@pytest.mark.slow
@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_a_spec_holds(spec: Path, tmp_path: Path) -> None:
    run_spec(neovim(), spec, tmp_path)


def run_spec(program: str, spec: Path, tmp_path: Path) -> None:
    """Runs a spec; fails with what it says."""
    done = subprocess.run(
        [program, "--clean", "-l", str(spec.with_name("run.lua")), str(PLUGIN), str(spec)],
        env=nvim_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
