"""Fuzzing led by coverage, where atheris is installed: the frame parser, the reading of messages, the converter.

`python -m tests.soak.guided TARGET [libFuzzer's options]` fuzzes one of them and ends as libFuzzer does.
"""

import importlib.util
import json
import random
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.soak.figures import Figure
from tests.soak.frames import Frames
from tests.support.wire import frame

LIMIT: Final = 4_096
"""Bytes of a message in the parser that is fuzzed."""


def is_possible() -> bool:
    """Whether atheris is installed."""
    return importlib.util.find_spec("atheris") is not None


def run(folder: Path, *, seconds: int, project: Path) -> tuple[list[Figure], list[str]]:
    """Each target for so many seconds, in a process of its own."""
    figures, faults = [], []
    for name in TARGETS:
        corpus = folder / name
        corpus.mkdir()
        _seed(corpus)
        command = [sys.executable, "-m", "tests.soak.guided", name, str(corpus)]
        options = [f"-max_total_time={seconds}", "-max_len=8192", "-timeout=10", "-rss_limit_mb=2048"]
        done = subprocess.run(
            [*command, *options, f"-artifact_prefix={folder}/"],
            check=False,
            cwd=project,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds * 2 + 120,
        )
        ran = re.findall(r"Done (\d+) runs|#(\d+)", done.stderr)
        count = max((int(number) for pair in ran for number in pair if number), default=0)
        if done.returncode != 0:
            faults.append(f"{name}: {done.stderr[-2_000:]}")
        figures.append(Figure(what=f"inputs to the {name}", value=count, at_least=1))
    figures.append(Figure(what="targets that broke", value=len(faults), at_most=0))
    return figures, faults


def _frames(data: bytes) -> None:
    """Whatever the cuts, the same frames and faults, and never more than a message is held."""
    from threadkeep.faces.jsonrpc.frames import FrameParser

    whole, cut = FrameParser(limit=LIMIT), FrameParser(limit=LIMIT)
    found = whole.feed(data) + whole.end()
    step = max(1, len(data) // 7)
    pieces = [cut.feed(data[at : at + step]) for at in range(0, len(data), step)]
    assert [each for piece in pieces for each in piece] + cut.end() == found


def _messages(data: bytes) -> None:
    """Every body is a message, a refusal that can be sent, or a response to nothing."""
    from threadkeep.faces.jsonrpc.frames import Frame
    from threadkeep.faces.jsonrpc.json_text import encode
    from threadkeep.faces.jsonrpc.messages import Refused, read

    message = read(Frame(data))
    if isinstance(message, Refused):
        encode({"jsonrpc": "2.0", "id": message.id, "error": message.error})


def _converter() -> Callable[[bytes], None]:
    """Params are structured, or refused with their paths, for every method."""
    from threadkeep.protocol.converter import structure
    from threadkeep.protocol.methods import REQUESTS
    from threadkeep.values.json_codec import Malformed

    methods = list(REQUESTS.values())

    def to_params(data: bytes) -> None:
        try:
            params = json.loads(data[1:])
        except (ValueError, RecursionError):
            return
        method = methods[data[0] % len(methods)] if data else methods[0]
        try:
            structure(params, method.params)
        except Malformed as error:
            if not error.problems:
                raise AssertionError("refused without saying what is wrong") from error

    return to_params


TARGETS: Final[Mapping[str, Callable[[], Callable[[bytes], None]]]] = {
    "frame parser": lambda: _frames,
    "reading of messages": lambda: _messages,
    "converter": _converter,
}


def _seed(corpus: Path) -> None:
    frames = Frames(random.Random(1))
    for number in range(200):
        body = frames.body()
        data = (frame(body), body, b"\x05" + body)[number % 3]
        (corpus / str(number)).write_bytes(data)


def _main() -> None:
    import atheris  # type: ignore[import-untyped]  # it comes without types

    with atheris.instrument_imports(include=["threadkeep"]):
        target = TARGETS[sys.argv[1]]()
        target(b"{}")  # what is imported on first use is to be instrumented
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    _main()
