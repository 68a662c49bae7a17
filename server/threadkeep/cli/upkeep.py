"""The commands that look after the store: doctor, backup, restore."""

import argparse

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.places import absolute
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client
from threadkeep.domain.errors import ThreadkeepError
from threadkeep.protocol.types.upkeep import (
    BackUpStoreParams,
    BackUpStoreResult,
    CheckStoreParams,
    CheckStoreResult,
)


async def show_backup(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`store backup`."""
    result = await client.request(
        BackUpStoreParams(path=str(absolute(options.path)) if options.path else None)
    )
    _show(result, options, terminal, backup_lines(result))
    return 0


async def show_doctor(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`store doctor`; the exit code is 1 while anything is wrong with the store."""
    result = await client.request(CheckStoreParams(repair=options.repair))
    _show(result, options, terminal, doctor_lines(result))
    return 0 if result.is_healthy else 1


def restore_backup(options: argparse.Namespace, terminal: Terminal) -> int:
    """Makes a backup the store, in this process: no server may run."""
    from threadkeep.bootstrap import restore

    store = str(absolute(options.store)) if options.store else None
    backup = absolute(options.path)
    try:
        restored = restore(backup, flags={"store": store, "log_level": None})
    except ThreadkeepError as error:
        raise CommandFailed(error.message) from error
    result = {"path": restored.path, **({"replaced": restored.replaced} if restored.replaced else {})}
    kept = [f"What was there before is kept in {restored.replaced}"] if restored.replaced else []
    _show(result, options, terminal, [f"The store {restored.path} is now as in {backup}", *kept])
    return 0


def backup_lines(backup: BackUpStoreResult) -> list[str]:
    """Where the copy is."""
    return [f"{backup.path} ({formats.size(backup.bytes)})"]


def doctor_lines(found: CheckStoreResult) -> list[str]:
    """A line for each problem, and what follows from them."""
    lines = [
        f"{'repaired' if problem.is_repaired else 'wrong'}: {problem.kind} ({problem.count:,}): {problem.message}"
        for problem in found.problems
    ]
    if not found.problems:
        lines.append("The store is healthy.")
    elif found.is_healthy:
        lines.append("The store is healthy now.")
    elif found.backup is None:
        lines.append("`threadkeep store doctor --repair` makes a backup and repairs what can be repaired.")
    else:
        lines.append("Not all could be repaired: `threadkeep store restore PATH` brings a backup back.")
    return lines + ([f"How it was before is kept in {found.backup}"] if found.backup else [])


def _show(result: object, options: argparse.Namespace, terminal: Terminal, lines: list[str]) -> None:
    if options.json:
        terminal.say_json(result)
        return
    for line in lines:
        terminal.say(formats.one_line(line))
