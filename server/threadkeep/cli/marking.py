"""The commands that set what a person keeps with sessions: titles, notes, tags, links."""

import argparse
from typing import Any

from threadkeep.cli.changing import Each, change_each
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client
from threadkeep.protocol.types.lifecycle import UpdateSessionParams
from threadkeep.protocol.types.sessions import Link, Session


async def set_words(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`sessions title` and `sessions note`."""
    name = options.command.removeprefix("sessions ")
    text = " ".join(options.text)
    if bool(text.strip()) == options.clear:
        raise CommandFailed(f"give the {name} as TEXT, or --clear to take it away")
    options.ids = [options.id]

    async def change(session: Session) -> Each:
        if text:
            is_so = getattr(session, name) == text
        else:
            is_so = session.note is None if name == "note" else session.title_source != "user"
        if is_so:
            return Each(
                session=session, told=f"had this {name} already" if text else f"had no {name} of yours"
            )
        after = await _update(client, session, **{name: text or None})
        return Each(session=after, told=f"{name} set" if text else f"{name} taken away")

    return await change_each(client, options, terminal, change)


async def tag(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`sessions tag`."""
    if not (options.add or options.remove or options.favourite is not None):
        raise CommandFailed("say what to change: --add TAG, --remove TAG, --favourite or --no-favourite")

    async def change(session: Session) -> Each:
        patch: dict[str, Any] = {}
        tags = sorted({*session.tags, *(each.strip() for each in options.add)} - set(options.remove))
        if tags != sorted(session.tags):
            patch["tags"] = tuple(tags)
        if options.favourite not in (None, session.is_favourite):
            patch["is_favourite"] = options.favourite
        if not patch:
            return Each(session=session, told="was so already")
        return Each(session=await _update(client, session, **patch), told="is changed")

    return await change_each(client, options, terminal, change)


async def link(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`sessions link`."""
    if not (options.add or options.remove):
        raise CommandFailed("say what to change: --add KIND:VALUE or --remove KIND:VALUE")
    if options.url and len(options.add) != 1:
        raise CommandFailed("--url belongs to one --add KIND:VALUE")

    async def change(session: Session) -> Each:
        kept = {(each.kind, each.value): each for each in session.links}
        for kind, value in options.add:
            old = kept.get((kind, value))
            url = options.url or (old.url if old else None)
            kept[kind, value] = Link(kind=kind, value=value, url=url)
        for removed in options.remove:
            kept.pop(removed, None)
        links = tuple(kept.values())
        if links == session.links:
            return Each(session=session, told="was so already")
        return Each(session=await _update(client, session, links=links), told="is changed")

    return await change_each(client, options, terminal, change)


async def _update(client: Client, session: Session, **patch: Any) -> Session:
    """Changes it as it was seen: another window's change of the same list is not undone."""
    params = UpdateSessionParams(session_id=session.id, expected_revision=session.revision, **patch)
    return (await client.request(params)).session
