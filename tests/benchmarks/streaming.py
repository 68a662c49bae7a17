"""An answer's way from a provider through the adapter, the server and the wire to the client."""

import time
from typing import Final

from tests.benchmarks.figures import Figure, Yardstick
from tests.benchmarks.processes import Workshop
from tests.benchmarks.provider import Provider, began_at
from tests.support.product import Editor
from tests.support.wire import RawClient

SHORT: Final = 3
LONG: Final = 2_000
LONGER: Final = 10_000

Streamed = dict[str, list[float]]


def figures(workshop: Workshop, *, count: int) -> list[Figure]:
    """The delay of a first delta, and the time a token takes without any delay of the provider's."""
    with Provider() as provider, workshop.editor(model=provider.base_url) as editor:
        editor.begin(workshop.code)
        with workshop.bare({}) as bare:
            bare.initialize()
            found = _measured(editor, bare, provider, count=count)
            bare.process.kill()
    return found


def _measured(editor: Editor, bare: RawClient, provider: Provider, *, count: int) -> list[Figure]:
    session_id = editor.result("session/create", {"makeCurrent": False})["session"]["id"]
    taken: dict[tuple[str, int], Streamed] = {}
    for tokens, times in ((SHORT, count), (LONG, max(3, count // 3)), (LONGER, max(2, count // 10))):
        ours, theirs = taken["ours", tokens], taken["bare", tokens] = _nothing(), _nothing()
        for attempt in range(times + 1):
            _add(ours, _chat(editor, session_id, tokens), is_kept=attempt > 0)
            _add(theirs, _stream(bare, provider, tokens), is_kept=attempt > 0)
    return [
        _figure("first_delta", "first delta: from the provider's first token to the client", "first", SHORT, taken, goal=5.0),
        _figure("chat_send", "chat/send to the first delta, the provider at once", "whole_first", SHORT, taken),
        _figure("token", f"a token of {LONG:,} without delay (50 µs: 20,000 a second)", "token", LONG, taken, goal=50.0),
        _figure("token_of_more", f"a token of {LONGER:,} without delay", "token", LONGER, taken, goal=50.0),
    ]  # fmt: skip


def _figure(
    id_: str,
    what: str,
    part: str,
    tokens: int,
    taken: dict[tuple[str, int], Streamed],
    *,
    goal: float | None = None,
) -> Figure:
    return Figure(
        id=f"streaming.{id_}",
        what=what,
        unit="µs" if part == "token" else "ms",
        values=taken["ours", tokens][part],
        yardstick=Yardstick(what="bare pygls and httpx2", values=taken["bare", tokens][part]),
        limit=10.0,
        goal=goal,
    )


def _chat(editor: Editor, session_id: str, tokens: int) -> Streamed:
    sent = time.monotonic()
    editor.request("chat/send", {"sessionId": session_id, "text": f"tokens={tokens}"})
    first = editor.notification("chat/delta")
    came = time.monotonic()
    length = len(first["text"])
    whole = _length(first["text"], tokens)
    while length < whole:
        length += len(editor.notification("chat/delta")["text"])
    ended = time.monotonic()
    editor.notification("chat/turnCompleted")
    editor.notification("session/changed")
    return _durations(sent, began_at(first["text"]), came, ended, tokens)


def _stream(bare: RawClient, provider: Provider, tokens: int) -> Streamed:
    sent = time.monotonic()
    asked = bare.request("bench/stream", {"url": provider.base_url, "text": f"tokens={tokens}"})
    first = bare.notification("bench/delta")
    came = time.monotonic()
    length = len(first["text"])
    whole = _length(first["text"], tokens)
    while length < whole:
        length += len(bare.notification("bench/delta")["text"])
    ended = time.monotonic()
    assert bare.response(asked)["result"] == whole
    return _durations(sent, began_at(first["text"]), came, ended, tokens)


def _length(first: str, tokens: int) -> int:
    """The length of the whole answer: the first token tells a time, the others are numbered."""
    return len(first[: first.index(" ") + 1]) + 7 * (tokens - 1)


def _durations(sent: float, began: float, came: float, ended: float, tokens: int) -> Streamed:
    return {
        "first": [(came - began) * 1e3],
        "whole_first": [(came - sent) * 1e3],
        "token": [(ended - began) / tokens * 1e6],
    }


def _nothing() -> Streamed:
    return {"first": [], "whole_first": [], "token": []}


def _add(to: Streamed, durations: Streamed, *, is_kept: bool) -> None:
    if is_kept:
        for part, values in durations.items():
            to[part] += values
