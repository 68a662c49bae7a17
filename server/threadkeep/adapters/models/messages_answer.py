"""Reads an answer of Anthropic's Messages format, piece by piece or whole; apart, since what is read has states that what is sent has not."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from threadkeep.adapters.models.chat_completions import count_of
from threadkeep.adapters.models.deltas import Deltas, Sources
from threadkeep.adapters.models.dialect import PAUSED, stop_reason, words_of
from threadkeep.domain.messages import Usage
from threadkeep.ports.models import ModelEvent, ReasoningDelta, Stop, TextDelta, UsageReport

THOUGHT, REDACTED = "anthropic/thinking:", "anthropic/redacted:"
"""How our signatures begin, so that the two kinds are told apart, and those of others left out."""


class Answer:
    """Reads the events of one answer, or a whole one."""

    def __init__(self) -> None:
        self.has_begun = False
        self.is_over = False
        self._stop_reason: str | None = None
        self._words = ""
        self._usage: dict[str, Any] = {}
        self._report: UsageReport | None = None
        self._deltas = Deltas()
        self._sources = Sources()
        self._blocks: list[dict[str, Any]] = []
        """The answer as it came, block by block: a paused one wants it back."""
        self._begun_with = ""
        """The text with which a block began; some repeat it in the first delta."""
        self._pieces: list[str] = []
        """Pieces of the JSON of a block's input."""

    @property
    def is_complete(self) -> bool:
        return self._stop_reason is not None

    @property
    def paused(self) -> Sequence[Any]:
        """The blocks that came, if the provider waits to be asked on with them."""
        if self._stop_reason != PAUSED:
            return ()
        return [block for block in self._blocks if block.get("type") != "text" or block.get("text")]

    def add(self, piece: Mapping[str, Any]) -> None:
        """Takes in an event; kinds that are not known mean nothing."""
        kind = piece.get("type")
        if kind == "content_block_delta":
            self._grow(_table(piece.get("delta")))
        elif kind == "content_block_start":
            self._begin(_table(piece.get("content_block")))
        elif kind == "content_block_stop":
            self._end()
        elif kind == "message_start":
            self.has_begun = True
            self._count(_table(piece.get("message")).get("usage"))
            self._report = self._reported()
        elif kind == "message_delta":
            self._stop(_table(piece.get("delta")))
            self._count(piece.get("usage"))
        elif kind == "message_stop":
            self.is_over = True
        elif kind == "message":
            self._add_whole(piece)

    def events(self) -> Sequence[ModelEvent]:
        """What was added since the last call; pieces of one kind that came together are one delta."""
        report, self._report = self._report, None
        deltas = self._deltas.take()
        return [report, *deltas] if report else deltas

    def closing(self) -> Sequence[ModelEvent]:
        """The events that end the answer: the usage, if it came, and the stop."""
        self._end()
        report = self._reported()
        stop = Stop(reason=stop_reason(self._stop_reason or "end_turn"), words=self._words)
        return [*self._deltas.rest(), *self._sources.closing(), *([report] if report else []), stop]

    def _add_whole(self, message: Mapping[str, Any]) -> None:
        """A whole answer, or the whole of one that came in pieces already (MiniMax ends with it)."""
        content = message.get("content")
        self.has_begun = self.has_begun or isinstance(content, list)
        has_come = bool(self._blocks)
        for block in content if isinstance(content, list) and not has_come else ():
            self._begin(_table(block))
            self._end()
        self._count(message.get("usage"))
        self._stop(message)

    def _begin(self, block: Mapping[str, Any]) -> None:
        self._end()
        self.has_begun = True
        self._blocks.append(dict(block))
        self._pieces = []
        text = block.get("text")
        self._begun_with = text if isinstance(text, str) else ""
        self._hear({**block, "text": None})

    def _grow(self, delta: Mapping[str, Any]) -> None:
        self.has_begun = True
        if not self._blocks:
            self._blocks.append({"type": "thinking" if "thinking" in delta else "text"})
        text = delta.get("text")
        if self._begun_with and isinstance(text, str):
            begun, self._begun_with = self._begun_with, ""
            if not text.startswith(begun):
                self._hear({"text": begun})
            else:
                self._blocks[-1]["text"] = ""
        block = self._blocks[-1]
        for name in ("text", "thinking", "signature"):
            if isinstance(delta.get(name), str):
                block[name] = (block.get(name) or "") + delta[name]
        if isinstance(delta.get("partial_json"), str):
            self._pieces.append(delta["partial_json"])
        citation = delta.get("citation")
        if isinstance(citation, dict):
            block["citations"] = [*(block.get("citations") or ()), citation]
            self._sources.name(citation)
        self._hear(delta)

    def _end(self) -> None:
        """The block is whole: what it began with and nothing repeated is said, what is no text is kept."""
        begun, self._begun_with = self._begun_with, ""
        if begun:
            self._hear({"text": begun})
        if not self._blocks:
            return
        block = self._blocks[-1]
        if self._pieces:
            block["input"], self._pieces = _read(self._pieces), []
            self._keep(block)
        self._sources.look(block)

    def _keep(self, block: Mapping[str, Any]) -> None:
        self._sources.keep(
            "blocks", [{name: block[name] for name in ("type", "name", "input") if name in block}]
        )

    def _hear(self, block: Mapping[str, Any]) -> None:
        """What a block says as it begins, as it goes on, or as it is in a whole answer."""
        for name, kind in (("text", TextDelta), ("thinking", ReasoningDelta)):
            text = block.get(name)
            if isinstance(text, str) and text:
                self._deltas.add(kind, text)
        signature = block.get("signature")
        if isinstance(signature, str) and signature:
            self._deltas.sign(THOUGHT + signature)
        data = block.get("data")
        if block.get("type") == "redacted_thinking" and isinstance(data, str) and data:
            self._deltas.sign(REDACTED + data)
        found = block.get("content")
        if isinstance(found, list):  # what a search of the provider's own found
            for each in found:
                self._sources.name(each)

    def _stop(self, delta: Mapping[str, Any]) -> None:
        reason = delta.get("stop_reason")
        if isinstance(reason, str) and reason:
            self._stop_reason = reason
            details = _table(delta.get("stop_details"))
            explanation = details.get("explanation") or details.get("category")
            self._words = explanation if isinstance(explanation, str) else words_of(reason)

    def _count(self, usage: Any) -> None:
        self._usage.update((name, value) for name, value in _table(usage).items() if value is not None)

    def _reported(self) -> UsageReport | None:
        return UsageReport(usage=read_usage(self._usage)) if self._usage else None


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Tokens as the domain counts them: `input_tokens` alone leaves out what the cache takes and gives."""
    cached = count_of(usage, "cache_read_input_tokens")
    output = count_of(usage, "output_tokens")
    thought = count_of(usage.get("output_tokens_details"), "thinking_tokens")
    return Usage(
        input_tokens=count_of(usage, "input_tokens")
        + cached
        + count_of(usage, "cache_creation_input_tokens"),
        output_tokens=output,
        cached_tokens=cached,
        reasoning_tokens=min(thought, output),
    )


def _read(pieces: Sequence[str]) -> Any:
    """The JSON of a block's input; the text as it came where it is none."""
    text = "".join(pieces)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
