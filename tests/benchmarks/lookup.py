"""The Model Context Protocol face, beside the language server on the same store."""

import time
from typing import Any, Final

import psutil  # type: ignore[import-untyped]  # it comes without types

from tests.benchmarks.clients import StampingClient
from tests.benchmarks.figures import Figure, Yardstick
from tests.benchmarks.processes import TIMEOUT, Workshop, lean
from tests.support.product import ModelProcess, plan
from tests.support.wire import Json, python

FOUND: Final = 10


def figures(workshop: Workshop, *, word: str, count: int, starts: int, pause: float) -> list[Figure]:
    """word: stands in many messages. pause: seconds before memory is looked at."""
    started: list[float] = []
    served: list[float] = []
    for attempt in range(starts + 1):  # the first one writes byte code
        ours, theirs = _start(workshop), _start_of_serve(workshop)
        if attempt:
            started.append(ours)
            served.append(theirs)
    searched, beside = _searches(workshop, word, count)
    held, served_held = _memory(workshop, word, pause)
    return [
        Figure(
            id="lookup.start",
            what="start of mcp to initialize answered",
            unit="ms",
            values=started,
            yardstick=Yardstick(what="serve", values=served),
            limit=2.0,
            ratio_goal=1.3,
        ),
        Figure(
            id="lookup.search",
            what=f"search_sessions, {FOUND} passages of all repositories",
            unit="ms",
            values=searched,
            yardstick=Yardstick(what="session/search of the same", values=beside),
            margin_goal=5.0,
        ),
        Figure(
            id="lookup.streaming",
            what="a word of a streaming answer, from its delta to being found",
            unit="ms",
            values=[_streaming(workshop) for _ in range(max(3, starts // 3))],
            goal=200.0,
        ),
        Figure(
            id="lookup.memory",
            what="RSS of mcp after a search",
            unit="MB",
            values=[held],
            yardstick=Yardstick(what="serve after session/open and the same search", values=[served_held]),
            ratio_goal=1.0,
        ),
    ]


def _mcp(workshop: Workshop) -> StampingClient:
    command = python(*lean("threadkeep"), "mcp", "--all", "--store", str(workshop.store))
    return StampingClient(command, env=workshop.environment(), cwd=workshop.code, timeout=TIMEOUT)


def _begin(client: StampingClient) -> None:
    client.result("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}})


def _start(workshop: Workshop) -> float:
    began = time.perf_counter()
    with _mcp(workshop) as client:
        _begin(client)
        return (client.answered_at - began) * 1e3


def _start_of_serve(workshop: Workshop) -> float:
    began = time.perf_counter()
    with workshop.editor() as editor:
        editor.begin(workshop.code)
        taken = (editor.answered_at - began) * 1e3
        editor.shut_down()
        return taken


def _searches(workshop: Workshop, word: str, count: int) -> tuple[list[float], list[float]]:
    asked: Json = {"query": word, "sort": "rank", "limit": FOUND, "filter": {"archived": "include"}}
    with _mcp(workshop) as client, workshop.editor() as editor:
        _begin(client)
        editor.begin(workshop.code)
        ours, beside = [], []
        for attempt in range(count + 1):
            taken = client.round_trip("tools/call", _search(word)), editor.round_trip("session/search", asked)
            if attempt:
                ours.append(taken[0] * 1e3)
                beside.append(taken[1] * 1e3)
        editor.shut_down()
    return ours, beside


def _streaming(workshop: Workshop) -> float:
    """Milliseconds; the answer stops after the word, so that only its text in the journal can be found."""
    model = ModelProcess()
    word = f"papaya{time.monotonic_ns()}"
    try:
        with workshop.editor(model=model.base_url) as editor, _mcp(workshop) as client:
            _begin(client)
            client.result("tools/call", _search("nothing"))
            editor.begin(workshop.code)
            session_id = editor.result("session/create", {"makeCurrent": False})["session"]["id"]
            text = plan("Go", texts=[f"It is {word}. ", "More."], stall_after=1)
            editor.request("chat/send", {"sessionId": session_id, "text": text})
            editor.wait_for(lambda message: word in str(message.get("params", {}).get("text", "")))
            began = time.perf_counter()
            while "assistant said" not in _text(client.result("tools/call", _search(word))):
                assert time.perf_counter() - began < TIMEOUT
            taken = (time.perf_counter() - began) * 1e3
            editor.process.kill()
            return taken
    finally:
        model.close()


def _memory(workshop: Workshop, word: str, pause: float) -> tuple[float, float]:
    with _mcp(workshop) as client, workshop.editor() as editor:
        _begin(client)
        client.result("tools/call", _search(word))
        editor.begin(workshop.code)
        editor.open()
        editor.result("session/search", {"query": word, "limit": FOUND})
        time.sleep(pause)
        held = [psutil.Process(each.process.pid).memory_info().rss / 1e6 for each in (client, editor)]
        editor.shut_down()
    return held[0], held[1]


def _search(word: str) -> Json:
    return {"name": "search_sessions", "arguments": {"query": word, "limit": FOUND}}


def _text(result: Any) -> str:
    return str(result["content"][0]["text"])
