"""The commands that change the state of sessions, the trash among them."""

import argparse
from collections.abc import Callable, Iterable
from typing import Any, Final

from threadkeep.cli import formats
from threadkeep.cli.changing import Each, change_each
from threadkeep.cli.failures import CommandFailed, explain
from threadkeep.cli.ids import find_session
from threadkeep.cli.questions import agrees
from threadkeep.cli.taking_over import is_to_be_taken_over
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client, RequestFailed
from threadkeep.protocol.types.chat import TakeOverParams
from threadkeep.protocol.types.lifecycle import (
    ArchiveSessionParams,
    DeleteSessionParams,
    EndSessionParams,
    PauseSessionParams,
    RestoreSessionParams,
    ResumeSessionParams,
    SessionResult,
    UnarchiveSessionParams,
)
from threadkeep.protocol.types.organise import PurgeSessionParams
from threadkeep.protocol.types.sessions import Session
from threadkeep.protocol.value import Request

_STATES: Final[
    dict[str, tuple[Callable[..., Request[SessionResult]], str, str, Callable[[Session], bool]]]
] = {
    "pause": (PauseSessionParams, "is paused", "was paused already", lambda each: each.status == "paused"),
    "resume": (ResumeSessionParams, "goes on", "was not paused", lambda each: each.status == "active"),
    "end": (EndSessionParams, "has ended", "had ended already", lambda each: each.status == "ended"),
    "archive": (
        ArchiveSessionParams,
        "is archived",
        "was archived already",
        lambda each: each.archived_at is not None,
    ),
    "unarchive": (
        UnarchiveSessionParams,
        "is back in the lists",
        "was not archived",
        lambda each: each.archived_at is None,
    ),
    "delete": (
        DeleteSessionParams,
        "is in the trash",
        "was in the trash already",
        lambda each: each.trashed_at is not None,
    ),
    "restore": (
        RestoreSessionParams,
        "is back",
        "was not in the trash",
        lambda each: each.trashed_at is None,
    ),
}
"""The request, what is told of a session that was changed, of one that was so before, and how that is seen."""


async def change_states(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`sessions pause`, `resume`, `end`, `archive`, `unarchive`, `delete` and `restore`."""
    name = options.command.removeprefix("sessions ")
    request, told, already, is_so = _STATES[name]

    async def change(session: Session) -> Each:
        if is_so(session):
            return Each(session=session, told=already)
        asked = request(session_id=session.id, reason=options.reason or None)
        try:
            return Each(session=(await client.request(asked)).session, told=told)
        except RequestFailed as error:
            if not is_to_be_taken_over(error, terminal, at_once=getattr(options, "take_over", False)):
                raise
            await client.request(TakeOverParams(session_id=session.id, turn_id=error.data["turnId"]))
        return Each(session=(await client.request(asked)).session, told=told)

    return await change_each(client, options, terminal, change)


async def purge(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`sessions purge`, after a question; the exit code is 1 if one of them could not be erased.

    What cannot be erased is named before the question; the others are erased. Raises CommandFailed, RequestFailed
    where only one was named.
    """
    sessions, refusals = await _in_trash(client, options.ids)
    if not sessions and len(refusals) == 1:
        raise refusals[0]
    for refusal in refusals:
        terminal.note(f"threadkeep: {explain(refusal)}")
        for line in getattr(refusal, "lines", ()):
            terminal.note(f"  {line}")
    if not options.yes and sessions:
        many = formats.plural(len(sessions), "session")
        about = [formats.session_line(session) for session in sessions]
        otherwise = f"this erases {many} for good: say --yes"
        if not agrees(terminal, f"Erase {many} for good?", about=about, otherwise=otherwise):
            return 1
    erased: list[Any] = []
    for session in sessions:
        try:
            await client.request(PurgeSessionParams(session_id=session.id))
        except RequestFailed as error:
            terminal.note(f"threadkeep: {formats.session_line(session)}: {explain(error)}")
            continue
        erased.append({"sessionId": session.id})
        terminal.note(f"{formats.session_line(session)}: is erased")
    if options.json:
        terminal.say_json(erased)
    return 0 if len(erased) == len(sessions) and not refusals else 1


async def _in_trash(client: Client, texts: Iterable[str]) -> tuple[list[Session], list[Exception]]:
    """The sessions of the trash that are meant, each once, and why the others cannot be erased."""
    found: dict[str, Session] = {}
    refusals: dict[str, Exception] = {}
    for text in dict.fromkeys(texts):
        try:
            session = await find_session(client, text)
        except (CommandFailed, RequestFailed) as error:
            refusals[text] = error
            continue
        if session.trashed_at is not None:
            found[session.id] = session
            continue
        refusals[session.id] = CommandFailed(
            f"{formats.session_line(session)} is not in the trash: `threadkeep sessions delete "
            f"{session.id}` puts it there"
        )
    return list(found.values()), list(refusals.values())
