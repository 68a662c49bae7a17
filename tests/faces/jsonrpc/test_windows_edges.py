"""How a serving process takes its streams and its signals where Windows' own ways are played."""

import asyncio
import json
import os
import signal
import subprocess
from typing import Any

import pytest

from tests.support.wire import python
from threadkeep.faces.jsonrpc.process import _stop_signals

TAKE = """
import json, os, sys, types
set_to_binary = []
sys.modules["msvcrt"] = types.SimpleNamespace(setmode=lambda *told: set_to_binary.append(told))
os.O_BINARY = 32768
sys.platform = "win32"
from threadkeep.faces.jsonrpc.stdio import take_stdio
reading, writing = take_stdio()
print("a stray word")
data = os.read(reading, 100)
told = {
    "modes": set_to_binary == [(reading, os.O_BINARY), (writing, os.O_BINARY)],
    "inherited": [os.get_inheritable(each) for each in (reading, writing)],
    "rest": os.read(0, 100).decode(),
}
os.write(writing, data + json.dumps(told).encode())
"""


@pytest.mark.medium
def test_streams_are_taken_as_bytes_and_kept_from_child_processes() -> None:
    done = subprocess.run(
        python("-c", TAKE), input=b"a\r\n\x1a\n", capture_output=True, timeout=30, check=True
    )
    begin, _, told = done.stdout.partition(b"{")
    assert begin == b"a\r\n\x1a\n"  # neither a line end nor Ctrl-Z means anything
    assert json.loads(b"{" + told) == {"modes": True, "inherited": [False, False], "rest": ""}
    assert done.stderr.decode().split() == ["a", "stray", "word"]


class LoopWithoutSignals(asyncio.SelectorEventLoop):
    """As the loops of Windows."""

    def add_signal_handler(self, *arguments: Any) -> None:
        raise NotImplementedError

    def remove_signal_handler(self, sig: int) -> bool:
        raise NotImplementedError


@pytest.mark.skipif(os.name == "nt", reason="there it would end this process")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_where_the_loop_takes_none(number: signal.Signals) -> None:
    before = signal.getsignal(number)

    async def story() -> None:
        stopped = asyncio.Event()
        with _stop_signals(asyncio.get_running_loop(), stopped.set):
            os.kill(os.getpid(), number)
            async with asyncio.timeout(10):
                await stopped.wait()

    with asyncio.Runner(loop_factory=LoopWithoutSignals) as runner:
        runner.run(story())
    assert signal.getsignal(number) == before


def test_the_signal_of_ctrl_break_stops_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from threadkeep.faces.jsonrpc.stdio import stop_signals

    number = getattr(signal, "SIGBREAK", None) or signal.SIGUSR1
    monkeypatch.setattr(signal, "SIGBREAK", number, raising=False)
    assert number in stop_signals()
