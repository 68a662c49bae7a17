"""`threadkeep chat TEXT`: one message, and its answer on standard output."""

import argparse
import asyncio
from contextlib import AsyncExitStack

from threadkeep.cli import INTERRUPTED
from threadkeep.cli.answers import AnswerWriter
from threadkeep.cli.failures import AnswerBroken, retrying
from threadkeep.cli.formats import beside_lines, one_line, stopped, where
from threadkeep.cli.opening import open_for_chat
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client, RequestFailed, ServerGone, TurnStream
from threadkeep.protocol.types.chat import TakeOverParams


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
