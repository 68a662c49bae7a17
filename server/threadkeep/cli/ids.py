"""Finds the sessions that the beginnings of ids mean."""

from collections.abc import Iterable, Sequence
from typing import Final

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.client import Client, RequestFailed
from threadkeep.protocol.types.lifecycle import GetSessionParams
from threadkeep.protocol.types.lists import ListSessionsParams, SessionFilter
from threadkeep.protocol.types.sessions import Session

_WHOLE: Final = 36
"""Characters of a uuid."""
_SHOWN: Final = 10


async def find_id(client: Client, text: str) -> str:
    """The id of the session that `text` means.

    Raises:
        CommandFailed: several begin so; `lines` tells which.
        RequestFailed: there is none.
    """
    return text if len(text) >= _WHOLE else (await find_session(client, text)).id


async def find_session(client: Client, text: str) -> Session:
    """The session that `text` means; raises as `find_id` does. A whole id goes before the beginning of another."""
    try:
        return (await client.request(GetSessionParams(session_id=text))).session
    except RequestFailed as error:
        if error.kind != "sessionNotFound" or len(text) >= _WHOLE or not text.strip():
            raise
        missing = error
    found = await _with_prefix(client, text)
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


async def find_sessions(client: Client, texts: Iterable[str]) -> list[Session]:
    """The sessions that are meant, each once; raises as `find_id` does."""
    meant = [await find_session(client, text) for text in dict.fromkeys(texts)]
    return list({session.id: session for session in meant}.values())


async def _with_prefix(client: Client, text: str) -> Sequence[Session]:
    """At least one more than are shown, where there are so many."""
    wanted = SessionFilter(id_prefix=text, archived="include", trashed="include")
    listed = await client.request(ListSessionsParams(filter=wanted, limit=_SHOWN + 1))
    # a server that does not know the filter would give others, and what is found may be deleted
    return [session for session in listed.sessions if session.id.startswith(text)]
