"""An answer's way from a provider through the adapter, the server and the wire to the client."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tests.benchmarks import processes
from tests.benchmarks.figures import Figure, Yardstick
from tests.benchmarks.processes import Workshop
from tests.benchmarks.provider import Provider, began_at
from tests.support.product import Editor
from tests.support.wire import RawClient
from threadkeep.values import Value

SHORT: Final = 3
LONG: Final = 2_000
LONGER: Final = 10_000

FIRST: Final = "first delta: from the provider's first token to the client"
SENT: Final = "chat/send to the first delta, the provider at once"

PYGLS: Final = "bare pygls and httpx2"
PLAIN: Final = "raw asyncio SSE"

Streamed = dict[str, list[float]]


def figures(workshop: Workshop, *, count: int) -> list[Figure]:
    """The delay of a first delta, and the time a token takes without any delay of the provider's."""
    with Provider() as provider, workshop.editor(model=provider.base_url) as editor:
        editor.begin(workshop.code)
        # one a length: an answer of 10,000 tokens is sent back with the next question
        sessions = {
            tokens: editor.result("session/create", {"makeCurrent": False})["session"]["id"]
            for tokens in (SHORT, LONG, LONGER)
        }
        with (
            workshop.bare(processes.PYGLS, {}) as pygls,
            workshop.bare(processes.ASYNCIO, {}) as plain,
        ):
            pygls.initialize()
            plain.initialize()
            streams: dict[str, Callable[[int], Streamed]] = {
                "ours": lambda tokens: _chat(editor, sessions[tokens], tokens),
                PYGLS: lambda tokens: _stream(pygls, provider, tokens),
                PLAIN: lambda tokens: _stream(plain, provider, tokens),
            }
            found = _figures(streams, count=count)
            pygls.process.kill()
    return found


def _figures(streams: Mapping[str, Callable[[int], Streamed]], *, count: int) -> list[Figure]:
    # both lengths in turn, so that one can stand beside the other
    taken = {**_taken(streams, (SHORT,), count), **_taken(streams, (LONG, LONGER), max(3, count // 3))}
    figure = _Maker(taken)
    return [
        figure("first_delta", FIRST, "first", SHORT, PYGLS, goal=2.0, limit=10.0),
        figure("first_delta.plain", FIRST, "first", SHORT, PLAIN),
        figure("chat_send", SENT, "whole_first", SHORT, PYGLS, limit=10.0),
        figure("chat_send.plain", SENT, "whole_first", SHORT, PLAIN, margin_goal=2.0),
        figure("token", f"a token of {LONG:,}, end to end", "token", LONG, PYGLS, goal=22.0, limit=10.0),
        figure("token.plain", f"a token of {LONG:,}, end to end", "token", LONG, PLAIN),
        figure("token_of_more", f"a token of {LONGER:,}, end to end", "token", LONGER, PYGLS, goal=22.0, limit=10.0),
        figure("token_of_more.plain", f"a token of {LONGER:,}, end to end", "token", LONGER, PLAIN),
        Figure(
            id="streaming.linear",
            what=f"a token of {LONGER:,} beside one of {LONG:,}",
            unit="µs",
            values=taken["ours", LONGER]["token"],
            yardstick=Yardstick(what=f"a token of {LONG:,}", values=taken["ours", LONG]["token"]),
            limit=2.5,
            ratio_goal=1.1,
        ),
    ]  # fmt: skip


def _taken(
    streams: Mapping[str, Callable[[int], Streamed]], lengths: Sequence[int], count: int
) -> dict[tuple[str, int], Streamed]:
    taken: dict[tuple[str, int], Streamed] = {
        (who, tokens): {"first": [], "whole_first": [], "token": []} for who in streams for tokens in lengths
    }
    for attempt in range(count + 1):
        for (who, tokens), kept in taken.items():
            durations = streams[who](tokens)
            if attempt > 0:
                for part, values in durations.items():
                    kept[part] += values
    return taken


class _Maker(Value, kw_only=False):
    """Makes figures of what was taken, by who and how many tokens."""

    taken: Mapping[tuple[str, int], Streamed]

    def __call__(self, id_: str, what: str, part: str, tokens: int, beside: str, **bounds: float) -> Figure:
        return Figure(
            id=f"streaming.{id_}",
            what=what,
            unit="µs" if part == "token" else "ms",
            values=self.taken["ours", tokens][part],
            yardstick=Yardstick(what=beside, values=self.taken[beside, tokens][part]),
            **bounds,
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
