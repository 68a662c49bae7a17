"""The commands that change sessions and messages, one after the other; loaded when one of them is given."""

import argparse
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed, explain
from threadkeep.cli.ids import find_id, find_session, find_sessions
from threadkeep.cli.questions import agrees, is_to_be_taken_over
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client, RequestFailed
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.protocol.request import Request
from threadkeep.protocol.types.chat import TakeOverParams
from threadkeep.protocol.types.lifecycle import (
    ArchiveSessionParams,
    DeleteSessionParams,
    EndSessionParams,
    PauseSessionParams,
    RestoreSessionParams,
    ResumeSessionParams,
    SessionResult,
    UnarchiveSessionParams,
    UpdateSessionParams,
)
from threadkeep.protocol.types.lists import SessionHistoryParams
from threadkeep.protocol.types.marks import UpdateMessageParams
from threadkeep.protocol.types.messages import Message
from threadkeep.protocol.types.organise import PurgeSessionParams
from threadkeep.protocol.types.sessions import Link, Session
from threadkeep.values import Value


class Each(Value):
    """What became of one session."""

    session: Session
    """As it is now."""
    told: str
    """What follows its title, e.g. `is paused`."""


async def change_each(
    client: Client,
    options: argparse.Namespace,
    terminal: Terminal,
    change: Callable[[Session], Awaitable[Each]],
) -> int:
    """Changes the sessions of `options.ids`; the exit code is 1 if one of them could not be.

    An id that nobody knows changes nothing at all. Raises CommandFailed, RequestFailed.
    """
    results: list[SessionResult] = []
    failed = False
    for before in await find_sessions(client, options.ids):
        try:
            done = await change(before)
        except RequestFailed as error:
            terminal.note(f"threadkeep: {formats.session_line(before)}: {explain(error)}")
            failed = True
            continue
        results.append(SessionResult(session=done.session))
        if not options.json:
            terminal.say(f"{formats.session_line(done.session)}: {done.told}")
    if options.json:
        terminal.say_json(results)
    return 1 if failed else 0


_STATES: Final[
    dict[str, tuple[Callable[..., Request[SessionResult]], str, str, Callable[[Session], bool]]]
] = {
    "pause": (PauseSessionParams, "is paused", "was paused already", lambda each: each.status == "paused"),
    "resume": (ResumeSessionParams, "goes on", "was not paused", lambda each: each.status == "active"),
    "end": (EndSessionParams, "has ended", "had ended already", lambda each: each.status == "ended"),
    "archive": (
        ArchiveSessionParams,
        "is archived",
        "was archived already",
        lambda each: each.archived_at is not None,
    ),
    "unarchive": (
        UnarchiveSessionParams,
        "is back in the lists",
        "was not archived",
        lambda each: each.archived_at is None,
    ),
    "delete": (
        DeleteSessionParams,
        "is in the trash",
        "was in the trash already",
        lambda each: each.trashed_at is not None,
    ),
    "restore": (
        RestoreSessionParams,
        "is back",
        "was not in the trash",
        lambda each: each.trashed_at is None,
    ),
}
"""The request, what is told of a session that was changed, of one that was so before, and how that is seen."""


async def change_states(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`sessions pause`, `resume`, `end`, `archive`, `unarchive`, `delete` and `restore`."""
    name = options.command.removeprefix("sessions ")
    request, told, already, is_so = _STATES[name]

    async def change(session: Session) -> Each:
        if is_so(session):
            return Each(session=session, told=already)
        asked = request(session_id=session.id, reason=options.reason or None)
        try:
            return Each(session=(await client.request(asked)).session, told=told)
        except RequestFailed as error:
            if not is_to_be_taken_over(error, terminal, at_once=getattr(options, "take_over", False)):
                raise
            await client.request(TakeOverParams(session_id=session.id, turn_id=error.data["turnId"]))
        return Each(session=(await client.request(asked)).session, told=told)

    return await change_each(client, options, terminal, change)


async def purge(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`sessions purge`, after a question; the exit code is 1 if one of them could not be erased.

    What cannot be erased is named before the question; the others are erased. Raises CommandFailed, RequestFailed
    where only one was named.
    """
    sessions, refusals = await _in_trash(client, options.ids)
    if not sessions and len(refusals) == 1:
        raise refusals[0]
    for refusal in refusals:
        terminal.note(f"threadkeep: {explain(refusal)}")
        for line in getattr(refusal, "lines", ()):
            terminal.note(f"  {line}")
    if not options.yes and sessions:
        many = formats.plural(len(sessions), "session")
        about = [formats.session_line(session) for session in sessions]
        otherwise = f"this erases {many} for good: say --yes"
        if not agrees(terminal, f"Erase {many} for good?", about=about, otherwise=otherwise):
            return 1
    erased: list[Any] = []
    for session in sessions:
        try:
            await client.request(PurgeSessionParams(session_id=session.id))
        except RequestFailed as error:
            terminal.note(f"threadkeep: {formats.session_line(session)}: {explain(error)}")
            continue
        erased.append({"sessionId": session.id})
        terminal.note(f"{formats.session_line(session)}: is erased")
    if options.json:
        terminal.say_json(erased)
    return 0 if len(erased) == len(sessions) and not refusals else 1


async def _in_trash(client: Client, texts: Iterable[str]) -> tuple[list[Session], list[Exception]]:
    """The sessions of the trash that are meant, each once, and why the others cannot be erased."""
    found: dict[str, Session] = {}
    refusals: dict[str, Exception] = {}
    for text in dict.fromkeys(texts):
        try:
            session = await find_session(client, text)
        except (CommandFailed, RequestFailed) as error:
            refusals[text] = error
            continue
        if session.trashed_at is not None:
            found[session.id] = session
            continue
        refusals[session.id] = CommandFailed(
            f"{formats.session_line(session)} is not in the trash: `threadkeep sessions delete "
            f"{session.id}` puts it there"
        )
    return list(found.values()), list(refusals.values())


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
