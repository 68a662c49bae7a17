"""Real Neovim in its own process, spoken to over its standard input and output."""

import itertools
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgpack  # type: ignore[import-untyped]  # it has no annotations

from tests.support.product import clean_environment

PLUGIN = Path(__file__).parents[2] / "editor-clients" / "neovim"
PATIENCE = 60.0
"""Seconds that anything may take on a busy machine."""

INIT = """
vim.opt.runtimepath:prepend(PLUGIN)
vim.opt.swapfile = false
vim.opt.shadafile = "NONE"
_G.notices, _G.events = {}, {}
vim.notify = function(message, level) table.insert(_G.notices, { message, level }) end
vim.api.nvim_create_autocmd("User", { pattern = "Threadkeep*", callback = function(event)
  table.insert(_G.events, { event.match, event.data })
end })
require("threadkeep").setup(vim.json.decode(OPTIONS))
"""


def write_init(path: Path, options: Mapping[str, Any], *, more: str = "") -> Path:
    """Writes a configuration that a person might have. more: Lua to come after it."""
    code = INIT.replace("PLUGIN", json.dumps(str(PLUGIN))).replace(
        "OPTIONS", "[==[" + json.dumps(options) + "]==]"
    )
    path.write_text(code + more)
    return path


def nvim_environment(folder: Path) -> dict[str, str]:
    """Variables that keep an editor, and the server that it starts, away from the real home."""
    return {
        **os.environ,
        **clean_environment(folder / "home"),
        "XDG_CACHE_HOME": str(folder / "home" / "cache"),
        "XDG_RUNTIME_DIR": str(folder),
        "NVIM_LOG_FILE": str(folder / "nvim.log"),
        "TMPDIR": "/tmp",
    }


def server_command(store: Path) -> list[str]:
    """What starts the real server."""
    return [sys.executable, "-P", "-m", "threadkeep", "serve", "--stdio", "--store", str(store)]


class NeovimError(Exception):
    """What Neovim said about a request."""


class Neovim:
    """An editor without a screen. Every wait has a time limit."""

    def __init__(self, program: str, init: Path, *, folder: Path, cwd: Path) -> None:
        """init: a Lua file. folder: holds the home. cwd: the opened folder."""
        self.process = subprocess.Popen(
            [program, "--clean", "--embed", "--headless", "-u", str(init)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=nvim_environment(folder),
            cwd=cwd,
            bufsize=0,
        )
        self._ids = itertools.count(1)
        self._answers: queue.Queue[list[Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leaves the editor as a person would, or with force if it does not go."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        if self.process.poll() is None:
            self._send([0, next(self._ids), "nvim_command", ["qall!"]])
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        self._reader.join(PATIENCE)
        if not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.stdout.close()

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def cut_off(self) -> None:
        """Closes the line to the editor, as when a terminal dies, and waits until it has left."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(PATIENCE)

    def call(self, method: str, *arguments: Any) -> Any:
        """An API function; raises NeovimError for what it raises."""
        number = next(self._ids)
        self._send([0, number, method, list(arguments)])
        end = time.monotonic() + PATIENCE
        while True:
            _, answered, error, result = self._answers.get(timeout=max(end - time.monotonic(), 0.01))
            if answered == number:
                if error is not None:
                    raise NeovimError(error[1] if isinstance(error, list) else error)
                return result

    def lua(self, code: str, *arguments: Any) -> Any:
        """What a chunk of Lua returns."""
        return self.call("nvim_exec_lua", code, list(arguments))

    def command(self, line: str) -> None:
        """An Ex command."""
        self.call("nvim_command", line)

    def feed(self, keys: str) -> None:
        """Types keys, `<CR>` and its like included, and waits until they are worked off."""
        escaped = self.call("nvim_replace_termcodes", keys, True, True, True)
        self.call("nvim_feedkeys", escaped, "mtx", False)

    def until(self, condition: str, *arguments: Any) -> Any:
        """Waits until a Lua expression is true; its value."""
        end = time.monotonic() + PATIENCE
        while True:
            value = self.lua(f"return {condition}", *arguments)
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError(f"never true: {condition}\n{self.describe()}")
            time.sleep(0.02)

    def lines(self, which: str = "chat") -> list[str]:
        """The lines of the chat, or of the prompt."""
        buf = {
            "chat": "require('threadkeep.chat').transcript().buf",
            "prompt": "require('threadkeep.chat').prompt().buf",
        }
        return list(self.lua(f"return vim.api.nvim_buf_get_lines({buf[which]}, 0, -1, false)"))

    def session(self) -> dict[str, Any]:
        """The session that is shown."""
        return dict(self.lua("return require('threadkeep').session()"))

    def shows(self, text: str) -> None:
        """Waits until a line of the chat holds a text; questions that plan their answer do not count."""
        self.until(
            "(function(text) for _, line in ipairs(vim.api.nvim_buf_get_lines("
            "require('threadkeep.chat').transcript().buf, 0, -1, false)) do "
            "if line:find(text, 1, true) and not line:find('[[plan', 1, true) then return true end end return false end)(...)",
            text,
        )

    def decorations(self) -> str:
        """All that stands around the messages: headers, states, reasons."""
        chunks = self.lua(
            """
            local buf = require("threadkeep.chat").transcript().buf
            local space, all = vim.api.nvim_create_namespace("threadkeep.transcript"), {}
            for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buf, space, 0, -1, { details = true })) do
              local line = ""
              for _, chunk in ipairs(mark[4].virt_text or {}) do line = line .. chunk[1] end
              all[#all + 1] = line
              for _, virtual in ipairs(mark[4].virt_lines or {}) do
                all[#all + 1] = table.concat(vim.tbl_map(function(chunk) return chunk[1] end, virtual))
              end
            end
            return all
            """
        )
        return "\n".join(line for line in chunks if line)

    def marked(self, text: str) -> None:
        """Waits until something around the messages holds a text."""
        end = time.monotonic() + PATIENCE
        while text not in (found := self.decorations()):
            if time.monotonic() > end:
                raise AssertionError(f"{text!r} is not in {found!r}\n{self.describe()}")
            time.sleep(0.02)

    def notices(self) -> list[str]:
        """What a person was told."""
        return [message for message, _ in self.lua("return _G.notices")]

    def told(self, text: str) -> None:
        """Waits until a person was told something."""
        end = time.monotonic() + PATIENCE
        while not any(text in notice for notice in self.notices()):
            if time.monotonic() > end:
                raise AssertionError(f"{text!r} was not told\n{self.describe()}")
            time.sleep(0.02)

    def events(self, name: str) -> list[Any]:
        """The data of the `User` autocommands of a name."""
        return [data for event, data in self.lua("return _G.events") if event == name]

    def describe(self) -> str:
        """What can be seen, for a failing test."""
        try:
            return f"notices: {self.notices()}\nchat: {self.lines()}\nmarks: {self.decorations()}"
        except NeovimError as error:
            return f"notices: {self.notices()} ({error})"

    def _send(self, message: list[Any]) -> None:
        assert self.process.stdin is not None
        data = msgpack.packb(message, unicode_errors="surrogateescape")
        while data:
            data = data[self.process.stdin.write(data) or 0 :]

    def _read(self) -> None:
        assert self.process.stdout is not None
        unpacker = msgpack.Unpacker(raw=False, unicode_errors="surrogateescape", strict_map_key=False)
        for data in self._pieces():
            unpacker.feed(data)
            for message in unpacker:
                if message[0] == 1:
                    self._answers.put(message)

    def _pieces(self) -> Iterable[bytes]:
        assert self.process.stdout is not None
        while data := os.read(self.process.stdout.fileno(), 65_536):
            yield data
