"""The commands that show sessions: `sessions list`, `show` and `search`; loaded when one of them is given."""

import argparse
from collections.abc import Awaitable, Iterator, Sequence

from threadkeep.cli import formats
from threadkeep.cli.ids import find_id
from threadkeep.cli.paging import paged
from threadkeep.cli.places import names_a_place, unknown_repository
from threadkeep.cli.session_filters import filter_of, sort_of
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client, RequestFailed
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.protocol.types.lifecycle import GetSessionParams
from threadkeep.protocol.types.lists import ListSessionsParams, ListSessionsResult, SessionHistoryParams
from threadkeep.protocol.types.messages import Message
from threadkeep.protocol.types.search import Hit, SearchSessionsParams, SearchSessionsResult
from threadkeep.protocol.types.sessions import Session
from threadkeep.values import Value, evolve


class Shown(Value):
    """What `sessions show` shows; no result of the protocol holds both."""

    session: Session
    """The session."""
    messages: tuple[Message, ...]
    """Its messages, oldest first."""


async def list_sessions(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`sessions list`."""
    result = await fetch_sessions(client, options)
    if options.json:
        terminal.say_json(result)
    else:
        show_sessions(result, terminal)
    return 0


async def show_one(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`sessions show`."""
    result = await fetch_session(client, options)
    if options.json:
        terminal.say_json(result)
    else:
        show_session(result, terminal)
    return 0


async def fetch_sessions(client: Client, options: argparse.Namespace) -> ListSessionsResult:
    """`session/list`, as many pages of it as were asked for, as one."""
    wanted, sort = filter_of(options), sort_of(options)
    if options.count:
        params = ListSessionsParams(filter=wanted, limit=1, with_total=True, facets=tuple(options.count))
        return await _page_of_sessions(client, params, options.repo)

    def ask(limit: int, cursor: str | None) -> Awaitable[ListSessionsResult]:
        params = ListSessionsParams(filter=wanted, sort=sort, limit=limit, cursor=cursor)
        return _page_of_sessions(client, params, options.repo)

    most = None if options.all else options.limit
    page, sessions = await paged(
        ask, lambda page: page.sessions, most=most, is_over=lambda page: not page.sessions
    )
    return evolve(page, sessions=sessions)


async def fetch_session(client: Client, options: argparse.Namespace) -> Shown:
    """`session/get` with the messages of `session/history` beside the session."""
    session_id = await find_id(client, options.id)
    session = (await client.request(GetSessionParams(session_id=session_id))).session
    messages: tuple[Message, ...] = ()
    before: str | None = None
    while options.limit is None or len(messages) < options.limit:
        limit = MAX_PAGE if options.limit is None else min(options.limit - len(messages), MAX_PAGE)
        page = await client.request(SessionHistoryParams(session_id=session_id, limit=limit, before=before))
        messages = page.messages + messages
        before = page.before_cursor
        if before is None:
            break
    return Shown(session=session, messages=messages)


def show_sessions(listed: ListSessionsResult, terminal: Terminal) -> None:
    """A table of sessions, or of their counts."""
    if listed.facets is not None:
        _show_counts(listed, terminal)
        return
    if not listed.sessions:
        terminal.note("No sessions match.")
        return
    for line in (
        _session_table(listed.sessions) if terminal.width is None else _session_blocks(listed.sessions)
    ):
        terminal.say(line)
    if listed.next_cursor:
        terminal.note(f"{len(listed.sessions)} shown, more match: --limit N or --all shows them.")


def show_session(shown: Shown, terminal: Terminal) -> None:
    """A session's fields and its messages."""
    for line in [*formats.session_lines(shown.session), ""]:
        terminal.say(line)
    for message in shown.messages:
        for line in formats.message_lines(message):
            terminal.say(line)


async def _page_of_sessions(
    client: Client, params: ListSessionsParams, repository: str | None
) -> ListSessionsResult:
    try:
        page = await client.request(params)
    except RequestFailed as error:
        if repository is None or error.kind != "repositoryNotFound":
            raise
        page = ListSessionsResult(sessions=())
    # sessions outlive their folder, so that only one without any is taken for a mistake
    if repository is not None and not page.sessions and not names_a_place(repository):
        raise unknown_repository(repository)
    return page


def _show_counts(listed: ListSessionsResult, terminal: Terminal) -> None:
    for facet in listed.facets or ():
        rows = [(each.label, f"{each.count:,}") for each in facet.counts]
        for line in formats.table((facet.by.upper(), "SESSIONS"), rows, width=terminal.width):
            terminal.say(line)
        terminal.say()
    terminal.say(formats.plural(listed.total or 0, "session"))


def _session_table(sessions: Sequence[Session]) -> list[str]:
    """One line each, for other programs."""
    rows = [
        (
            session.id,
            _status(session),
            formats.moment(session.last_activity_at),
            str(session.message_count),
            session.repository.name,
            session.task,
            session.title,
        )
        for session in sessions
    ]
    head = ("ID", "STATUS", "LAST ACTIVITY", "MESSAGES", "REPOSITORY", "TASK", "TITLE")
    return formats.table(head, rows)


def _session_blocks(sessions: Sequence[Session]) -> list[str]:
    """Two lines each, for people: ids leave no room for titles on one line of a usual terminal."""
    lines = []
    for session in sessions:
        facts = [
            session.repository.name,
            session.task,
            _status(session),
            formats.moment(session.last_activity_at),
            formats.plural(session.message_count, "message"),
        ]
        lines.append(f"{session.id}  {formats.one_line(session.title)}")
        lines.append("    " + formats.one_line(" · ".join(facts)))
    return lines


def _status(session: Session) -> str:
    return session.status + (", archived" if session.archived_at else "")


Pieces = list[tuple[str, bool]]
"""Texts, and whether each was found."""


async def show_search(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """Runs `sessions search`."""
    found = await _found(client, options)
    if options.json:
        terminal.say_json(found)
        return 0
    if not found.hits:
        other = "Nothing was found: `threadkeep sessions search --help` tells other ways to look."
        terminal.note(found.hint or other)
        return 0
    for hit in found.hits:
        _show(hit, terminal)
    if found.next_cursor:
        terminal.note(f"{len(found.hits)} shown, more match: --limit N shows them.")
    if options.rank and not found.ranked:
        terminal.note("These words are too common to be ranked: the newest come first.")
    return 0


def pieces(hit: Hit) -> Pieces:
    """The snippet cut where something was found in it, white space as single spaces."""
    units = hit.snippet.encode("utf-16-le", "surrogatepass")
    cuts: Pieces = []
    at = 0
    for range_ in hit.ranges:
        start = min(max(range_.start - hit.snippet_start, at), len(units) // 2)
        end = min(max(range_.end - hit.snippet_start, start), len(units) // 2)
        cuts += [(_text(units, at, start), False), (_text(units, start, end), True)]
        at = end
    cuts.append((_text(units, at, len(units) // 2), False))
    return [(text, is_found) for text, is_found in cuts if text]


async def _found(client: Client, options: argparse.Namespace) -> SearchSessionsResult:
    """`session/search`, as many pages of it as were asked for, as one."""
    wanted = filter_of(options)
    session_id = await find_id(client, options.session) if options.session else None

    def ask(limit: int, cursor: str | None) -> Awaitable[SearchSessionsResult]:
        params = SearchSessionsParams(
            query=" ".join(options.query),
            filter=wanted,
            session_id=session_id,
            mode=options.mode,
            sort="rank" if options.rank else "newest",
            limit=limit,
            cursor=cursor,
        )
        return client.request(params)

    page, hits = await paged(ask, lambda page: page.hits, most=options.limit)
    return evolve(page, hits=hits)


def _show(hit: Hit, terminal: Terminal) -> None:
    session = hit.session
    facts = [session.repository.name, session.task, formats.moment(hit.at)]
    where = f"{hit.field} of the session" if hit.message_id is None else f"{hit.field} of a message"
    terminal.write(formats.one_line(session.id) + "  ")
    terminal.write(formats.one_line(session.title), "bold")
    terminal.write("\n    " + formats.one_line(" · ".join([*facts, where])) + "\n    ")
    for text, is_found in _spaced(pieces(hit)):
        terminal.write(text, "yellow" if is_found else None)
    terminal.write("\n")


def _spaced(cuts: Pieces) -> Iterator[tuple[str, bool]]:
    """On one line, without losing the space between two pieces."""
    is_start = True
    for text, is_found in cuts:
        line = formats.one_line(text)
        before = " " if text[:1].isspace() and not is_start else ""
        after = " " if text[-1:].isspace() and line else ""
        is_start = is_start and not line
        yield before + line + after, is_found


def _text(units: bytes, start: int, end: int) -> str:
    return units[start * 2 : end * 2].decode("utf-16-le", "replace")
