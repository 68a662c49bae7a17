"""Runs a command and turns every failure into one line and an exit code."""

import argparse
import asyncio
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from importlib import import_module
from typing import Final

from threadkeep.cli import CLIENT_NAME, INTERRUPTED
from threadkeep.cli.arguments import build_parser, write_completion
from threadkeep.cli.failures import AlreadyReported, CommandFailed, explain
from threadkeep.cli.parsers import parse
from threadkeep.cli.places import absolute, check_store, unknown_repository
from threadkeep.cli.terminal import Terminal, process_terminal
from threadkeep.client import Client, RequestFailed

SELDOM = (20_000, 20, 50)
"""How rarely garbage is looked for: importing makes none, and the process is soon over; see `gc.set_threshold`."""

WITHOUT_A_SERVER: Final = {
    "store restore": ("upkeep", "restore_backup"),
    "models test": ("upkeep", "try_model"),
    "trust": ("trust", "trust"),
}
"""The module and the function of what is done in this process."""


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
        options = parse(parser, arguments)
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
    except AlreadyReported:
        return 1
    except Exception as error:  # noqa: BLE001 - a person gets one line, never a traceback
        terminal.note(f"threadkeep: {explain(error)}")
        for line in error.lines if isinstance(error, CommandFailed) else ():
            terminal.note(f"  {line}")
        return 1


def _run_command(options: argparse.Namespace, server: Sequence[str] | None, terminal: Terminal) -> int:
    if options.command == "serve":
        from threadkeep.bootstrap import serve

        store = str(absolute(options.store)) if options.store else None
        return serve({"store": store, "log_level": options.log_level})
    if options.command == "mcp":
        return _run_mcp(options, terminal)
    if options.command in WITHOUT_A_SERVER:
        module, name = WITHOUT_A_SERVER[options.command]
        return int(getattr(import_module(f"threadkeep.cli.{module}"), name)(options, terminal))
    if options.command == "chat":
        from threadkeep.cli.chat import chat

        return chat(options, server, terminal)
    if not options.makes_store:
        check_store(options.store, os.environ)
    return asyncio.run(_ask(options, server, terminal))


def _run_mcp(options: argparse.Namespace, terminal: Terminal) -> int:
    if options.install:
        from threadkeep.cli.mcp_install import install

        return install(options, terminal)
    if options.dry_run:
        raise CommandFailed("--dry-run goes with --install")
    from threadkeep.bootstrap import serve_mcp

    store = str(absolute(options.store)) if options.store else None
    return serve_mcp({"store": store, "log_level": options.log_level}, shows_all=options.all)


async def _ask(options: argparse.Namespace, server: Sequence[str] | None, terminal: Terminal) -> int:
    gc.set_threshold(*SELDOM)
    async with Client.start(server, store=options.store, client_name=CLIENT_NAME) as client:
        # imported while the server loads its own modules
        from threadkeep.cli.warnings import showing_warnings

        # the doctor lists what is wrong itself
        is_doctor = options.command == "store doctor"
        async with nullcontext() if is_doctor else showing_warnings(client, terminal):
            try:
                await _complete_ids(client, options)
                return int(await options.show(client, options, terminal))
            except RequestFailed as error:
                if error.kind == "repositoryNotFound" and getattr(options, "repo", None):
                    raise unknown_repository(options.repo) from error
                raise


async def _complete_ids(client: Client, options: argparse.Namespace) -> None:
    if getattr(options, "forked_from", None):
        from threadkeep.cli.ids import find_id

        options.forked_from = await find_id(client, options.forked_from)


def _forget_standard_output() -> None:
    # else Python complains at exit that it cannot flush what nobody reads
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
