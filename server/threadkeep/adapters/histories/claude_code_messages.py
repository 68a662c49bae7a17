"""Claude Code's records as messages: joined where one answer came in pieces, results in a row; apart, since it knows no file."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from threadkeep.adapters.histories import values
from threadkeep.adapters.histories.building import HIDDEN_REASONING, Draft, call_text, json_text, placeholder
from threadkeep.domain.messages import Role, Usage
from threadkeep.domain.transfer import ForeignMessage
from threadkeep.values import Value, field


class Record(Value):
    """A record that has a place in the tree; `draft` is None where it only leads on to the next."""

    uuid: str
    parent: str | None
    is_sidechain: bool
    draft: Draft | None = None
    answer_id: str | None = None
    """The answer that it is a piece of."""
    is_result: bool = False
    left_out: Counter[str] = field(factory=Counter)


def record(found: dict[str, Any], line: int) -> Record | None:
    """The record, if it has a place in the tree or says something."""
    kind = values.text(found.get("type"))
    uuid = values.named(found.get("uuid"))
    draft, left_out = _draft(kind, found)
    if draft is None and uuid is None:
        return None
    uuid = uuid or f"line-{line}"
    parent = values.named(found.get("parentUuid")) or values.named(found.get("logicalParentUuid"))
    if draft is None:
        left_out[kind or "unknown"] += 1
    else:
        draft.origin_id, draft.parent, draft.at = uuid, parent, values.moment(found.get("timestamp"))
    message = values.mapping(found.get("message"))
    return Record(
        uuid=uuid,
        parent=parent,
        is_sidechain=found.get("isSidechain") is True,
        draft=draft,
        answer_id=values.named(message.get("id")) if kind == "assistant" else None,
        is_result=draft is not None and draft.role == "tool",
        left_out=left_out,
    )


def sidechain_roots(records: Sequence[Record]) -> dict[str, str]:
    """For every record of a subagent the first one of its conversation."""
    parents = {record.uuid: record.parent for record in records if record.is_sidechain}
    roots: dict[str, str] = {}
    for uuid in parents:
        path: dict[str, None] = {}
        at: str | None = uuid
        while at is not None and at in parents and at not in roots and at not in path:
            path[at] = None
            at = parents[at]
        if path:
            root = roots.get(at or "") or list(path)[-1]
            roots.update(dict.fromkeys(path, root))
    return roots


def messages(records: Sequence[Record]) -> tuple[list[ForeignMessage], dict[str, str | None]]:
    """The messages as they stand in the file, and the parent of every record.

    The pieces of an answer become one message. Results of calls that were made at the same time hang side by
    side in the file; here they follow each other, so that all are seen.
    """
    drafts: dict[str, Draft] = {}
    answers: dict[str, str] = {}
    stands_for: dict[str, str] = {}
    results: dict[str, str] = {}
    """The newest result that follows an answer."""
    for each in records:
        if each.draft is None or each.uuid in drafts or each.uuid in stands_for:
            continue
        answer = answers.get(each.answer_id or "")
        if answer is not None and each.draft.role == "assistant":
            _join(drafts[answer], each.draft)
            stands_for[each.uuid] = answer
            continue
        drafts[each.uuid] = each.draft
        if each.answer_id is not None:
            answers[each.answer_id] = each.uuid
    parents = {each.uuid: each.parent for each in records}
    known: dict[str, str | None] = {}
    for uuid, draft in drafts.items():
        draft.parent = _up(parents.get(uuid), drafts, stands_for, parents, known)
    for uuid, draft in drafts.items():
        if draft.role == "tool" and draft.parent is not None and drafts[draft.parent].role == "assistant":
            answer = draft.parent
            draft.parent = results.get(answer, answer)
            results[answer] = uuid
    _lead_behind_results(drafts, results)
    return [draft.made() for draft in drafts.values()], {
        **parents,
        **stands_for,
        **{uuid: draft.parent for uuid, draft in drafts.items()},
    }


def _lead_behind_results(drafts: dict[str, Draft], results: dict[str, str]) -> None:
    """What follows one of several results follows the last of them."""
    last: dict[str, str] = {}
    for answer, newest in results.items():
        uuid: str | None = newest
        while uuid is not None and uuid != answer:
            last[uuid] = newest
            uuid = drafts[uuid].parent
    for uuid, draft in drafts.items():
        if uuid not in last and draft.parent in last:
            draft.parent = last[draft.parent]


def _up(
    uuid: str | None,
    drafts: dict[str, Draft],
    stands_for: dict[str, str],
    parents: dict[str, str | None],
    known: dict[str, str | None],
) -> str | None:
    """The message that a record is, or the nearest one above it. known: what was found before."""
    path: dict[str, None] = {}
    while uuid is not None and uuid not in path:
        found = uuid if uuid in drafts else stands_for.get(uuid, known.get(uuid))
        if found is not None or uuid in known:
            break
        path[uuid] = None
        uuid = parents.get(uuid)
    else:
        found = None
    known.update(dict.fromkeys(path, found))
    return found


def _join(answer: Draft, piece: Draft) -> None:
    answer.take(piece)
    answer.at = answer.at or piece.at
    # Every piece repeats what the whole answer took so far.
    answer.usage = piece.usage or answer.usage


def _draft(kind: str, found: dict[str, Any]) -> tuple[Draft | None, Counter[str]]:
    left_out: Counter[str] = Counter()
    message = values.mapping(found.get("message"))
    if kind == "assistant" and message:
        return _answer(message, found, left_out), left_out
    if kind == "user" and message:
        return _said(message, found, left_out), left_out
    draft = _empty("system")
    if kind == "system":
        draft.say(values.text(found.get("content")))
        draft.metadata = _only(kind=values.named(found.get("subtype")))
    attachment = values.mapping(found.get("attachment"))
    if kind == "attachment" and attachment.get("type") == "queued_command":
        draft = _empty("user")
        _add(draft, attachment.get("prompt"), left_out)
    return (None if draft.is_empty else draft), left_out


def _answer(message: dict[str, Any], found: dict[str, Any], left_out: Counter[str]) -> Draft:
    model = values.named(message.get("model"))
    draft = _empty("assistant")
    if model is not None and model != "<synthetic>":
        draft.model, draft.provider = model, "anthropic"
        draft.usage = _usage(values.mapping(message.get("usage")), cost=values.price(found.get("costUSD")))
    _add(draft, message.get("content"), left_out)
    return draft


def _said(message: dict[str, Any], found: dict[str, Any], left_out: Counter[str]) -> Draft:
    content = message.get("content")
    results = [
        block
        for block in values.sequence(content)
        if isinstance(block, dict) and block.get("type") == "tool_result"
    ]
    # What the tool put into a person's mouth is not what the person said.
    injected = found.get("isMeta") is True or found.get("isCompactSummary") is True
    draft = _empty("tool" if results else "system" if injected else "user")
    if results:
        draft.metadata = _only(
            callId=values.named(results[0].get("tool_use_id")),
            failed=True if results[0].get("is_error") is True else None,
        )
    elif injected:
        draft.metadata = _only(kind="summary" if found.get("isCompactSummary") is True else "injected")
    _add(draft, content, left_out)
    return draft


def _add(draft: Draft, content: Any, left_out: Counter[str]) -> None:
    """Adds blocks, or plain text."""
    if isinstance(content, str):
        draft.say(values.text(content))
        return
    for block in values.sequence(content):
        if not isinstance(block, dict):
            left_out["unknown block"] += 1
            continue
        draft.think(_thought(block))
        draft.say("\n\n".join(_texts(block)))


def _thought(block: dict[str, Any]) -> str:
    if block.get("type") not in ("thinking", "redacted_thinking"):
        return ""
    return values.text(block.get("thinking")) or HIDDEN_REASONING


def _texts(block: dict[str, Any]) -> Iterator[str]:
    kind = values.text(block.get("type"))
    if kind == "text":
        yield values.text(block.get("text"))
    elif kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
        yield call_text(values.named(block.get("name")), block.get("input"))
    elif kind.endswith("tool_result"):
        content = block.get("content")
        if isinstance(content, str):
            yield values.text(content) or "[no output]"
        elif isinstance(content, list):
            said = [said for inner in content if isinstance(inner, dict) for said in _inner(inner)]
            yield "\n\n".join(said) or "[no output]"
        else:
            yield "[no output]" if content is None else json_text(content)
    elif kind not in ("thinking", "redacted_thinking"):
        yield from _inner(block)


def _inner(block: dict[str, Any]) -> Iterator[str]:
    """A block that is not taken apart further."""
    kind = values.named(block.get("type")) or "unknown"
    if kind == "text":
        yield values.text(block.get("text"))
        return
    source = values.mapping(block.get("source"))
    name = values.named(block.get("title")) or values.named(block.get("tool_name"))
    yield placeholder(kind, name or values.named(source.get("media_type")) or values.named(block.get("url")))


def _usage(told: dict[str, Any], *, cost: float | None) -> Usage | None:
    if not told:
        return None
    cached = values.tokens(told.get("cache_read_input_tokens"))
    written = values.tokens(told.get("cache_creation_input_tokens"))
    return Usage(
        input_tokens=values.tokens(told.get("input_tokens")) + cached + written,
        output_tokens=values.tokens(told.get("output_tokens")),
        cached_tokens=cached,
        cost=cost,
    )


def _empty(role: Role) -> Draft:
    return Draft(origin_id="", parent=None, role=role)


def _only(**told: Any) -> dict[str, Any]:
    return {key: value for key, value in told.items() if value is not None}
