"""The command that finds texts: `sessions search`."""

import argparse
from collections.abc import Iterator

import attrs

from threadkeep.cli import formats
from threadkeep.cli.ids import find_id
from threadkeep.cli.session_filters import filter_of
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.protocol.types.search import Hit, SearchSessionsParams, SearchSessionsResult

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
    hits: list[Hit] = []
    cursor: str | None = None
    while True:
        params = SearchSessionsParams(
            query=" ".join(options.query),
            filter=wanted,
            session_id=session_id,
            mode=options.mode,
            sort="rank" if options.rank else "newest",
            limit=min(options.limit - len(hits), MAX_PAGE),
            cursor=cursor,
        )
        page = await client.request(params)
        hits += page.hits
        cursor = page.next_cursor
        if cursor is None or len(hits) >= options.limit:
            return attrs.evolve(page, hits=tuple(hits))


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
