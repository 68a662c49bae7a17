"""The commands about repositories and tasks: listed, recognised, changed; loaded when one of them is given."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.paging import paged
from threadkeep.cli.places import names_a_place, repository_ref, unknown_repository
from threadkeep.cli.questions import agrees
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client, RequestFailed
from threadkeep.protocol.types.hints import DismissHintParams, RelocateTaskParams
from threadkeep.protocol.types.lists import ListSessionsParams, SessionFilter
from threadkeep.protocol.types.repositories import (
    ListRepositoriesParams,
    ListRepositoriesResult,
    ListTasksParams,
    RelocateRepositoryParams,
    Repository,
    RepositoryEntry,
    RepositoryRoot,
    ResolveRepositoryParams,
    TaskEntry,
)
from threadkeep.values import evolve


async def show_repositories(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`repository/list` as a table."""
    page, listed = await _repositories(
        client, ListRepositoriesParams(is_orphan=True if options.orphans else None), most=options.limit
    )
    if options.json:
        terminal.say_json(evolve(page, repositories=listed))
        return 0
    if not listed:
        terminal.note("No repositories match.")
        return 0
    rows = [(*_figures(each), each.repository.name, each.repository.id, _place(each)) for each in listed]
    names = ["REPOSITORY", "ID", "FOLDER"]
    if terminal.width is not None:  # ids leave no room for folders
        names, rows = ["REPOSITORY", "FOLDER"], [(*row[:-2], row[-1]) for row in rows]
    _show_table(names, rows, terminal, has_more=page.next_cursor is not None)
    return 0


async def show_tasks(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`task/list` as a table."""
    params = ListTasksParams(repository=repository_ref(options.repo or str(Path.cwd())))
    page, listed = await paged(
        lambda limit, cursor: client.request(evolve(params, limit=limit, cursor=cursor)),
        lambda page: page.tasks,
        most=options.limit,
        is_over=lambda page: not page.tasks,
    )
    if options.json:
        terminal.say_json(evolve(page, tasks=listed))
        return 0
    if options.repo and page.repository is None and not names_a_place(options.repo):
        raise unknown_repository(options.repo)
    if not listed:
        terminal.note("No session is kept for this repository.")
        return 0
    rows = [
        (*_figures(each), each.task + (" (checked out)" if each.is_checked_out else "")) for each in listed
    ]
    _show_table(("TASK",), rows, terminal, has_more=page.next_cursor is not None)
    return 0


def _figures(entry: RepositoryEntry | TaskEntry) -> tuple[str, ...]:
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


_WHY = {
    "id": "by its id",
    "name": "by its name",
    "commonDir": "it is this folder",
    "origin": "it has the same origin",
    "path": "it is known by this path",
    "lastSeen": "it was here when it was last seen",
    "replaced": "it was here before another one took its place",
}


async def show_resolved(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`repository/resolve` of a folder."""
    found = await client.request(ResolveRepositoryParams(uri=_folder(options.path)))
    if options.json:
        terminal.say_json(found)
        return 0
    counts = await _counts(client)
    if found.checkout is not None:
        kept = found.checkout.version_control or "no version control"
        place = formats.path_of(found.checkout.root) + ("" if found.checkout.present else " (not there)")
        terminal.say(f"Folder: {place}, {kept}, task {found.checkout.task}")
    if found.repository is None:
        terminal.say("Repository: none yet; the first session here makes one")
    for each in found.candidates:
        is_meant = found.repository is not None and each.repository.id == found.repository.id
        role = "Repository" if is_meant else "May be"
        terminal.say(
            f"{role}: {_line(each.repository, counts)}; {_WHY.get(each.matched_by, each.matched_by)}"
        )
    for other in found.hint.repositories if found.hint else ():
        terminal.say(f"May be: {_line(other, counts)}; it began with the same commit")
        terminal.note(f"  {bring_along(other.id)}  brings its sessions here")
    return 0


async def relocate(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`repository/relocate`, once a person agrees."""
    uri = _folder(options.path)
    return await _relocate(client, options, terminal, await _repository(client, options.repository), uri)


async def merge(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """Two repositories made one, by way of a folder of either. Raises CommandFailed."""
    first = await _repository(client, options.repository)
    second = await _repository(client, options.into or str(Path.cwd()))
    if first.id == second.id:
        raise CommandFailed(
            "both are the same repository already: `threadkeep repositories list` tells them apart"
        )
    for kept, other in ((first, second), (second, first)):
        uri = next((root.uri for root in other.roots if presence(root) == "present"), None)
        if uri is not None:
            return await _relocate(client, options, terminal, kept, uri)
    raise CommandFailed(
        f"no folder of {first.name} or {second.name} is there: use `threadkeep repositories relocate` with the "
        "place of one of them first"
    )


async def rename_task(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`task/relocate`, once a person agrees."""
    repository = await _repository(client, options.repo or str(Path.cwd()))
    all_of_it = SessionFilter(
        repository=repository.id, task=options.task, archived="include", trashed="include"
    )
    listed = await client.request(ListSessionsParams(filter=all_of_it, limit=1, with_total=True))
    many = formats.plural(listed.total or 0, "session")
    about = [f"{many} of {options.task!r} in {repository.name} go to {options.to!r}"]
    if not _is_agreed(options, terminal, about):
        return 0 if options.dry_run else 1
    result = await client.request(
        RelocateTaskParams(repository=repository.id, task=options.task, to=options.to)
    )
    _tell(
        result,
        options,
        terminal,
        f"Moved to {options.to!r}: {formats.plural(result.moved_sessions, 'session')}",
    )
    return 0


async def dismiss(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`repository/dismiss`."""
    other = (await _repository(client, options.other)).id if options.other else None
    result = await client.request(
        DismissHintParams(
            repository=repository_ref(options.repo or str(Path.cwd())),
            other=other,
            task=None if options.other else options.task,
        )
    )
    _tell(result, options, terminal, "Remembered: it is not hinted at again")
    return 0


def bring_along(repository_id: str) -> str:
    """What to type to have the sessions of a moved repository in the current folder."""
    return f"threadkeep repositories relocate {repository_id}"


async def _relocate(
    client: Client, options: argparse.Namespace, terminal: Terminal, kept: Repository, uri: str
) -> int:
    there = await client.request(ResolveRepositoryParams(uri=uri))
    if there.checkout is None or not there.checkout.present:
        raise CommandFailed(
            f"there is no folder {formats.path_of(uri)}: give the place where the repository is now"
        )
    counts = await _counts(client)
    others = [each.repository for each in there.candidates if each.matched_by != "replaced"]
    about = [f"{_line(kept, counts)} is {formats.path_of(uri)} from now on"]
    about += [f"  and takes in {_line(each, counts)}" for each in others if each.id != kept.id]
    if not _is_agreed(options, terminal, about):
        return 0 if options.dry_run else 1
    result = await client.request(RelocateRepositoryParams(repository=kept.id, uri=uri, merge=True))
    told = f"{kept.name} is {formats.path_of(uri)}"
    if result.moved_sessions:
        told += f", with {formats.plural(result.moved_sessions, 'session')} more"
    _tell(result, options, terminal, told)
    return 0


def _is_agreed(options: argparse.Namespace, terminal: Terminal, about: Sequence[str]) -> bool:
    if options.dry_run:
        for line in about:
            terminal.say(line)
        terminal.note("Nothing was changed: leave --dry-run out to do it")
        return False
    if options.yes:
        return True
    otherwise = f"{about[0]}: say --yes to do it, or --dry-run to see more"
    return agrees(terminal, "Do it?", about=about, otherwise=otherwise)


def _tell(result: object, options: argparse.Namespace, terminal: Terminal, text: str) -> None:
    if options.json:
        terminal.say_json(result)
    else:
        terminal.say(text)


def _folder(path: str | None) -> str:
    return path if path and path.startswith("file:") else Path(path or ".").expanduser().resolve().as_uri()


async def _repository(client: Client, named: str) -> Repository:
    """The repository of a folder or an id. Raises CommandFailed."""
    try:
        params = ResolveRepositoryParams(repository=repository_ref(named))
        found = (await client.request(params)).repository
    except RequestFailed as error:
        if error.kind == "repositoryNotFound":
            raise unknown_repository(named) from error
        raise
    if found is None:
        raise unknown_repository(named)
    return found


async def _counts(client: Client) -> dict[str, RepositoryEntry]:
    _, entries = await _repositories(client, ListRepositoriesParams(), most=None)
    return {each.repository.id: each for each in entries}


async def _repositories(
    client: Client, params: ListRepositoriesParams, *, most: int | None
) -> tuple[ListRepositoriesResult, tuple[RepositoryEntry, ...]]:
    return await paged(
        lambda limit, cursor: client.request(evolve(params, limit=limit, cursor=cursor)),
        lambda page: page.repositories,
        most=most,
        is_over=lambda page: not page.repositories,
    )


def _line(repository: Repository, counts: dict[str, RepositoryEntry]) -> str:
    entry = counts.get(repository.id)
    count = entry.session_count + entry.archived_count if entry else 0
    root = next(iter(repository.roots), None)
    gone = {"missing": ", gone", "unknown": ", does not answer"}.get(presence(root), "") if root else ""
    place = f", {formats.path_of(root.uri)}{gone}" if root else ""
    return f"{repository.name} ({repository.id}{place}, {formats.plural(count, 'session')})"
