"""The plugin's own Lua: formatted, checked, small."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.neovim.conftest import neovim
from tests.neovim.editor import PLUGIN, nvim_environment

pytestmark = pytest.mark.slow

GENERATED = ("protocol.lua", "server_settings.lua")
FORMATTER = "@johnnymorganz/stylua@2.5.2"
MAX_LINES = 300


def lua_files() -> list[Path]:
    """Those that are written by hand."""
    return [path for path in sorted(PLUGIN.rglob("*.lua")) if path.name not in GENERATED]


def test_every_file_is_formatted() -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    assert npm, "there is no npm: apt-get install npm"
    assert node, "there is no node: apt-get install nodejs"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "threadkeep-tests" / "stylua"
    if not (cache / "node_modules" / "@johnnymorganz" / "stylua" / "package.json").exists():
        cache.mkdir(parents=True, exist_ok=True)
        command = [
            npm,
            "install",
            "--prefix",
            str(cache),
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            FORMATTER,
        ]
        subprocess.run(command, check=True, timeout=150, capture_output=True)
    script = Path(__file__).with_name("stylua.mjs")
    done = subprocess.run(
        [node, str(script), "--check", str(cache), *map(str, lua_files())],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"format them with stylua:\n{done.stdout}{done.stderr}"


def test_luacheck_finds_nothing() -> None:
    luacheck = shutil.which("luacheck")
    assert luacheck, "there is no luacheck: apt-get install lua-check, or luarocks install luacheck"
    done = subprocess.run(
        [luacheck, "--no-color", "--quiet", "."],
        cwd=PLUGIN,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_files_stay_small_and_say_what_they_are_for() -> None:
    for path in lua_files():
        lines = path.read_text("utf-8").splitlines()
        assert len(lines) <= MAX_LINES, path
        assert lines[0].startswith("--"), f"{path} does not say what it is for"


def test_what_is_used_of_another_file_is_there(tmp_path: Path) -> None:
    script = tmp_path / "members.lua"
    script.write_text(MEMBERS)
    done = subprocess.run(
        [neovim(), "--clean", "-l", str(script), str(PLUGIN), *map(str, lua_files())],
        env=nvim_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout + done.stderr).strip() == ""


MEMBERS = r"""
vim.opt.runtimepath:prepend(_G.arg[1])
for index = 2, #_G.arg do
  local code = table.concat(vim.fn.readfile(_G.arg[index]), "\n")
  local function check(module, member)
    local loaded = package.loaded[module] or require(module)
    if loaded[member] == nil and module ~= "threadkeep.current" then
      print(_G.arg[index] .. " uses " .. module .. "." .. member)
    end
  end
  for name, module in code:gmatch('local ([%w_]+) = require%("(threadkeep[%w_.]+)"%)\n') do
    for member in code:gmatch("%f[%w_.]" .. name .. "%.([%a_][%w_]*)") do
      check(module, member)
    end
  end
  for module, member in code:gmatch('require%("(threadkeep[%w_.]+)"%)%.([%a_][%w_]*)') do
    check(module, member)
  end
  for module, member in code:gmatch('lazy%("([%w_]+)", "([%w_]+)"%)') do
    check("threadkeep." .. module, member)
  end
  for module, member in code:gmatch('module = "([%w_]+)", action = "([%w_]+)"') do
    check("threadkeep." .. module, member)
  end
end
"""
