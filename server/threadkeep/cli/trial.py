"""The command that tries a model out: `models test`."""

import argparse
import asyncio
from contextlib import aclosing

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.places import absolute
from threadkeep.cli.terminal import Terminal
from threadkeep.domain.errors import ThreadkeepError


def try_model(options: argparse.Namespace, terminal: Terminal) -> int:
    """Asks the model in this process, tells what works, and writes the case file where one is wanted.

    Returns:
        0, or 1 if something does not work.
    """
    store = str(absolute(options.store)) if options.store else None
    file = absolute(options.record) if options.record else None
    if file is not None and file.exists():
        raise CommandFailed(f"{file} exists already: name another file")
    try:
        failures, case = asyncio.run(_try(options.model, {"store": store, "log_level": None}, terminal))
    except ThreadkeepError as error:
        raise CommandFailed(error.message) from error
    if file is not None:
        file.write_bytes(case)
        told = "holds what the server sent, without keys and words: look at it, and send it along."
        terminal.say(f"{file} {told}")
    return 1 if failures else 0


async def _try(model: str, flags: dict[str, str | None], terminal: Terminal) -> tuple[int, bytes]:
    """How many things do not work, and the case."""
    from threadkeep.bootstrap import try_model as tried

    case, failures = bytearray(), 0
    async with aclosing(tried(model, flags=flags)) as results:
        async for result, responses in results:
            failures += not result.is_working
            word = "works" if result.is_working else "fails"
            terminal.say(formats.one_line(f"{result.name}: {word} ({result.told})"))
            for response in responses:
                case += f"### {result.name}\r\n".encode() + response + b"\r\n"
    return failures, bytes(case)
