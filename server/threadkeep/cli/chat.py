"""The command `chat`: one message and its answer, or a conversation at a prompt; imported when it is given."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from pathlib import Path

from threadkeep.cli import CLIENT_NAME, INTERRUPTED
from threadkeep.cli.answers import AnswerWriter
from threadkeep.cli.conversation import Conversation
from threadkeep.cli.failures import AnswerBroken, CommandFailed, retrying
from threadkeep.cli.formats import beside_lines, one_line, stopped, where
from threadkeep.cli.hints import showing_hints
from threadkeep.cli.keyboard import keyboard_of
from threadkeep.cli.live import Live
from threadkeep.cli.opening import open_for_chat, workspace_of
from threadkeep.cli.slash_commands import COMMANDS
from threadkeep.cli.streams import argument_text, read_all
from threadkeep.cli.terminal import Terminal
from threadkeep.cli.warnings import showing_warnings
from threadkeep.client import Client, RequestFailed, ServerGone, TurnStream
from threadkeep.protocol.types.chat import TakeOverParams
from threadkeep.protocol.types.lifecycle import SetModelParams
from threadkeep.values import evolve


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
    async with _starting(options, server) as client, showing_warnings(client, terminal):
        return await send_once(client, text, options, terminal)


def _starting(
    options: argparse.Namespace, server: Sequence[str] | None
) -> AbstractAsyncContextManager[Client]:
    workspace = workspace_of(options)
    return Client.start(
        server,
        store=options.store,
        workspace=workspace,
        stands_in_workspace=True,
        settings=partial(_settings, workspace),
        client_name=CLIENT_NAME,
    )


def _settings(workspace: Path) -> dict[str, bool]:
    from threadkeep.cli.trust import trusts  # while the server starts

    return {"trustedWorkspace": True} if trusts(workspace) else {}


def _converse(options: argparse.Namespace, server: Sequence[str] | None, terminal: Terminal) -> int:
    starting = _starting(options, server)
    keyboard = keyboard_of(terminal)
    with Live() as live:
        stack = AsyncExitStack()
        try:
            client = live.call(stack.enter_async_context(starting))
            live.call(stack.enter_async_context(showing_warnings(client, terminal)))
            live.call(stack.enter_async_context(showing_hints(client, terminal)))
            opened = live.call(open_for_chat(client, options))
            if options.model:
                params = SetModelParams(session_id=opened.session.id, model=options.model)
                opened = evolve(opened, session=live.call(client.request(params)).session)
            conversation = Conversation(live, client, terminal, opened, commands=COMMANDS, keyboard=keyboard)
            return conversation.run()
        except RequestFailed as error:
            # those who wait for the end may know that it has been told
            live.call(stack.__aexit__(type(error), error, error.__traceback__))
            raise
        finally:
            live.call(stack.aclose())


async def send_once(client: Client, text: str, options: argparse.Namespace, terminal: Terminal) -> int:
    """Sends `text` and writes the answer as it comes.

    Returns:
        0, or 1 if the turn failed, or 130 if it was cancelled.
    """
    opened = await open_for_chat(client, options)
    for problem in opened.problems:
        terminal.note(f"threadkeep: settings: {one_line(problem)}")
    if terminal.err.isatty():
        terminal.note(where(opened.session, default_model=options.model or opened.default_model))
    writer = AnswerWriter(terminal)
    async with AsyncExitStack() as stack:

        async def ask() -> TurnStream:
            asked = client.turn(opened.session.id, text, model=options.model)
            asked.on_part = writer.show
            asked.on_retrying = lambda event: terminal.note(f"threadkeep: {retrying(event)}")
            return await stack.enter_async_context(asked)

        try:
            turn = await ask()
        except RequestFailed as error:
            if error.kind != "sessionBusy" or not options.take_over:
                raise
            await client.request(TakeOverParams(session_id=opened.session.id))
            turn = await ask()
        try:
            async for delta in turn:
                writer.add(delta)
        except asyncio.CancelledError:
            await _cancel(turn)
        except ServerGone as error:
            writer.break_off()
            raise AnswerBroken(error) from error
    writer.end(turn.message)
    return _outcome(turn, terminal)


async def _cancel(turn: TurnStream) -> None:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
    await turn.cancel()
    await turn.finish()


def _outcome(turn: TurnStream, terminal: Terminal) -> int:
    if turn.turn.status == "completed":
        told = [*beside_lines(turn.message), *([f"{reason}."] if (reason := stopped(turn.message)) else [])]
        for line in told:
            terminal.note(f"threadkeep: {line}")
        return 0
    if turn.turn.status == "cancelled":
        terminal.note(f"threadkeep: cancelled, kept {len(turn.message.content):,} characters")
        return INTERRUPTED
    reason = turn.turn.error.message if turn.turn.error else f"the answer was {turn.turn.status}"
    terminal.note(f"threadkeep: {one_line(reason)}")
    return 1
