"""Finds the sessions that the beginnings of ids mean."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.client import Caller, RequestFailed
from threadkeep.client.reading import read
from threadkeep.protocol.converter import unstructure
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.protocol.types.lists import ListSessionsParams, ListSessionsResult, SessionFilter, SessionSort
from threadkeep.protocol.types.sessions import Session

_WHOLE: Final = 36
"""Characters of a uuid."""
_DATED: Final = re.compile(r"[0-9a-f]{8}(?:-(?:[0-9a-f]{0,4}|[0-9a-f]{4}-7.*))?")
"""The beginning of a uuid7, which tells when it was made, long enough to fit no other id by chance."""
_MARGIN: Final = timedelta(minutes=1)
_SHOWN: Final = 10


async def find_id(client: Caller, text: str, *, to_change: bool = False) -> str:
    """The id of the session that `text` means.

    Args:
        to_change: what is done with it cannot be looked at first; see `find_sessions`.

    Raises:
        CommandFailed: several begin so; `lines` tells which.
        RequestFailed: there is none.
    """
    if len(text) >= _WHOLE:
        return text
    if to_change:
        return (await find_sessions(client, [text]))[0].id
    return (await find_session(client, text)).id


async def find_session(client: Caller, text: str) -> Session:
    """The session that `text` means, to be read; raises as `find_id` does.

    One that was made at the time in a uuid7 goes before an imported one whose id only begins so.
    """
    known = await _exact(client, text)
    if isinstance(known, Session):
        return known
    found: list[Session] = []
    if span := time_span(text):
        found = (await _among(client, [text], span))[text]
    return _only(text, found or (await _among(client, [text], {}))[text], known)


async def find_sessions(client: Caller, texts: Iterable[str]) -> list[Session]:
    """The sessions that are meant, to be changed, each once; raises as `find_id` does.

    All sessions are looked at: an imported one may be older or younger than the time in its id, and what
    is meant for another must not be done to it.
    """
    known = {text: await _exact(client, text) for text in dict.fromkeys(texts)}
    beginnings = [text for text, one in known.items() if not isinstance(one, Session)]
    found = await _among(client, beginnings, {}) if beginnings else {}
    meant = (
        one if isinstance(one, Session) else _only(text, found[text], one) for text, one in known.items()
    )
    return list({session.id: session for session in meant}.values())


def time_span(text: str) -> dict[str, str]:
    """The members of a filter that leave the sessions of about the time in a uuid7; empty where it tells none."""
    if not _DATED.fullmatch(text):
        return {}
    digits = text.replace("-", "")[:12]
    try:
        first, last = (
            datetime.fromtimestamp(int(digits.ljust(12, filling), 16) / 1000, UTC) for filling in "0f"
        )
        return {
            "created_after": (first - _MARGIN).isoformat(),
            "created_before": (last + _MARGIN).isoformat(),
        }
    except (OverflowError, OSError, ValueError):  # no such year
        return {}


async def _exact(client: Caller, text: str) -> Session | RequestFailed:
    """The session of this id, or the error of one that may be a beginning. Raises RequestFailed."""
    try:
        return read((await client.call("session/get", {"sessionId": text}))["session"], Session)
    except RequestFailed as error:
        if error.kind != "sessionNotFound" or len(text) >= _WHOLE or not text.strip():
            raise
        return error


def _only(text: str, found: Sequence[Session], missing: RequestFailed) -> Session:
    if not found:
        raise missing
    if len(found) > 1:
        raise CommandFailed(
            f"more than one session begins with {text}: give more of its id",
            lines=[
                *(f"{session.id}  {formats.one_line(session.title)}" for session in found[:_SHOWN]),
                *(["…"] if len(found) > _SHOWN else []),
            ],
        )
    return found[0]


async def _among(client: Caller, texts: Sequence[str], span: dict[str, Any]) -> dict[str, list[Session]]:
    """By text the sessions whose ids begin so, at least one more than are shown where there are so many."""
    found: dict[str, dict[str, Session]] = {text: {} for text in texts}
    cursor: str | None = None
    while True:
        params = ListSessionsParams(
            filter=SessionFilter(archived="include", trashed="include", **span),
            # by what never changes: a session that moves to another page would be missed
            sort=SessionSort(by="createdAt"),
            limit=MAX_PAGE,
            cursor=cursor,
        )
        page = await client.call("session/list", unstructure(params))
        page["sessions"] = [each for each in page["sessions"] if each["id"].startswith(tuple(texts))]
        listed = read(page, ListSessionsResult)
        for text, those in found.items():
            those.update((each.id, each) for each in listed.sessions if each.id.startswith(text))
        cursor = listed.next_cursor
        if cursor is None or all(len(those) > _SHOWN for those in found.values()):
            return {text: list(those.values()) for text, those in found.items()}
