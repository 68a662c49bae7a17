"""Patterns in a process of their own: what they find, and that none takes more than it may."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.wire import python
from threadkeep.adapters.patterns import PatternProcesses
from threadkeep.adapters.patterns import process as pattern_process
from threadkeep.adapters.patterns.memory import by_ps, by_windows, resident_bytes
from threadkeep.adapters.patterns.process import MEBIBYTE, Bounds
from threadkeep.domain.errors import ExtraMissing, InvalidValue
from threadkeep.domain.search import MAX_RANGES
from threadkeep.usecases.progress import Cancelled, Progress
from threadkeep.values import evolve

QUICK = Bounds(reading=0.3, text=0.2, texts=0.2, grace=0.2, in_all=1.0)


def nothing() -> None:
    """Everybody still wants the answer."""


def found(
    query: str, *texts: str, bounds: Bounds = QUICK, check: Callable[[], None] = nothing
) -> list[list[str]]:
    with PatternProcesses(bounds=bounds).read(query, check=check) as pattern:
        ranges = pattern.ranges(texts)
    return [[text[a:b] for a, b in each] for text, each in zip(texts, ranges, strict=True)]


def refusal(query: str, *texts: str, bounds: Bounds = QUICK) -> str:
    with pytest.raises(InvalidValue) as raised:
        found(query, *texts, bounds=bounds)
    (problem,) = raised.value.data["problems"]
    assert problem["field"] == "query"
    return str(problem["message"])


def children() -> set[int]:
    return {each.pid for each in psutil.Process().children()}


@pytest.mark.parametrize(
    ("query", "texts", "expected"),
    [
        (r"wh\w+", ["a whale", "no", "whales, whom"], [["whale"], [], ["whales", "whom"]]),
        ("^b$", ["a\nb\nc"], [["b"]]),
        ("x*", ["aaa"], [[]]),
        ("", ["aaa"], [[]]),
        ("é🙂", ["né🙂", "né"], [["é🙂"], []]),
        ("\ud800", ["a\ud800b"], [["\ud800"]]),
        ("\0", ["a\0b"], [["\0"]]),
        ("(?i)İ", ["İi"], [["İ", "i"]]),
        ("a", [], []),
        ("a", ["a" * 1000], [["a"] * MAX_RANGES]),
    ],
)
def test_what_a_pattern_finds(query: str, texts: list[str], expected: list[list[str]]) -> None:
    assert found(query, *texts) == expected


def test_many_and_long_texts_are_all_looked_at_in_their_order() -> None:
    texts = [f"{'é' * (40_000 if n % 7 == 0 else 3)}{n}" for n in range(600)]
    assert found(r"\d+", *texts, bounds=Bounds()) == [[str(n)] for n in range(600)]


def test_texts_that_take_long_together_are_all_looked_at() -> None:
    texts = ["a" * 19 + "b"] * 60
    spent = evolve(QUICK, text=20.0, texts=0.01, in_all=60.0)
    assert found("(?:(?:a|aa)+)+c|b", *texts, bounds=spent) == [["b"]] * 60


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("(a", r"is not a valid regular expression: missing \) \(at character 3\)"),
        ("*a", r"nothing to repeat \(at character 1\)"),
        ("a{99999999999999999999}", "is not a valid regular expression"),
        (r"\p{NoSuch}", "unknown property"),
        ("[z-a]", "bad character range"),
        (r"\L<names>", "undefined named list"),
    ],
)
def test_what_is_no_pattern_is_told_with_its_place(query: str, told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        found(query)


COSTLY = {
    "nested counts": "(?:" * 40 + "a" + "){1,2}" * 40,
    "208 characters": "(" * 41 + "a" + "){2}" * 41 + "x",
    "itself": "(?R)",
    "itself twice": "(?(DEFINE)(?P<a>(?&a)(?&a)))(?&a)",
    "a billion": "a{1000000000}",
    "a catastrophe": "(a+)+c",
    "dotted capital I": "(?i)(İ|i̇)*$",
    "dotted capital I in full": "(?if)İ.*İ.*İ.*x",
}


@pytest.mark.parametrize("query", COSTLY.values(), ids=COSTLY)
def test_no_pattern_takes_more_than_it_may(query: str) -> None:
    before = children()
    began = time.monotonic()
    told = refusal(query, "İ" * 3_000, "i̇" * 50_000 + "x", "a" * 500_000 + "b")
    assert "the pattern took more than" in told
    assert (
        time.monotonic() - began < 20
    )  # the bounds are under two seconds, on a machine with nothing else to do
    assert children() == before


def test_what_took_too_much_is_told_with_the_advice() -> None:
    assert refusal("(a+)+c", "a" * 5000 + "b") == (
        "the pattern took more than 0.2 s for one text: avoid a repetition inside of a repetition, such as (a+)+"
    )
    assert refusal("(?R)", "a", bounds=Bounds(text=20.0)).startswith(
        "the pattern took more than 160 MiB of memory"
    )


@pytest.mark.parametrize("program", ["import time; time.sleep(600)", "while True: pass"])
def test_an_engine_that_does_not_keep_its_limit_is_killed(program: str, tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(program)
    before = children()
    hanging = PatternProcesses(worker=tmp_path / "worker.py", bounds=evolve(QUICK, start=0.1))
    with pytest.raises(InvalidValue, match="more than"), hanging.read("a", check=nothing):
        pass
    assert children() == before


@pytest.mark.parametrize(
    "answer", ["b'\\xff' * 4", "b'\\0\\0\\0\\2[]'", "b'\\0\\0\\0\\2{]'", "b'\\0\\0\\0\\7{}'", "b''"]
)
def test_an_answer_that_is_none_is_told(answer: str, tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(
        f"import sys; sys.stdin.buffer.read(9); sys.stdout.buffer.write({answer})"
    )
    broken = PatternProcesses(worker=tmp_path / "worker.py", bounds=QUICK)
    with pytest.raises(InvalidValue, match="broke off"), broken.read("a", check=nothing):
        pass


def test_a_process_that_grows_is_killed_where_the_system_knows_no_limit() -> None:
    grown = PatternProcesses(bounds=QUICK, memory_of=lambda pid: 10_000 * MEBIBYTE)
    with (
        pytest.raises(InvalidValue, match="more than 160 MiB of memory"),
        grown.read("a", check=nothing) as pattern,
    ):
        pattern.ranges(["a" * 100] * 1_000_000)


def test_an_engine_that_breaks_off_is_told() -> None:
    before = children()
    with PatternProcesses(bounds=QUICK).read("a", check=nothing) as pattern:
        (worker,) = children() - before
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(InvalidValue, match="broke off"):
            pattern.ranges(["a"])


def test_all_texts_together_are_bounded_too() -> None:
    slow = "a" * 19 + "b"
    bounds = evolve(QUICK, text=5.0, texts=0.01, in_all=0.2)
    assert "more than 0.2 s for all texts" in refusal("(a+)+c|b", *[slow] * 5_000, bounds=bounds)


def test_giving_up_ends_the_process_at_once() -> None:
    progress = Progress()
    threading.Timer(0.3, progress.cancel).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        found("(a+)+c", "a" * 5000 + "b", bounds=Bounds(text=60.0, texts=60.0), check=progress.check)
    assert time.monotonic() - began < 20
    with pytest.raises(Cancelled):
        found("a", "a", check=progress.check)


def test_a_process_is_gone_when_its_pattern_is_not_used_any_more() -> None:
    before = children()
    with PatternProcesses().read("a", check=nothing):
        assert len(children() - before) == 1
    assert children() == before


ORPHANED = """
import threading, time
from threadkeep.adapters.patterns import PatternProcesses
from threadkeep.adapters.patterns.process import Bounds
bounds = Bounds(reading=0.3, text=60.0, texts=0.2, grace=60.0)
with PatternProcesses(bounds=bounds).read("(a+)+c", check=lambda: None) as pattern:
    threading.Timer(0.5, print, ["busy"], {"flush": True}).start()
    pattern.ranges(["a" * 5000 + "b"] if BUSY else [])
    time.sleep(60)
"""


@pytest.mark.slow
@pytest.mark.parametrize("is_busy", [False, True])
def test_a_process_does_not_outlive_whoever_started_it_by_much(is_busy: bool) -> None:
    program = (
        ORPHANED.replace("BUSY", str(is_busy))
        .replace("text=60.0", "text=2.0")
        .replace("grace=60.0", "grace=0.5")
    )
    with subprocess.Popen(python("-c", program), stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "busy\n"
        (worker,) = psutil.Process(starter.pid).children()
        starter.kill()
    with contextlib.suppress(psutil.NoSuchProcess):
        worker.wait(20)
    assert not worker.is_running()


def test_without_the_package_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern_process, "find_spec", lambda name: None)
    with pytest.raises(ExtraMissing, match="pip install 'regex'"):
        found("a", "a")


def test_without_an_interpreter_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(InvalidValue, match="cannot be started"):
        found("a", "a")


def test_no_environment_variable_reaches_the_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "json.py"))
    monkeypatch.chdir(tmp_path)
    assert found("a", "a") == [["a"]]


def test_the_memory_of_a_process_is_told() -> None:
    ours = psutil.Process().memory_info().rss
    assert 0.5 * ours < resident_bytes(os.getpid()) < 2 * ours
    assert resident_bytes(2**22 + 1) == 0


@pytest.mark.skipif(not os.path.exists("/bin/ps"), reason="no ps")  # noqa: PTH110
def test_ps_tells_it_where_there_is_no_proc() -> None:
    ours = psutil.Process().memory_info().rss
    assert 0.5 * ours < by_ps(os.getpid()) < 2 * ours
    assert by_ps(2**22 + 1) == 0


class FakeKernel32:
    """Knows one process, of 5 MiB."""

    def __init__(self) -> None:
        self.closed: list[int] = []

    def OpenProcess(self, access: int, inherit: bool, pid: int) -> int:  # noqa: N802 - Windows' name
        assert access == 0x0410
        return 7 if pid == 42 else 0

    def K32GetProcessMemoryInfo(self, handle: int, counters: Any, size: int) -> int:  # noqa: N802
        assert handle == 7
        told = counters._obj
        assert size == told.size
        told.resident = 5 * MEBIBYTE
        return 1

    def CloseHandle(self, handle: int) -> None:  # noqa: N802
        self.closed.append(handle)


def test_windows_tells_it() -> None:
    kernel32 = FakeKernel32()
    assert by_windows(42, kernel32=kernel32) == 5 * MEBIBYTE
    assert kernel32.closed == [7]
    assert by_windows(41, kernel32=kernel32) == 0
