"""The command that marks single messages: `sessions mark`."""

import argparse
from typing import Any

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.ids import find_id
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Caller
from threadkeep.client.reading import read
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.protocol.types.lists import SessionHistoryResult
from threadkeep.protocol.types.marks import MessageResult
from threadkeep.protocol.types.messages import Message


async def mark(client: Caller, options: argparse.Namespace, terminal: Terminal) -> int:
    """Marks the messages, or notes something on them. Raises CommandFailed."""
    patch: dict[str, Any] = {}
    if options.favourite is not None:
        patch["isFavourite"] = options.favourite
    if options.note is not None or options.clear_note:
        patch["note"] = options.note or None
    if not patch:
        raise CommandFailed("say what to change: --favourite, --no-favourite, --note TEXT or --clear-note")
    session_id = await find_id(client, options.id)
    # all of them are found before the first is changed
    messages = await _found(client, session_id, dict.fromkeys(options.messages))
    results = []
    for message in messages:
        is_so = all(
            (message.is_favourite if name == "isFavourite" else message.note) == value
            for name, value in patch.items()
        )
        result = await client.call("message/update", {"messageId": message.id, **patch})
        results.append(result)
        if not options.json:
            after = read(result, MessageResult).message
            told = "was so already" if is_so else "is changed"
            terminal.say(f"#{after.seq}  {formats.first_words(after.content)}: {told}")
    if options.json:
        terminal.say_json(results)
    return 0


async def _found(client: Caller, session_id: str, wanted: dict[str, None]) -> list[Message]:
    """The messages of these numbers or ids. Raises CommandFailed."""
    found: dict[str, Message] = {}
    before: dict[str, str] = {}
    while True:
        params = {"sessionId": session_id, "limit": MAX_PAGE, **before}
        page = read(await client.call("session/history", params), SessionHistoryResult)
        for message in page.messages:
            for name in (message.id, str(message.seq), f"#{message.seq}"):
                if name in wanted:
                    found[name] = message
        if page.before_cursor is None or len(found) == len(wanted):
            break
        before = {"before": page.before_cursor}
    if missing := [name for name in wanted if name not in found]:
        raise CommandFailed(
            f"the session shows no message {', '.join(missing)}: `threadkeep sessions show {session_id}` "
            "tells the number of each"
        )
    return [found[name] for name in wanted]
