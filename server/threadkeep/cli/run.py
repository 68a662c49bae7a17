"""Runs a command and turns every failure into one line and an exit code."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import attrs

from threadkeep.cli.arguments import build_parser
from threadkeep.cli.completion import write_completion
from threadkeep.cli.conversation import Conversation
from threadkeep.cli.failures import CommandFailed, explain
from threadkeep.cli.keyboard import prepare_line_editing
from threadkeep.cli.listings import show_listing
from threadkeep.cli.live import Live
from threadkeep.cli.once import INTERRUPTED, send_once
from threadkeep.cli.opening import open_for_chat, warnings_told, workspace_of
from threadkeep.cli.slash_commands import COMMANDS
from threadkeep.cli.terminal import Terminal, process_terminal
from threadkeep.cli.upkeep import UPKEEP, restore_backup, show_upkeep
from threadkeep.client import Client

CLIENT_NAME = "threadkeep-cli"


def run(
    arguments: Sequence[str], *, server: Sequence[str] | None = None, terminal: Terminal | None = None
) -> int:
    """Runs the command line.

    Args:
        arguments: without the program's name.
        server: the command of the server; None for this installation's own.
        terminal: where to write; None for the process's own.

    Returns:
        The exit code: 0; 1 failure, told on one line; 2 usage; 130 interrupted by Ctrl-C.
    """
    terminal = terminal or process_terminal()
    parser = build_parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit as leaving:  # argparse has written what there is to say
        return leaving.code if isinstance(leaving.code, int) else 2
    if options.command is None:
        terminal.write(parser.format_help())
        return 0
    if options.command == "completion":
        return write_completion(options, parser, terminal)
    return _guarded(options, server, terminal)


def _guarded(options: argparse.Namespace, server: Sequence[str] | None, terminal: Terminal) -> int:
    try:
        return _run_command(options, server, terminal)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_standard_output()
        return 1
    except Exception as error:  # noqa: BLE001 - a person gets one line, never a traceback
        terminal.note(f"threadkeep: {explain(error)}")
        return 1


def _run_command(options: argparse.Namespace, server: Sequence[str] | None, terminal: Terminal) -> int:
    if options.command == "serve":
        from threadkeep.bootstrap import serve

        store = str(Path(options.store).expanduser().absolute()) if options.store else None
        return serve({"store": store, "log_level": options.log_level})
    if options.command == "store restore":
        return restore_backup(options, terminal)
    if options.command != "chat":
        return asyncio.run(_list(options, server, terminal))
    text = " ".join(options.text)
    if not text and terminal.is_interactive:
        return _converse(options, server, terminal)
    text = text or terminal.keyboard.read()
    if not text.strip():
        raise CommandFailed("there is nothing to send: give TEXT, or pipe it in")
    return asyncio.run(_send(options, text, server, terminal))


async def _list(options: argparse.Namespace, server: Sequence[str] | None, terminal: Terminal) -> int:
    starting = Client.start(server, store=options.store, client_name=CLIENT_NAME)
    async with starting as client, warnings_told(client, terminal):
        by_default = show_upkeep if options.command in UPKEEP else show_listing
        show = getattr(options, "show", by_default)  # what a command's own module set beside its flags
        return int(await show(client, options, terminal))


async def _send(
    options: argparse.Namespace, text: str, server: Sequence[str] | None, terminal: Terminal
) -> int:
    starting = Client.start(
        server, store=options.store, workspace=workspace_of(options), client_name=CLIENT_NAME
    )
    async with starting as client, warnings_told(client, terminal):
        return await send_once(client, text, options, terminal)


def _converse(options: argparse.Namespace, server: Sequence[str] | None, terminal: Terminal) -> int:
    workspace = workspace_of(options)
    prepare_line_editing()
    with Live() as live:
        stack = AsyncExitStack()
        try:
            starting = Client.start(server, store=options.store, workspace=workspace, client_name=CLIENT_NAME)
            client = live.call(stack.enter_async_context(starting))
            live.call(stack.enter_async_context(warnings_told(client, terminal)))
            opened = live.call(open_for_chat(client, options))
            if options.model:
                session = live.call(client.set_model(opened.session.id, options.model)).session
                opened = attrs.evolve(opened, session=session)
            conversation = Conversation(live, client, terminal, opened, commands=COMMANDS)
            return conversation.run()
        finally:
            live.call(stack.aclose())


def _forget_standard_output() -> None:
    # else Python complains at exit that it cannot flush what nobody reads
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
