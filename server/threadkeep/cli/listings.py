"""The commands that show what is there: sessions, store, models, settings."""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.session_filters import filter_of, sort_of
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client, RequestFailed
from threadkeep.client.reading import read
from threadkeep.protocol.converter import unstructure
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.protocol.types.lists import ListSessionsParams, ListSessionsResult
from threadkeep.protocol.types.messages import Message
from threadkeep.protocol.types.server import ListModelsResult, ServerStatus, StoreInfo
from threadkeep.protocol.types.sessions import Session


async def show_listing(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """Runs one of the listing commands."""
    fetch, show = _COMMANDS[options.command]
    result = await fetch(client, options)
    if options.json:
        terminal.say(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        show(result, terminal)
    return 0


async def fetch_sessions(client: Client, options: argparse.Namespace) -> Any:
    """`session/list`, as many pages of it as were asked for, as one."""
    wanted, sort = filter_of(options), sort_of(options)
    if options.count:
        params = ListSessionsParams(filter=wanted, limit=1, with_total=True, facets=tuple(options.count))
        return await _page_of_sessions(client, params, options.repo)
    sessions: list[Any] = []
    cursor: str | None = None
    while True:
        limit = MAX_PAGE if options.all else min(options.limit - len(sessions), MAX_PAGE)
        params = ListSessionsParams(filter=wanted, sort=sort, limit=limit, cursor=cursor)
        page = await _page_of_sessions(client, params, options.repo)
        sessions += page["sessions"]
        cursor = page.get("nextCursor")
        if cursor is None or not page["sessions"] or (not options.all and len(sessions) >= options.limit):
            return {**page, "sessions": sessions}


async def fetch_session(client: Client, options: argparse.Namespace) -> Any:
    """`session/get` with the messages of `session/history` beside the session."""
    result = await client.call("session/get", {"sessionId": options.id})
    messages: list[Any] = []
    before: dict[str, str] = {}
    while options.limit is None or len(messages) < options.limit:
        limit = MAX_PAGE if options.limit is None else min(options.limit - len(messages), MAX_PAGE)
        page = await client.call("session/history", {"sessionId": options.id, "limit": limit, **before})
        messages = page["messages"] + messages
        if "beforeCursor" not in page:
            break
        before = {"before": page["beforeCursor"]}
    return {**result, "messages": messages}


def show_sessions(result: Any, terminal: Terminal) -> None:
    """A table of sessions, or of their counts."""
    listed = read(result, ListSessionsResult)
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


def show_session(result: Any, terminal: Terminal) -> None:
    """A session's fields and its messages."""
    for line in [*formats.session_lines(read(result["session"], Session)), ""]:
        terminal.say(line)
    for data in result["messages"]:
        for line in formats.message_lines(read(data, Message)):
            terminal.say(line)


def show_store(result: Any, terminal: Terminal) -> None:
    """Where the store is and what it holds."""
    info = read(result, StoreInfo)
    holds = (
        formats.plural(info.sessions, "session"),
        formats.plural(info.messages, "message"),
        f"{info.repositories:,} " + ("repository" if info.repositories == 1 else "repositories"),
    )
    fields: dict[str, str | None] = {
        "path": info.path,
        "holds": ", ".join(holds),
        "size": formats.size(info.bytes),
        "layout": f"version {info.schema_version}, {info.engine}",
    }
    for line in formats.field_lines(fields):
        terminal.say(line)


def show_models(result: Any, terminal: Terminal) -> None:
    """A table of models."""
    listed = read(result, ListModelsResult)
    rows = [
        (
            model.id,
            "ready" if model.available else "not ready",
            f"{model.context_window:,}" if model.context_window else "-",
            "default" if model.id == listed.default else "",
        )
        for model in listed.models
    ]
    for line in formats.table(("MODEL", "STATE", "CONTEXT", ""), rows, width=terminal.width):
        terminal.say(line)
    if listed.default.startswith("offline:"):
        terminal.note(
            "No language model is configured: set a provider's key, or defaultModel in the settings."
        )


def show_settings(result: Any, terminal: Terminal) -> None:
    """Every setting, where store and log are, and what is wrong with some settings."""
    status = read(result, ServerStatus)
    rows = [(each.name, each.source, formats.setting_value(each.value)) for each in status.settings]
    for line in formats.table(("SETTING", "FROM", "VALUE"), rows):
        terminal.say(line)
    terminal.say()
    for line in formats.field_lines({"store": status.store, "log": status.log, "version": status.version}):
        terminal.say(line)
    for problem in status.problems:
        terminal.note(f"problem: {problem}")


async def _page_of_sessions(client: Client, params: ListSessionsParams, repository: str | None) -> Any:
    try:
        page = await client.call("session/list", unstructure(params))
    except RequestFailed as error:
        if repository is None or error.kind != "repositoryNotFound":
            raise
        page = {"sessions": []}
    # sessions outlive their folder, so that only one without any is taken for a mistake
    if repository is not None and not page["sessions"] and not _names_a_place(repository):
        raise CommandFailed(
            f"no session is kept for {repository}, and there is no such folder: give --repo a folder of "
            "the repository, or an id from `threadkeep sessions list --json`"
        )
    return page


def _names_a_place(text: str) -> bool:
    return text.startswith("file:") or Path(text).expanduser().is_dir()


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


def _plain(method: str) -> Callable[[Client, argparse.Namespace], Any]:
    async def fetch(client: Client, _: argparse.Namespace) -> Any:
        return await client.call(method)

    return fetch


_COMMANDS: dict[str, tuple[Callable[[Client, argparse.Namespace], Any], Callable[[Any, Terminal], None]]] = {
    "sessions list": (fetch_sessions, show_sessions),
    "sessions show": (fetch_session, show_session),
    "store info": (_plain("store/info"), show_store),
    "models": (_plain("model/list"), show_models),
    "settings": (_plain("server/status"), show_settings),
}
