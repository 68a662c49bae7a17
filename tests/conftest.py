"""What every test runs under."""

import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

# `poe test` and CI look longer than the quick runs while one works, and at the same examples each time: what
# they say of a commit stays so. The quick runs and `poe soak` leave the examples to chance.
settings.register_profile("thorough", deadline=None, derandomize=True)
settings.register_profile("quick", deadline=None, max_examples=25)
settings.register_profile("fast", deadline=None, max_examples=10)
settings.load_profile("quick")

# A run in the background of a shell ignores Ctrl-C, and would hand that on to every process it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# In an editor's container a new store begins with a warning, which is not what these tests are about.
for name in ("CODESPACES", "REMOTE_CONTAINERS"):
    os.environ.pop(name, None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What may take longest begins first: at the end it would run alone, while the other cores have nothing to do."""
    items.sort(key=lambda item: -max(_longest(item), USUAL_SECONDS))


def _longest(item: pytest.Item) -> float:
    """How many seconds it may take, as it says itself; 0 where it does not."""
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker and marker.args else 0.0


USUAL_SECONDS = 400
"""What is given up to so many stays in its place, beside tests that share its fixtures."""

PROCESS_STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"}
started: list[str] = []


def _note_start(event: str, _: tuple[Any, ...]) -> None:
    if event in PROCESS_STARTS:
        started.append(event)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """`poe fast` stays fast: what starts a process is marked, and left out there."""
    started.clear()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Fails a test that started a process where those were to be left out."""
    yield
    if started and "not medium" in item.config.option.markexpr:
        pytest.fail("It starts a process: mark it `medium`, see [tool.pytest.ini_options].", pytrace=False)


if sys.platform == "linux":  # elsewhere the standard library starts some to learn what system this is
    sys.addaudithook(_note_start)
