"""Changes sessions one after the other, and tells what became of each."""

import argparse
from collections.abc import Awaitable, Callable
from typing import Any

import attrs

from threadkeep.cli import formats
from threadkeep.cli.failures import explain
from threadkeep.cli.ids import find_session
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Caller, RequestFailed
from threadkeep.client.reading import read
from threadkeep.protocol.converter import unstructure
from threadkeep.protocol.types.lifecycle import SessionResult
from threadkeep.protocol.types.sessions import Session


@attrs.frozen(kw_only=True)
class Each:
    """What became of one session."""

    session: Session | None = None
    """Nothing was done: it is as it was."""
    result: Any = None
    """The `SessionResult` of what was done, as JSON."""
    told: str
    """What follows its title, e.g. `is paused`."""


async def change_each(
    client: Caller,
    options: argparse.Namespace,
    terminal: Terminal,
    change: Callable[[Session], Awaitable[Each]],
) -> int:
    """Changes the sessions of `options.ids`; the exit code is 1 if one of them could not be.

    An id that nobody knows changes nothing at all. Raises CommandFailed, RequestFailed.
    """
    sessions = {
        session.id: session
        for session in [await find_session(client, given) for given in dict.fromkeys(options.ids)]
    }
    results: list[Any] = []
    failed = False
    for before in sessions.values():
        try:
            done = await change(before)
        except RequestFailed as error:
            terminal.note(f"threadkeep: {formats.session_line(before)}: {explain(error)}")
            failed = True
            continue
        results.append({"session": unstructure(done.session)} if done.session is not None else done.result)
        if not options.json:
            after = done.session or read(done.result, SessionResult).session
            terminal.say(f"{formats.session_line(after)}: {done.told}")
    if options.json:
        terminal.say(formats.json_text(results))
    return 1 if failed else 0
