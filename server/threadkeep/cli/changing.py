"""Changes sessions one after the other, and tells what became of each."""

import argparse
from collections.abc import Awaitable, Callable

import attrs

from threadkeep.cli import formats
from threadkeep.cli.failures import explain
from threadkeep.cli.ids import find_sessions
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client, RequestFailed
from threadkeep.protocol.types.lifecycle import SessionResult
from threadkeep.protocol.types.sessions import Session


@attrs.frozen(kw_only=True)
class Each:
    """What became of one session."""

    session: Session
    """As it is now."""
    told: str
    """What follows its title, e.g. `is paused`."""


async def change_each(
    client: Client,
    options: argparse.Namespace,
    terminal: Terminal,
    change: Callable[[Session], Awaitable[Each]],
) -> int:
    """Changes the sessions of `options.ids`; the exit code is 1 if one of them could not be.

    An id that nobody knows changes nothing at all. Raises CommandFailed, RequestFailed.
    """
    results: list[SessionResult] = []
    failed = False
    for before in await find_sessions(client, options.ids):
        try:
            done = await change(before)
        except RequestFailed as error:
            terminal.note(f"threadkeep: {formats.session_line(before)}: {explain(error)}")
            failed = True
            continue
        results.append(SessionResult(session=done.session))
        if not options.json:
            terminal.say(f"{formats.session_line(done.session)}: {done.told}")
    if options.json:
        terminal.say_json(results)
    return 1 if failed else 0
