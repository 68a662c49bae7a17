"""The commands that tell about the server: `store info`, `models`, `settings`."""

import argparse
from collections.abc import Callable
from typing import Any, Final

from threadkeep.cli import formats
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Caller
from threadkeep.client.reading import read
from threadkeep.protocol.types.server import ListModelsResult, ServerStatus, StoreInfo


async def show_listing(client: Caller, options: argparse.Namespace, terminal: Terminal) -> int:
    """Runs one of the commands."""
    method, show = _COMMANDS[options.command]
    result = await client.call(method)
    if options.json:
        terminal.say_json(result)
    else:
        show(result, terminal)
    return 0


def show_store(result: Any, terminal: Terminal) -> None:
    """Where the store is and what it holds."""
    info = read(result, StoreInfo)
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


def show_models(result: Any, terminal: Terminal) -> None:
    """A table of models."""
    listed = read(result, ListModelsResult)
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


def show_settings(result: Any, terminal: Terminal) -> None:
    """Every setting, where store and log are, and what is wrong with some settings."""
    status = read(result, ServerStatus)
    rows = [(each.name, each.source, formats.setting_value(each.value)) for each in status.settings]
    for line in formats.table(("SETTING", "FROM", "VALUE"), rows):
        terminal.say(line)
    terminal.say()
    for line in formats.field_lines({"store": status.store, "log": status.log, "version": status.version}):
        terminal.say(line)
    for problem in status.problems:
        terminal.note(f"problem: {problem}")


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
_COMMANDS: Final[dict[str, tuple[str, Callable[[Any, Terminal], None]]]] = {
    "store info": ("store/info", show_store),
    "models": ("model/list", show_models),
    "settings": ("server/status", show_settings),
}
