"""The items of a Codex rollout as messages; apart, since it knows no file."""

from collections import Counter
from typing import Any

from threadkeep.adapters.histories import values
from threadkeep.adapters.histories.building import (
    HIDDEN_REASONING,
    Draft,
    Thread,
    call_text,
    json_text,
    placeholder,
)
from threadkeep.domain.messages import Role, Usage
from threadkeep.domain.transfer import ForeignMessage

_INJECTED = (
    "<environment_context>",
    "<user_instructions>",
    "<permissions instructions>",
    "<skill>",
    "<turn_aborted>",
    "<subagent_notification>",
    "# AGENTS.md instructions",
)
"""How texts begin that the tool puts into a person's mouth."""
_CALLS = frozenset(
    ["function_call", "custom_tool_call", "local_shell_call", "tool_search_call", "web_search_call"]
)
_OUTPUTS = frozenset(["function_call_output", "custom_tool_call_output", "tool_search_output"])


class Rollout:
    """Takes the records of a file one by one."""

    def __init__(self) -> None:
        self.meta: dict[str, Any] = {}
        self.folder: str | None = None
        self.left_out: Counter[str] = Counter()
        self._items = Thread()
        self._events = Thread()
        """What the events tell, for a file without items."""
        self._model: str | None = None
        self._tools: dict[str, str] = {}
        self._total: Usage | None = None

    def take(self, record: dict[str, Any]) -> None:
        """A record, in the form of any release."""
        kind, payload = values.text(record.get("type")), values.mapping(record.get("payload"))
        at = values.moment(record.get("timestamp"))
        if kind == "session_meta":
            # A fork repeats its parent's description behind its own.
            self.meta = self.meta or payload
        elif kind == "turn_context":
            self._model = values.named(payload.get("model")) or self._model
            self.folder = self.folder or values.folder(payload.get("cwd"))
        elif kind == "response_item":
            self._item(payload, at)
        elif kind == "event_msg":
            self._event(payload, at)
        elif kind == "compacted":
            self._compacted(payload, at)
        elif not payload and "instructions" in record and not self.meta:
            self.meta = record
        elif not payload and kind:
            self._item(record, at)
        else:
            self.left_out[kind or values.text(record.get("record_type")) or "unknown"] += 1

    def made(self) -> tuple[tuple[ForeignMessage, ...], str | None]:
        """The messages, and the newest one of the visible branch."""
        said = any(draft.role in ("user", "assistant") and not draft.is_empty for draft in self._items.drafts)
        thread = self._items if said else self._events
        messages = thread.made()
        parents = {draft.origin_id: draft.parent for draft in thread.drafts}
        kept = {message.origin_id for message in messages}
        head = thread.head
        while head is not None and head not in kept:
            head = parents.get(head)
        return messages, head

    def _item(self, item: dict[str, Any], at: str | None) -> None:
        kind = values.text(item.get("type"))
        if kind == "message":
            self._message(item, at)
        elif kind == "agent_message":
            draft = self._items.open("assistant", values.named(item.get("id")), at=at)
            author, recipient = values.named(item.get("author")), values.named(item.get("recipient"))
            draft.metadata = {k: v for k, v in (("author", author), ("recipient", recipient)) if v}
            draft.say(_content(item.get("content")))
        elif kind == "reasoning":
            self._reasoning(item, at)
        elif kind in _CALLS:
            self._call(kind, item, at)
        elif kind in _OUTPUTS:
            self._output(item, at)
        elif kind == "image_generation_call":
            prompt = values.named(item.get("revised_prompt"))
            self._answer(at).say(placeholder("generated image", prompt))
        elif kind in ("compaction", "compaction_summary", "context_compaction"):
            self._items.open("system", values.named(item.get("id")), at=at).say("[the context was compacted]")
        else:
            self.left_out[kind or "unknown"] += 1

    def _message(self, item: dict[str, Any], at: str | None) -> None:
        said, role = _content(item.get("content")), values.text(item.get("role"))
        if role == "assistant":
            self._answer(at).say(said)
            return
        injected = role != "user" or said.lstrip().startswith(_INJECTED)
        draft = self._items.open("system" if injected else "user", values.named(item.get("id")), at=at)
        draft.metadata = {"kind": "injected"} if injected else {}
        draft.say(said)

    def _reasoning(self, item: dict[str, Any], at: str | None) -> None:
        pieces = [*values.sequence(item.get("content"))] or [*values.sequence(item.get("summary"))]
        said = "\n\n".join(values.text(values.mapping(piece).get("text")) for piece in pieces)
        hidden = HIDDEN_REASONING if item.get("encrypted_content") else ""
        self._answer(at).think(said if said.strip() else hidden)

    def _call(self, kind: str, item: dict[str, Any], at: str | None) -> None:
        name = values.named(item.get("name")) or kind.removesuffix("_call")
        arguments = next((item[key] for key in ("arguments", "input", "action") if key in item), None)
        if call_id := values.named(item.get("call_id")):
            self._tools[call_id] = name
        self._answer(at).say(call_text(name, values.unpacked(arguments)))

    def _output(self, item: dict[str, Any], at: str | None) -> None:
        draft = self._items.open("tool", values.named(item.get("id")), at=at)
        call_id = values.named(item.get("call_id"))
        tool = self._tools.get(call_id or "")
        draft.metadata = {k: v for k, v in (("tool", tool), ("callId", call_id)) if v}
        output = item.get("output", item.get("tools"))
        if isinstance(output, dict):
            output = output.get("content", output)
        said = values.text(output) if isinstance(output, str) else _content(output)
        draft.say(said if said.strip() else "[no output]")

    def _answer(self, at: str | None) -> Draft:
        draft = self._items.open("assistant", None, at=at, joins=True)
        draft.model = self._model
        draft.provider = (values.named(self.meta.get("model_provider")) or "openai") if self._model else None
        return draft

    def _compacted(self, payload: dict[str, Any], at: str | None) -> None:
        draft = self._items.open("system", None, at=at)
        draft.metadata = {"kind": "summary"}
        draft.say(values.text(payload.get("message")) or "[the context was compacted]")

    def _event(self, payload: dict[str, Any], at: str | None) -> None:
        kind = values.text(payload.get("type"))
        roles: dict[str, Role] = {"user_message": "user", "agent_message": "assistant"}
        if kind in roles:
            self._events.open(roles[kind], None, at=at).say(values.text(payload.get("message")))
        elif kind == "agent_reasoning":
            self._events.open("assistant", None, at=at).think(values.text(payload.get("text")))
        elif kind == "token_count":
            self._count(values.mapping(payload.get("info")))
        elif kind == "thread_rolled_back":
            for thread in (self._items, self._events):
                _roll_back(thread, values.tokens(payload.get("num_turns")))
        else:
            self.left_out[kind or "unknown"] += 1

    def _count(self, info: dict[str, Any]) -> None:
        """Adds what the last request took to the last answer; the same figures are told more than once."""
        total = _usage(values.mapping(info.get("total_token_usage")))
        last = _usage(values.mapping(info.get("last_token_usage")))
        if total is None or total == self._total:
            return
        last = last or _beyond(total, self._total)
        self._total = total
        for thread in (self._items, self._events):
            draft = next((draft for draft in reversed(thread.drafts) if draft.role == "assistant"), None)
            if draft is not None:
                draft.usage = last if draft.usage is None else draft.usage + last


def _roll_back(thread: Thread, turns: int) -> None:
    while turns > 0 and thread.head is not None:
        draft = thread.by_id[thread.head]
        thread.head = draft.parent
        turns -= draft.role == "user"


def _content(content: Any) -> str:
    if isinstance(content, str):
        return values.text(content)
    said = []
    for piece in values.sequence(content):
        if isinstance(piece, dict) and isinstance(piece.get("text"), str):
            said.append(values.text(piece["text"]))
        elif isinstance(piece, dict) and values.text(piece.get("type")).endswith(("image", "file", "audio")):
            said.append(placeholder(values.text(piece.get("type")), values.named(piece.get("filename"))))
        else:
            said.append(json_text(piece))
    if not isinstance(content, list | str) and content is not None:
        said.append(json_text(content))
    return "\n\n".join(each for each in said if each)


def _usage(told: dict[str, Any]) -> Usage | None:
    if not told:
        return None
    return Usage(
        input_tokens=values.tokens(told.get("input_tokens")),
        output_tokens=values.tokens(told.get("output_tokens")),
        cached_tokens=values.tokens(told.get("cached_input_tokens")),
        reasoning_tokens=values.tokens(told.get("reasoning_output_tokens")),
    )


def _beyond(total: Usage, before: Usage | None) -> Usage:
    before = before or Usage()
    return Usage(
        input_tokens=max(0, total.input_tokens - before.input_tokens),
        output_tokens=max(0, total.output_tokens - before.output_tokens),
        cached_tokens=max(0, total.cached_tokens - before.cached_tokens),
        reasoning_tokens=max(0, total.reasoning_tokens - before.reasoning_tokens),
    )
