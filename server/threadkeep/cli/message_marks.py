"""The command that marks single messages: `sessions mark`."""

import argparse
from typing import Any

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.ids import find_id
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.protocol.types.lists import SessionHistoryParams
from threadkeep.protocol.types.marks import UpdateMessageParams
from threadkeep.protocol.types.messages import Message


async def mark(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """Marks the messages, or notes something on them. Raises CommandFailed."""
    patch: dict[str, Any] = {}
    if options.favourite is not None:
        patch["is_favourite"] = options.favourite
    if options.note is not None or options.clear_note:
        patch["note"] = options.note or None
    if not patch:
        raise CommandFailed("say what to change: --favourite, --no-favourite, --note TEXT or --clear-note")
    session_id = await find_id(client, options.id)
    # all of them are found before the first is changed
    messages = await _found(client, session_id, dict.fromkeys(options.messages))
    results = []
    for message in messages:
        is_so = all(getattr(message, name) == value for name, value in patch.items())
        result = await client.request(UpdateMessageParams(message_id=message.id, **patch))
        results.append(result)
        if not options.json:
            after = result.message
            told = "was so already" if is_so else "is changed"
            terminal.say(f"#{after.seq}  {formats.first_words(after.content)}: {told}")
    if options.json:
        terminal.say_json(results)
    return 0


async def _found(client: Client, session_id: str, wanted: dict[str, None]) -> list[Message]:
    """The messages of these numbers or ids. Raises CommandFailed."""
    found: dict[str, Message] = {}
    before: str | None = None
    while True:
        params = SessionHistoryParams(session_id=session_id, limit=MAX_PAGE, before=before)
        page = await client.request(params)
        for message in page.messages:
            for name in (message.id, str(message.seq), f"#{message.seq}"):
                if name in wanted:
                    found[name] = message
        if page.before_cursor is None or len(found) == len(wanted):
            break
        before = page.before_cursor
    if missing := [name for name in wanted if name not in found]:
        raise CommandFailed(
            f"the session shows no message {', '.join(missing)}: `threadkeep sessions show {session_id}` "
            "tells the number of each"
        )
    return [found[name] for name in wanted]
