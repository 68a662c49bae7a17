"""The commands that list what sessions are kept under: `sessions repositories` and `sessions tasks`."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from threadkeep.cli import formats
from threadkeep.cli.places import names_a_place, repository_ref, unknown_repository
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Caller
from threadkeep.client.reading import read
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.protocol.types.repositories import (
    ListRepositoriesResult,
    ListTasksResult,
    RepositoryEntry,
    RepositoryRoot,
    TaskEntry,
)


async def show_repositories(client: Caller, options: argparse.Namespace, terminal: Terminal) -> int:
    """`repository/list` as a table."""
    wanted = {"isOrphan": True} if options.orphans else {}
    result = await _pages(client, "repository/list", wanted, of="repositories", limit=options.limit)
    if options.json:
        terminal.say_json(result)
        return 0
    listed = read(result, ListRepositoriesResult).repositories
    if not listed:
        terminal.note("No repositories match.")
        return 0
    rows = [(*_counts(each), each.repository.name, each.repository.id, _place(each)) for each in listed]
    names = ["REPOSITORY", "ID", "FOLDER"]
    if terminal.width is not None:  # ids leave no room for folders
        names, rows = ["REPOSITORY", "FOLDER"], [(*row[:-2], row[-1]) for row in rows]
    _show_table(names, rows, result, terminal)
    return 0


async def show_tasks(client: Caller, options: argparse.Namespace, terminal: Terminal) -> int:
    """`task/list` as a table."""
    wanted = {"repository": repository_ref(options.repo or str(Path.cwd()))}
    result = await _pages(client, "task/list", wanted, of="tasks", limit=options.limit)
    if options.json:
        terminal.say_json(result)
        return 0
    found = read(result, ListTasksResult)
    if options.repo and found.repository is None and not names_a_place(options.repo):
        raise unknown_repository(options.repo)
    if not found.tasks:
        terminal.note("No session is kept for this repository.")
        return 0
    rows = [
        (*_counts(each), each.task + (" (checked out)" if each.is_checked_out else ""))
        for each in found.tasks
    ]
    _show_table(("TASK",), rows, result, terminal)
    return 0


async def _pages(client: Caller, method: str, params: dict[str, Any], *, of: str, limit: int) -> Any:
    """As many pages as were asked for, as one."""
    entries: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        asked = {**params, "limit": min(limit - len(entries), MAX_PAGE), **cursor}
        page = await client.call(method, asked)
        entries += page[of]
        if "nextCursor" not in page or not page[of] or len(entries) >= limit:
            return {**page, of: entries}
        cursor = {"cursor": page["nextCursor"]}


def _counts(entry: RepositoryEntry | TaskEntry) -> tuple[str, ...]:
    last = formats.moment(entry.last_activity_at) if entry.last_activity_at else "-"
    return (last, f"{entry.session_count:,}", f"{entry.archived_count:,}", f"{entry.trashed_count:,}")


def _place(entry: RepositoryEntry) -> str:
    """Its folder, or what else it is called by."""
    if not entry.repository.roots:
        return f"(none: {entry.repository.id})"
    roots = entry.repository.roots
    best = min(roots, key=lambda root: ("present", "unknown", "missing").index(presence(root)))
    told = {"missing": " (gone)", "unknown": " (does not answer)"}.get(presence(best), "")
    return formats.path_of(best.uri) + told


def presence(root: RepositoryRoot) -> str:
    """Whether a folder is there; older servers tell it in one way only."""
    return root.presence or ("present" if root.present else "missing")


def _show_table(names: Sequence[str], rows: Sequence[Sequence[str]], result: Any, terminal: Terminal) -> None:
    head = ("LAST ACTIVITY", "SESSIONS", "ARCHIVED", "TRASH", *names)
    for line in formats.table(head, rows, width=terminal.width):
        terminal.say(line)
    if "nextCursor" in result:
        terminal.note(f"{len(rows)} shown, there are more: --limit N shows them.")
