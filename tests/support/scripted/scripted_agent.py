"""A provider for tests that plays what a message tells it to: text, tool calls, output, plans, images.

The message holds `[[play STEPS]]`, a JSON array. Each step is an object with one of these members:
`text`, `reasoning` (strings) · `call` (the members of `CallChanged` in snake case; `output` and `locations` as arrays of
objects) · `out` (`{id, text, times}`: output of a running call) · `plan` (an array of entries) · `image` (base64) ·
`block` (an object) · `compacted` (a string) · `step` (true) · `calls` (`{count, bytes}`: so many finished calls) ·
`wait` (seconds) · `hold` (true: until the turn is stopped) · `fail` (a sentence) · `stop` (a reason) · `ask` (`{call, yes, no}`: asks for a call, and plays one of two lists of steps).

A turn that carries on (`chat/continue`) plays the steps of `[[then STEPS]]`, if the message has them.
"""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator
from typing import Any

from threadkeep.plugins import (
    ApprovalAsked,
    BlockCame,
    CallChanged,
    CallOutput,
    Compacted,
    Key,
    Location,
    MediaCame,
    ModelEvent,
    ModelRequest,
    OutputItem,
    PlanChanged,
    PlanEntry,
    ProviderNetwork,
    ProviderSettings,
    ReasoningDelta,
    StepBegan,
    Stop,
    TextDelta,
)

PIECE = 16_384
"""Characters of output that come at once."""


class ScriptedAgent:
    """Plays what it is told."""

    name = "scripted"
    label = "Scripted"
    settings = ("models",)

    def __init__(self, settings: ProviderSettings, key: Key) -> None:
        self._provider = settings.name

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        asked = [each for each in request.messages if each.role == "user" and "[[play " in each.content]
        if not asked:
            yield TextDelta(text="Nothing was asked for.")
            yield Stop(reason="endTurn")
            return
        is_carrying_on = request.messages[-1] is not asked[-1]
        script = asked[-1].content
        for step in _steps(script, "then" if is_carrying_on and "[[then " in script else "play"):
            async for event in self._events(step):
                yield event
                if isinstance(event, Stop):
                    return
        yield Stop(reason="endTurn")

    async def aclose(self) -> None:
        """It holds nothing."""

    async def _events(self, step: dict[str, Any]) -> AsyncGenerator[ModelEvent]:
        ((kind, value),) = step.items()
        if kind == "wait":
            await asyncio.sleep(value)
        elif kind == "hold":
            await asyncio.Event().wait()
        elif kind == "fail":
            raise ProviderNetwork(value, provider=self._provider)
        elif kind == "out":
            text = value["text"] * value.get("times", 1)
            for at in range(0, len(text), PIECE):
                yield CallOutput(id=value["id"], text=text[at : at + PIECE])
                await asyncio.sleep(0)
        elif kind == "ask":
            asked = ApprovalAsked(value["call"])
            yield asked
            answer = await asked.answer
            for each in value.get("yes" if answer.is_allowed else "no", ()):
                async for event in self._events(each):
                    yield event
        elif kind == "calls":
            for number in range(value["count"]):
                output = (OutputItem(type="text", text="x" * value.get("bytes", 10)),)
                yield CallChanged(
                    id=f"c{number}",
                    name="read_file",
                    title=f"Read {number}",
                    kind="read",
                    output=output,
                    state="completed",
                )
        else:
            yield _event(kind, value)


def _event(kind: str, value: Any) -> ModelEvent:  # noqa: PLR0911 - one return a kind of step
    match kind:
        case "text":
            return TextDelta(text=value)
        case "reasoning":
            return ReasoningDelta(text=value)
        case "call":
            given = dict(value)
            for name, cls in (("output", OutputItem), ("locations", Location)):
                if name in given:
                    given[name] = tuple(cls(**each) for each in given[name])
            return CallChanged(**given)
        case "plan":
            return PlanChanged(entries=tuple(PlanEntry(**entry) for entry in value))
        case "image":
            return MediaCame(type="image", mime_type="image/png", data=base64.b64decode(value))
        case "block":
            return BlockCame(data=value)
        case "compacted":
            return Compacted(text=value)
        case "step":
            return StepBegan()
        case "stop":
            return Stop(reason=value)
    raise ValueError(f"There is no step {kind!r}.")


def _steps(script: str, name: str) -> list[dict[str, Any]]:
    start = script.index(f"[[{name} ") + len(name) + 3
    steps, _ = json.JSONDecoder().raw_decode(script, start)
    return list(steps)
