"""The commands about the server, its models and its store; loaded when one of them is given."""

import argparse
import asyncio
from contextlib import aclosing
from typing import Final

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.places import absolute
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client
from threadkeep.domain.errors import ThreadkeepError
from threadkeep.protocol.types.server import ListModelsParams, ServerStatusParams, StoreInfoParams
from threadkeep.protocol.types.upkeep import (
    BackUpStoreParams,
    BackUpStoreResult,
    CheckStoreParams,
    CheckStoreResult,
)


async def show_store(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`store info`: where the store is and what it holds."""
    info = await client.request(StoreInfoParams())
    if options.json:
        terminal.say_json(info)
        return 0
    holds = (
        formats.plural(info.sessions, "session"),
        formats.plural(info.messages, "message"),
        f"{info.repositories:,} " + ("repository" if info.repositories == 1 else "repositories"),
    )
    fields: dict[str, str | None] = {
        "path": info.path,
        "holds": ", ".join(holds),
        "size": formats.size(info.bytes),
        "layout": f"version {info.schema_version}, {info.engine}",
        "runs in": _RUNS_IN.get(info.runs_in, info.runs_in) if info.runs_in else None,
        "lives until": _LIFETIMES.get(info.lifetime, info.lifetime) if info.lifetime else None,
    }
    for line in formats.field_lines(fields):
        terminal.say(line)
    if info.lifetime_note:
        terminal.note(info.lifetime_note)
    return 0


async def show_models(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`models`: a table of models."""
    listed = await client.request(ListModelsParams())
    if options.json:
        terminal.say_json(listed)
        return 0
    rows = [
        (
            model.id,
            "ready" if model.available else "not ready",
            f"{model.context_window:,}" if model.context_window else "-",
            "default" if model.id == listed.default else "",
        )
        for model in listed.models
    ]
    for line in formats.table(("MODEL", "STATE", "CONTEXT", ""), rows, width=terminal.width):
        terminal.say(line)
    for problem in listed.problems or ():
        terminal.note(f"problem: {problem}")
    if listed.default.startswith("offline:") and not listed.problems:
        terminal.note(
            "No language model is configured: set a provider's key, or defaultModel in the settings."
        )
    return 0


async def show_settings(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`settings`: every setting, where store and log are, and what is wrong with some settings."""
    status = await client.request(ServerStatusParams())
    if options.json:
        terminal.say_json(status)
        return 0
    rows = [(each.name, each.source, formats.setting_value(each.value)) for each in status.settings]
    for line in formats.table(("SETTING", "FROM", "VALUE"), rows):
        terminal.say(line)
    terminal.say()
    for line in formats.field_lines({"store": status.store, "log": status.log, "version": status.version}):
        terminal.say(line)
    for problem in status.problems:
        terminal.note(f"problem: {problem}")
    return 0


_RUNS_IN: Final = {
    "codespaces": "a codespace",
    "devContainer": "a dev container",
    "container": "a container",
    "wsl": "WSL",
    "ssh": "a computer reached by ssh",
}
_LIFETIMES: Final = {
    "container": "the container is removed or rebuilt",
    "codespace": "the codespace is deleted",
    "restart": "the next restart",
}


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
