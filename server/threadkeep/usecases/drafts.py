"""What stands in the prompts of a session's windows and is not sent. Blocking: run in the lane."""

from collections.abc import Sequence

import attrs

from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.messages import WantedAttachment
from threadkeep.ports.store import Changes, Draft, Records

MAX_OFFERED = 8
"""Drafts of other windows that are offered."""


@attrs.frozen(kw_only=True)
class Drafts:
    """What a window gets back, and what else was typed in the session, newest first."""

    own: Draft | None = None
    others: tuple[Draft, ...] = ()


NO_DRAFTS = Drafts()


def drafts_of(records: Records, session_id: str, window_id: str | None) -> Drafts:
    """The newer of the window's and the session's own draft, and the others to be offered.

    What another window holds is never taken unasked: it may be open, and somebody may be typing in it.
    """
    newest_first = sorted(records.drafts(session_id), key=lambda draft: draft.at, reverse=True)
    own = next((draft for draft in newest_first if draft.window_id in (window_id, None)), None)
    others: list[Draft] = []
    for draft in newest_first:
        if draft is not own and all(not _is_same(draft, known) for known in (own, *others)):
            others.append(draft)
    return Drafts(own=own, others=tuple(others[:MAX_OFFERED]))


def put_draft(changes: Changes, draft: Draft, *, replaces: Sequence[str] = ()) -> None:
    """Keeps a draft in place of the window's earlier one; those of the windows in `replaces` go with it, and
    an empty one only removes. Raises InvalidValue for more than a message can take along."""
    _check(draft.attachments)
    for window_id in replaces:
        gone = changes.draft(draft.session_id, window_id or None)
        if gone is not None and gone.window_id != draft.window_id:
            changes.put_draft(gone.emptied)
    changes.put_draft(draft)


def drop_sent(changes: Changes, session_id: str, text: str) -> None:
    """Removes the drafts that were just sent, in the transaction of the message: they never come back after it."""
    for draft in changes.drafts(session_id):
        if draft.text.strip() == text.strip():
            changes.put_draft(draft.emptied)


def _is_same(draft: Draft, other: Draft | None) -> bool:
    return other is not None and (draft.text, draft.attachments) == (other.text, other.attachments)


def _check(attachments: Sequence[WantedAttachment]) -> None:
    if not attachments:
        return
    from threadkeep.domain.attachments import MAX_ATTACHMENTS, MAX_TOTAL_BYTES  # an editor's start has none

    if len(attachments) > MAX_ATTACHMENTS:
        raise InvalidValue("attachments", f"must be at most {MAX_ATTACHMENTS}, not {len(attachments)}")
    size = sum(len((one.text or "").encode("utf-8", "surrogatepass")) for one in attachments)
    if size > MAX_TOTAL_BYTES:
        raise InvalidValue(
            "attachments", f"must hold at most {MAX_TOTAL_BYTES // 1024**2} MiB of text together"
        )
