"""The commands that list what sessions are kept under: `sessions repositories` and `sessions tasks`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import attrs

from threadkeep.cli import formats
from threadkeep.cli.places import names_a_place, repository_ref, unknown_repository
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.protocol.types.repositories import (
    ListRepositoriesParams,
    ListTasksParams,
    RepositoryEntry,
    RepositoryRoot,
    TaskEntry,
)


async def show_repositories(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`repository/list` as a table."""
    listed: tuple[RepositoryEntry, ...] = ()
    params = ListRepositoriesParams(is_orphan=True if options.orphans else None)
    while True:
        page = await client.request(attrs.evolve(params, limit=min(options.limit - len(listed), MAX_PAGE)))
        listed += page.repositories
        if page.next_cursor is None or not page.repositories or len(listed) >= options.limit:
            break
        params = attrs.evolve(params, cursor=page.next_cursor)
    if options.json:
        terminal.say_json(attrs.evolve(page, repositories=listed))
        return 0
    if not listed:
        terminal.note("No repositories match.")
        return 0
    rows = [(*_counts(each), each.repository.name, each.repository.id, _place(each)) for each in listed]
    names = ["REPOSITORY", "ID", "FOLDER"]
    if terminal.width is not None:  # ids leave no room for folders
        names, rows = ["REPOSITORY", "FOLDER"], [(*row[:-2], row[-1]) for row in rows]
    _show_table(names, rows, terminal, has_more=page.next_cursor is not None)
    return 0


async def show_tasks(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`task/list` as a table."""
    listed: tuple[TaskEntry, ...] = ()
    params = ListTasksParams(repository=repository_ref(options.repo or str(Path.cwd())))
    while True:
        page = await client.request(attrs.evolve(params, limit=min(options.limit - len(listed), MAX_PAGE)))
        listed += page.tasks
        if page.next_cursor is None or not page.tasks or len(listed) >= options.limit:
            break
        params = attrs.evolve(params, cursor=page.next_cursor)
    if options.json:
        terminal.say_json(attrs.evolve(page, tasks=listed))
        return 0
    if options.repo and page.repository is None and not names_a_place(options.repo):
        raise unknown_repository(options.repo)
    if not listed:
        terminal.note("No session is kept for this repository.")
        return 0
    rows = [
        (*_counts(each), each.task + (" (checked out)" if each.is_checked_out else "")) for each in listed
    ]
    _show_table(("TASK",), rows, terminal, has_more=page.next_cursor is not None)
    return 0


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


def _show_table(
    names: Sequence[str], rows: Sequence[Sequence[str]], terminal: Terminal, *, has_more: bool
) -> None:
    head = ("LAST ACTIVITY", "SESSIONS", "ARCHIVED", "TRASH", *names)
    for line in formats.table(head, rows, width=terminal.width):
        terminal.say(line)
    if has_more:
        terminal.note(f"{len(rows)} shown, there are more: --limit N shows them.")
