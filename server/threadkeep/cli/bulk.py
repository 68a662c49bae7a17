"""The commands that change many sessions at once: `sessions bulk`, `store cleanup`; loaded when one of them is given."""

import argparse

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.questions import agrees
from threadkeep.cli.session_filters import filter_of, is_narrowed
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client
from threadkeep.protocol.types.organise import (
    BulkChange,
    BulkUpdateParams,
    BulkUpdateResult,
    CleanUpParams,
    CleanUpResult,
)
from threadkeep.values import evolve


async def change_many(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """Counts, asks, and changes. Raises CommandFailed."""
    params = _params(options)
    foreseen = await client.request(params)
    if options.dry_run or not foreseen.count:
        _show(foreseen, options, terminal, is_done=False)
        return 0
    if not options.yes:
        many = formats.plural(foreseen.count, "session")
        otherwise = f"this changes {many}: say --yes to do it, or --dry-run to see which"
        if not agrees(terminal, f"Change {many}?", about=_sample_lines(foreseen), otherwise=otherwise):
            return 1
    done = await client.request(evolve(params, dry_run=False))
    _show(done, options, terminal, is_done=True)
    return 0


def bulk_lines(result: BulkUpdateResult, *, is_done: bool) -> list[str]:
    """What was changed, or would be."""
    many = formats.plural(result.count, "session")
    if not result.count:
        lines = ["Nothing to change: no session matches that is not so already."]
    else:
        lines = [*_sample_lines(result), f"{'Changed' if is_done else 'Would change'}: {many}"]
    if result.skipped:
        kept = formats.plural(result.skipped, "session")
        lines.append(f"Left as they are, for an answer runs in them or they have too many tags: {kept}")
    if result.count and not is_done:
        lines.append("Nothing was changed: leave --dry-run out to do it")
    return lines


def _params(options: argparse.Namespace) -> BulkUpdateParams:
    change = BulkChange(
        add_tags=tuple(options.add_tag),
        remove_tags=tuple(options.remove_tag),
        is_favourite=options.is_favourite,
        archive=options.archive,
        delete=options.delete,
    )
    if change == BulkChange():
        raise CommandFailed(
            "say what to change, e.g. --add-tag TAG, --archive or --delete; `threadkeep sessions bulk --help` "
            "lists all"
        )
    if is_narrowed(options) == options.all:
        raise CommandFailed("say which sessions: either filters, e.g. --task KEY, or --all")
    # what is to come back is put away now
    if options.archive is False and options.archived is None:
        options.archived = "only"
    if options.delete is False and options.trashed is None:
        options.trashed, options.archived = "only", options.archived or "include"
    wanted = filter_of(options)
    return BulkUpdateParams(filter=wanted, change=change, all_sessions=options.all)


def _show(
    result: BulkUpdateResult, options: argparse.Namespace, terminal: Terminal, *, is_done: bool
) -> None:
    if options.json:
        terminal.say_json(result)
        return
    for line in bulk_lines(result, is_done=is_done):
        terminal.say(line)


def _sample_lines(result: BulkUpdateResult) -> list[str]:
    lines = [formats.session_line(session) for session in result.sample]
    more = result.count - len(result.sample)
    return [*lines, f"… and {more:,} more"] if more else lines


async def clean_up(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """Tells what is old; with `--apply` it goes into the trash. Raises CommandFailed."""
    params = CleanUpParams(
        older_than=options.older_than,
        filter=filter_of(options),
        dry_run=not options.apply,
        purge_trash=options.purge_trash,
    )
    result = await client.request(params)
    if options.json:
        terminal.say_json(result)
        return 0
    for line in clean_up_lines(result, is_applied=options.apply):
        terminal.say(line)
    return 0


def clean_up_lines(found: CleanUpResult, *, is_applied: bool) -> list[str]:
    """What was done, or would be."""
    trashed, erased = (
        ("Into the trash", "Erased") if is_applied else ("Would go into the trash", "Would be erased")
    )
    lines = [formats.session_line(session) for session in found.sample]
    if found.count > len(found.sample):
        lines.append(f"… and {found.count - len(found.sample):,} more")
    lines.append(f"{trashed}: {formats.plural(found.count, 'session')}")
    if found.kept:
        lines.append(f"Old, and kept as favourite, tagged or busy: {formats.plural(found.kept, 'session')}")
    if found.purged:
        lines.append(f"{erased}: {formats.plural(found.purged, 'session')}")
    lines.append(f"The store takes {formats.size(found.bytes)}")
    if not is_applied and (found.count or found.purged):
        lines.append("Nothing was changed: say --apply to do it")
    return lines
