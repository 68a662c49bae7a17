"""The chat completions format: a request as it is sent, and the events that an answer's pieces mean; apart, since it is a provider of its own that another one asks to count."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from threadkeep.adapters.models.deltas import Delta, Deltas, Sources
from threadkeep.adapters.models.dialect import (
    Change,
    Changes,
    is_unsupported,
    stop_reason,
    turns_of,
    words_of,
)
from threadkeep.adapters.models.endpoint import Wrap
from threadkeep.adapters.models.failures import Refusal
from threadkeep.adapters.models.http_model import HTTP_SETTINGS, HttpModel
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.wordings import SYSTEM_REFUSED, says
from threadkeep.domain.messages import Usage
from threadkeep.ports.models import ModelEvent, ModelRequest, ReasoningDelta, Stop, TextDelta, UsageReport
from threadkeep.ports.provider_settings import ProviderSettings

Said = tuple[type[Delta], str]

STREAM_PARAM = re.compile(r'"param":\s*"stream"|\'stream\' does not support')

KNOWN = frozenset(
    [
        *("role", "content", "refusal", "tool_call_id", "name", "index"),
        *("reasoning_content", "reasoning", "reasoning_text", "thinking", "thought", "reasoning_details"),
        *("citations", "search_results", "web_search", "references", "sources", "annotations"),
        *("logprobs", "token_ids", "prefix", "provider_specific_fields", "extra_content", "audio_content"),
    ]
)
"""What is read elsewhere, or tells a person nothing."""

PLAIN = frozenset(["role", "content", "reasoning_content", "reasoning"])
"""What a chunk says that holds nothing beside text."""

THOUGHTS = ("reasoning_content", "reasoning", "reasoning_text", "thinking", "thought")
"""What providers call what a model thinks aloud; some send two of them with the same words."""

REPEATED = 16
"""Characters from which on a last piece that says all that came before is a repetition, not an answer's own."""


class ChatCompletions:
    """Implements Dialect for OpenAI's chat completions and whatever is compatible with them."""

    path = "/chat/completions"
    tails: tuple[str, ...] = ("/chat/completions",)
    interface = "openai"
    models_path = "/models"
    models_query: Mapping[str, str] = {}

    def headers(self, key: str | None) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"} if key is not None else {}

    def body(self, request: ModelRequest, changes: Changes, so_far: Sequence[Any] = ()) -> dict[str, Any]:
        """The JSON body that asks for an answer; messages without words, and all reasoning, are left out."""
        del so_far  # no answer of this format is paused
        without = {change.part for change in changes}
        turns = turns_of(request.messages)
        messages = [
            {"role": role, "content": "\n\n".join(message.content for message in group)}
            for role, group in turns
        ]
        if request.system and request.system.strip():
            _instruct(messages, request.system, has_role="system" not in without)
        streamed = "stream" not in without
        body: dict[str, Any] = {"model": request.model, "messages": messages, "stream": streamed}
        if streamed and "stream_options" not in without:
            body["stream_options"] = {"include_usage": True}
        if request.temperature is not None and "temperature" not in without:
            body["temperature"] = request.temperature
        return body

    def answer(self) -> "Answer":
        return Answer()

    def change(self, refusal: Refusal, body: Mapping[str, Any]) -> Change | None:
        """Some models take no temperature or no system prompt, and some endpoints no `stream_options` or no
        stream."""
        words = refusal.words.casefold()
        has_system = body["messages"][:1] and body["messages"][0]["role"] == "system"
        if has_system and refusal.status in {None, 400, 422, 500} and says(SYSTEM_REFUSED, words):
            return Change(part="system")
        if refusal.status not in {None, 400, 422}:
            return None
        if "stream_options" in body and ("stream_options" in words or "include_usage" in words):
            return Change(part="stream_options")
        if body["stream"] and ("to stream this model" in words or STREAM_PARAM.search(words)):
            return Change(part="stream")
        if "temperature" in body and is_unsupported("temperature", refusal):
            return Change(part="temperature")
        return None


class Answer:
    """Reads the pieces of one answer; `has_begun` once a choice came, whatever it says."""

    is_over = False
    """The format's terminal event, `[DONE]`, is not JSON."""
    paused: Sequence[Any] = ()
    """No answer of this format waits to be asked on."""

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self.usage: Usage | None = None
        self.has_begun = False
        self._words = ""
        self._has_refused = False
        self._deltas = Deltas()
        self._sources = Sources()
        self._heard: dict[type[Delta], list[str]] = {TextDelta: [], ReasoningDelta: []}

    @property
    def is_complete(self) -> bool:
        return self.finish_reason is not None

    def add(self, piece: Mapping[str, Any]) -> None:
        """Takes in a piece: a chunk of a stream (`delta`) or a whole answer (`message`)."""
        choices = piece.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        usage = piece.get("usage") or _usage_elsewhere(piece, choice)
        if isinstance(usage, dict):
            self.usage = read_usage(usage)
        if not isinstance(choice, dict):
            return
        self.has_begun = True
        self._sources.look(piece)
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self.finish_reason = reason
            self._words = words_of(reason) or _filtered_by(choice) or words_of(_native(choice))
        delta, message = choice.get("delta"), choice.get("message")
        if not (isinstance(delta, dict) and self._take(delta, is_last=bool(reason))):
            is_whole = piece.get("object") == "chat.completion" or bool(reason)
            if isinstance(message, dict):
                self._take_whole(message, is_whole=is_whole)
            elif delta is None and isinstance(choice.get("text"), str):
                self._hear(TextDelta, choice["text"])  # the older format of completions

    def events(self) -> list[Delta]:
        """What was added since the last call; pieces of one kind that came together are one delta."""
        return self._deltas.take()

    def closing(self) -> list[ModelEvent]:
        """The events that end the answer: the usage, if it came, and the stop."""
        events: list[ModelEvent] = [*self._deltas.rest(), *self._sources.closing()]
        if self.usage is not None:
            events.append(UsageReport(usage=self.usage))
        reason = stop_reason(self.finish_reason or "stop")
        if reason == "endTurn" and self._has_refused:
            reason = "refusal"
        return [*events, Stop(reason=reason, words=self._words)]

    def _take(self, said: Mapping[str, Any], *, is_last: bool) -> bool:
        """Takes in what a chunk says; whether it says anything."""
        content = said.get("content")
        if len(said) == 1 and content and type(content) is str and not is_last:
            self._hear(TextDelta, content)  # as nearly every chunk
            return True
        if not PLAIN.issuperset(said):
            self._beside(said)
        has_said = False
        for kind, text in _said(said):
            if text and not (is_last and self._repeats(kind, text)):
                self._hear(kind, text)
            has_said = has_said or bool(text)
        return has_said or bool(said.get("reasoning_details") and self._detailed(said["reasoning_details"]))

    def _take_whole(self, message: Mapping[str, Any], *, is_whole: bool) -> None:
        """Takes in a message that may say again what came in pieces, or go on from there."""
        self._beside(message)
        for kind, text in _joined(_said(message)):
            before = "".join(self._heard[kind])
            if text.startswith(before):
                self._hear(kind, text[len(before) :])
            elif not is_whole:
                self._hear(kind, text)
        if not self._heard[ReasoningDelta] and message.get("reasoning_details"):
            self._detailed(message["reasoning_details"])

    def _beside(self, said: Mapping[str, Any]) -> None:
        if said.get("refusal"):
            self._has_refused = True
        for name, value in said.items():
            if value and name not in KNOWN:
                self._sources.keep(name, value)
        self._sources.look(said)

    def _hear(self, kind: type[Delta], text: str) -> None:
        self._heard[kind].append(text)
        self._deltas.add(kind, text)

    def _repeats(self, kind: type[Delta], text: str) -> bool:
        pieces = self._heard[kind]
        return len(pieces) > 1 and len(text) >= REPEATED and text == "".join(pieces)

    def _detailed(self, details: Any) -> bool:
        """OpenRouter's and MiniMax's list of thoughts, which grows, or is sent whole again and again."""
        text = "".join(_thoughts(details))
        before = "".join(self._heard[ReasoningDelta])
        if len(before) >= REPEATED and text.startswith(before):
            text = text[len(before) :]
        if text:
            self._hear(ReasoningDelta, text)
        return bool(text)


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Tokens as the domain counts them.

    Some providers leave the reasoning out of `completion_tokens`; only the total tells.
    """
    input_tokens = count_of(usage, "prompt_tokens")
    completion = count_of(usage, "completion_tokens")
    output_tokens = max(completion, count_of(usage, "total_tokens") - input_tokens)
    cached = count_of(usage.get("prompt_tokens_details"), "cached_tokens")
    cached = cached or count_of(usage, "prompt_cache_hit_tokens")
    reasoning = count_of(usage.get("completion_tokens_details"), "reasoning_tokens")
    reasoning = reasoning or output_tokens - completion
    cost = usage.get("cost")
    is_amount = isinstance(cost, int | float) and not isinstance(cost, bool) and cost >= 0
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=min(cached, input_tokens),
        reasoning_tokens=min(reasoning, output_tokens),
        cost=float(cost) if is_amount and cost is not None else None,
    )


def _usage_elsewhere(piece: Mapping[str, Any], choice: Any) -> Any:
    """Moonshot's stands in the choice, Groq's in a member of its own."""
    if isinstance(choice, dict) and "usage" in choice:
        return choice["usage"]
    return piece["x_groq"].get("usage") if isinstance(piece.get("x_groq"), dict) else None


def _instruct(messages: list[dict[str, Any]], system: str, *, has_role: bool) -> None:
    """Puts the system prompt before the messages, or into the first of them."""
    if has_role:
        messages.insert(0, {"role": "system", "content": system})
    elif messages:
        messages[0] = {**messages[0], "content": f"{system}\n\n{messages[0]['content']}"}
    else:
        messages.append({"role": "user", "content": system})


def _said(said: Mapping[str, Any]) -> list[Said]:
    found: list[Said] = []
    for name in THOUGHTS:
        thought = _text_of(said.get(name))
        if thought:
            found.append((ReasoningDelta, thought))
            break
    content = said.get("content")
    if isinstance(content, str):
        found.append((TextDelta, content))
    elif isinstance(content, list):
        found += _parts(content)
    elif isinstance(content, dict):
        found.append((TextDelta, _text_of(content)))
    refusal = said.get("refusal")
    if isinstance(refusal, str):
        found.append((TextDelta, refusal))
    audio = said.get("audio")
    if isinstance(audio, dict) and isinstance(audio.get("transcript"), str):
        found.append((TextDelta, audio["transcript"]))
    return found


def _joined(said: list[Said]) -> Iterator[Said]:
    for kind in (ReasoningDelta, TextDelta):
        text = "".join(text for each, text in said if each is kind)
        if text:
            yield kind, text


def _text_of(value: Any) -> str:
    """The text of a string, or of an object that holds one."""
    if isinstance(value, dict):
        value = next((value[name] for name in ("text", "content", "summary") if value.get(name)), "")
    return value if isinstance(value, str) else ""


def _parts(parts: list[Any]) -> Iterator[Said]:
    for part in parts:
        if isinstance(part, str):
            yield TextDelta, part
        if not isinstance(part, dict):
            continue
        if part.get("type") in {"thinking", "reasoning"}:
            thoughts = part.get("thinking") or part.get("reasoning") or part.get("text")
            yield ReasoningDelta, thoughts if isinstance(thoughts, str) else "".join(_thoughts(thoughts))
        elif isinstance(part.get("text"), str):
            yield TextDelta, part["text"]


def _thoughts(details: Any) -> Iterator[str]:
    for each in details if isinstance(details, list) else (details,):
        text = each if isinstance(each, str) else _text_of(each) if isinstance(each, dict) else ""
        if text:
            yield text


def _filtered_by(choice: Mapping[str, Any]) -> str:
    """Azure's filters that struck, by their names."""
    results = choice.get("content_filter_results")
    struck = [
        name
        for name, result in (results.items() if isinstance(results, dict) else ())
        if isinstance(result, dict) and result.get("filtered")
    ]
    return f"filtered for {', '.join(struck)}" if struck else ""


def _native(choice: Mapping[str, Any]) -> str:
    native = choice.get("native_finish_reason")  # OpenRouter's, from the provider behind it
    return native if isinstance(native, str) else ""


def count_of(usage: Any, name: str) -> int:
    """A number of tokens from a provider's JSON; 0 for anything that is none."""
    number = usage.get(name) if isinstance(usage, dict) else None
    is_count = isinstance(number, int | float) and not isinstance(number, bool) and 0 < number < 1e15
    return int(number) if is_count and number is not None else 0


class OpenAICompatible(HttpModel):
    """The kind `openai`: any endpoint that is compatible with OpenAI's."""

    name = "openai"
    label = "OpenAI, or compatible with it"
    settings = HTTP_SETTINGS
    dialect = ChatCompletions

    def __init__(self, settings: ProviderSettings, key: ApiKey, *, wrap: Wrap | None = None) -> None:
        super().__init__(settings, key, ChatCompletions(), wrap=wrap)
