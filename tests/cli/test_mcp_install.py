"""The entry in other programs' settings: shown, written, and nothing that is there touched."""

import argparse
import io
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.cli import mcp_install
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.mcp_install import NAME, PROGRAMS, settings_file, start_command, with_entry
from threadkeep.cli.terminal import Terminal

COMMAND = ["/opt/tk/bin/threadkeep", "mcp"]
ENTRY = {"type": "stdio", "command": "/opt/tk/bin/threadkeep", "args": ["mcp"]}
IN_VSCODE = {**ENTRY, "cwd": "${workspaceFolder}"}

WITH_COMMENTS = """\
// my servers
{
  "inputs": [], /* none, "servers": { */
  "servers": {
    // "threadkeep": {},
    "other": { "command": "x", "args": ["{", "\\"servers\\""] },
  },
}
"""


@pytest.mark.parametrize("text", ["", " \n", "{}", "{\n}\n", '{"mcpServers": {}}'])
def test_settings_without_servers_get_the_entry_alone(text: str) -> None:
    after, _ = with_entry("claude", text, COMMAND)
    assert json.loads(after) == {"mcpServers": {"threadkeep": ENTRY}}


def test_what_is_there_stays_as_it_is_written() -> None:
    text = '{"b":1.50,"mcpServers":{"x":{"command":"y"}},\n\n   "a":[1,2]}'
    after, _ = with_entry("claude", text, COMMAND)
    assert json.loads(after) == {
        **json.loads(text),
        "mcpServers": {"threadkeep": ENTRY, "x": {"command": "y"}},
    }
    assert after.startswith('{"b":1.50,"mcpServers":{')
    assert after.endswith('"x":{"command":"y"}},\n\n   "a":[1,2]}')


def test_comments_and_trailing_commas_stay() -> None:
    after, _ = with_entry("vscode", WITH_COMMENTS, COMMAND)
    removed = [line for line in WITH_COMMENTS.splitlines() if line not in after.splitlines()]
    assert removed == []
    assert '"threadkeep": {\n      "type": "stdio"' in after


def test_a_toml_file_gets_a_table_at_its_end() -> None:
    text = '# mine\nmodel = "gpt-5"\n[mcp_servers.other]\ncommand = "x"'
    after, shown = with_entry("codex", text, COMMAND)
    assert after.startswith(f"{text}\n\n[mcp_servers.threadkeep]\n")
    assert tomllib.loads(after)["mcp_servers"]["threadkeep"] == {"command": COMMAND[0], "args": ["mcp"]}
    assert tomllib.loads(shown)["mcp_servers"]["threadkeep"]["args"] == ["mcp"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_second_time_changes_nothing_and_another_entry_is_left(program: str) -> None:
    text, _ = with_entry(program, "", COMMAND)
    assert with_entry(program, text, COMMAND)[0] == text
    with pytest.raises(CommandFailed, match="left as it is"):
        with_entry(program, text, [*COMMAND, "--all"])


@pytest.mark.parametrize(
    ("program", "text"),
    [
        ("claude", "{"),
        ("claude", "[]"),
        ("claude", '{"mcpServers": []}'),
        ("claude", "nonsense"),
        ("vscode", '{"servers": 1}'),
        ("codex", "[x"),
        ("codex", "mcp_servers = 1\n"),
        ("codex", "mcp_servers = { other = {} }\n"),
    ],
)
def test_settings_that_cannot_take_it_are_refused_with_the_entry_to_put_there(
    program: str, text: str
) -> None:
    with pytest.raises(CommandFailed) as refused:
        with_entry(program, text, COMMAND)
    assert any("threadkeep" in line for line in refused.value.lines)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@given(
    st.dictionaries(st.text(max_size=6), values, max_size=4),
    st.none() | st.dictionaries(st.text(max_size=6), values, max_size=3),
    st.sampled_from([None, 1, 4]),
    st.booleans(),
)
def test_any_settings_mean_what_they_meant_with_the_entry(
    settings: dict[str, object], servers: dict[str, object] | None, indent: int | None, has_bom: bool
) -> None:
    settings = settings if servers is None else {**settings, "mcpServers": servers}
    written = ("\ufeff" if has_bom else "") + json.dumps(settings, indent=indent, ensure_ascii=False)
    after, _ = with_entry("claude", written, COMMAND)
    wanted = {**settings, "mcpServers": {**(servers or {}), "threadkeep": ENTRY}}
    assert json.loads(after.removeprefix("\ufeff")) == wanted


@pytest.mark.parametrize(
    ("program", "environ", "platform", "file"),
    [
        ("claude", {"HOME": "/h"}, "linux", "/h/.claude.json"),
        ("claude", {"HOME": "/h", "CLAUDE_CONFIG_DIR": "/c"}, "linux", "/c/.claude.json"),
        ("codex", {"HOME": "/h"}, "darwin", "/h/.codex/config.toml"),
        ("codex", {"HOME": "/h", "CODEX_HOME": "/x"}, "linux", "/x/config.toml"),
        ("vscode", {"HOME": "/h"}, "linux", "/h/.config/Code/User/mcp.json"),
        ("vscode", {"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "linux", "/x/Code/User/mcp.json"),
        ("vscode", {"HOME": "/h"}, "darwin", "/h/Library/Application Support/Code/User/mcp.json"),
        ("vscode", {"USERPROFILE": "/u", "APPDATA": "/a"}, "win32", "/a/Code/User/mcp.json"),
    ],
)
def test_each_program_keeps_its_settings_where_it_does(
    program: str, environ: dict[str, str], platform: str, file: str
) -> None:
    assert settings_file(program, environ, platform) == Path(file)


def test_the_command_works_wherever_it_is_started_from(tmp_path: Path) -> None:
    script = tmp_path / "threadkeep"
    script.touch()
    assert start_command(str(script), "/usr/bin/python3") == [str(script)]
    assert start_command("-m", "/usr/bin/python3") == ["/usr/bin/python3", "-P", "-m", "threadkeep"]


@pytest.mark.slow
def test_it_is_written_after_it_was_shown_through_links_and_with_its_mode(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "claude.json"
    real.parent.mkdir()
    real.write_bytes(b'{\r\n  "a": 1\r\n}\r\n')
    real.chmod(0o600)
    (tmp_path / ".claude.json").symlink_to(real)

    def run(*flags: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-P", "-m", "threadkeep", "mcp", "--install", "claude", *flags],
            env={"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )

    before = real.read_bytes()
    dry = run("--dry-run")
    assert '"threadkeep": {' in dry.stdout
    assert real.read_bytes() == before
    done = run("--all")
    assert "Written." in done.stderr
    assert (tmp_path / ".claude.json").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    assert real.read_bytes().endswith(b',\r\n  "a": 1\r\n}\r\n')
    entry = json.loads(real.read_text())["mcpServers"]["threadkeep"]
    assert entry["args"][-2:] == ["mcp", "--all"]
    assert "It is there already." in run("--all").stderr


def test_where_no_other_program_would_see_it_the_entry_is_shown_and_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As below AppData with the Python of the Microsoft Store."""
    monkeypatch.setattr(mcp_install, "is_hidden", lambda *_, **__: True)
    monkeypatch.setattr(mcp_install, "settings_file", lambda *_: tmp_path / "mcp.json")
    options = argparse.Namespace(install="vscode", all=False, store=None, dry_run=False)
    terminal = Terminal(keyboard=io.StringIO(), out=io.StringIO(), err=io.StringIO())
    with pytest.raises(CommandFailed, match="yourself") as caught:
        mcp_install.install(options, terminal)
    assert any(NAME in line for line in caught.value.lines)
    assert list(tmp_path.iterdir()) == []
    options.dry_run = True
    assert mcp_install.install(options, terminal) == 0
