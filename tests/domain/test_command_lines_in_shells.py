"""What is read of a command line is what real shells run, and nothing else: those that are installed are asked."""

import os
import shutil
import string
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from threadkeep.domain.command_lines import simple_commands

pytestmark = pytest.mark.skipif(os.name == "nt", reason="as on POSIX")
SHELLS = [path for name in ("bash", "dash", "zsh", "fish", "ksh") if (path := shutil.which(name))]
SIGNS = [
    *(set(string.punctuation) - set("/.")),
    " ",
    "\n",
    "\t",
    "&&",
    "||",
    "|&",
    ";;",
    "\\'",
    "\\\\",
    "''",
    "$'",
    "a=",
    "é",
]
FORMS = [
    "good {}",
    "good {}b",
    "good a{}b",
    "good a{} b",
    "good a {}b",
    "good a {} b",
    "good '{}' b",
    "good 'a{}' 'b; evil #'",
    'good "{}" b',
    'good "a{}" "b; evil #"',
    'good "{}; evil; {}"',
    "good '{}; evil; {}'",
]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """An empty folder, and beside it the only programs there are: they note what they are called with."""
    with TemporaryDirectory() as made:
        programs, here = Path(made, "bin"), Path(made, "here")
        programs.mkdir()
        here.mkdir()
        for name in ("good", "evil", "a", "b", "ab"):
            program = programs / name
            program.write_text(
                "#!/bin/sh\n"
                f"printf '%s\\037' \"${{0##*/}}\" \"$@\" \"$(printf '\\036')\" >> '{Path(made, 'noted')}'\n"
            )
            program.chmod(0o700)
        yield here


def run_by(shell: str, line: str, folder: Path) -> list[tuple[str, ...]]:
    """The commands that a shell ran."""
    noted = folder.parent / "noted"
    noted.unlink(missing_ok=True)
    flags = {"fish": ["--no-config"], "zsh": ["-f"], "bash": ["--norc", "--noprofile"]}.get(
        Path(shell).name, []
    )
    subprocess.run(
        # what runs in the background keeps the pipes open until it ends
        [shell, *flags, "-c", line],
        cwd=folder,
        env={"PATH": str(folder.parent / "bin"), "HOME": str(folder), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    calls = noted.read_text().split("\x1e\x1f")[:-1] if noted.exists() else []
    return [tuple(each.split("\x1f")[:-1]) for each in calls]


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_no_shell_runs_what_was_not_read(shell: str, folder: Path) -> None:
    tried, wrong = 0, []
    for line in [form.replace("{}", sign) for form in FORMS for sign in sorted(SIGNS)]:
        commands = simple_commands(line, is_windows=False)
        if commands is None or not all(word.is_literal for words in commands for word in words):
            continue
        tried += 1
        read = Counter(tuple(word.text for word in words) for words in commands)
        more = Counter(run_by(shell, line, folder)) - read
        wrong += [(line, list(more))] if more else []
    assert wrong == []
    assert tried > 100
