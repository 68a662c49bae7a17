"""Finds the session that the beginning of an id means."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.client import Caller, RequestFailed
from threadkeep.client.reading import read
from threadkeep.protocol.converter import unstructure
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.protocol.types.lists import ListSessionsParams, ListSessionsResult, SessionFilter
from threadkeep.protocol.types.sessions import Session

_WHOLE: Final = 36
"""Characters of a uuid."""
_DATED: Final = re.compile(r"[0-9a-f]{8}(?:-(?:[0-9a-f]{0,4}|[0-9a-f]{4}-7.*))?")
"""The beginning of a uuid7, which tells when it was made, long enough to fit no other id by chance."""
_MARGIN: Final = timedelta(minutes=1)
_SHOWN: Final = 10


async def find_id(client: Caller, text: str) -> str:
    """The id of the session that `text` means.

    Raises:
        CommandFailed: several begin so; `lines` tells which.
        RequestFailed: there is none.
    """
    return text if len(text) >= _WHOLE else (await find_session(client, text)).id


async def find_session(client: Caller, text: str) -> Session:
    """The session that `text` means; raises as `find_id` does."""
    try:
        return read((await client.call("session/get", {"sessionId": text}))["session"], Session)
    except RequestFailed as error:
        if error.kind != "sessionNotFound" or len(text) >= _WHOLE or not text.strip():
            raise
        found = await _beginning_with(client, text)
        if not found:
            raise
    if len(found) > 1:
        raise CommandFailed(
            f"more than one session begins with {text}: give more of its id",
            lines=[
                *(f"{session.id}  {formats.one_line(session.title)}" for session in found[:_SHOWN]),
                *(["…"] if len(found) > _SHOWN else []),
            ],
        )
    return found[0]


async def _beginning_with(client: Caller, text: str) -> list[Session]:
    """The sessions whose ids begin so, at most one more than are shown."""
    if (span := time_span(text)) and (found := await _among(client, text, span)):
        return found
    return await _among(client, text, {})


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


async def _among(client: Caller, text: str, span: dict[str, Any]) -> list[Session]:
    found: list[Session] = []
    cursor: str | None = None
    while True:
        params = ListSessionsParams(
            filter=SessionFilter(archived="include", trashed="include", **span), limit=MAX_PAGE, cursor=cursor
        )
        page = await client.call("session/list", unstructure(params))
        page["sessions"] = [each for each in page["sessions"] if each["id"].startswith(text)]
        listed = read(page, ListSessionsResult)
        found += listed.sessions
        cursor = listed.next_cursor
        if cursor is None or len(found) > _SHOWN:
            return found
