"""The commands that tell about the server: `store info`, `models`, `settings`."""

import argparse
from typing import Final

from threadkeep.cli import formats
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client
from threadkeep.protocol.types.server import ListModelsParams, ServerStatusParams, StoreInfoParams


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
