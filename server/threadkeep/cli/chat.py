"""The command `chat`: one message, or a conversation at a prompt."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import attrs

from threadkeep.cli import CLIENT_NAME
from threadkeep.cli.conversation import Conversation
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.hints import hints_told
from threadkeep.cli.live import Live
from threadkeep.cli.once import send_once
from threadkeep.cli.opening import open_for_chat, workspace_of
from threadkeep.cli.slash_commands import COMMANDS
from threadkeep.cli.streams import argument_text, read_all
from threadkeep.cli.system_keyboard import keyboard_of
from threadkeep.cli.terminal import Terminal
from threadkeep.cli.warnings import warnings_told
from threadkeep.client import Client, RequestFailed
from threadkeep.protocol.types.lifecycle import SetModelParams


def chat(options: argparse.Namespace, server: Sequence[str] | None, terminal: Terminal) -> int:
    """Runs the command; gives its exit code. Raises CommandFailed, ClientError."""
    text = argument_text(" ".join(options.text))
    if not text and terminal.is_interactive:
        return _converse(options, server, terminal)
    text = text or _piped(terminal)
    if not text.strip():
        raise CommandFailed("there is nothing to send: give TEXT, or pipe it in")
    return asyncio.run(_send(options, text, server, terminal))


def _piped(terminal: Terminal) -> str:
    text, tried = read_all(terminal.keyboard)
    if tried is not None:
        terminal.note(
            f"threadkeep: what was piped in is neither UTF-8 nor {tried}: what could not be read is �"
        )
    return text


async def _send(
    options: argparse.Namespace, text: str, server: Sequence[str] | None, terminal: Terminal
) -> int:
    starting = Client.start(
        server,
        store=options.store,
        workspace=workspace_of(options),
        stands_in_workspace=True,
        client_name=CLIENT_NAME,
    )
    async with starting as client, warnings_told(client, terminal):
        return await send_once(client, text, options, terminal)


def _converse(options: argparse.Namespace, server: Sequence[str] | None, terminal: Terminal) -> int:
    workspace = workspace_of(options)
    keyboard = keyboard_of(terminal)
    with Live() as live:
        stack = AsyncExitStack()
        try:
            starting = Client.start(
                server,
                store=options.store,
                workspace=workspace,
                stands_in_workspace=True,
                client_name=CLIENT_NAME,
            )
            client = live.call(stack.enter_async_context(starting))
            live.call(stack.enter_async_context(warnings_told(client, terminal)))
            live.call(stack.enter_async_context(hints_told(client, terminal)))
            opened = live.call(open_for_chat(client, options))
            if options.model:
                params = SetModelParams(session_id=opened.session.id, model=options.model)
                opened = attrs.evolve(opened, session=live.call(client.request(params)).session)
            conversation = Conversation(live, client, terminal, opened, commands=COMMANDS, keyboard=keyboard)
            return conversation.run()
        except RequestFailed as error:
            # those who wait for the end may know that it has been told
            live.call(stack.__aexit__(type(error), error, error.__traceback__))
            raise
        finally:
            live.call(stack.aclose())
