"""The command that clears up: `store cleanup`."""

import argparse

from threadkeep.cli import formats
from threadkeep.cli.session_filters import filter_of
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client
from threadkeep.protocol.types.organise import CleanUpParams, CleanUpResult


async def clean_up(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """Tells what is old; with `--apply` it goes into the trash. Raises CommandFailed."""
    params = CleanUpParams(
        older_than=options.older_than,
        filter=filter_of(options),
        dry_run=not options.apply,
        purge_trash=options.purge_trash,
    )
    result = await client.request(params)
    if options.json:
        terminal.say_json(result)
        return 0
    for line in clean_up_lines(result, is_applied=options.apply):
        terminal.say(line)
    return 0


def clean_up_lines(found: CleanUpResult, *, is_applied: bool) -> list[str]:
    """What was done, or would be."""
    trashed, erased = (
        ("Into the trash", "Erased") if is_applied else ("Would go into the trash", "Would be erased")
    )
    lines = [formats.session_line(session) for session in found.sample]
    if found.count > len(found.sample):
        lines.append(f"… and {found.count - len(found.sample):,} more")
    lines.append(f"{trashed}: {formats.plural(found.count, 'session')}")
    if found.kept:
        lines.append(f"Old, and kept as favourite, tagged or busy: {formats.plural(found.kept, 'session')}")
    if found.purged:
        lines.append(f"{erased}: {formats.plural(found.purged, 'session')}")
    lines.append(f"The store takes {formats.size(found.bytes)}")
    if not is_applied and (found.count or found.purged):
        lines.append("Nothing was changed: say --apply to do it")
    return lines
