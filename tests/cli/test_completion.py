"""The scripts that make shells complete our commands."""

import shutil
import subprocess

import pytest

from threadkeep.cli.arguments import SHELLS
from threadkeep.cli.run import run


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_gets_a_script_with_all_commands(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(command in script for command in ("sessions", "serve", "--older-than"))


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_completes_a_command(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["completion", "bash"])
    script = tmp_path / "completion"
    script.write_text(capsys.readouterr().out)
    asked = f"""
        source {script}
        COMP_WORDS=(threadkeep sess) COMP_CWORD=1 COMP_LINE="threadkeep sess" COMP_POINT=15
        $(complete -p threadkeep | sed -E 's/.*-F ([^ ]+).*/\\1/')
        echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == ["sessions"]
