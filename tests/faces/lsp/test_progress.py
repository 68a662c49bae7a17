"""Long requests tell how far they are, to those who asked for it, and can be cancelled by their token."""

import asyncio
from typing import Any

import pytest

from threadkeep.faces.lsp import connection as module
from threadkeep.faces.lsp.connection import WorkInProgress


class Sender:
    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []

    def notify(self, method: str, params: Any) -> None:
        self.sent.append((method, params))

    @property
    def values(self) -> list[Any]:
        assert {method for method, _ in self.sent} <= {"$/progress"}
        return [params["value"] for _, params in self.sent]


@pytest.fixture
async def sender() -> Sender:
    return Sender()


@pytest.fixture
async def work(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> WorkInProgress:
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.0)
    return WorkInProgress(sender)


async def test_beginning_reports_and_end_are_told(sender: Sender, work: WorkInProgress) -> None:
    with work.reporting("t", title="Exporting", unit="sessions") as progress:
        progress.reach(1_000, 4_000)
        progress.reach(5)
        await asyncio.sleep(0)
    progress.reach(4_000, 4_000)
    await asyncio.sleep(0)
    assert sender.values == [
        {"kind": "begin", "title": "Exporting", "cancellable": True},
        {"kind": "report", "message": "1,000 of 4,000 sessions", "percentage": 25},
        {"kind": "report", "message": "5 sessions"},
        {"kind": "end"},
    ]
    assert {params["token"] for _, params in sender.sent} == {"t"}


async def test_nobody_is_told_without_a_token(sender: Sender, work: WorkInProgress) -> None:
    with work.reporting(None, title="Exporting", unit="sessions") as progress:
        progress.reach(1, 2)
        await asyncio.sleep(0)
    assert sender.sent == []


async def test_reports_come_not_too_often(
    sender: Sender, work: WorkInProgress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 3600.0)
    with work.reporting("t", title="Exporting", unit="sessions") as progress:
        for done in range(1_000):
            progress.reach(done, 1_000)
        await asyncio.sleep(0)
    assert [value["kind"] for value in sender.values] == ["begin", "report", "end"]


async def test_the_token_cancels_its_request_and_no_other(sender: Sender, work: WorkInProgress) -> None:
    async def wait(token: str | int) -> None:
        with work.reporting(token, title="Exporting", unit="sessions"):
            await asyncio.Event().wait()

    first, second = (asyncio.create_task(wait(token)) for token in ("a", 1))
    await asyncio.sleep(0)
    for params in ({"token": "other"}, {}, {"token": []}, {"token": "a"}):
        work.cancel(params)
    with pytest.raises(asyncio.CancelledError):
        await first
    assert not second.done()
    second.cancel()
    assert [value["kind"] for value in sender.values] == ["begin", "begin", "end"]


async def test_a_token_that_is_in_use_tells_nothing(sender: Sender, work: WorkInProgress) -> None:
    with (
        work.reporting("t", title="One", unit="sessions"),
        work.reporting("t", title="Two", unit="sessions") as second,
    ):
        second.reach(1)
        await asyncio.sleep(0)
    assert [value["kind"] for value in sender.values] == ["begin", "end"]


async def test_all_work_ends_when_the_server_does(sender: Sender, work: WorkInProgress) -> None:
    async def wait(token: str | None) -> None:
        with work.reporting(token, title="Exporting", unit="sessions"):
            await asyncio.Event().wait()

    tasks = [asyncio.create_task(wait(token)) for token in ("t", None)]
    await asyncio.sleep(0)
    work.stop()
    for task in tasks:
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [value["kind"] for value in sender.values] == ["begin", "end"]
