"""The program of the process in which patterns are tried: it imports nothing of ours and may be killed at any time.

Frames both ways: four bytes that tell the length, then the bytes. In come marshalled values: a pattern as a string, then
lists of texts. Out goes JSON for each: `{}`, or `{"done", "found"}` with how many texts were looked at and where the
pattern stands in them, or `{"error", "at"}`.

    python -I -S worker.py FOLDER_OF_REGEX SECONDS_A_TEXT SECONDS_A_LIST LAST_SECONDS RANGES MEMORY
"""

import faulthandler
import json
import marshal
import os
import sys
import time
from typing import Any, BinaryIO

_HEAD = 4


def main() -> None:
    """Answers frames until the input ends, or one takes more than `LAST_SECONDS`."""
    folder, text_seconds, list_seconds, last_seconds, ranges, memory = sys.argv[1:]
    sys.path.append(folder)
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    pattern: Any = None
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - pathlib takes long to import
        while (frame := _read(incoming)) is not None:
            _bound_memory(2 * int(memory) + 8 * len(frame))
            # whoever started us kills us before; this is for when that is gone, and needs nothing of Python
            faulthandler.dump_traceback_later(float(last_seconds), exit=True, file=nowhere)
            try:
                asked = marshal.loads(frame)  # noqa: S302 - the server's own
                if isinstance(asked, str):
                    pattern, answer = _compiled(asked)
                else:
                    answer = _tried(pattern, asked, float(text_seconds), float(list_seconds), int(ranges))
            except MemoryError:
                answer = {"error": "memory"}
            faulthandler.cancel_dump_traceback_later()
            _write(outgoing, json.dumps(answer).encode("ascii"))


def _compiled(query: str) -> tuple[Any, dict[str, Any]]:
    import regex  # type: ignore[import-untyped]  # it has no types of its own

    try:
        return regex.compile(query, regex.MULTILINE), {}
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - an invalid regular expression raises many things
        told = getattr(error, "msg", None) or str(error) or type(error).__name__
        return None, {"error": "syntax", "told": str(told)[:500], "at": getattr(error, "pos", None)}


def _tried(
    pattern: Any, texts: list[str], text_seconds: float, list_seconds: float, most: int
) -> dict[str, Any]:
    found: list[tuple[int, list[tuple[int, int]]]] = []
    began = time.monotonic()
    for at, text in enumerate(texts):
        try:
            ranges = _ranges(pattern, text, text_seconds, most)
        except TimeoutError:
            return {"error": "time"}
        if ranges:
            found.append((at, ranges))
        if time.monotonic() - began > list_seconds:
            return {"done": at + 1, "found": found}
    return {"done": len(texts), "found": found}


def _ranges(pattern: Any, text: str, seconds: float, most: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for match in pattern.finditer(text, timeout=seconds):
        if match.end() > match.start():
            found.append(match.span())
        if len(found) == most:
            break
    return found


def _bound_memory(most: int) -> None:
    """Of addresses, of which a process has more than of memory: it holds between two looks from outside."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (most if hard < 0 else min(most, hard), hard))
    except (OSError, ValueError):
        return  # whoever started us watches


def _read(stream: BinaryIO) -> bytes | None:
    head = stream.read(_HEAD)
    if len(head) < _HEAD:
        return None
    length = int.from_bytes(head, "big")
    frame = stream.read(length)
    return frame if len(frame) == length else None


def _write(stream: BinaryIO, frame: bytes) -> None:
    stream.write(len(frame).to_bytes(_HEAD, "big") + frame)
    stream.flush()


if __name__ == "__main__":
    main()
