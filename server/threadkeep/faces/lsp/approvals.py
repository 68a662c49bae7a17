"""Approvals for clients; apart, since most windows never see one."""

from threadkeep.domain import approvals as domain
from threadkeep.protocol.types import approvals


def approval(kept: domain.Approval) -> approvals.Approval:
    """An approval for clients."""
    return approvals.Approval(
        id=kept.id,
        session_id=kept.session_id,
        turn_id=kept.turn_id,
        message_id=kept.message_id,
        tool_call_id=kept.call_id,
        title=kept.title,
        detail=kept.detail,
        options=tuple(_option(each) for each in kept.options),
        created_at=kept.created_at,
        decided_at=kept.decided_at,
        option_id=kept.option_id,
        decided_by=kept.decided_by,
        note=kept.note,
        is_withdrawn=kept.is_withdrawn or None,
    )


def requested(kept: domain.Approval) -> approvals.ApprovalNotice:
    """What everybody hears who follows the session."""
    return approvals.ApprovalNotice(session_id=kept.session_id, approval=approval(kept))


def closed(kept: domain.Approval) -> approvals.ApprovalClosedNotice:
    """The same when nobody is to be asked any more."""
    return approvals.ApprovalClosedNotice(
        session_id=kept.session_id,
        approval_id=kept.id,
        option_id=kept.option_id,
        decided_by=kept.decided_by,
        is_withdrawn=kept.is_withdrawn or None,
    )


def _option(kept: domain.ApprovalOption) -> approvals.ApprovalOption:
    rule = kept.rule
    return approvals.ApprovalOption(
        id=kept.id,
        name=kept.name,
        kind=kept.kind,
        rule=approvals.PermissionRule(
            tool=rule.tool,
            match=rule.match,
            decision=rule.decision,
            repository=rule.repository,
            session_id=rule.session_id,
        )
        if rule
        else None,
    )
