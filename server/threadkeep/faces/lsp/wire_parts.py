"""What answers hold beside words, and how it changes, for clients; apart, since most answers have none of it."""

from collections.abc import Mapping
from typing import Any, Final

from threadkeep.domain.events import ApprovalClosed, ApprovalRequested, OutputStreamed, PartChanged
from threadkeep.domain.messages import Attachment, Part
from threadkeep.domain.tool_calls import Blob, OutputItem, ToolCall
from threadkeep.faces.lsp.approvals import closed, requested
from threadkeep.faces.lsp.wire import part, range_of
from threadkeep.protocol.types import messages, parts


def other_part(kept: Part) -> parts.Part:  # noqa: PLR0911 - one return a type of part
    """A part for clients that is neither text nor reasoning."""
    match kept.type:
        case "attachment" if kept.attachment is not None:
            return _attachment_part(kept, kept.attachment)
        case "toolCall" if kept.call is not None:
            return _tool_call(kept, kept.call)
        case "plan":
            return parts.PlanPart(
                entries=tuple(
                    parts.PlanEntry(content=each.content, priority=each.priority, status=each.status)  # type: ignore[arg-type]  # or an agent's own word
                    for each in kept.plan
                )
            )
        case "image" | "audio" | "file" if kept.media is not None:
            return _MEDIA[kept.type](
                name=kept.media.name,
                mime_type=kept.media.mime_type,
                size=kept.media.size,
                sha256=kept.media.sha256,
            )
        case "compaction":
            return parts.CompactionPart(text=kept.text)
        case "providerBlock" if kept.block is not None:
            return parts.ProviderBlockPart(provider=kept.block.provider, data=kept.block.data)
        case "omitted":
            return parts.OmittedPart(count=kept.count)
    return parts.ReasoningPart(text=kept.text)


_MEDIA: Final[Mapping[str, type[parts.ImagePart | parts.AudioPart | parts.FilePart]]] = {
    "image": parts.ImagePart,
    "audio": parts.AudioPart,
    "file": parts.FilePart,
}


def _attachment_part(kept: Part, attachment: Attachment) -> parts.AttachmentPart:
    return parts.AttachmentPart(
        kind=attachment.kind,
        uri=attachment.uri,
        range=range_of(attachment.range) if attachment.range else None,
        text=kept.text,
        language_id=attachment.language_id,
        hash=attachment.hash,
        stale=attachment.stale,
        is_stand_in=attachment.is_stand_in or None,
    )


def _tool_call(kept: Part, call: ToolCall) -> parts.ToolCallPart:
    return parts.ToolCallPart(
        tool_call_id=call.id,
        name=call.name,
        title=call.title,
        kind=call.kind,
        state=call.state,
        input=call.input,
        input_blob=_blob(call.input_blob),
        output=tuple(_output_item(item) for item in call.output),
        locations=tuple(parts.CallLocation(uri=each.uri, line=each.line) for each in call.locations),
        parent_tool_call_id=call.parent_id,
        step=kept.step,
        started_at=call.started_at,
        ended_at=call.ended_at,
        error=call.error,
    )


def _output_item(item: OutputItem) -> parts.OutputItem:
    return parts.OutputItem(
        type=item.type,
        text=item.text,
        blob=_blob(item.blob),
        uri=item.uri,
        mime_type=item.mime_type,
        name=item.name,
        old_text=item.old_text,
        old_blob=_blob(item.old_blob),
        new_text=item.new_text,
        new_blob=_blob(item.new_blob),
        command=item.command,
        cwd=item.cwd,
        exit_code=item.exit_code,
        signal=item.signal,
        is_truncated=item.is_truncated or None,
    )


def _blob(blob: Blob | None) -> parts.Blob | None:
    if blob is None:
        return None
    return parts.Blob(sha256=blob.sha256, size=blob.size, head=blob.head, tail=blob.tail)


def output(event: OutputStreamed) -> dict[str, Any]:
    """What a running call puts out, already in its wire form."""
    return {
        "sessionId": event.session_id,
        "turnId": event.turn_id,
        "messageId": event.message_id,
        "kind": "toolOutput",
        "index": event.index,
        "toolCallId": event.call_id,
        "offset": event.offset,
        "text": event.text,
        "savedOffset": event.saved_offset,
    }


def part_notice(event: PartChanged) -> messages.PartNotice:
    """A part that has changed, for clients."""
    return messages.PartNotice(
        session_id=event.session_id,
        turn_id=event.turn_id,
        message_id=event.message_id,
        index=event.index,
        seq=event.seq,
        part=part(event.part),
    )


def of_parts(
    event: OutputStreamed | PartChanged | ApprovalRequested | ApprovalClosed,
) -> tuple[str, object, str]:
    """The notification that tells it: its method, its params, and the session whose followers hear it."""
    match event:
        case OutputStreamed(session_id=session_id):
            return "chat/delta", output(event), session_id
        case PartChanged(session_id=session_id):
            return "chat/part", part_notice(event), session_id
        case ApprovalRequested(approval=approval):
            return "chat/approvalRequested", requested(approval), approval.session_id
        case ApprovalClosed(approval=approval):
            return "chat/approvalClosed", closed(approval), approval.session_id
